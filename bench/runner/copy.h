/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COPY_H
#define COPY_H

/*
 * Copies of files in memory, which are gone once they are closed. All return a
 * descriptor, and do not return without one.
 */

/*
 * So each boot draws anew where the program's pages lie, and which of them
 * compete for a place in the caches. All boots of one file would share the
 * pages of that file.
 */
int copy_program(const char *path);

/* So what the guest writes changes no image. Holes take no memory. */
int copy_disk(const char *path);

#endif

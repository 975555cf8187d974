/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each reader loses: memory that is not free again once the process that
 * was read is gone, and the lock of its address space.
 */
#ifndef LEAKS_H
#define LEAKS_H

/* `walks leaks`: record how much memory is free after each round of reads. */
int leaks_main(int argc, char **argv);

#endif

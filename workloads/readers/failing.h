/* SPDX-License-Identifier: GPL-2.0 */
/* What each reader says if the kernel gets no memory. */
#ifndef FAILING_H
#define FAILING_H

/* `walks failing`: have each allocation that a reader needs fail in turn. */
int failing_main(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mincore() answers through a page of kernel memory that it does not clear. If
 * the walk does not set a byte, that has what somebody left in the page.
 */
#ifndef LEFTOVER_H
#define LEFTOVER_H

#define LEFTOVER	0xa5

/* Have the next page that the kernel allocates be full of LEFTOVER. */
void leave_in_kernel_memory(void);

#endif

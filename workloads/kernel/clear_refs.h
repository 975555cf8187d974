/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/clear_refs, see Documentation/filesystems/proc.rst. */
#ifndef CLEAR_REFS_H
#define CLEAR_REFS_H

/* Write @what. Return how much the kernel took, or a negative error number. */
int write_clear_refs(int pid, const char *what);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHILD_H
#define CHILD_H

/* fork(), or die. What was printed so far is not printed again by the child. */
int fork_or_die(void);

/* waitpid(), whatever interrupts it. Return the wait status, 0 if there is none. */
int wait_for(int pid, int options);

#endif

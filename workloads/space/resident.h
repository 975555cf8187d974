/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A resident is a child process that has made memory for itself and then
 * sleeps until it is stopped: for what a layout does not describe.
 */
#ifndef RESIDENT_H
#define RESIDENT_H

struct resident {
	int pid;
	int lifeline;		/* it ends when this is closed */
	int lifeline_end;	/* what it sleeps on */
	int ready;		/* it tells by this that it has settled */
};

/*
 * Have a child call @settle, which dies if it cannot, and sleep. It has when
 * this returns.
 */
void resident_start(struct resident *resident,
		    void (*settle)(struct resident *self, void *arg), void *arg);
void resident_stop(struct resident *resident);

/*
 * For @settle: fork a second process that has the same memory, calls @also and
 * sleeps as long as the first one lives. It has when this returns.
 */
void resident_fork(struct resident *self, void (*also)(void *arg), void *arg);

#endif

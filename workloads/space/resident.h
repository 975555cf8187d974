/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A resident is a child process that maps memory for itself and then sleeps
 * until it is stopped. It is for memory that a layout does not describe.
 */
#ifndef RESIDENT_H
#define RESIDENT_H

struct resident {
	int pid;
	int lifeline;		/* the child ends when this is closed */
	int lifeline_end;	/* the child sleeps on this */
	int ready;		/* the child says here that it has settled */
};

/*
 * Have a child call @settle, which dies if it fails, and sleep. This returns
 * when the child sleeps.
 */
void resident_start(struct resident *resident,
		    void (*settle)(struct resident *self, void *arg), void *arg);
void resident_stop(struct resident *resident);

/*
 * For use in @settle: fork a second process that has the same memory, calls
 * @also and sleeps as long as the first lives. This returns when it sleeps.
 */
void resident_fork(struct resident *self, void (*also)(void *arg), void *arg);

#endif

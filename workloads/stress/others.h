/* SPDX-License-Identifier: GPL-2.0 */
/* The processes that a command has started, and their offspring. */
#ifndef OTHERS_H
#define OTHERS_H

#include <stdbool.h>
#include <stddef.h>

struct pids {
	size_t nr, room;
	int *pids;
};

/* Whoever runs now is not one of them. */
void others_begin(void);
/* Start a command, which calls first() before it begins, unless that is NULL. */
int others_start(char **command, void (*first)(void));
/* List them; free with pids_free(). */
struct pids others(void);
void pids_free(struct pids *pids);
/* Kernel threads come and go, and have none. */
bool has_program(int pid);

/*
 * Stop them all, and those that they start meanwhile, with all their threads.
 * Return whether they stand still: some sleep in the kernel.
 */
bool others_stop(void);
void others_go_on(void);
/* Kill those that are left, and wait until they are gone. */
void others_end(void);

#endif

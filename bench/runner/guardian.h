/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GUARDIAN_H
#define GUARDIAN_H

#include <sys/types.h>
#include <termios.h>

/*
 * A guest's processes must not outlive umrun, not even after kill -9. So each
 * guest has a guardian between itself and umrun. The guardian is UML's parent,
 * has a session of its own, and reaps whatever UML leaves behind. It ends when
 * UML has ended, when umrun tells it to, or when umrun is gone, and leaves
 * nothing behind.
 * If the guardian itself is killed, the kernel kills UML (PR_SET_PDEATHSIG),
 * and umrun reaps the rest.
 */
struct guardian {
	pid_t pid;
	pid_t uml;		/* the process of the guest's kernel */
	int order_fd;		/* an order; closing it tells the guardian to kill UML */
	int report_fd;		/* the guardian writes UML's pid, then its wait status */
};

/* What UML is started with. Descriptors become 0 (input) to 6. */
struct uml {
	int program_fd;		/* the program; -1: argv[0] */
	char *const *argv;
	int cpu;		/* the CPU of UML; -1: any */
	int input_fd;
	int console_fd;
	int channel_fd;
	int tty_fd;		/* -1: none */
	int turn_fd;		/* -1: none */
	int disk_fd;		/* -1: none */
	const struct termios *restore;	/* umrun's terminal as it was; or NULL */
};

void guardian_start(struct guardian *g, const struct uml *uml);
void guardian_kill(struct guardian *g);

/* Have the guest's kernel panic wherever it is, so that it prints its stack. */
void guardian_make_panic(struct guardian *g);

/* UML's wait status, once report_fd is readable; -1 if the guardian died. */
int guardian_finish(struct guardian *g);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GUARDIAN_H
#define GUARDIAN_H

#include <sys/types.h>
#include <termios.h>

/*
 * A guest's processes must not outlive umrun, not even after kill -9. So each
 * guest has a guardian between itself and umrun: UML's parent, in a session of
 * its own, the reaper of whatever UML leaves behind. It ends when UML has
 * ended, when umrun tells it to, or when umrun is gone, and leaves nothing.
 * If the guardian itself is killed, the kernel kills UML (PR_SET_PDEATHSIG),
 * and umrun reaps the rest.
 */
struct guardian {
	pid_t pid;
	pid_t uml;		/* the process of the guest's kernel */
	int order_fd;		/* a byte tells it to kill UML; so does closing */
	int report_fd;		/* it writes UML's pid here, then its wait status */
};

/* What UML is started with. Descriptors become 0 (input), 1, 2, 3, 4 and 5. */
struct uml {
	int program_fd;		/* what to run instead of argv[0]; -1: that */
	char *const *argv;
	int cpu;		/* where it stays; -1: where it was started */
	int input_fd;
	int console_fd;
	int channel_fd;
	int tty_fd;		/* -1: none */
	int turn_fd;		/* -1: none */
	const struct termios *restore;	/* umrun's terminal as it was; or NULL */
};

void guardian_start(struct guardian *g, const struct uml *uml);
void guardian_kill(struct guardian *g);

/* UML's wait status, once report_fd is readable; -1 if the guardian died. */
int guardian_finish(struct guardian *g);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ATTEND_H
#define ATTEND_H

#include "channel.h"
#include "console.h"
#include "events.h"
#include "guardian.h"
#include "outcome.h"
#include "plan.h"
#include "records.h"
#include "terminal.h"
#include "turns.h"

/* A guest, and how it ended. */
struct boot {
	const struct plan *plan;
	const struct kernel *kernel;
	int index;

	struct guardian guardian;
	struct channel channel;
	struct console console;
	struct records records;
	struct counters counters;
	struct terminal terminal;
	struct sink job;	/* to the guest */
	struct sink keys;	/* to the guest's terminal */
	int channel_fd, console_fd, stdin_fd, turn_fd;
	int input_fd;		/* UML would close its console at the end of this */
	bool wants_turn;

	char exit_frame[sizeof(int)];
	size_t exit_len;
	char failure[256];	/* why init cannot start the job */
	size_t failure_len;
	int uml_status;
	bool uml_ended;
	bool came_up;		/* the guest asked for its job */
	bool timed_out;		/* so its kernel was made to panic */

	bool killed;		/* by umrun: outcome and status are set */
	enum outcome outcome;
	int status;
	int64_t start, deadline, wall_ns;
};

/* Guests that run at once: one, or several that take turns. */
struct group {
	const struct plan *plan;
	struct boot boots[MAX_KERNELS];
	int n;
	struct turns *turns;	/* NULL: the guests take no turns */
};

int boot_deliver(void *boot, enum frame_type type, const char *data, size_t len);

/* Whether init has reported the end of the job, and the job's exit status. */
bool job_reported(const struct boot *b);
int job_status(const struct boot *b);

/*
 * Pass on what the guests write until all of them have ended. If one fails,
 * end the others, too.
 */
void attend(struct group *group);

#endif

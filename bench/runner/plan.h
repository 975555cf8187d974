/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PLAN_H
#define PLAN_H

#include "arguments.h"
#include "events.h"
#include "sink.h"

/* What all boots of a run have in common. */
struct plan {
	const char *initrd;
	const char *disk;	/* an image; NULL: none */
	const char *kind;	/* of job: JOB_EXEC and so on */
	char *const *argv;
	unsigned long mem_mib;
	unsigned long timeout_s;	/* 0: none */
	struct arguments append;	/* to the kernel's command line */
	struct sink *out, *err, *records;	/* records: NULL if not asked */
	struct event_list events;	/* to count in turns */
	int signal_fd;		/* SIGINT and its like */
	int parent_fd;		/* readable when umrun's parent is gone; -1 */
	unsigned long lpj;
};

struct kernel {
	const char *name;
	const char *path;
	int console_fd;		/* where its console goes, or -1 */
};

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BOOT_H
#define BOOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "events.h"
#include "sink.h"

enum outcome {
	OUTCOME_EXIT, OUTCOME_PANIC, OUTCOME_TIMEOUT, OUTCOME_DIED,
	OUTCOME_BAD_RECORD, OUTCOME_INTERRUPTED,
};

/* What is the same for every boot of a run. */
struct plan {
	const char *initrd;
	const char *kind;	/* of job: exec, host, shell */
	char *const *argv;
	unsigned long mem_mib;
	unsigned long timeout_s;	/* 0: none */
	const char *logs;	/* folder, or NULL */
	const char *append;	/* to the kernel's command line, or NULL */
	struct sink *out, *err, *records;	/* records: NULL if not asked */
	struct event_list events;	/* to count in turns */
	int signal_fd;		/* SIGINT and its like */
	int parent_fd;		/* readable when umrun's parent is gone; -1 */
	unsigned long lpj;
};

struct kernel {
	const char *name;
	const char *path;
};

struct boot_result {
	enum outcome outcome;
	int status;		/* exit status for umrun */
	bool came_up;		/* the guest asked for its job */
	int64_t wall_ns;
};

struct turns;

struct boot_result boot_once(const struct plan *plan, const struct kernel *k,
			     int index);

/*
 * Boot @n kernels at once and let them take turns, on one CPU; @results has
 * room for all. When one fails, the others are interrupted.
 */
void boot_together(const struct plan *plan, const struct kernel *kernels,
		   int n, int index, struct turns *turns,
		   struct boot_result *results);
const char *outcome_name(enum outcome outcome);

#endif

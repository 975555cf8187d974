/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that the CPU counts while a guest has its turn, such as cycles and
 * cache misses. It counts the process of the guest's kernel, in the host's
 * user space, where all of that kernel runs. It does not count the guest's
 * user programs, which are other processes, nor what the host's kernel does.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "records.h"

#define MAX_EVENTS	6

struct event;

/* Events to count, all at once. */
struct event_list {
	const struct event *of[MAX_EVENTS];
	int n;
};

/* Parse "cycles,instructions" and cut it up. Does not return on an unknown one. */
void events_parse(struct event_list *list, char *names);

/* Does not return if they cannot be counted here. */
void events_check(const struct event_list *list);

/* Print the events that can be counted at once; say why the others cannot. */
void events_print_countable(const struct event_list *list);

/* What read() of a group gives: PERF_FORMAT_GROUP and both times. */
struct event_counts {
	uint64_t nr;
	uint64_t ns_enabled;	/* time that the process ran */
	uint64_t ns_counted;	/* the part of it in which the PMU counted */
	uint64_t of[MAX_EVENTS];
};

/* The counters of one process, and the records of what they have counted. */
struct counters {
	const struct event_list *list;
	int fds[MAX_EVENTS];	/* the first leads the group */
	int n;			/* 0: nothing is counted */
	uint32_t turn;
	bool in_turn;
	struct event_counts begin;
	struct records records;
	struct sink kept;	/* the reader of records must not run in a turn */
};

void counters_open(struct counters *c, const struct event_list *list,
		   pid_t pid);

/*
 * To be called at both ends of a turn, while the process waits. A turn gets no
 * record if another user had the PMU for a part of it.
 */
void counters_begin(struct counters *c, uint32_t turn);
void counters_end(struct counters *c);

/* Pass on the records that were kept. */
void counters_flush(struct counters *c, struct sink *out);

void counters_close(struct counters *c);

#endif

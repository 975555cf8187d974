/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the CPU counts while a guest has its turn: cycles, cache misses and so
 * on, of its kernel's process, in the host's user space; all of that kernel
 * runs there. The guest's user programs are processes of their own, and what
 * the host's kernel does for a guest is its own business: neither is counted.
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

/* "cycles,instructions": @names is cut up. Does not return if one is unknown. */
void events_parse(struct event_list *list, char *names);

/* Does not return if they cannot be counted here. */
void events_check(const struct event_list *list);

/* Print those that can be counted here at once; say why the others cannot. */
void events_print_countable(const struct event_list *list);

/* How read() gives a group of counters: PERF_FORMAT_GROUP and both times. */
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
	struct sink kept;	/* whoever reads them must not run in a turn */
};

void counters_open(struct counters *c, const struct event_list *list,
		   pid_t pid);

/*
 * At both ends of a turn, while the process waits. A turn that was not counted
 * all of the time, because another user had the PMU, gets no record.
 */
void counters_begin(struct counters *c, uint32_t turn);
void counters_end(struct counters *c);

/* Pass the records on. */
void counters_flush(struct counters *c, struct sink *out);

void counters_close(struct counters *c);

#endif

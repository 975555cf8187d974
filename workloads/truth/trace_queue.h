/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks that are taken and checked many at a time: a call takes longer than
 * most walks.
 */
#ifndef TRACE_QUEUE_H
#define TRACE_QUEUE_H

#include "truth/trace.h"

#define QUEUED_MAX	64

struct trace_queue {
	int probe;
	int pid;			/* the process that is walked */
	/* Called after each check, or NULL. */
	void (*checked)(const struct trace *trace, void *arg);
	void *arg;
	/* Transparent huge pages that walks have split since they were made. */
	uint64_t split_from, split_to;
	size_t nr;
	struct trace traces[QUEUED_MAX];
	struct pagewalk_probe_event *events;	/* MAX_EVENTS for each */
};

void trace_queue_begin(struct trace_queue *queue, int probe);
void trace_queue_end(struct trace_queue *queue);

/*
 * Add a copy of a trace that says what to walk. All are taken when the queue is
 * full, or before. What is returned has the result after that. A walk that comes
 * to a huge page that another has split finds it made anew.
 */
const struct trace *trace_queue_add(struct trace_queue *queue,
				    const struct trace *trace);
/* Take all walks that wait, and check each. */
void trace_queue_take(struct trace_queue *queue);

#endif

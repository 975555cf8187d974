// SPDX-License-Identifier: GPL-2.0
#include "space/map.h"
#include "truth/trace_check.h"
#include "truth/trace_queue.h"

#define EVENTS_SIZE	(QUEUED_MAX * MAX_EVENTS * \
			 sizeof(struct pagewalk_probe_event))

void trace_queue_begin(struct trace_queue *queue, int probe)
{
	*queue = (struct trace_queue){
		.probe = probe,
		.events = map_populated(EVENTS_SIZE),
	};
}

void trace_queue_end(struct trace_queue *queue)
{
	unmap_populated(queue->events, EVENTS_SIZE);
}

static struct pagewalk_probe_trace walk_of(const struct trace_queue *queue,
					   const struct trace *trace)
{
	struct pagewalk_probe_trace walk = {
		.start = layout_address(trace->layout, trace->from),
		.end = layout_address(trace->layout, trace->to),
		.pid = queue->pid,
		.callbacks = trace_callbacks(trace),
		.entry_point = trace->entry_point,
		.test_walk = trace->policy,
		.stop_at = trace->stop_at,
		.stop_code = trace->stop_code,
		.max_events = MAX_EVENTS,
		.max_changes = trace->compared ? MAX_CHANGES : 0,
		.events = (uintptr_t)trace->events,
		.changes = (uintptr_t)trace->changes,
	};

	if (trace->vma)
		walk.vma = layout_address(trace->layout, trace->vma->start);
	return walk;
}

void trace_queue_take(struct trace_queue *queue)
{
	struct pagewalk_probe_trace walks[QUEUED_MAX];
	size_t i;

	for (i = 0; i < queue->nr; i++)
		walks[i] = walk_of(queue, queue->traces + i);
	probe_traces(queue->probe, walks, queue->nr);
	for (i = 0; i < queue->nr; i++) {
		struct trace *trace = queue->traces + i;

		trace->result = walks[i].result;
		trace->nr = walks[i].nr_events;
		trace->overflowed = walks[i].overflowed;
		trace->nr_changes = walks[i].nr_changes;
		check_trace(trace);
		if (queue->checked)
			queue->checked(trace, queue->arg);
	}
	queue->nr = 0;
}

/* Have the walk find its huge pages, and note those that it splits. */
static void prepare_thps(struct trace_queue *queue, const struct trace *trace)
{
	const struct layout *layout = trace->layout;
	uint64_t page = layout_next_thp(layout, trace->from, trace->to);

	if (page < queue->split_to && trace->to > queue->split_from) {
		trace_queue_take(queue);
		layout_make_thps(layout, queue->split_from, queue->split_to,
				 queue->pid);
		queue->split_from = queue->split_to = 0;
	}
	for (; page < trace->to;
	     page = layout_next_thp(layout, page + HUGE_PAGES, trace->to)) {
		struct truth truth = layout_at(layout, page);

		if (!is_split(trace, &truth))
			continue;
		if (!queue->split_to)
			queue->split_from = page;
		queue->split_from = min_u64(queue->split_from, page);
		if (queue->split_to < page + HUGE_PAGES)
			queue->split_to = page + HUGE_PAGES;
	}
}

const struct trace *trace_queue_add(struct trace_queue *queue,
				    const struct trace *trace)
{
	struct trace *added;

	prepare_thps(queue, trace);
	if (queue->nr == QUEUED_MAX)
		trace_queue_take(queue);
	added = queue->traces + queue->nr;
	*added = *trace;
	added->events = queue->events + MAX_EVENTS * queue->nr++;
	return added;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "events.h"
#include "say.h"

#define PARANOID	"/proc/sys/kernel/perf_event_paranoid"
#define PARANOID_MAX	2	/* lets everybody count their own user space */

struct event {
	const char *name;	/* perf's */
	uint32_t type;
	uint64_t config;
};

static const struct event known_events[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ "dTLB-load-misses", PERF_TYPE_HW_CACHE,
	  PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 |
	  PERF_COUNT_HW_CACHE_RESULT_MISS << 16 },
	{ "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
};

#define NR_KNOWN	(sizeof(known_events) / sizeof(known_events[0]))

static const struct event *find(const char *name)
{
	for (size_t i = 0; i < NR_KNOWN; i++)
		if (!strcmp(name, known_events[i].name))
			return known_events + i;
	cannot_start("there is no event '%s', see umrun --help", name);
}

void events_parse(struct event_list *list, char *names)
{
	char *name;

	list->n = 0;
	while ((name = strsep(&names, ","))) {
		if (list->n == MAX_EVENTS)
			cannot_start("umrun counts at most %d events", MAX_EVENTS);
		list->of[list->n++] = find(name);
	}
}

/* @leader is the first counter of the group, or -1 to open that. */
static int open_event(const struct event *event, pid_t pid, int leader)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = event->type,
		.config = event->config,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.read_format = PERF_FORMAT_GROUP |
			       PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return syscall(SYS_perf_event_open, &attr, pid, -1, leader,
		       PERF_FLAG_FD_CLOEXEC);
}

static int paranoid_level(void)
{
	FILE *f = fopen(PARANOID, "re");
	int level = 0;

	if (f) {
		if (fscanf(f, "%d", &level) != 1)
			level = 0;
		fclose(f);
	}
	return level;
}

static const char *why_forbidden(void)
{
	static char text[128];
	int level = paranoid_level();

	if (level <= PARANOID_MAX)
		return "perf_event_open() is forbidden; if this is a container, allow it (Docker: --cap-add=PERFMON)";
	snprintf(text, sizeof(text),
		 "kernel.perf_event_paranoid is %d, run: sudo sysctl kernel.perf_event_paranoid=%d",
		 level, PARANOID_MAX);
	return text;
}

static const char *why(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "the host has no PMU that counts it; most VMs have none";
	case EINVAL:
		return "the host's PMU cannot count it, or not together with the others";
	case EACCES:
	case EPERM:
	case ENOSYS:
		return why_forbidden();
	}
	return strerror(error);
}

void events_check(const struct event_list *list)
{
	int fds[MAX_EVENTS];

	for (int i = 0; i < list->n; i++) {
		fds[i] = open_event(list->of[i], 0, i ? fds[0] : -1);
		if (fds[i] < 0)
			cannot_start("--events: %s: %s", list->of[i]->name,
				     why(errno));
	}
	for (int i = 0; i < list->n; i++)
		close(fds[i]);
}

void events_print_countable(const struct event_list *list)
{
	int leader = -1;

	for (int i = 0; i < list->n; i++) {
		const char *name = list->of[i]->name;
		int fd = open_event(list->of[i], 0, leader);

		if (fd < 0)
			say("%s: %s", name, why(errno));
		else
			puts(name);
		if (leader < 0)
			leader = fd;
	}
}

void counters_open(struct counters *c, const struct event_list *list, pid_t pid)
{
	c->list = list;
	c->records.out = &c->kept;
	if (pid < 0)
		return;
	for (c->n = 0; c->n < list->n; c->n++) {
		const struct event *event = list->of[c->n];
		int fd = open_event(event, pid, c->n ? c->fds[0] : -1);

		if (fd < 0 && errno == ESRCH) {	/* died: no turns to count */
			counters_close(c);
			return;
		}
		if (fd < 0)
			cannot_start("cannot count %s of the guest: %s",
				     event->name, why(errno));
		c->fds[c->n] = fd;
	}
}

static bool read_counts(const struct counters *c, struct event_counts *counts)
{
	ssize_t size = offsetof(struct event_counts, of) +
		       c->n * sizeof(counts->of[0]);

	return read(c->fds[0], counts, sizeof(*counts)) == size;
}

void counters_begin(struct counters *c, uint32_t turn)
{
	c->turn = turn;
	c->in_turn = c->n && read_counts(c, &c->begin);
}

static void put_record(struct counters *c, const struct event_counts *end)
{
	char line[64 + MAX_EVENTS * 64];
	int n = sprintf(line, "{\"type\":\"events\",\"turn\":%" PRIu32
			",\"counts\":{", c->turn);

	for (int i = 0; i < c->n; i++)
		n += sprintf(line + n, "%s\"%s\":%" PRIu64, i ? "," : "",
			     c->list->of[i]->name,
			     end->of[i] - c->begin.of[i]);
	n += sprintf(line + n, "}}\n");
	records_put(&c->records, line, n);
}

void counters_end(struct counters *c)
{
	struct event_counts end;

	if (!c->in_turn)
		return;
	c->in_turn = false;
	if (read_counts(c, &end) &&
	    end.ns_enabled - c->begin.ns_enabled ==
	    end.ns_counted - c->begin.ns_counted)
		put_record(c, &end);
}

void counters_flush(struct counters *c, struct sink *out)
{
	if (sink_pending(&c->kept))
		sink_put(out, c->kept.buf, c->kept.len);
	sink_close(&c->kept);
}

void counters_close(struct counters *c)
{
	while (c->n)
		close(c->fds[--c->n]);
	c->in_turn = false;
	sink_close(&c->kept);
	records_free(&c->records);
}

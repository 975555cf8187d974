// SPDX-License-Identifier: GPL-2.0
/*
 * Each reader again and again, each time with another allocation of the kernel
 * that fails, until none is left. A reader may fail then, or must say what it
 * says otherwise; and after that, it must say so again.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/faults.h"
#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/failing.h"
#include "readers/operations.h"
#include "space/kinds.h"
#include "space/own.h"
#include "space/subject.h"
#include "truth/check.h"

#define MOST_ROUNDS	1000	/* far more than any reader needs */
#define LAST_ERRNO	EHWPOISON	/* that user space knows */
#define UNTOUCHED	0x77

/* A mark in the kernel's log, so that the host knows what comes behind it. */
static void mark(const struct operation *op, unsigned int nth)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[80];

	snprintf(line, sizeof(line), "walks: failing %s %u\n", op->name, nth);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		die("/dev/kmsg: %s", strerror(errno));
	close(fd);
}

/* What was said before must not be taken for what is said now. */
static int64_t run(const struct operation *op, const struct target *target)
{
	memset(target->said, UNTOUCHED, target->len);
	return op->run(op, target);
}

static void compare(struct check *check, const struct target *target,
		    int64_t got)
{
	int64_t i = 0;

	if (got == target->len && !memcmp(target->said, target->expected, got))
		return;
	while (i < got && i < target->len &&
	       target->said[i] == target->expected[i])
		i++;
	check_fail(check, "from byte %" PRId64 " on it says something else: %" PRId64 " bytes, %" PRId64 " expected",
		   i, got, target->len);
}

static void compare_again(struct check *check, const struct operation *op,
			  const struct target *target)
{
	struct check after = { 0 };
	int64_t got = run(op, target);

	if (got < 0)
		check_fail(&after, "it fails: %s", strerror(-got));
	else
		compare(&after, target, got);
	if (!check_ok(&after))
		check_fail(check, "read again, %s", after.detail);
}

/* Have the @nth allocation fail. Return whether there was one. */
static bool fail(const struct operation *op, const struct target *target,
		 unsigned int nth)
{
	struct check check = { 0 };
	bool injected;
	int64_t got;

	mark(op, nth);
	faults_arm(nth);
	got = run(op, target);
	injected = faults_disarm();
	if (got >= 0)
		compare(&check, target, got);
	else if (-got > LAST_ERRNO)
		check_fail(&check, "no system call may give this error");
	compare_again(&check, op, target);
	record_fault(op->name, nth, injected, got < 0 ? strerror(-got) : "",
		     check_ok(&check), check.detail);
	records_flush();
	return injected;
}

/* Not each kernel has each reader. */
static bool is_missing(int64_t err)
{
	return err == -ENOENT || err == -ENOTTY;
}

static void fail_each(const struct operation *op, struct target *target)
{
	unsigned int nth = 1;

	target->len = op->run(op, target);
	if (target->len < 0) {
		if (!is_missing(target->len))
			record_fault(op->name, 0, false,
				     strerror(-target->len), false,
				     "it fails though no allocation does");
		return;
	}
	memcpy(target->expected, target->said, target->len);
	while (nth <= MOST_ROUNDS && fail(op, target, nth))
		nth++;
}

static void fail_of_others(struct target *target, int probe)
{
	struct subject subject;
	size_t i;

	subject_start_alone(&subject, target->layout, probe);
	target->pid = subject.pid;
	for (i = 0; i < nr_of_others; i++)
		fail_each(of_others + i, target);
	subject_stop(&subject);
}

static void fail_of_self(struct target *target, int probe)
{
	own_map(target->layout, probe);
	fail_each(&of_self, target);
	own_unmap(target->layout);
}

int failing_main(int argc, char **argv)
{
	struct target target = {
		.said = map_populated(SAID_MAX),
		.expected = map_populated(SAID_MAX),
	};
	int probe = probe_find();
	struct kinds kinds;

	(void)argc;
	(void)argv;
	records_required();
	faults_prepare();
	kinds_describe(&kinds);
	target.layout = &kinds.layout;
	fail_of_others(&target, probe);
	fail_of_self(&target, probe);
	kinds_free(&kinds);
	return 0;
}

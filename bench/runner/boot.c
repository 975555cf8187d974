// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attend.h"
#include "boot.h"
#include "copy.h"
#include "host.h"
#include "protocol.h"
#include "say.h"

#define CONSOLE_PIPE	(1024 * 1024)
#define SECOND_NS	1000000000LL

/* UML passes an unknown argument NAME=VALUE to init, in its environment. */
static void add_term(struct arguments *a)
{
	const char *term = getenv("TERM");

	if (term && *term && strlen(term) < 32 &&
	    !term[strspn(term, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._")])
		arguments_add(a, "TERM=%s", term);
}

/*
 * uml_dir: UML makes a folder for its pid file, by default below $HOME, and
 * leaves it behind when it is killed. It takes /dev/null/ for a folder, fails
 * to make its own in there, and goes on without one.
 */
static void make_command_line(struct arguments *a, const struct boot *b)
{
	const struct plan *plan = b->plan;

	arguments_add(a, "%s", b->kernel->path);
	arguments_add(a, "mem=%luM", plan->mem_mib);
	arguments_add(a, "initrd=%s", plan->initrd);
	arguments_add(a, "lpj=%lu", plan->lpj);
	arguments_add(a, "uml_dir=/dev/null/");
	arguments_add(a, "con=null");
	arguments_add(a, "con0=fd:0,fd:1");
	if (b->terminal.slave_fd >= 0)
		arguments_add(a, "con1=fd:4");
	arguments_add(a, "ssl=null");
	arguments_add(a, "ssl0=fd:3");
	if (b->turn_fd >= 0)
		arguments_add(a, "turn.fd=5");
	if (plan->disk)
		arguments_add(a, "ubd0=/proc/self/fd/6");
	add_term(a);
	for (size_t i = 0; i < plan->append.n; i++)
		arguments_add(a, "%s", plan->append.argv[i]);
}

static void make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		cannot_start("cannot make a socket pair: %m");
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
}

/* Returns the guest's end of the socket over which it gets its turns. */
static int make_turn_pair(struct boot *b)
{
	int turns[2];

	make_pair(turns);
	b->turn_fd = turns[0];
	return turns[1];
}

static void start_guest(struct boot *b, bool takes_turns, int cpu)
{
	struct arguments line = { .n = 0 };
	int input[2], console[2], channel[2];
	struct uml uml;

	if (pipe2(input, O_CLOEXEC) || pipe2(console, O_CLOEXEC))
		cannot_start("cannot make a pipe: %m");
	fcntl(console[0], F_SETPIPE_SZ, CONSOLE_PIPE);
	make_pair(channel);
	uml = (struct uml){
		.cpu = cpu,
		.input_fd = input[0],
		.console_fd = console[1],
		.channel_fd = channel[1],
		.tty_fd = b->terminal.slave_fd,
		.turn_fd = takes_turns ? make_turn_pair(b) : -1,
		.restore = b->terminal.is_saved ? &b->terminal.saved : NULL,
	};
	uml.program_fd = takes_turns ? copy_program(b->kernel->path) : -1;
	uml.disk_fd = b->plan->disk ? copy_disk(b->plan->disk) : -1;
	make_command_line(&line, b);
	uml.argv = line.argv;
	guardian_start(&b->guardian, &uml);
	arguments_free(&line);
	close(input[0]);
	b->input_fd = input[1];
	close(console[1]);
	close(channel[1]);
	if (uml.tty_fd >= 0)
		close(uml.tty_fd);
	if (takes_turns) {
		close(uml.turn_fd);
		close(uml.program_fd);
	}
	if (uml.disk_fd >= 0)
		close(uml.disk_fd);
	b->console_fd = console[0];
	b->channel_fd = b->job.fd = channel[0];
}

static void judge(struct boot *b)
{
	if (b->killed)
		return;
	if (b->timed_out) {
		b->outcome = OUTCOME_TIMEOUT;
		b->status = EXIT_TIME_LIMIT;
		return;
	}
	if (b->uml_status == 0 && job_reported(b)) {
		b->outcome = OUTCOME_EXIT;
		b->status = job_status(b);
		if (records_end(&b->records)) {
			b->outcome = OUTCOME_BAD_RECORD;
			b->status = EXIT_BAD_OUTPUT;
		}
		return;
	}
	if (b->failure_len) {
		b->outcome = OUTCOME_NO_JOB;
		b->status = EXIT_CANNOT_START;
		return;
	}
	b->outcome = b->console.panicked ? OUTCOME_PANIC : OUTCOME_DIED;
	b->status = EXIT_KERNEL_DIED;
}

static void explain(struct boot *b)
{
	const char *name = b->kernel->name;

	switch (b->outcome) {
	case OUTCOME_NO_JOB:
		say("%s, boot %d: the guest cannot start the job: %.*s", name,
		    b->index, (int)strcspn(b->failure, "\n"), b->failure);
		return;
	case OUTCOME_PANIC:
		say("%s, boot %d: the kernel panicked:", name, b->index);
		break;
	case OUTCOME_DIED:
		say("%s, boot %d: the kernel ended before its job did; the end of the console:",
		    name, b->index);
		break;
	case OUTCOME_TIMEOUT:
		say("%s, boot %d: the job did not end in time (--timeout %lu, or SIGALRM); %s:",
		    name, b->index, b->plan->timeout_s, b->console.panicked ?
		    "where its kernel was" : "the end of the console");
		break;
	default:
		return;
	}
	console_explain(&b->console, b->console.panicked);
}

static void begin(struct boot *b, struct group *group, const struct kernel *k,
		  int index, int cpu)
{
	const struct plan *plan = group->plan;

	*b = (struct boot){
		.plan = plan, .kernel = k, .index = index,
		.records = { plan->records, k->name, index, NULL, 0, 0 },
		.counters.records = { NULL, k->name, index, NULL, 0, 0 },
		.terminal = { .master_fd = -1, .slave_fd = -1 },
		.stdin_fd = -1, .turn_fd = -1,
	};
	b->channel = (struct channel){ .deliver = boot_deliver, .to = b };
	console_init(&b->console, k->console_fd);
	if (!strcmp(plan->kind, JOB_SHELL))
		terminal_open(&b->terminal);
	b->keys.fd = b->terminal.master_fd;
	b->start = now_ns();
	if (plan->timeout_s)
		b->deadline = b->start + plan->timeout_s * SECOND_NS;
	start_guest(b, group->turns, cpu);
	terminal_make_raw(&b->terminal);
	counters_open(&b->counters, &plan->events, b->guardian.uml);
}

static struct boot_result end(struct boot *b)
{
	terminal_restore(&b->terminal);
	judge(b);
	explain(b);
	console_close(&b->console);
	if (b->turn_fd >= 0)
		close(b->turn_fd);
	close(b->input_fd);
	counters_flush(&b->counters, b->plan->records);
	counters_close(&b->counters);
	records_free(&b->records);
	sink_close(&b->job);
	sink_close(&b->keys);
	return (struct boot_result){
		b->outcome, b->status, b->came_up, b->wall_ns,
		b->console.dropped
	};
}

struct boot_result boot_once(const struct plan *plan, const struct kernel *k,
			     int index)
{
	static struct group group;

	group.plan = plan;
	group.n = 1;
	begin(group.boots, &group, k, index, -1);
	attend(&group);
	return end(group.boots);
}

/*
 * All guests, and this process, which gives them their turns, stay on one CPU,
 * so that no turn has to wake up another CPU.
 */
void boot_together(const struct plan *plan, const struct kernel *kernels,
		   int n, int index, struct turns *turns,
		   struct boot_result *results)
{
	static struct group group;
	int cpu = sched_getcpu();
	cpu_set_t before, only;

	sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	sched_setaffinity(0, sizeof(only), &only);
	group.plan = plan;
	group.n = n;
	group.turns = turns;
	turns->n = n;
	for (int i = 0; i < n; i++)
		begin(group.boots + i, &group, kernels + i, index, cpu);
	attend(&group);
	for (int i = 0; i < n; i++)
		results[i] = end(group.boots + i);
	sched_setaffinity(0, sizeof(before), &before);
}

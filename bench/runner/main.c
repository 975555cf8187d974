// SPDX-License-Identifier: GPL-2.0
/*
 * umrun: boots UML kernels, runs a job in each, passes on what the job writes
 * and how it ends, and leaves nothing behind.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "boot.h"
#include "host.h"
#include "options.h"
#include "say.h"

/* UML's HZ is 100: its bogomips are loops_per_jiffy / 5000. */
#define LPJ_PER_BOGOMIPS	5000
#define LPJ_UNKNOWN	(4000 * LPJ_PER_BOGOMIPS)

static int open_signal_fd(void)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGWINCH,
	};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		cannot_start("cannot make a signalfd: %m");
	return fd;
}

/* PR_SET_PDEATHSIG would watch the thread, not the process, that started umrun. */
static int open_parent_fd(void)
{
	pid_t parent = getppid();
	int fd = pidfd_open(parent, 0);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* UML would take its memory from there, whatever the size and mount options. */
static void forget_tempdirs(void)
{
	unsetenv("TMPDIR");
	unsetenv("TMP");
	unsetenv("TEMP");
}

static unsigned long guess_lpj(void)
{
	char bogomips[32];
	double n;

	host_cpuinfo("bogomips", bogomips, sizeof(bogomips));
	n = atof(bogomips);
	return n > 0 ? n * LPJ_PER_BOGOMIPS : LPJ_UNKNOWN;
}

static void __attribute__((format(printf, 2, 3)))
put_record(struct sink *records, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	sink_put(records, line, n);
}

static void flush_records(struct sink *records)
{
	while (sink_pending(records))
		sink_flush(records);
	if (records->error)
		cannot_start("cannot write records: %s",
			     strerror(records->error));
}

static void put_host_record(struct sink *records)
{
	char cpu[CPU_NAME_SIZE];

	host_cpu_name(cpu);
	for (char *p = cpu; *p; p++) {
		if (*p == '"' || *p == '\\' || *p < ' ')
			*p = '?';
	}
	put_record(records, "{\"type\":\"host\",\"tsc_khz\":%llu,\"cpu\":\"%s\"}\n",
		   (unsigned long long)host_tsc_khz(), cpu);
	flush_records(records);
}

static void record_boot(const struct plan *plan, const struct kernel *k,
			int index, const struct boot_result *result)
{
	if (!plan->records)
		return;
	put_record(plan->records,
		   "{\"type\":\"boot\",\"kernel\":\"%s\",\"boot\":%d,\"wall_ns\":%lld,\"outcome\":\"%s\",\"status\":%d,\"came_up\":%s,\"console_dropped\":%zu}\n",
		   k->name, index, (long long)result->wall_ns,
		   outcome_name(result->outcome), result->status,
		   result->came_up ? "true" : "false", result->console_dropped);
	flush_records(plan->records);
}

/* In the order a b b a a b b a, a drift of the host hits every kernel alike. */
static int boot_all(const struct options *o)
{
	for (unsigned long round = 0; round < o->boots; round++) {
		for (int i = 0; i < o->nr_kernels; i++) {
			int k = round % 2 ? o->nr_kernels - 1 - i : i;
			struct boot_result result;

			host_check_memory(o->plan.mem_mib);
			result = boot_once(&o->plan, &o->kernels[k], round);
			record_boot(&o->plan, &o->kernels[k], round, &result);
			if (result.status)
				return result.status;
		}
	}
	return 0;
}

static int boot_all_at_once(struct options *o)
{
	struct boot_result results[MAX_KERNELS];
	int status = 0;

	for (unsigned long round = 0; round < o->boots && !status; round++) {
		host_check_memory(o->nr_kernels * o->plan.mem_mib);
		boot_together(&o->plan, o->kernels, o->nr_kernels, round,
			      &o->turns, results);
		for (int i = 0; i < o->nr_kernels; i++) {
			record_boot(&o->plan, &o->kernels[i], round, results + i);
			status = status ? : results[i].status;
		}
	}
	return status;
}

int main(int argc, char **argv)
{
	struct sink out = { .fd = STDOUT_FILENO }, err, records = { .fd = -1 };
	struct options o;
	int status;

	options_parse(&o, argc, argv);
	forget_tempdirs();
	err = (struct sink){ .fd = o.stderr_fd };
	o.plan.out = &out;
	o.plan.err = &err;
	o.plan.signal_fd = open_signal_fd();
	o.plan.parent_fd = open_parent_fd();
	o.plan.lpj = guess_lpj();
	if (o.records_fd >= 0) {
		records.fd = o.records_fd;
		o.plan.records = &records;
		put_host_record(&records);
	}
	status = o.takes_turns ? boot_all_at_once(&o) : boot_all(&o);
	sink_close(&out);
	sink_close(&err);
	sink_close(&records);
	arguments_free(&o.plan.append);
	return status;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * umrun: boots UML kernels, runs a job in each, passes on what the job writes
 * and how it ends, and leaves nothing behind.
 */
#include <errno.h>
#include <getopt.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "host.h"
#include "say.h"
#include "turns.h"

/* UML's HZ is 100: its bogomips are loops_per_jiffy / 5000. */
#define LPJ_PER_BOGOMIPS	5000
#define LPJ_UNKNOWN	(4000 * LPJ_PER_BOGOMIPS)

static const char usage[] =
"usage: umrun --kernel NAME=PATH [--kernel NAME=PATH]... --initrd FILE\n"
"             [--mem MIB] [--boots N] [--timeout SECONDS] [--records FD]\n"
"             [--logs DIR] [--append ARG] [--turns SEED [--events LIST]]\n"
"             [--host | --shell] -- ARGV...\n"
"       umrun --which-events LIST\n"
"\n"
"Boots every kernel N times (default 1), in the order a b b a, and runs ARGV\n"
"in each.\n"
"\n"
"  --kernel NAME=PATH  a UML kernel, and what to call it\n"
"  --initrd FILE       the guest's root\n"
"  --mem MIB           the guest's memory (default 256)\n"
"  --boots N           boots of each kernel (default 1)\n"
"  --timeout SECONDS   for each boot; 0: none (default 300, a shell: none)\n"
"  --records FD        write JSON Lines to this open descriptor\n"
"  --logs DIR          job output to DIR/NAME-I.out, console to DIR/NAME-I.console\n"
"  --append ARG        one argument more for the kernel, as in kunit.enable=1\n"
"  --turns SEED        boot all kernels at once, on one CPU: whoever in a guest\n"
"                      reads /dev/turn waits for its turn; SEED: of the random\n"
"                      order of the turns\n"
"  --events LIST       record what of cycles, instructions, cache-misses,\n"
"                      dTLB-load-misses, task-clock, page-faults each kernel\n"
"                      does in each of its turns; as in cycles,instructions\n"
"  --which-events LIST print those of them that can be counted here at once,\n"
"                      say why the others cannot, and exit\n"
"  --host              run ARGV in the host's root, read-only, not the guest's\n"
"  --shell             the same with a terminal; ARGV may be left out\n"
"\n"
"Exit status: the job's (128 + signal if one ended it); 122 cannot start,\n"
"123 the kernel panicked or died, 124 time limit, 125 the job's records are\n"
"broken, 130 and 143 interrupted. With several boots the first that is not 0,\n"
"where it stops.\n";

struct options {
	struct kernel kernels[MAX_KERNELS];
	int nr_kernels;
	unsigned long boots;
	int records_fd;
	bool timeout_given;
	bool takes_turns;
	struct turns turns;
	struct plan plan;
};

static unsigned long number(const char *option, const char *text,
			    unsigned long min, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < min || n > max)
		cannot_start("--%s %s: not a number from %lu to %lu", option,
			     text, min, max);
	return n;
}

static void check_file(const char *path, int mode, const char *option)
{
	struct stat st;

	if (stat(path, &st) || access(path, mode))
		cannot_start("--%s: %s: %m", option, path);
	if (!S_ISREG(st.st_mode))
		cannot_start("--%s: %s: not a file", option, path);
}

static void add_kernel(struct options *o, char *text)
{
	char *equals = strchr(text, '=');
	struct kernel *k;

	if (!equals || equals == text || !equals[1])
		cannot_start("--kernel %s: not NAME=PATH", text);
	*equals = '\0';
	if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ||
	    strlen(text) > 64)
		cannot_start("--kernel %s: a name has letters, digits, '.', '_' and '-' only, 64 at most",
			     text);
	check_file(equals + 1, X_OK, "kernel");
	if (o->nr_kernels == MAX_KERNELS)
		cannot_start("more than %d kernels", MAX_KERNELS);
	k = &o->kernels[o->nr_kernels++];
	k->name = text;
	k->path = equals + 1;
}

static void set_kind(struct options *o, const char *kind)
{
	if (strcmp(o->plan.kind, "exec") && strcmp(o->plan.kind, kind))
		cannot_start("--host and --shell together");
	o->plan.kind = kind;
}

static void parse_option(struct options *o, int option)
{
	switch (option) {
	case 'k':
		add_kernel(o, optarg);
		break;
	case 'i':
		o->plan.initrd = optarg;
		break;
	case 'm':
		o->plan.mem_mib = number("mem", optarg, 16, 1 << 20);
		break;
	case 'b':
		o->boots = number("boots", optarg, 1, 1000000);
		break;
	case 't':
		o->plan.timeout_s = number("timeout", optarg, 0, 1000000);
		o->timeout_given = true;
		break;
	case 'r':
		o->records_fd = number("records", optarg, 0, 1 << 20);
		if (fcntl(o->records_fd, F_GETFD) < 0)
			cannot_start("--records %s: %m", optarg);
		break;
	case 'l':
		o->plan.logs = optarg;
		break;
	case 'a':
		o->plan.append = optarg;
		break;
	case 'T':
		o->takes_turns = true;
		o->turns.random = number("turns", optarg, 0, ULONG_MAX);
		break;
	case 'e':
		events_parse(&o->plan.events, optarg);
		break;
	case 'w':
		events_parse(&o->plan.events, optarg);
		events_print_countable(&o->plan.events);
		exit(0);
	case 'h':
		set_kind(o, "host");
		break;
	case 's':
		set_kind(o, "shell");
		break;
	case '?':
		fputs(usage, stdout);
		exit(0);
	default:
		cannot_start("see umrun --help");
	}
}

static void parse_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "mem", required_argument, NULL, 'm' },
		{ "boots", required_argument, NULL, 'b' },
		{ "timeout", required_argument, NULL, 't' },
		{ "records", required_argument, NULL, 'r' },
		{ "logs", required_argument, NULL, 'l' },
		{ "append", required_argument, NULL, 'a' },
		{ "turns", required_argument, NULL, 'T' },
		{ "events", required_argument, NULL, 'e' },
		{ "which-events", required_argument, NULL, 'w' },
		{ "host", no_argument, NULL, 'h' },
		{ "shell", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'H' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", longs, NULL)) != -1)
		parse_option(o, option == 'H' ? '?' : option == '?' ? 0 : option);
	o->plan.argv = argv + optind;
}

static void check_options(struct options *o)
{
	static char *shell[] = { NULL, NULL };
	bool is_shell = !strcmp(o->plan.kind, "shell");

	if (!o->nr_kernels || !o->plan.initrd)
		cannot_start("--kernel and --initrd are needed, see umrun --help");
	check_file(o->plan.initrd, R_OK, "initrd");
	if (is_shell && o->takes_turns)
		cannot_start("--shell and --turns together");
	if (o->plan.events.n && (!o->takes_turns || o->records_fd < 0))
		cannot_start("--events needs --turns and --records");
	events_check(&o->plan.events);
	if (is_shell && !o->timeout_given)
		o->plan.timeout_s = 0;
	if (is_shell && !*o->plan.argv) {
		shell[0] = access("/bin/bash", X_OK) ? "/bin/sh" : "/bin/bash";
		o->plan.argv = shell;
	}
	if (!*o->plan.argv)
		cannot_start("no command to run, see umrun --help");
}

static int open_signal_fd(void)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH,
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

/* Not PR_SET_PDEATHSIG: that would watch the thread that started umrun. */
static int open_parent_fd(void)
{
	pid_t parent = getppid();
	int fd = pidfd_open(parent, 0);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* UML would take its memory from there, whatever their size and mount options. */
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
		   "{\"type\":\"boot\",\"kernel\":\"%s\",\"boot\":%d,\"wall_ns\":%lld,\"outcome\":\"%s\",\"status\":%d,\"came_up\":%s}\n",
		   k->name, index, (long long)result->wall_ns,
		   outcome_name(result->outcome), result->status,
		   result->came_up ? "true" : "false");
	flush_records(plan->records);
}

/* a b b a a b b a: what drifts on the host hits every kernel alike. */
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
	struct sink out = { .fd = STDOUT_FILENO }, err = { .fd = STDERR_FILENO };
	struct sink records = { .fd = -1 };
	struct options o = {
		.boots = 1, .records_fd = -1,
		.plan = { .kind = "exec", .mem_mib = 256, .timeout_s = 300 },
	};

	parse_options(&o, argc, argv);
	check_options(&o);
	forget_tempdirs();
	o.plan.out = &out;
	o.plan.err = &err;
	o.plan.signal_fd = open_signal_fd();
	o.plan.parent_fd = open_parent_fd();
	o.plan.lpj = guess_lpj();
	if (o.records_fd >= 0) {
		fcntl(o.records_fd, F_SETFD, FD_CLOEXEC);
		records.fd = o.records_fd;
		o.plan.records = &records;
		put_host_record(&records);
	}
	return o.takes_turns ? boot_all_at_once(&o) : boot_all(&o);
}

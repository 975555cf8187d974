// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "protocol.h"
#include "say.h"

static const char usage[] =
"usage: umrun --kernel NAME=PATH [--kernel NAME=PATH]... --initrd FILE\n"
"             [--disk FILE] [--mem MIB] [--boots N] [--timeout SECONDS] [--records FD]\n"
"             [--console FD] [--stderr FD] [--append ARG]...\n"
"             [--turns SEED [--events LIST]] [--host | --shell] -- ARGV...\n"
"       umrun --which-events LIST\n"
"\n"
"umrun boots every kernel N times, in the order a b b a, and runs ARGV in each.\n"
"\n"
"  --kernel NAME=PATH  boot the UML kernel at PATH and call it NAME\n"
"  --initrd FILE       the guest's root\n"
"  --disk FILE         an image that is /dev/ubda in the guest; each boot has a copy\n"
"                      of its own in memory, so that the image does not change\n"
"  --mem MIB           the guest's memory (default 256)\n"
"  --boots N           boots of each kernel (default 1)\n"
"  --timeout SECONDS   the longest time of a boot; 0 means no limit (default 300,\n"
"                      without a limit for a shell). Then, or when umrun gets\n"
"                      SIGALRM, the kernel is made to panic, to show where it was\n"
"  --records FD        write JSON Lines to this open descriptor\n"
"  --console FD        write what the kernel prints to this open descriptor: the\n"
"                      first 16 MiB of a boot, and the last 64 KiB. With --turns\n"
"                      each kernel has one, in the order of --kernel\n"
"  --stderr FD         write the job's standard error to this open descriptor, so\n"
"                      that umrun's own has nothing but what umrun says\n"
"  --append ARG        give the kernel this argument, as in kunit.enable=1; may be\n"
"                      repeated\n"
"  --turns SEED        boot all kernels at once, on one CPU: a read of /dev/turn in\n"
"                      a guest waits for its turn; SEED decides the random order\n"
"  --events LIST       count events of each kernel in each of its turns; LIST has\n"
"                      some of cycles, instructions, cache-misses, task-clock,\n"
"                      dTLB-load-misses, page-faults, separated by commas\n"
"  --which-events LIST print those events that can be counted here at once, say\n"
"                      why the others cannot, and exit\n"
"  --host              run ARGV in the host's root, read-only, not the guest's\n"
"  --shell             run ARGV, or a shell, likewise and with a terminal\n"
"\n"
"Exit status: the job's, 128 + N if signal N ended it, or\n"
"  121  what the job wrote cannot be passed on\n"
"  122  the job cannot be started\n"
"  123  the kernel panicked or died\n"
"  124  the time limit ended the boot\n"
"  125  what the guest sent is broken\n"
"  126  the command is there, but cannot be executed\n"
"  127  the command is not there\n"
"  130  interrupted\n"
"and 128 + N if signal N ended umrun. With several boots it is the first\n"
"status that is not 0, and no boot follows.\n";

static unsigned long parse_number(const char *option, const char *text,
				  unsigned long min, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < min || n > max)
		cannot_start("--%s %s: this is not a number from %lu to %lu", option,
			     text, min, max);
	return n;
}

/* One that umrun was started with, and what it starts does not get. */
static int open_descriptor(const char *option, const char *text)
{
	int fd = parse_number(option, text, 0, 1 << 20);

	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		cannot_start("--%s %s: %m", option, text);
	return fd;
}

static void check_file(const char *path, int mode, const char *option)
{
	struct stat st;

	if (stat(path, &st) || access(path, mode))
		cannot_start("--%s: %s: %m", option, path);
	if (!S_ISREG(st.st_mode))
		cannot_start("--%s: %s: this is not a file", option, path);
}

static void add_kernel(struct options *o, char *text)
{
	char *equals = strchr(text, '=');
	struct kernel *k;

	if (!equals || equals == text || !equals[1])
		cannot_start("--kernel %s: this is not NAME=PATH", text);
	*equals = '\0';
	if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ||
	    strlen(text) > 64)
		cannot_start("--kernel %s: a name has at most 64 letters, digits, '.', '_' and '-'",
			     text);
	check_file(equals + 1, X_OK, "kernel");
	if (o->nr_kernels == MAX_KERNELS)
		cannot_start("umrun boots at most %d kernels", MAX_KERNELS);
	k = &o->kernels[o->nr_kernels++];
	k->name = text;
	k->path = equals + 1;
}

static void add_console(struct options *o, int fd)
{
	if (o->nr_consoles == MAX_KERNELS)
		cannot_start("umrun takes at most %d consoles", MAX_KERNELS);
	o->consoles[o->nr_consoles++] = fd;
}

static void set_kind(struct options *o, const char *kind)
{
	if (strcmp(o->plan.kind, JOB_EXEC) && strcmp(o->plan.kind, kind))
		cannot_start("--host and --shell exclude each other");
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
	case 'd':
		o->plan.disk = optarg;
		break;
	case 'm':
		o->plan.mem_mib = parse_number("mem", optarg, 16, 1 << 20);
		break;
	case 'b':
		o->boots = parse_number("boots", optarg, 1, 1000000);
		break;
	case 't':
		o->plan.timeout_s = parse_number("timeout", optarg, 0, 1000000);
		o->timeout_given = true;
		break;
	case 'r':
		o->records_fd = open_descriptor("records", optarg);
		break;
	case 'c':
		add_console(o, open_descriptor("console", optarg));
		break;
	case 'E':
		o->stderr_fd = open_descriptor("stderr", optarg);
		break;
	case 'a':
		arguments_add(&o->plan.append, "%s", optarg);
		break;
	case 'T':
		o->takes_turns = true;
		o->turns.random = parse_number("turns", optarg, 0, ULONG_MAX);
		break;
	case 'e':
		events_parse(&o->plan.events, optarg);
		break;
	case 'w':
		events_parse(&o->plan.events, optarg);
		events_print_countable(&o->plan.events);
		exit(0);
	case 'h':
		set_kind(o, JOB_HOST);
		break;
	case 's':
		set_kind(o, JOB_SHELL);
		break;
	case '?':
		fputs(usage, stdout);
		exit(0);
	default:
		cannot_start("see umrun --help");
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "disk", required_argument, NULL, 'd' },
		{ "mem", required_argument, NULL, 'm' },
		{ "boots", required_argument, NULL, 'b' },
		{ "timeout", required_argument, NULL, 't' },
		{ "records", required_argument, NULL, 'r' },
		{ "console", required_argument, NULL, 'c' },
		{ "stderr", required_argument, NULL, 'E' },
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

/* What kernels print at the same time has to go to different places. */
static void share_consoles(struct options *o)
{
	int needed = o->takes_turns ? o->nr_kernels : 1;

	if (o->nr_consoles && o->nr_consoles != needed)
		cannot_start("--console: %d given, %d needed, which is one for each kernel with --turns",
			     o->nr_consoles, needed);
	for (int i = 0; i < o->nr_kernels; i++)
		o->kernels[i].console_fd = o->nr_consoles ?
			o->consoles[i % needed] : -1;
}

static void check(struct options *o)
{
	static char *shell[] = { NULL, NULL };
	bool is_shell = !strcmp(o->plan.kind, JOB_SHELL);

	if (!o->nr_kernels || !o->plan.initrd)
		cannot_start("--kernel and --initrd are needed, see umrun --help");
	check_file(o->plan.initrd, R_OK, "initrd");
	if (o->plan.disk)
		check_file(o->plan.disk, R_OK, "disk");
	if (is_shell && o->takes_turns)
		cannot_start("--shell and --turns exclude each other");
	if (o->plan.events.n && (!o->takes_turns || o->records_fd < 0))
		cannot_start("--events needs --turns and --records");
	events_check(&o->plan.events);
	share_consoles(o);
	if (is_shell && !o->timeout_given)
		o->plan.timeout_s = 0;
	if (is_shell && !*o->plan.argv) {
		shell[0] = access("/bin/bash", X_OK) ? "/bin/sh" : "/bin/bash";
		o->plan.argv = shell;
	}
	if (!*o->plan.argv)
		cannot_start("no command to run, see umrun --help");
}

void options_parse(struct options *o, int argc, char **argv)
{
	*o = (struct options){
		.boots = 1, .records_fd = -1, .stderr_fd = STDERR_FILENO,
		.plan = {
			.kind = JOB_EXEC, .mem_mib = 256, .timeout_s = 300,
		},
	};
	parse(o, argc, argv);
	check(o);
}

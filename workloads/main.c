// SPDX-License-Identifier: GPL-2.0
/*
 * walks: build address spaces, compare what the kernel says of them with the
 * truth, and time page-table walks over them. It runs in a guest with the
 * platform series, as root. Most of it needs the series probe, too.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "external/external.h"
#include "external/tools.h"
#include "fuzz/replay.h"
#include "kernel/util.h"
#include "measure/golden.h"
#include "measure/living.h"
#include "measure/loop.h"
#include "measure/observe.h"
#include "measure/processes.h"
#include "measure/rows.h"
#include "measure/scale.h"
#include "out/records.h"
#include "readers/failing.h"
#include "readers/leaks.h"
#include "readers/readers.h"
#include "rules/contract.h"
#include "stress/beside.h"
#include "stress/stress.h"

/* run() gets the name as argv[0] and returns the exit status. */
static const struct command {
	const char *name;
	const char *arguments;
	int least, most;	/* arguments */
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "check", "[ROW...]", 0, INT_MAX, check_main,
	  "build each layout and check /proc/PID/smaps, pagemap and what a\n"
	  "walk reaches against its truth: KTAP on standard output" },
	{ "time", "[--samples N] [ROW...]", 0, INT_MAX, time_main,
	  "time walks, N samples (40) of each: records" },
	{ "bench", "[--samples N] [ROW...]", 0, INT_MAX, bench_main,
	  "both, on the same address space" },
	{ "count", "[ROW...]", 0, INT_MAX, count_main,
	  "the instructions of each walk: records" },
	{ "loop", "LAYOUT:WALK MILLISECONDS", 2, 2, loop_main,
	  "one walk, again and again, to be profiled: records" },
	{ "contract", "[--layout NAME] [RULE...]", 0, INT_MAX, contract_main,
	  "check the rules of docs/contract.md, W1 to W11 and U1 to U13, or with\n"
	  "--layout those that a layout can be checked for: KTAP and records" },
	{ "external", "", 0, 0, external_main,
	  "check what tests expect that nobody of umwalk wrote: KTAP and\n"
	  "records" },
	{ "tools", "NAME COMMAND...", 2, INT_MAX, tools_main,
	  "what each COMMAND prints of process $PID, for processes with many\n"
	  "layouts, beside what is true and what walks reads: records" },
	{ "scale", "[--count | --samples N] SERIES:N[,N...]...", 1, INT_MAX,
	  scale_main,
	  "time walks over layouts that have N of the thing that SERIES is\n"
	  "about: vmas, gaps, pages, holes, tables, huge, or a layout of which\n"
	  "there are N; the last of each is checked, too: records; --count:\n"
	  "count instructions instead" },
	{ "living", "[--check] FIO JOB...", 2, INT_MAX, living_main,
	  "run fio with each job file, alone and while its process is walked;\n"
	  "--check: walk as often as there is time, and check what the walks\n"
	  "say: records" },
	{ "golden", "FILE", 1, 1, golden_main,
	  "replay the walks that FILE describes: records" },
	{ "readers", "[LAYOUT...]", 0, INT_MAX, readers_main,
	  "what smaps, pagemap and all other readers say of many layouts, and\n"
	  "of those that are named, and whether it is true: records" },
	{ "failing", "", 0, 0, failing_main,
	  "what each reader says if the kernel gets no memory, for each of its\n"
	  "allocations; for a kernel of the debug configuration: records" },
	{ "leaks", "", 0, 0, leaks_main,
	  "how much memory is free after each round of reads: records" },
	{ "stress", "SECONDS", 1, 1, stress_main,
	  "what smaps, pagemap and others say of VMAs that stay, and of pages\n"
	  "that do, while others change next to them: records" },
	{ "beside", "NAME COMMAND...", 2, INT_MAX, beside_main,
	  "run a command, and read smaps, pagemap and others of all processes\n"
	  "that it starts: records" },
	{ "target", "NAME PROGRAM...", 2, INT_MAX, target_main,
	  "run a program, and read all that at each of its system calls, and of\n"
	  "its offspring: records" },
	{ "left", "WHEN", 1, 1, left_main,
	  "how much memory is free when nothing else runs: records" },
	{ "replay", "FILE [answers]", 1, 2, replay_main,
	  "make the reads of each case in FILE: a record of each fault\n"
	  "found; answers: and of all that the kernel gave" },
	{ "processes", "", 0, 0, processes_main,
	  "what system calls, page faults and the like cost: a line each on\n"
	  "standard output" },
	{ "layout", "FILE", 1, 1, rows_layout,
	  "what the layout of a file has, or what is wrong with the file" },
	{ "list", "", 0, 0, rows_list,
	  "name the layouts and the walks" },
};

static int usage(void)
{
	const char *line;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		fprintf(stderr, "%s walks %s%s%s\n", i ? "      " : "usage:",
			commands[i].name, *commands[i].arguments ? " " : "",
			commands[i].arguments);
		for (line = commands[i].help; *line; line += len + !!line[len]) {
			len = strcspn(line, "\n");
			fprintf(stderr, "           %.*s\n", (int)len, line);
		}
	}
	fputs("\nROW: LAYOUT:WALK; LAYOUT:WALK,WALK are several, LAYOUT alone is all walks but\n"
	      "those that list calls readers. Without any, all layouts are taken. Records go\n"
	      "to file descriptor 3.\n"
	      "A check that fails is a result: the exit status is 0 all the same.\n",
	      stderr);
	return 2;
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return commands + i;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command = argc < 2 ? NULL : find_command(argv[1]);
	int arguments = argc - 2;

	if (!command || arguments < command->least || arguments > command->most)
		return usage();
	records_open();
	return command->run(argc - 1, argv + 1);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "external/said.h"
#include "external/tools.h"
#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/records.h"
#include "space/every.h"
#include "space/subject.h"

static char **tools;	/* the name and the command of each */

static void read_output(struct text *said, FILE *output)
{
	char line[4096];

	while (fgets(line, sizeof(line), output))
		text_add(said, "%s", line);
}

static void run_tool(const struct layout *layout, const char *name,
		     const char *command)
{
	struct text said = { 0 };
	FILE *output = popen(command, "r");

	if (!output)
		die("%s: %s", name, strerror(errno));
	read_output(&said, output);
	record_said(layout->name, name, pclose(output), text_string(&said));
	text_free(&said);
}

static void run_tools(const struct layout *layout, int pid)
{
	char text[16];
	char **tool;

	snprintf(text, sizeof(text), "%d", pid);
	setenv("PID", text, 1);
	for (tool = tools; *tool; tool += 2)
		run_tool(layout, tool[0], tool[1]);
}

/* The code that is left of the program counts, too. */
static void record_truth(const struct layout *layout)
{
	struct layout code = { .name = "code", .base = SUBJECT_CODE };
	struct text said = { 0 };

	layout_region(&code, &mem_anon, 1, 0, 1);
	say_truth(&said, &code);
	say_truth(&said, layout);
	record_said(layout->name, "truth", 0, text_string(&said));
	text_free(&said);
	layout_free(&code);
}

static void record_read(const struct layout *layout, int pid)
{
	struct text said = { 0 };

	say_read(&said, layout, pid);
	record_said(layout->name, "walks", 0, text_string(&said));
	text_free(&said);
}

static void look_at(const struct layout *layout, int probe, bool is_small)
{
	struct subject subject;

	(void)is_small;
	if (probe == NO_PROBE && layout_is_of_probe(layout))
		return;
	subject_start_alone(&subject, layout, probe);
	record_truth(layout);
	record_read(layout, subject.pid);
	run_tools(layout, subject.pid);
	subject_stop(&subject);
	records_flush();
}

int tools_main(int argc, char **argv)
{
	if (argc % 2 == 0)
		refuse("each tool has a name and a command");
	records_required();
	tools = argv + 1;
	layouts_each(probe_find(), look_at);
	return 0;
}

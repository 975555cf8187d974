// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that have no memory, or not that memory any more. Each file either
 * cannot be opened, or has nothing to read; and one that was opened before does
 * not tell of what came later. Nothing may be left of what was there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u8.h"
#include "space/subject.h"

#define PAGES		4	/* that the process has, all written */
#define KTHREADD	2

enum { MAPS, SMAPS, ROLLUP, PAGEMAP, CLEAR_REFS, NR_FILES };

static const char * const names[NR_FILES] = {
	"maps", "smaps", "smaps_rollup", "pagemap", "clear_refs",
};

/* The files of a process, open or negative error numbers. */
struct files {
	int fd[NR_FILES];
	bool has_scan;
};

static char text[8 * PAGE_SIZE] __attribute__((aligned(8)));

static void files_open(struct files *files, int pid)
{
	size_t i;

	for (i = 0; i < NR_FILES; i++) {
		files->fd[i] = try_proc(pid, names[i],
					i == CLEAR_REFS ? O_WRONLY : O_RDONLY);
		if (files->fd[i] < 0)
			files->fd[i] = -errno;
	}
}

static void files_close(struct files *files)
{
	size_t i;

	for (i = 0; i < NR_FILES; i++)
		if (files->fd[i] >= 0)
			close(files->fd[i]);
}

/* Read what there is of a file, of pagemap what there is of the layout. */
static int64_t read_file(const struct files *files, size_t i)
{
	int64_t got;

	memset(text, 0x5a, sizeof(text));
	if (files->fd[i] < 0)
		return files->fd[i];
	if (i == CLEAR_REFS)
		got = write(files->fd[i], "1", 1);
	else if (i == PAGEMAP)
		got = pread(files->fd[i], text, PAGES * sizeof(uint64_t),
			    pagemap_offset(RULE_BASE));
	else
		return smaps_read(files->fd[i], text, sizeof(text) - 1);
	return got < 0 ? -errno : got;
}

static int64_t scan(const struct files *files)
{
	struct scan scan = {
		.start = RULE_BASE,
		.end = RULE_BASE + PAGES * PAGE_SIZE,
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT,
		.vec = (uintptr_t)text,
		.vec_len = 4,
	};

	memset(text, 0x5a, sizeof(text));
	return pagemap_scan(files->fd[PAGEMAP], &scan);
}

/* Nothing may come, nor may anything be written where it would come. */
static void expect_nothing(struct check *check, const char *name, int64_t got)
{
	size_t i;

	check->checked++;
	if (got != 0 && got != -ESRCH && got != -ENOENT)
		check_fail(check, "%s gave %" PRId64 "%s%s, expected nothing or ESRCH",
			   name, got, got < 0 ? ", " : "",
			   got < 0 ? strerror(-got) : "");
	for (i = 0; i < sizeof(text); i++)
		if (text[i] != 0x5a) {
			check_fail(check, "%s gave %" PRId64 ", but wrote to the buffer",
				   name, got);
			return;
		}
}

static void expect_all_gone(struct check *check, const struct files *files)
{
	size_t i;

	for (i = 0; i < CLEAR_REFS; i++)
		expect_nothing(check, names[i], read_file(files, i));
	if (files->fd[PAGEMAP] >= 0 && files->has_scan)
		expect_nothing(check, "PAGEMAP_SCAN", scan(files));
}

/* There is no page to clear, which may be said or not. */
static void expect_no_clear(struct check *check, const struct files *files)
{
	int64_t got = read_file(files, CLEAR_REFS);

	check->checked++;
	if (got != 1 && got != -ESRCH && got != -ENOENT)
		check_fail(check, "clear_refs gave %" PRId64, got);
}

static void expect_no_process(struct check *check, int pid)
{
	struct files files = { .has_scan = true };

	files_open(&files, pid);
	expect_all_gone(check, &files);
	expect_no_clear(check, &files);
	files_close(&files);
}

/* So the silence of these files later says something. */
static void expect_there(struct check *check, struct files *files)
{
	const uint64_t *entries = (uint64_t *)text;
	size_t i;

	for (i = 0; i < NR_FILES; i++) {
		check->checked++;
		if (read_file(files, i) <= 0)
			check_fail(check, "%s has nothing of a process that lives",
				   names[i]);
		if (i == PAGEMAP && !(entries[0] & PM_PRESENT))
			check_fail(check, "pagemap has no page of a process that lives");
	}
	files->has_scan = pagemap_has_scan(files->fd[PAGEMAP]);
	check->checked++;
	if (files->has_scan && scan(files) != 1)
		check_fail(check, "PAGEMAP_SCAN has nothing of a process that lives");
}

static bool map_pages(void)
{
	return mmap((void *)RULE_BASE, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE |
		    MAP_POPULATE, -1, 0) != MAP_FAILED;
}

/* A child with some memory, which calls @act after its parent let it go on. */
static int start(void (*act)(void))
{
	int pid = fork_or_die();

	if (pid) {
		if (!WIFSTOPPED(wait_for(pid, WUNTRACED)))
			die("the process that is asked about died");
		return pid;
	}
	if (!map_pages() || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(1);
	raise(SIGSTOP);
	act();
	_exit(1);
}

static void go_on(int pid)
{
	if (ptrace(PTRACE_CONT, pid, NULL, NULL))
		die("ptrace: %s", strerror(errno));
}

static void end(int pid)
{
	kill(pid, SIGKILL);
	wait_for(pid, 0);
}

static void check_kernel_thread(struct rule_run *run)
{
	expect_no_process(rule_case(run, "kernel thread"), KTHREADD);
}

static void exit_now(void)
{
	_exit(0);
}

/* Both what was open before, and what is opened now. */
static void check_end(struct rule_run *run)
{
	struct check *check = rule_case(run, "zombie");
	struct files files;
	siginfo_t info;
	int pid = start(exit_now);

	files_open(&files, pid);
	expect_there(check, &files);
	go_on(pid);
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		die("waitid: %s", strerror(errno));
	expect_all_gone(check, &files);
	expect_no_clear(check, &files);
	expect_no_process(check, pid);
	wait_for(pid, 0);
	check = rule_case(run, "process that has ended");
	expect_all_gone(check, &files);
	expect_no_clear(check, &files);
	expect_no_process(check, pid);
	files_close(&files);
}

static void exec_walks(void)
{
	execl("/proc/self/exe", "walks", NULL);
}

/* It stops as a traced process does, before it runs any code of the new program. */
static void check_exec(struct rule_run *run)
{
	struct check *check = rule_case(run, "process that runs another program");
	struct files files;
	int pid = start(exec_walks);

	files_open(&files, pid);
	expect_there(check, &files);
	go_on(pid);
	if (!WIFSTOPPED(wait_for(pid, 0)))
		die("the process did not run another program");
	expect_all_gone(check, &files);
	files_close(&files);
	files_open(&files, pid);
	check->checked++;
	if (read_file(&files, SMAPS) <= 0)
		check_fail(check, "smaps, opened again, has nothing");
	if (read_file(&files, PAGEMAP) <= 0 || *(uint64_t *)text)
		check_fail(check, "pagemap, opened again, has a page of before");
	files_close(&files);
	end(pid);
}

static void check_rollup_of_nothing(struct check *check,
				    const struct files *files)
{
	int64_t got = read_file(files, ROLLUP);
	int64_t value = 0;
	char *line, *rest = text;

	check->checked++;
	text[got < 0 ? 0 : got] = '\0';
	if (got <= 0 || !strstr(text, "[rollup]\nRss:"))
		check_fail(check, "smaps_rollup gave %" PRId64 ", expected all fields",
			   got);
	strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n"))) {
		check->checked++;
		if (sscanf(line, "%*[^:]: %" SCNd64, &value) == 1 && value)
			check_fail(check, "smaps_rollup has '%s'", line);
	}
}

static void check_pagemap_of_nothing(struct check *check,
				     const struct files *files)
{
	static const uint64_t none[PAGES];
	int64_t got = read_file(files, PAGEMAP);

	check->checked++;
	if (got != sizeof(none) || memcmp(text, none, sizeof(none)))
		check_fail(check, "pagemap gave %" PRId64 " bytes, expected empty entries",
			   got);
}

/* Origin: the selftest proc-empty-vm. */
static void check_no_vma(struct rule_run *run)
{
	struct check *check = rule_case(run, "process without any VMA");
	struct files files = { .has_scan = false };
	int pid;

	/* It has the pages, too, until it has nothing. */
	must(map_pages(), "mmap");
	pid = process_without_memory();
	munmap((void *)RULE_BASE, PAGES * PAGE_SIZE);
	files_open(&files, pid);
	expect_nothing(check, "maps", read_file(&files, MAPS));
	expect_nothing(check, "smaps", read_file(&files, SMAPS));
	check_rollup_of_nothing(check, &files);
	check_pagemap_of_nothing(check, &files);
	if (pagemap_has_scan(files.fd[PAGEMAP]))
		expect_nothing(check, "PAGEMAP_SCAN", scan(&files));
	check->checked++;
	if (read_file(&files, CLEAR_REFS) != 1)
		check_fail(check, "clear_refs takes nothing");
	files_close(&files);
	end(pid);
}

void check_gone(struct rule_run *run)
{
	check_kernel_thread(run);
	check_end(run);
	check_exec(run);
	check_no_vma(run);
}

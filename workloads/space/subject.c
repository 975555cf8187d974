// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/clear_refs.h"
#include "kernel/util.h"
#include "space/leave.h"
#include "space/map.h"
#include "space/own.h"
#include "space/taken.h"
#include "space/subject.h"

/* Looks at a process that waits for a lock. */
#define LOCK_LOOKS	20
#define LOCK_US		2000

/* What the subject reports when it has mapped its regions, or has failed. */
struct report {
	size_t region;
	int error;
};

/* Unmap the stack and what lies above, so that a layout may be the last. */
static void unmap_from_stack(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, stack = 0;
	char line[256];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		if (strstr(line, "[stack]"))
			stack = start;
	}
	if (!stack || munmap((void *)stack, end - stack))
		die("/proc/self/maps: no stack to unmap");
	fclose(maps);
}

static struct gap gap_between(uint64_t start, uint64_t end)
{
	return (struct gap){ start, end - start };
}

void leave_all_but(uint64_t start, uint64_t end, uint64_t last)
{
	const struct gap gaps[] = {
		gap_between(0, SUBJECT_CODE),
		gap_between(SUBJECT_CODE + PAGE_SIZE, start),
		gap_between(end, last),
	};
	char *code = mmap((void *)SUBJECT_CODE, PAGE_SIZE,
			  PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			  -1, 0);

	if (code == MAP_FAILED)
		die("a page of code at 0x%" PRIx64 ": %s", SUBJECT_CODE,
		    strerror(errno));
	memcpy(code, leave_code, leave_end - leave_code);
	memcpy(code + (leave_gaps - leave_code), gaps, sizeof(gaps));
	((void (*)(void))code)();
}

/* Populate what only the owner can (@pid is 0), or else the rest. */
static void populate(const struct layout *layout, int probe, int pid)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		if (needs_owner(layout->regions + i) == !pid)
			layout_populate(layout, layout->regions + i, probe,
					pid);
}

static void set_inherited(const struct layout *layout, int advice)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (region->memory->content != CONTENT_FORKED &&
		    !memory_is_pfnmap(region->memory))
			must(!madvise((void *)layout_address(layout,
							     region->start),
				      region->pages * PAGE_SIZE, advice),
			     "setting what a child inherits");
	}
}

/* Write to every other page from @first on of those that are to be copied. */
static void copy_pages(const struct layout *layout, const struct region *region,
		       uint64_t first)
{
	uint64_t page;
	size_t i;

	for (i = 0; i < region->nr_copied; i++) {
		const struct range *range = region->copied + i;

		for (page = range->first + first * range->step;
		     page < range->end; page += 2 * range->step)
			*(char *)layout_address(layout, region->start + page) =
				1;
	}
}

/* A child has shared memory of a file only if it uses it. */
static void use_pages(const struct layout *layout, const struct region *region)
{
	uint64_t unit = region_unit(region), page;
	size_t i;

	for (i = 0; i < region->nr_ranges; i++) {
		const struct range *range = region->ranges + i;

		for (page = range->first; page < range->end;
		     page += range->step)
			*(char *)layout_address(layout, region->start +
						page * unit) = 1;
	}
}

/* What the process does (@first is 0), and its child. */
static void use_forked(const struct layout *layout, uint64_t first)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (region->memory->content != CONTENT_FORKED)
			continue;
		copy_pages(layout, region, first);
		if (first && region->memory->shared)
			use_pages(layout, region);
	}
}

/* What is copied of PFNMAP is inherited whatever madvise() says. */
static void unmap_copied_pfnmap(const struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (region->memory == &mem_pfnmap_cow)
			must(!munmap((void *)layout_address(layout,
							    region->start),
				     region->pages * PAGE_SIZE),
			     "unmapping what a child has not");
	}
}

/* Share what is to be shared with a child, and copy what is not. */
static void share(const struct layout *layout)
{
	int child;

	if (!layout_has(layout, CONTENT_FORKED))
		return;
	set_inherited(layout, MADV_DONTFORK);
	child = fork_or_die();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		unmap_copied_pfnmap(layout);
		use_forked(layout, 1);
		close_range(0, ~0U, 0);
		for (;;)
			kill(getpid(), SIGSTOP);
	}
	if (!WIFSTOPPED(wait_for(child, WUNTRACED)))
		die("layout %s: the child that shares it did not stop",
		    layout->name);
	use_forked(layout, 0);
	set_inherited(layout, MADV_DOFORK);
}

/* What the subject has to know without the stack of its parent. */
static struct life {
	struct layout layout;
	int probe, reports;
	bool alone;
	uint64_t end;		/* of the address space */
	const struct identity *owner;	/* NULL: as its parent */
	bool dumpable;
} life;

/* A process that has changed its user is neither dumpable nor bound to die. */
static void take_owner(void)
{
	if (!life.owner)
		return;
	become(life.owner);
	prctl(PR_SET_DUMPABLE, life.dumpable);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/*
 * When it stops itself, the subject does not return to user space from that
 * system call. Sleeping in a read() is not enough: the parent may run, and
 * populate, before the subject has come that far.
 */
static int subject_live(void *unused)
{
	struct report report;

	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unmap_from_stack();
	report.error = layout_map(&life.layout, life.probe, &report.region);
	if (!report.error) {
		populate(&life.layout, life.probe, 0);
		share(&life.layout);
	}
	take_owner();
	if (write(life.reports, &report, sizeof(report)) != sizeof(report) ||
	    report.error)
		_exit(0);
	/* The guest waits for the end of all that could write to its output. */
	close_range(0, KEPT_DESCRIPTORS - 1, 0);
	if (life.alone)
		leave_all_but(life.layout.base, layout_end(&life.layout),
			      life.end);
	kill(getpid(), SIGSTOP);
	_exit(0);
}

static void subject_wait_mapped(const struct layout *layout, int reports)
{
	struct report report;

	if (read(reports, &report, sizeof(report)) != sizeof(report))
		die("layout %s: the process that maps it died", layout->name);
	if (report.error)
		layout_unmappable(layout, report.region, report.error);
}

static void subject_wait_stopped(const struct subject *subject,
				 const struct layout *layout)
{
	if (!WIFSTOPPED(wait_for(subject->pid, WUNTRACED)))
		die("layout %s: the process that mapped it did not stop",
		    layout->name);
}

static void subject_fork(struct subject *subject, const struct layout *layout,
			 const struct life *how)
{
	static char stack[65536] __attribute__((aligned(16)));
	int reports[2];

	if (pipe2(reports, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	fflush(NULL);
	life = *how;
	life.layout = *layout;
	life.probe = subject->probe;
	life.reports = reports[1];
	life.end = life.alone ? address_space_end() : 0;
	subject->pid = clone(subject_live, stack + sizeof(stack), SIGCHLD,
			     NULL);
	if (subject->pid < 0)
		die("clone: %s", strerror(errno));
	close(reports[1]);
	subject_wait_mapped(layout, reports[0]);
	close(reports[0]);
	subject_wait_stopped(subject, layout);
}

static void start(struct subject *subject, const struct layout *layout,
		  int probe, const struct life *how)
{
	subject->layout = layout;
	subject->probe = probe;
	layout_take(layout);
	pools_add(&subject->pools, layout);
	subject_fork(subject, layout, how);
	populate(layout, probe, subject->pid);
}

void subject_start(struct subject *subject, const struct layout *layout,
		   int probe)
{
	start(subject, layout, probe, &(struct life){ 0 });
}

void subject_start_alone(struct subject *subject, const struct layout *layout,
			 int probe)
{
	start(subject, layout, probe, &(struct life){ .alone = true });
}

void subject_start_of(struct subject *subject, const struct layout *layout,
		      int probe, const struct identity *owner, bool dumpable)
{
	start(subject, layout, probe, &(struct life){
		.owner = owner,
		.dumpable = dumpable,
	});
}

void subject_make_thps(const struct subject *subject)
{
	const struct layout *layout = subject->layout;

	layout_make_thps(layout, 0, layout->pages, subject->pid);
}

void subject_stop(struct subject *subject)
{
	kill(subject->pid, SIGKILL);
	wait_for(subject->pid, 0);
	layout_give_back(subject->layout);
	pools_restore(&subject->pools);
}

void subject_leave(struct subject *subject)
{
	kill(subject->pid, SIGKILL);
	pools_restore(&subject->pools);
}

int process_without_memory(void)
{
	uint64_t last = address_space_end();
	int pid = fork_or_die();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		syscall(SYS_munmap, 0, last);
	}
	if (!WIFSTOPPED(wait_for(pid, 0)))
		die("the process that has unmapped its memory did not stop");
	return pid;
}

char process_state(int pid)
{
	char text[64] = "", state = 0;
	int fd = open_proc(pid, "stat");

	if (read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%*d (%*[^)]) %c", &state);
	close(fd);
	return state;
}

/* Take the lock for writing, and clear no page. */
static int take_lock(int pid)
{
	int child = fork_or_die();

	if (child)
		return child;
	write_clear_refs(pid, "5");
	_exit(0);
}

/*
 * No other process runs that could hold the lock for a moment, so a child that
 * waits for it again and again waits for ever.
 */
bool subject_is_locked(const struct subject *subject)
{
	int child = take_lock(subject->pid), waits = 0;

	while (waits < LOCK_LOOKS && !waitpid(child, NULL, WNOHANG)) {
		waits += process_state(child) == 'D';
		usleep(LOCK_US);
	}
	if (waits < LOCK_LOOKS)
		return false;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return true;
}

struct walk_run subject_walk(const struct subject *subject,
			     const struct walk *walk)
{
	const struct layout *layout = subject->layout;
	struct walk_run run = {
		.walk = walk,
		.probe = subject->probe,
		.pid = subject->pid,
		.start = layout->base,
		.pages = layout->pages,
		.vmas = layout->nr_regions,
	};
	uint64_t first;

	if (walk->own) {
		own_map(layout, subject->probe);
		first = layout_longest_stretch(layout, &run.pages);
		run.start = layout_address(layout, first);
	}
	walk_open(&run);
	return run;
}

void subject_walk_end(const struct subject *subject, struct walk_run *run)
{
	walk_close(run);
	if (run->walk->own)
		own_unmap(subject->layout);
}

/* Page tables are freed by top-level entries, so the end is aligned to one. */
uint64_t address_space_end(void)
{
	uint64_t top = TOP_PAGES * PAGE_SIZE, low = 0, high = 1 << 17;

	while (high - low > 1) {
		uint64_t mid = (low + high) / 2;
		void *got = mmap((void *)(mid * top), PAGE_SIZE, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS |
				 MAP_FIXED_NOREPLACE, -1, 0);

		if (got == MAP_FAILED && errno == ENOMEM) {
			high = mid;
			continue;
		}
		if (got != MAP_FAILED)
			munmap(got, PAGE_SIZE);
		low = mid;
	}
	return high * top;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * U12: reads leave nothing behind: neither an object of any kind (mm_struct,
 * task_struct, file, buffer), nor a page, nor the lock of an address space. That
 * goes for reads that succeed, are refused, or do not come to their end; and of
 * processes that live, have ended, or have no memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/meminfo.h"
#include "kernel/probe.h"
#include "kernel/slabs.h"
#include "kernel/uffd.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u12_reads.h"
#include "space/layout.h"
#include "space/subject.h"

/* A prime, so that what is lost in each read is never a number of whole slabs. */
#define ROUNDS		23
#define MORE_ROUNDS	101	/* that may lose a page each */

#define NOWHERE		((void *)1)	/* nothing is mapped there */
#define NOBODY		65534
#define KERNEL_THREAD	2

/* Some memory is freed behind a process, after a grace period of RCU. */
#define SETTLE_TRIES	50
#define SETTLE_US	4000
#define PAGES_SLACK	32	/* page tables of this process, and the like */
#define THREAD_TRIES	10

struct left {
	struct check *check;
	struct layout layout;
	int file;
	void *said;
	size_t caches;
	struct slab_counts before, after;
	uint64_t pages_before, pages_after;
};

/* A little of each kind: what a read leaves behind does not grow with it. */
static void describe(struct left *left)
{
	struct layout *layout = &left->layout;
	struct region *region;

	left->file = memfd_create("left", MFD_CLOEXEC);
	if (left->file < 0 || ftruncate(left->file, 4 * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	*layout = (struct layout){ .name = "left", .base = LAYOUT_BASE };
	layout_region(layout, &mem_anon, 5, 0, 2);
	region = layout_vma(layout, &mem_file_shared, 4);
	region->file = left->file;
	region_populate(region, 0, 4, 1);
	layout_hole(layout, HUGE_PAGES - layout->pages);
	layout_region(layout, &mem_hugetlb, HUGE_PAGES, 0, 1);
}

static uint64_t free_pages(void)
{
	return free_memory_kb() / (PAGE_SIZE / 1024);
}

static void note(struct slab_counts *counts, uint64_t *pages)
{
	slabs_count(counts);
	*pages = free_pages();
}

static bool is_as_before(const struct left *left)
{
	return !memcmp(left->before.objects, left->after.objects,
		       left->caches * sizeof(*left->before.objects)) &&
	       left->pages_after + PAGES_SLACK >= left->pages_before;
}

/* Wait until all is as before, or for as long as more may be freed. */
static void note_after(struct left *left)
{
	int tries = SETTLE_TRIES;

	do {
		usleep(SETTLE_US);
		note(&left->after, &left->pages_after);
	} while (!is_as_before(left) && --tries);
}

static void use_as_before(struct left *left)
{
	left->before = left->after;
	left->pages_before = left->pages_after;
}

/* Wait until no more is freed. */
static void note_before(struct left *left)
{
	int tries = SETTLE_TRIES;

	do {
		use_as_before(left);
		usleep(SETTLE_US);
		note(&left->after, &left->pages_after);
	} while (!is_as_before(left) && --tries);
}

static void compare(struct left *left)
{
	size_t i;

	for (i = 0; i < left->caches; i++) {
		uint64_t before = left->before.objects[i];
		uint64_t after = left->after.objects[i];

		left->check->checked++;
		if (after != before)
			check_fail(left->check, "%" PRIu64 " objects of %s are in use afterwards, %" PRIu64 " before, whole slabs not counted",
				   after, slab_name(i), before);
	}
	if (left->pages_after + PAGES_SLACK < left->pages_before)
		check_fail(left->check, "%" PRIu64 " pages of memory are free afterwards, %" PRIu64 " before",
			   left->pages_after, left->pages_before);
}

static void start_subject(struct left *left, struct subject *subject)
{
	subject_start_alone(subject, &left->layout, NO_PROBE);
}

/* What is locked now stays so, and so does the process that waits for it. */
static bool leaves_lock(struct left *left, struct subject *subject)
{
	left->check->checked++;
	if (!subject_is_locked(subject)) {
		subject_stop(subject);
		return false;
	}
	check_fail(left->check, "mmap_lock of the process is held afterwards");
	subject_leave(subject);
	return true;
}

static void use_all(struct left *left, int pid, int rounds, bool refused)
{
	size_t i;
	int n, fd;

	for (i = 0; i < nr_reads; i++)
		for (n = 0; n < rounds; n++) {
			fd = reads_open(reads + i, pid);
			if (fd < 0)
				continue;
			if (refused)
				reads[i].refused(fd, NOWHERE);
			else
				reads[i].read(fd, left->said);
			close(fd);
		}
}

static void succeed(struct left *left, int rounds)
{
	struct subject subject;

	start_subject(left, &subject);
	use_all(left, subject.pid, rounds, false);
	leaves_lock(left, &subject);
}

static void be_refused(struct left *left, int rounds)
{
	struct subject subject;

	start_subject(left, &subject);
	use_all(left, subject.pid, rounds, true);
	leaves_lock(left, &subject);
}

/* Exit with 1 if a file can be opened. */
static void read_as_nobody(struct left *left, int pid, int rounds)
{
	if (seteuid(NOBODY))
		die("seteuid: %s", strerror(errno));
	use_all(left, pid, rounds, false);
	_exit(reads_open(reads, pid) >= 0);
}

static void have_no_right(struct left *left, int rounds)
{
	struct subject subject;
	int pid;

	start_subject(left, &subject);
	pid = fork_or_die();
	if (!pid)
		read_as_nobody(left, subject.pid, rounds);
	left->check->checked++;
	if (wait_for(pid, 0))
		check_fail(left->check, "another user may read %s",
			   reads[0].file);
	leaves_lock(left, &subject);
}

/* Read the first byte of what has several VMAs, and no more. */
static void stop_early(struct left *left, int rounds)
{
	struct subject subject;
	size_t i;
	int n, fd;

	start_subject(left, &subject);
	for (i = 0; i < nr_reads; i++)
		for (n = 0; n < rounds; n++) {
			fd = reads_open(reads + i, subject.pid);
			pread(fd, left->said, 1, 0);
			close(fd);
		}
	leaves_lock(left, &subject);
}

static void read_open(struct left *left, const int *fds)
{
	size_t i;

	for (i = 0; i < nr_reads; i++)
		reads[i].read(fds[i], left->said);
}

/* End, but leave the process for its parent to reap. */
static void become_zombie(const struct subject *subject)
{
	siginfo_t info;

	kill(subject->pid, SIGKILL);
	waitid(P_PID, subject->pid, &info, WEXITED | WNOWAIT);
}

/* Open files, have the process end, and then read: as a zombie, and without. */
static void outlive(struct left *left, int rounds)
{
	struct subject subject;
	int fds[nr_reads];
	size_t i;

	start_subject(left, &subject);
	for (i = 0; i < nr_reads; i++)
		fds[i] = reads_open(reads + i, subject.pid);
	become_zombie(&subject);
	for (; rounds; rounds--)
		read_open(left, fds);
	subject_stop(&subject);
	read_open(left, fds);
	for (i = 0; i < nr_reads; i++)
		close(fds[i]);
}

static void read_zombie(struct left *left, int rounds)
{
	struct subject subject;

	start_subject(left, &subject);
	become_zombie(&subject);
	use_all(left, subject.pid, rounds, false);
	subject_stop(&subject);
}

static void read_kernel_thread(struct left *left, int rounds)
{
	use_all(left, KERNEL_THREAD, rounds, false);
}

static void read_emptied(struct left *left, int rounds)
{
	int pid = process_without_memory();

	use_all(left, pid, rounds, false);
	kill(pid, SIGKILL);
	wait_for(pid, 0);
}

/* A reader that comes to memory for which userfaultfd has no page waits. */
static void read_to_missing(const struct reads *of, int pid)
{
	void *said = mmap(NULL, SAID_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	uffd_must("register", uffd_register(uffd_must("open", uffd_open(0)),
					    UFFD_MISSING, (uintptr_t)said,
					    SAID_SIZE));
	of->read(reads_open(of, pid), said);
	_exit(0);
}

static void interrupt_one(const struct reads *of, int target)
{
	int pid = fork_or_die();

	if (!pid)
		read_to_missing(of, target);
	while (process_state(pid) == 'R')
		usleep(SETTLE_US / 4);
	kill(pid, SIGKILL);
	wait_for(pid, 0);
}

static void be_interrupted(struct left *left, int rounds)
{
	struct subject subject;
	size_t i;
	int n;

	start_subject(left, &subject);
	for (i = 0; i < nr_reads; i++)
		for (n = 0; n < rounds && reads[i].flags == O_RDONLY; n++)
			interrupt_one(reads + i, subject.pid);
	leaves_lock(left, &subject);
}

/* mincore() has no file, and tells of this process only. */
static void ask_mincore(struct left *left, int rounds)
{
	int n;

	for (n = 0; n < rounds; n++) {
		mincore(left->said, SAID_SIZE, left->said);
		mincore(left->said, SAID_SIZE, (void *)PAGE_SIZE);
		mincore((void *)PAGE_SIZE, PAGE_SIZE, left->said);
		mincore((char *)left->said + 1, PAGE_SIZE, left->said);
	}
}

static const struct {
	const char *name;
	void (*read)(struct left *left, int rounds);
	int rounds;
} ways[] = {
	{ "read", succeed, ROUNDS },
	{ "refused", be_refused, ROUNDS },
	{ "without a right", have_no_right, ROUNDS },
	{ "read in part", stop_early, ROUNDS },
	{ "of a process that has ended", outlive, ROUNDS },
	{ "of a zombie", read_zombie, ROUNDS },
	{ "of a kernel thread", read_kernel_thread, ROUNDS },
	{ "of a process without memory", read_emptied, ROUNDS },
	{ "interrupted", be_interrupted, 1 },
	{ "mincore", ask_mincore, MORE_ROUNDS },
};

/* After the first time, all that is kept once allocated is allocated. */
static void read_each(struct left *left)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		ways[i].read(left, 1);
}

static unsigned int threads(void)
{
	struct sysinfo info;

	must(!sysinfo(&info), "sysinfo");
	return info.procs;
}

/*
 * If the kernel has started or ended a thread of its own meanwhile, as it does
 * with workers, there is more or less of nine kinds: then do it again. A thread
 * that is lost each time is found all the same.
 */
static void check_way(struct left *left, void (*read)(struct left *, int),
		      int rounds)
{
	int tries = THREAD_TRIES;
	unsigned int before;

	for (;;) {
		before = threads();
		read(left, rounds);
		note_after(left);
		if (threads() == before || !--tries)
			break;
		note_before(left);
	}
	compare(left);
	use_as_before(left);
}

static void check_left_rule(struct rule_run *run)
{
	static struct left left;
	struct check first = { 0 };
	size_t i;

	left.said = map_populated(SAID_SIZE);
	left.caches = slabs_open();
	describe(&left);
	note(&left.after, &left.pages_after);
	left.check = &first;
	read_each(&left);
	note_before(&left);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		left.check = rule_case(run, "%s", ways[i].name);
		check_way(&left, ways[i].read, ways[i].rounds);
	}
	layout_free(&left.layout);
	close(left.file);
	slabs_close();
	unmap_populated(left.said, SAID_SIZE);
}

const struct rule rule_u12 = { "U12", "left_behind", check_left_rule };

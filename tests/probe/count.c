// SPDX-License-Identifier: GPL-2.0
/* Tests of PAGEWALK_PROBE_COUNT. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pagewalk_probe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE		4096UL
#define BASE		(1UL << 36)
#define PAGES		600UL
#define BUFFER_SIZE	(16 * PAGE)
#define BIT(name)	(1U << PAGEWALK_PROBE_##name)
#define MAX_INSNS	8192

static int probe, tests;
static void *buffer;
static struct pagewalk_probe_insn insns[2][MAX_INSNS];

static void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
}

static int count(struct pagewalk_probe_count *arg, int which)
{
	arg->insns = (uintptr_t)insns[which];
	arg->max_insns = MAX_INSNS;
	return ioctl(probe, PAGEWALK_PROBE_COUNT, arg) ? -errno : 0;
}

static uint64_t sum(const struct pagewalk_probe_count *arg, int which)
{
	uint64_t n = arg->elsewhere;
	size_t i;

	for (i = 0; i < arg->nr_insns; i++)
		n += insns[which][i].count;
	return n;
}

/* With jumps and with single steps: the same, instruction by instruction. */
static void test_same(struct pagewalk_probe_count arg, const char *what)
{
	struct pagewalk_probe_count each = arg;
	bool same;

	each.flags |= PAGEWALK_PROBE_STEP_ALL;
	same = !count(&arg, 0) && !count(&each, 1);
	same = same && arg.total == each.total && arg.result == each.result &&
	       arg.nr_insns == each.nr_insns && arg.nr_insns <= MAX_INSNS &&
	       !memcmp(insns[0], insns[1], arg.nr_insns * sizeof(**insns));
	ok(same && arg.total, what);
	ok(same && sum(&arg, 0) == arg.total && !arg.elsewhere,
	   "the instructions add up, and all are the kernel's");
	printf("# %llu instructions, with single steps %llu; returned %lld\n",
	       (unsigned long long)arg.total, (unsigned long long)each.total,
	       (long long)arg.result);
}

static struct pagewalk_probe_count walk_of(uint32_t callbacks)
{
	return (struct pagewalk_probe_count) {
		.start = BASE,
		.end = BASE + PAGES * PAGE,
		.callbacks = callbacks,
		.fd = -1,
	};
}

static struct pagewalk_probe_count read_of(const char *file, uint64_t offset,
					   uint64_t size)
{
	return (struct pagewalk_probe_count) {
		.fd = open(file, O_RDONLY),
		.offset = offset,
		.buffer = (uintptr_t)buffer,
		.size = size,
	};
}

static struct pagewalk_probe_count mincore_call(void)
{
	return (struct pagewalk_probe_count) {
		.fd = -1,
		.flags = PAGEWALK_PROBE_CALL,
		.call = SYS_mincore,
		.args = { BASE, PAGES * PAGE, (uintptr_t)buffer },
	};
}

static void test_refused(struct pagewalk_probe_count arg, int err,
			 const char *what)
{
	ok(count(&arg, 0) == err, what);
}

static void test_arguments(void)
{
	struct pagewalk_probe_count arg = walk_of(BIT(PTE_ENTRY));

	arg.flags = 4;
	test_refused(arg, -EINVAL, "a flag that is none");
	arg = walk_of(1U << 31);
	test_refused(arg, -EINVAL, "a callback that is none");
	arg = walk_of(BIT(PTE_ENTRY));
	arg.reserved[1] = 1;
	test_refused(arg, -EINVAL, "reserved is not zero");
	arg = walk_of(BIT(PTE_ENTRY));
	arg.start++;
	test_refused(arg, -EINVAL, "not page aligned");
	arg = walk_of(BIT(PTE_ENTRY));
	arg.fd = 999;
	test_refused(arg, -EBADF, "no such descriptor");
	arg = mincore_call();
	arg.fd = probe;
	test_refused(arg, -EINVAL, "a system call and a file");
	arg = mincore_call();
	arg.call = 100000;
	test_refused(arg, -EINVAL, "no such system call");
}

/* What is counted is really done: its result and what it read are there. */
static void test_results(void)
{
	struct pagewalk_probe_count arg =
		read_of("/proc/self/pagemap", BASE / PAGE * 8, PAGES * 8);
	uint64_t *entries = buffer;
	unsigned char *vector = buffer;

	ok(!count(&arg, 0) && arg.result == PAGES * 8, "all is read");
	ok(entries[0] >> 63 && !entries[1] && entries[2] >> 63,
	   "pagemap tells which pages are present");
	arg = read_of("/proc/self", 0, 8);
	ok(!count(&arg, 0) && arg.result == -EISDIR,
	   "a read's error is the result");
	arg = mincore_call();
	ok(!count(&arg, 0) && !arg.result && vector[0] == 1 && !vector[1] &&
	   vector[2] == 1, "mincore() tells which pages are present");
	arg.args[0]++;
	ok(!count(&arg, 0) && arg.result == -EINVAL,
	   "a system call's error is the result");
	arg = read_of("/proc/self/pagemap", 0, 8);
	arg.insns = (uintptr_t)insns[1];
	arg.max_insns = 1;
	memset(insns[1], 0, sizeof(insns[1]));
	ok(!ioctl(probe, PAGEWALK_PROBE_COUNT, &arg) && arg.nr_insns > 1 &&
	   insns[1][0].count && !insns[1][1].count,
	   "no more instructions are written than there is room for");
}

int main(void)
{
	struct pagewalk_probe_populate populate = {
		.start = BASE,
		.end = BASE + PAGES * PAGE,
		.step = 2 * PAGE,
	};

	probe = open("/dev/pagewalk", O_RDWR);
	buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	mmap((void *)BASE, PAGES * PAGE, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (probe < 0 || buffer == MAP_FAILED ||
	    ioctl(probe, PAGEWALK_PROBE_POPULATE, &populate)) {
		perror("setting up");
		return 1;
	}
	printf("1..23\n");
	test_same(walk_of(BIT(PMD_ENTRY)), "a walk with pmd_entry");
	test_same(walk_of(BIT(PTE_ENTRY) | BIT(PTE_HOLE)),
		  "a walk with pte_entry and pte_hole");
	test_same(read_of("/proc/self/pagemap", BASE / PAGE * 8, PAGES * 8),
		  "a read of pagemap");
	test_same(read_of("/proc/self/maps", 0, BUFFER_SIZE), "a read of maps");
	test_same(mincore_call(), "a system call");
	test_results();
	test_arguments();
	return 0;
}

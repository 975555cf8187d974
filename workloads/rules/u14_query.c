// SPDX-License-Identifier: GPL-2.0
/*
 * U14: PROCMAP_QUERY finds the VMA that has an address, or the next one, among
 * those that its flags ask for, and says what it is.
 *
 * The process that is asked about has the VMAs below and no others. Each answer is
 * looked up in that list.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/query.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u14.h"
#include "space/subject.h"

#define RW		(PROT_READ | PROT_WRITE)
#define RWX		(RW | PROT_EXEC)

#define MEMFD		"/memfd:query (deleted)"
#define FILE_PAGES	64
#define OFFSET		5	/* of each file mapping, in pages */

#define REACH		2	/* pages around each end of a VMA */

static const struct memory code = { "code", BACKING_ANON, .prot = RWX };
static const struct memory forbidden = {
	"no access", BACKING_ANON, .prot = PROT_NONE
};
static const struct memory read_file = {
	"read file", BACKING_FILE, .prot = PROT_READ, .content = CONTENT_READ
};
static const struct memory program = {
	"program", BACKING_FILE, .prot = PROT_READ | PROT_EXEC,
	.content = CONTENT_READ
};
static const struct memory forbidden_file = {
	"shared file, no access", BACKING_FILE, .shared = true
};

static const struct vma {
	const struct memory *memory;
	uint64_t start, pages;		/* in pages from RULE_BASE */
} vmas[] = {
	{ &mem_anon, 500, 9 },
	{ &mem_file_shared, 509, 3 },
	{ &forbidden, 513, 4 },
	{ &program, 517, 2 },
	{ &mem_zero, 519, 1 },
	{ &mem_file, 520, 6 },
	{ &read_file, 1030, 5 },
	{ &forbidden_file, 1035, 2 },
	{ &code, 1040, 1 },
	{ &mem_file_shared, 300000, 7 },
};

/* Here, the first one is the page of code that each such process has. */
#define NR_VMAS		(ARRAY_SIZE(vmas) + 1)

struct query_check {
	struct rule_run *run;
	struct check *check;
	int maps;
	struct stat file;
	struct query list[NR_VMAS];	/* what is true of each */
};

static uint64_t flags_of(const struct memory *memory)
{
	return (memory->prot & PROT_READ ? QUERY_READABLE : 0) |
	       (memory->prot & PROT_WRITE ? QUERY_WRITABLE : 0) |
	       (memory->prot & PROT_EXEC ? QUERY_EXECUTABLE : 0) |
	       (memory->shared ? QUERY_SHARED : 0);
}

static struct query truth_of(const struct query_check *qc,
			     const struct memory *memory, uint64_t start,
			     uint64_t pages)
{
	struct query truth = {
		.start = start,
		.end = start + pages * PAGE_SIZE,
		.vma_flags = flags_of(memory),
		.page_size = PAGE_SIZE,
	};

	if (memory_is(memory, BACKING_FILE)) {
		truth.offset = OFFSET * PAGE_SIZE;
		truth.inode = qc->file.st_ino;
		truth.major = major(qc->file.st_dev);
		truth.minor = minor(qc->file.st_dev);
	}
	return truth;
}

/* Return the VMA that should be found, or NULL. */
static const struct query *right(const struct query_check *qc, uint64_t flags,
				 uint64_t address)
{
	uint64_t rights = flags & ~(QUERY_OR_NEXT | QUERY_OF_FILE);
	size_t i;

	for (i = 0; i < NR_VMAS; i++) {
		const struct query *vma = qc->list + i;

		if (address >= vma->end)
			continue;
		if (address < vma->start && !(flags & QUERY_OR_NEXT))
			return NULL;
		if ((vma->vma_flags & rights) == rights &&
		    (!(flags & QUERY_OF_FILE) || vma->inode))
			return vma;
		if (!(flags & QUERY_OR_NEXT))
			return NULL;
	}
	return NULL;
}

static bool is_same(const struct query *a, const struct query *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->vma_flags == b->vma_flags && a->page_size == b->page_size &&
	       a->offset == b->offset && a->inode == b->inode &&
	       a->major == b->major && a->minor == b->minor;
}

static void check_query(struct query_check *qc, uint64_t flags, uint64_t address)
{
	struct query got = {
		.size = sizeof(got), .flags = flags, .address = address
	};
	const struct query *vma = right(qc, flags, address);
	int error = maps_query(qc->maps, &got);

	qc->check->checked++;
	if (error != (vma ? 0 : -ENOENT))
		check_fail(qc->check, "PROCMAP_QUERY of 0x%" PRIx64 ", flags 0x%" PRIx64 ": %s, expected %s",
			   address, flags, error ? strerror(-error) : "success",
			   vma ? "success" : strerror(ENOENT));
	else if (vma && !is_same(&got, vma))
		check_fail(qc->check, "PROCMAP_QUERY of 0x%" PRIx64 ", flags 0x%" PRIx64 ": VMA 0x%" PRIx64 "-0x%" PRIx64 ", flags 0x%" PRIx64 ", pages of %" PRIu64 ", offset 0x%" PRIx64 ", inode %" PRIu64 "; expected 0x%" PRIx64 "-0x%" PRIx64 ", 0x%" PRIx64 ", %" PRIu64 ", 0x%" PRIx64 ", %" PRIu64,
			   address, flags, got.start, got.end, got.vma_flags,
			   got.page_size, got.offset, got.inode, vma->start,
			   vma->end, vma->vma_flags, vma->page_size,
			   vma->offset, vma->inode);
}

/* With all flags, at the first and the last byte of the pages around @end. */
static void check_around(struct query_check *qc, uint64_t end)
{
	uint64_t address, flags;

	for (flags = 0; flags <= QUERY_ALL; flags++)
		for (address = end - REACH * PAGE_SIZE;
		     address < end + REACH * PAGE_SIZE; address += PAGE_SIZE) {
			check_query(qc, flags, address);
			check_query(qc, flags, address + PAGE_SIZE - 1);
		}
}

static void check_addresses(struct query_check *qc)
{
	size_t i;

	for (i = 0; i < NR_VMAS; i++) {
		qc->check = rule_case(qc->run, "%s", i ? vmas[i - 1].memory->name :
				      "the first VMA");
		check_around(qc, qc->list[i].start);
		check_around(qc, qc->list[i].end);
	}
	qc->check = rule_case(qc->run, "the ends of the address space");
	for (i = 0; i <= QUERY_ALL; i++) {
		check_query(qc, i, 0);
		check_query(qc, i, address_space_end());
		check_query(qc, i, UINT64_MAX);
	}
}

static void check_names(struct query_check *qc)
{
	static const uint32_t sizes[] = {
		1, 2, sizeof(MEMFD) - 1, sizeof(MEMFD), sizeof(MEMFD) + 1,
		PATH_MAX, PATH_MAX + 1, 2 * PATH_MAX
	};
	size_t i, v;

	qc->check = rule_case(qc->run, "names");
	for (v = 0; v < NR_VMAS; v++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			check_query_name(qc->check, qc->maps, qc->list[v].start,
					 qc->list[v].inode ? MEMFD : "",
					 sizes[i]);
}

/* A structure may be shorter, or longer if the rest is zero. */
#define LONGER	(sizeof(struct query) + 8)

static void check_unusable(struct query_check *qc, void *query,
			   const char *what)
{
	int got = maps_query(qc->maps, query);

	qc->check->checked++;
	if (got != -EFAULT)
		check_fail(qc->check, "PROCMAP_QUERY of %s: error %d, expected %d",
			   what, got, -EFAULT);
}

static void check_read_only(struct query_check *qc)
{
	struct query *query = mmap(NULL, PAGE_SIZE, RW,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(query != MAP_FAILED, "mmap");
	query->size = sizeof(*query);
	query->address = qc->list->start;
	must(!mprotect(query, PAGE_SIZE, PROT_READ), "mprotect");
	check_unusable(qc, query, "a structure that cannot be written");
	munmap(query, PAGE_SIZE);
}

static void check_refused(struct query_check *qc)
{
	const uint64_t address = qc->list->start;
	const struct {
		struct query query;
		uint64_t behind;
		int error;
	} tries[] = {
		{ { .size = 24, .address = address }, 1, 0 },
		{ { .size = LONGER, .address = address }, 0, 0 },
		{ { .size = 23, .address = address }, 0, -EINVAL },
		{ { .size = 0, .address = address }, 0, -EINVAL },
		{ { .size = LONGER, .address = address }, 1, -E2BIG },
		{ { .size = PAGE_SIZE + 1, .address = address }, 0, -E2BIG },
		{ { .size = UINT64_MAX, .address = address }, 0, -E2BIG },
		{ { .size = 104, .flags = QUERY_ALL + 1, .address = address },
		  0, -EINVAL },
		{ { .size = 104, .flags = UINT64_C(1) << 63,
		    .address = address }, 0, -EINVAL },
		{ { .size = 104, .address = address, .name_size = 9 }, 0,
		  -EINVAL },
		{ { .size = 104, .address = address, .name = 4096 }, 0,
		  -EINVAL },
		{ { .size = 104, .address = address, .build_id_size = 20 }, 0,
		  -EINVAL },
		{ { .size = 104, .address = address, .build_id = 4096 }, 0,
		  -EINVAL },
		{ { .size = 104, .address = qc->list[2].start, .name = 4096,
		    .name_size = 64 }, 0, -EFAULT },
	};
	static char page[2 * PAGE_SIZE] __attribute__((aligned(8)));
	static char before[2 * PAGE_SIZE];
	size_t i, size;
	int got;

	qc->check = rule_case(qc->run, "refused");
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		memset(page, 0, sizeof(page));
		memcpy(page, &tries[i].query, sizeof(tries[i].query));
		page[sizeof(struct query)] = tries[i].behind;
		memcpy(before, page, sizeof(page));
		got = maps_query(qc->maps, page);
		qc->check->checked++;
		if (got != tries[i].error)
			check_fail(qc->check, "PROCMAP_QUERY, try %zu (size %" PRIu64 "): error %d, expected %d",
				   i, tries[i].query.size, got, tries[i].error);
		/* Nothing is written behind what the size says, or if it fails. */
		size = got ? 0 : min_u64(tries[i].query.size, sizeof(page));
		if (memcmp(page + size, before + size, sizeof(page) - size))
			check_fail(qc->check, "PROCMAP_QUERY, try %zu (size %" PRIu64 "): it wrote where it should not",
				   i, tries[i].query.size);
	}
	check_unusable(qc, NULL, "no structure");
	check_read_only(qc);
}

static void describe(struct query_check *qc, struct layout *layout, int file)
{
	size_t i;

	must(!fstat(file, &qc->file), "fstat");
	qc->list[0] = truth_of(qc, &code, SUBJECT_CODE, 1);
	for (i = 0; i < ARRAY_SIZE(vmas); i++) {
		struct region *region = layout_vma_at(layout, vmas[i].start,
						      vmas[i].memory,
						      vmas[i].pages);

		region->file = file;
		region->offset = OFFSET;
		qc->list[i + 1] = truth_of(qc, vmas[i].memory,
					   layout_address(layout,
							  vmas[i].start),
					   vmas[i].pages);
	}
}

static void check_all(struct query_check *qc, const struct layout *layout)
{
	struct subject subject;
	struct query query = { .size = sizeof(query) };
	int got;

	subject_start_alone(&subject, layout, qc->run->probe);
	qc->maps = open_proc(subject.pid, "maps");
	if (maps_has_query(qc->maps)) {
		check_addresses(qc);
		check_names(qc);
		check_refused(qc);
		subject_stop(&subject);
		qc->check = rule_case(qc->run, "a process that has ended");
		qc->check->checked++;
		got = maps_query(qc->maps, &query);
		if (got != -ESRCH)
			check_fail(qc->check, "PROCMAP_QUERY: error %d, expected %d",
				   got, -ESRCH);
		check_query_own(qc->run);
	} else {
		rule_skip(qc->run, "PROCMAP_QUERY", "Linux has had it since 6.11");
		subject_stop(&subject);
	}
	close(qc->maps);
}

static void check_query_rule(struct rule_run *run)
{
	struct layout layout = { .name = "query", .base = RULE_BASE };
	static struct query_check qc;
	int file = memfd_create("query", MFD_CLOEXEC);

	qc = (struct query_check){ .run = run };
	must(file >= 0 && !ftruncate(file, FILE_PAGES * PAGE_SIZE), "memfd");
	describe(&qc, &layout, file);
	check_all(&qc, &layout);
	layout_free(&layout);
	close(file);
}

const struct rule rule_u14 = { "U14", "query", check_query_rule };

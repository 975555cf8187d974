// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of walk_page_range() and the other ways to walk page tables: what
 * their callers rely on, rule by rule.
 *
 * A test builds an address space from a layout, walks every range between the
 * points of interest of that layout, and compares the calls that it recorded
 * with the layout. What is expected is never taken from a walk. Of all ranges
 * that break a rule, the smallest is reported.
 */

#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/bitops.h>
#include <linux/debug_locks.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/jhash.h>
#include <linux/kmsg_dump.h>
#include <linux/kthread.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagewalk.h>
#include <linux/panic.h>
#include <linux/pgalloc.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../internal.h"

/*
 * Layouts
 *
 * All numbers are pages. Page T, the first one behind the PTE table that a
 * layout begins with, is also the first one of a top-level entry.
 */

#define T		PTRS_PER_PTE
#define ORIGIN		(2 * PGDIR_SIZE - PMD_SIZE)

enum area_kind { ANON, PFNMAP, HUGETLB };

/* A VMA and which part of it is present; all of a PFNMAP VMA is. */
struct area {
	enum area_kind kind;
	unsigned int start, end;
	unsigned int present, absent;	/* [present, absent) is present */
	bool shared;			/* as a PFNMAP VMA always is */
};

#define MAX_AREAS	4

struct layout {
	const char *name;
	unsigned int nr_areas;
	unsigned int end;		/* walks begin at 0 and end here at most */
	struct area areas[MAX_AREAS];
};

static const struct layout layouts[] = {
	{ "no VMA", 0, T + 4 },
	{ "anon", 1, 16, {
		{ ANON, 4, 12, 6, 9 } } },
	{ "anon over three PTE tables", 1, 2 * T + 8, {
		{ ANON, T - 4, 2 * T + 4, T - 2, T + 2 } } },
	{ "anon over two top-level entries", 1, T + 8, {
		{ ANON, T - 4, T + 8, T - 2, T - 1 } } },
	{ "gap in a PTE table", 2, 16, {
		{ ANON, 2, 6, 2, 6 },
		{ ANON, 10, 14, 10, 12 } } },
	{ "gap before a VMA far above", 2, 3 * T + 8, {
		{ ANON, 2, 6, 2, 6 },
		{ ANON, 3 * T, 3 * T + 4, 3 * T, 3 * T + 4 } } },
	{ "PFNMAP between anon", 3, 16, {
		{ ANON, 2, 6, 2, 6 },
		{ PFNMAP, 6, 10 },
		{ ANON, 10, 14, 10, 14 } } },
	{ "PFNMAP last", 2, 12, {
		{ ANON, 2, 6, 3, 4 },
		{ PFNMAP, 8, 12 } } },
	{ "PFNMAP at a top-level entry", 2, T + 12, {
		{ PFNMAP, T - 4, T + 4 },
		{ ANON, T + 4, T + 8, T + 4, T + 8 } } },
	{ "hugetlb between anon", 3, 4 * T + 8, {
		{ ANON, T - 4, T, T - 4, T },
		{ HUGETLB, T, 4 * T, 2 * T, 3 * T },
		{ ANON, 4 * T, 4 * T + 4, 4 * T, 4 * T + 4 } } },
	{ "hugetlb behind a gap", 2, 3 * T + 4, {
		{ ANON, T, T + 4, T, T + 4 },
		{ HUGETLB, 2 * T, 3 * T, 2 * T, 3 * T } } },
	{ "hugetlb without a page table", 1, 3 * T + 4, {
		{ HUGETLB, T, 3 * T } } },
};

static unsigned long page_addr(long page)
{
	return ORIGIN + page * PAGE_SIZE;
}

/* The area that page @page lies in, or NULL. */
static const struct area *area_at(const struct layout *layout, long page)
{
	const struct area *area = layout->areas;

	for (; area < layout->areas + layout->nr_areas; area++) {
		if (page >= area->start && page < area->end)
			return area;
	}
	return NULL;
}

static bool has_kind(const struct layout *layout, enum area_kind kind)
{
	unsigned int i;

	for (i = 0; i < layout->nr_areas; i++) {
		if (layout->areas[i].kind == kind)
			return true;
	}
	return false;
}

/*
 * Recording
 */

enum callback {
	/* entries of page tables, from the top */
	PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY,
	HUGETLB_ENTRY,
	PTE_HOLE,
	TEST_WALK, PRE_VMA, POST_VMA,
	NR_CALLBACKS
};

static const char * const callback_names[NR_CALLBACKS] = {
	"pgd_entry", "p4d_entry", "pud_entry", "pmd_entry", "pte_entry",
	"hugetlb_entry", "pte_hole", "test_walk", "pre_vma", "post_vma",
};

/* In pages. A call without a VMA has vma_start == vma_end. */
struct call {
	enum callback callback;
	long start, end;
	long vma_start, vma_end;
	int depth;			/* of a hole */
};

enum policy { NO_TEST_WALK, WALK_ALL, SKIP_ALL, FAIL_ALL };

/* Which function walks. */
enum way { BY_RANGE, BY_VMA_RANGE, BY_VMA, BY_TABLES, BY_DEBUG, NR_WAYS };

static const char * const way_names[NR_WAYS] = {
	"walk_page_range", "walk_page_range_vma", "walk_page_vma",
	"walk_kernel_page_table_range", "walk_page_range_debug",
};

#define RANGES		BIT(BY_RANGE)
#define ONE_VMA		(BIT(BY_VMA_RANGE) | BIT(BY_VMA))
#define ANY_VMA		(RANGES | ONE_VMA)
#define NO_VMA		(BIT(BY_TABLES) | BIT(BY_DEBUG))

/* A walker without test_walk() does not go by VMAs. */
#ifdef PAGEWALK_HAS_TEST_WALK
#define VMA_CALLBACKS	ANY_VMA
#else
#define VMA_CALLBACKS	ONE_VMA
#endif

/* How to walk: which callbacks, and which of their calls does what. */
struct walk_setup {
	unsigned int callbacks;
	enum policy policy;
	int stop_code;			/* 0: none ends the walk */
	unsigned int stop_at;
	enum page_walk_action action;	/* of call action_at of action_of */
	enum callback action_of;
	unsigned int action_at;
};

/* A callback, and those that report what it does not. */
#define SETUP_WITH(callback) \
	{ BIT(callback) | BIT(PTE_HOLE) | BIT(HUGETLB_ENTRY) }
#define SETUP_PTE	SETUP_WITH(PTE_ENTRY)
#define SETUP_PMD	SETUP_WITH(PMD_ENTRY)
#define SETUP_BOTH	{ BIT(PMD_ENTRY) | BIT(PTE_ENTRY) | BIT(PTE_HOLE) | \
			  BIT(HUGETLB_ENTRY) }
#define SETUP_ENTRIES	{ BIT(PMD_ENTRY) | BIT(PTE_ENTRY) | BIT(HUGETLB_ENTRY) }
#define SETUP_TABLES	{ GENMASK(PTE_HOLE, PGD_ENTRY) }
#define SETUP_HOLES	{ BIT(PTE_HOLE) }
#define SETUP_VMAS	{ BIT(PMD_ENTRY) | BIT(PTE_HOLE) | \
			  BIT(HUGETLB_ENTRY) | BIT(PRE_VMA) | BIT(POST_VMA) }

#define MAX_CALLS	(8 * T)
#define SKIP_VALUE	3
#define FAIL_VALUE	(-EXDEV)

/* A table that was taken away: from which entry, and which one it was. */
struct gone {
	long page;			/* the first one of the table */
	pmd_t *pmd;
	pgtable_t ptes;
	pud_t *pud;
	pmd_t *pmds;
};

struct fixture {
	const struct layout *layout;
	struct mm_struct *mm;
	struct walk_setup setup;
	enum way way;
	long start, end;		/* what is walked */
	int result;
	unsigned int nr_calls, nr_stops;	/* stops: calls that can end it */
	unsigned int nr_actions;
	bool wrong_mm;			/* a callback had another mm */
	struct call *calls, *stopper;
	struct gone gone;
	char wrong[160];
};

static long to_page(unsigned long addr)
{
	return ((long)addr - (long)ORIGIN) / (long)PAGE_SIZE;
}

static bool can_stop(enum callback callback)
{
	return callback != TEST_WALK && callback != POST_VMA;
}

static int record(enum callback callback, unsigned long addr,
		  unsigned long next, struct mm_walk *walk)
{
	struct fixture *fixture = walk->private;
	const struct walk_setup *setup = &fixture->setup;
	struct vm_area_struct *vma = walk->vma;
	struct call *call = &fixture->calls[fixture->nr_calls];

	if (fixture->nr_calls == MAX_CALLS)
		return -ENOSPC;

	fixture->nr_calls++;
	*call = (struct call){
		.callback = callback,
		.start = to_page(addr),
		.end = to_page(next),
		.vma_start = vma ? to_page(vma->vm_start) : 0,
		.vma_end = vma ? to_page(vma->vm_end) : 0,
	};
	fixture->wrong_mm |= walk->mm != fixture->mm;
	if (setup->action && callback == setup->action_of &&
	    fixture->nr_actions++ == setup->action_at)
		walk->action = setup->action;
	if (!can_stop(callback) || fixture->nr_stops++ != setup->stop_at)
		return 0;
	fixture->stopper = call;
	return setup->stop_code;
}

#define DEFINE_RECORD_ENTRY(name, NAME, type)				\
static int record_##name(type entry, unsigned long addr,		\
			 unsigned long next, struct mm_walk *walk)	\
{									\
	return record(NAME, addr, next, walk);				\
}

DEFINE_RECORD_ENTRY(pgd_entry, PGD_ENTRY, pgd_t *)
DEFINE_RECORD_ENTRY(p4d_entry, P4D_ENTRY, p4d_t *)
DEFINE_RECORD_ENTRY(pud_entry, PUD_ENTRY, pud_t *)
DEFINE_RECORD_ENTRY(pmd_entry, PMD_ENTRY, pmd_t *)
DEFINE_RECORD_ENTRY(pte_entry, PTE_ENTRY, pte_t *)

static int record_pte_hole(unsigned long addr, unsigned long next, int depth,
			   struct mm_walk *walk)
{
	struct fixture *fixture = walk->private;
	int err = record(PTE_HOLE, addr, next, walk);

	fixture->calls[fixture->nr_calls - 1].depth = depth;
	return err;
}

static int record_hugetlb_entry(pte_t *pte, unsigned long hmask,
				unsigned long addr, unsigned long next,
				struct mm_walk *walk)
{
	return record(HUGETLB_ENTRY, addr, next, walk);
}

static int __maybe_unused record_test_walk(unsigned long addr,
					   unsigned long next,
					   struct mm_walk *walk)
{
	struct fixture *fixture = walk->private;
	int err = record(TEST_WALK, addr, next, walk);

	if (!err && fixture->setup.policy == SKIP_ALL)
		return SKIP_VALUE;
	if (!err && fixture->setup.policy == FAIL_ALL)
		return FAIL_VALUE;
	return err;
}

static int record_pre_vma(unsigned long start, unsigned long end,
			  struct mm_walk *walk)
{
	return record(PRE_VMA, start, end, walk);
}

static void record_post_vma(struct mm_walk *walk)
{
	record(POST_VMA, walk->vma->vm_start, walk->vma->vm_end, walk);
}

static struct mm_walk_ops setup_ops(const struct walk_setup *setup)
{
	struct mm_walk_ops ops = {
		.pgd_entry = record_pgd_entry,
		.p4d_entry = record_p4d_entry,
		.pud_entry = record_pud_entry,
		.pmd_entry = record_pmd_entry,
		.pte_entry = record_pte_entry,
		.hugetlb_entry = record_hugetlb_entry,
		.pte_hole = record_pte_hole,
		.pre_vma = record_pre_vma,
		.post_vma = record_post_vma,
		.walk_lock = PGWALK_RDLOCK,
	};

#define DROP_UNLESS(name, NAME)				\
	do {						\
		if (!(setup->callbacks & BIT(NAME)))	\
			ops.name = NULL;		\
	} while (0)
	DROP_UNLESS(pgd_entry, PGD_ENTRY);
	DROP_UNLESS(p4d_entry, P4D_ENTRY);
	DROP_UNLESS(pud_entry, PUD_ENTRY);
	DROP_UNLESS(pmd_entry, PMD_ENTRY);
	DROP_UNLESS(pte_entry, PTE_ENTRY);
	DROP_UNLESS(hugetlb_entry, HUGETLB_ENTRY);
	DROP_UNLESS(pte_hole, PTE_HOLE);
	DROP_UNLESS(pre_vma, PRE_VMA);
	DROP_UNLESS(post_vma, POST_VMA);
#undef DROP_UNLESS
#ifdef PAGEWALK_HAS_TEST_WALK
	if (setup->policy != NO_TEST_WALK)
		ops.test_walk = record_test_walk;
#endif
	return ops;
}

/* The locks that @way asks for; walks of no VMA go through init_mm's, too. */
static void lock_mm(struct mm_struct *mm, enum way way)
{
	if (way == BY_DEBUG) {
		mmap_write_lock(mm);
		mmap_write_lock(&init_mm);
		return;
	}
	mmap_read_lock(mm);
	if (way == BY_TABLES)
		mmap_read_lock(&init_mm);
}

static void unlock_mm(struct mm_struct *mm, enum way way)
{
	if (way == BY_DEBUG) {
		mmap_write_unlock(&init_mm);
		mmap_write_unlock(mm);
		return;
	}
	if (way == BY_TABLES)
		mmap_read_unlock(&init_mm);
	mmap_read_unlock(mm);
}

/* Walk pages [@start, @end) of @mm, or of @vma, or all of that. */
static int walk_pages(enum way way, struct mm_struct *mm,
		      struct vm_area_struct *vma, long start, long end,
		      const struct mm_walk_ops *ops, void *private)
{
	unsigned long from = page_addr(start), to = page_addr(end);

	switch (way) {
	case BY_VMA_RANGE:
		return walk_page_range_vma(vma, from, to, ops, private);
	case BY_VMA:
		return walk_page_vma(vma, ops, private);
	case BY_TABLES:
		return walk_kernel_page_table_range(from, to, ops, mm->pgd,
						    private);
	case BY_DEBUG:
		return walk_page_range_debug(mm, from, to, ops, NULL, private);
	default:
		return walk_page_range(mm, from, to, ops, private);
	}
}

/* A walk of pages [@start, @end) is to be recorded. */
static void start_record(struct fixture *fixture, enum way way,
			 const struct walk_setup *setup, long start, long end)
{
	fixture->setup = *setup;
	fixture->way = way;
	fixture->start = start;
	fixture->end = end;
	fixture->nr_calls = 0;
	fixture->nr_stops = 0;
	fixture->nr_actions = 0;
	fixture->wrong_mm = false;
	fixture->stopper = NULL;
}

/* Walk pages [@start, @end) and record the calls. */
static void walk_and_record(struct fixture *fixture, enum way way,
			    const struct walk_setup *setup,
			    long start, long end)
{
	struct mm_walk_ops ops = setup_ops(setup);
	struct mm_struct *mm = fixture->mm;

	start_record(fixture, way, setup, start, end);
	lock_mm(mm, way);
	fixture->result = walk_pages(way, mm, vma_lookup(mm, page_addr(start)),
				     start, end, &ops, fixture);
	unlock_mm(mm, way);
}

static const struct call *calls_end(const struct fixture *fixture)
{
	return fixture->calls + fixture->nr_calls;
}

/*
 * Building
 */

/* VM_PFNMAP memory: nothing but the zero page. */
static int pfnmap_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long addr;
	int err;

	for (addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE) {
		err = remap_pfn_range(vma, addr, page_to_pfn(ZERO_PAGE(0)),
				      PAGE_SIZE, vma->vm_page_prot);
		if (err)
			return err;
	}
	return 0;
}

static const struct file_operations pfnmap_fops = { .mmap = pfnmap_mmap };

static struct file *area_file(const struct area *area)
{
	switch (area->kind) {
	case PFNMAP:
		return anon_inode_getfile("[pagewalk_kunit]", &pfnmap_fops,
					  NULL, O_RDWR);
	case HUGETLB:
		return hugetlb_file_setup(HUGETLB_ANON_FILE,
					  (area->end - area->start) * PAGE_SIZE,
					  VM_NORESERVE, HUGETLB_ANONHUGE_INODE,
					  ilog2(PMD_SIZE));
	default:
		return NULL;
	}
}

static void map_pages(struct kunit *test, struct file *file, long start,
		      long end, unsigned long flags)
{
	unsigned long addr = page_addr(start);
	unsigned long size = (end - start) * PAGE_SIZE;

	KUNIT_ASSERT_EQ(test, addr,
			kunit_vm_mmap(test, file, addr, size,
				      PROT_READ | PROT_WRITE,
				      MAP_FIXED | MAP_NORESERVE | flags, 0));
}

static void populate(struct kunit *test, const struct area *area)
{
	unsigned int step = area->kind == HUGETLB ? T : 1;
	unsigned int page;

	for (page = area->present; page < area->absent; page += step) {
		int err;

		mmap_read_lock(current->mm);
		err = fixup_user_fault(current->mm, page_addr(page),
				       FAULT_FLAG_WRITE, NULL);
		mmap_read_unlock(current->mm);
		if (err && area->kind == HUGETLB)
			kunit_skip(test, "no huge page to be had");
		KUNIT_ASSERT_EQ(test, err, 0);
	}
}

static void build_area(struct kunit *test, const struct area *area)
{
	struct file *file = area_file(area);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	map_pages(test, file, area->start, area->end,
		  area->kind == PFNMAP || area->shared ? MAP_SHARED :
							 MAP_PRIVATE);
	if (file)
		fput(file);
	populate(test, area);
}

/* Is there a huge page size that is one PMD entry? */
static bool have_hugetlb(void)
{
#ifdef CONFIG_HUGETLB_PAGE
	return hugepages_supported() && size_to_hstate(PMD_SIZE);
#else
	return false;
#endif
}

static struct fixture *build(struct kunit *test, const struct layout *layout)
{
	struct fixture *fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	unsigned int i;

	if (has_kind(layout, HUGETLB) && !have_hugetlb())
		kunit_skip(test, "no huge pages of the size of a PMD entry");

	KUNIT_ASSERT_NOT_NULL(test, fixture);
	fixture->layout = layout;
	fixture->calls = kunit_kcalloc(test, MAX_CALLS, sizeof(*fixture->calls),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fixture->calls);

	/* The first mapping makes the mm; keep it away from the layout. */
	map_pages(test, NULL, -16, -15, MAP_PRIVATE | MAP_ANONYMOUS);
	fixture->mm = current->mm;
	for (i = 0; i < layout->nr_areas; i++)
		build_area(test, &layout->areas[i]);
	return fixture;
}

/*
 * Checking
 */

/* Returns whether the rule holds for the walk that was recorded last. */
typedef bool (*check_fn)(struct fixture *fixture);

static __printf(2, 3) bool broken(struct fixture *fixture, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(fixture->wrong, sizeof(fixture->wrong), fmt, args);
	va_end(args);
	return false;
}

static bool broken_call(struct fixture *fixture, const struct call *call,
			const char *why)
{
	return broken(fixture, "%s [%ld, %ld) %s",
		      callback_names[call->callback], call->start, call->end,
		      why);
}

static void describe(struct fixture *fixture, char *text, size_t size)
{
	unsigned int i;
	size_t length;

	length = scnprintf(text, size, "%s of pages [%ld, %ld) with",
			   way_names[fixture->way], fixture->start,
			   fixture->end);
	for (i = 0; i < NR_CALLBACKS; i++) {
		if (fixture->setup.callbacks & BIT(i))
			length += scnprintf(text + length, size - length, " %s",
					    callback_names[i]);
	}
	if (fixture->setup.policy != NO_TEST_WALK)
		length += scnprintf(text + length, size - length, " test_walk");
	scnprintf(text + length, size - length, ": %s", fixture->wrong);
}

#define MAX_POINTS	(6 * MAX_AREAS + 2)

static unsigned int add_point(const struct layout *layout, long *points,
			      unsigned int nr, long point)
{
	unsigned int i;

	if (point < 0 || point > layout->end)
		return nr;
	for (i = 0; i < nr; i++) {
		if (points[i] == point)
			return nr;
	}
	points[nr] = point;
	return nr + 1;
}

/* Where walks begin and end: at, before and behind each end of a VMA. */
static unsigned int find_points(const struct layout *layout, long *points)
{
	unsigned int i, nr = 0;
	int off;

	nr = add_point(layout, points, nr, 0);
	nr = add_point(layout, points, nr, layout->end);
	for (i = 0; i < layout->nr_areas; i++) {
		for (off = -1; off <= 1; off++) {
			nr = add_point(layout, points, nr,
				       (long)layout->areas[i].start + off);
			nr = add_point(layout, points, nr,
				       (long)layout->areas[i].end + off);
		}
	}
	return nr;
}

struct smallest {
	long size;
	char text[320];
};

static void check_range(struct fixture *fixture, enum way way,
			const struct walk_setup *setup, long start, long end,
			check_fn check, struct smallest *smallest)
{
	walk_and_record(fixture, way, setup, start, end);
	if (check(fixture) || end - start >= smallest->size)
		return;
	smallest->size = end - start;
	describe(fixture, smallest->text, sizeof(smallest->text));
}

/* Can pages [@start, @end) be walked so? */
static bool fits(const struct layout *layout, enum way way, long start,
		 long end)
{
	const struct area *area = area_at(layout, start);

	switch (way) {
	case BY_VMA_RANGE:
		return area && end <= area->end;
	case BY_VMA:
		return area && start == area->start && end == area->end;
	default:
		return true;
	}
}

/*
 * Walk all ranges of a layout, once with each setup, in each of the ways of the
 * mask @ways, and check each walk.
 */
static void check_layout(struct kunit *test, struct fixture *fixture,
			 unsigned int ways, const struct walk_setup *setups,
			 unsigned int nr_setups, check_fn check)
{
	struct smallest *smallest = kunit_kzalloc(test, sizeof(*smallest), GFP_KERNEL);
	const struct layout *layout = fixture->layout;
	long points[MAX_POINTS];
	unsigned int nr = find_points(layout, points);
	unsigned int i, s, way;

	KUNIT_ASSERT_NOT_NULL(test, smallest);
	smallest->size = LONG_MAX;
	for (i = 0; i < nr * nr; i++) {
		long start = points[i / nr], end = points[i % nr];

		for (way = 0; start < end && way < NR_WAYS; way++) {
			if (!(ways & BIT(way)) || !fits(layout, way, start, end))
				continue;
			for (s = 0; s < nr_setups; s++)
				check_range(fixture, way, &setups[s], start,
					    end, check, smallest);
		}
	}
	if (smallest->size != LONG_MAX)
		KUNIT_FAIL(test, "%s", smallest->text);
}

static void need_test_walk(struct kunit *test)
{
#ifndef PAGEWALK_HAS_TEST_WALK
	kunit_skip(test, "this kernel has no test_walk()");
#endif
}

static bool is_entry(const struct call *call)
{
	return call->callback <= HUGETLB_ENTRY;
}

static const struct walk_setup all_setups[] = {
	SETUP_BOTH, SETUP_PTE, SETUP_PMD, SETUP_ENTRIES, SETUP_TABLES,
	SETUP_HOLES,
};

/* With these, a page is reported by its entry or by a hole. */
static const struct walk_setup covering_setups[] = {
	SETUP_PTE, SETUP_PMD, SETUP_WITH(PUD_ENTRY), SETUP_WITH(P4D_ENTRY),
	SETUP_WITH(PGD_ENTRY),
};

static bool check_confined(struct fixture *fixture)
{
	const struct call *call;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->start >= call->end)
			return broken_call(fixture, call, "is no range");
		if (call->start < fixture->start || call->end > fixture->end)
			return broken_call(fixture, call, "is outside");
	}
	return true;
}

/* No callback gets an address outside of the range. */
static void W1_confined(struct kunit *test)
{
	check_layout(test, build(test, test->param_value), ANY_VMA, all_setups,
		     ARRAY_SIZE(all_setups), check_confined);
}

/* Does @call lie in the last call of each level above, if there is one? */
static bool is_nested(const struct fixture *fixture, const struct call *call,
		      const struct call **last)
{
	unsigned int above;

	for (above = PGD_ENTRY; above < call->callback; above++) {
		if (!(fixture->setup.callbacks & BIT(above)))
			continue;
		if (!last[above] || call->start < last[above]->start ||
		    call->end > last[above]->end)
			return false;
	}
	return true;
}

static bool check_ordered(struct fixture *fixture)
{
	const struct call *last[NR_CALLBACKS] = {};
	const struct call *call, *before;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		before = last[call->callback];
		if (before && call->start < before->end)
			return broken_call(fixture, call, "comes again or late");
		if (call->callback <= PTE_ENTRY &&
		    !is_nested(fixture, call, last))
			return broken_call(fixture, call,
					   "is in no entry of the level above");
		last[call->callback] = call;
	}
	return true;
}

/* Ranges of one callback ascend, an entry is ahead of those in its table. */
static void W2_ordered(struct kunit *test)
{
	static const struct walk_setup setups[] = {
		SETUP_BOTH, SETUP_ENTRIES, SETUP_TABLES,
	};

	check_layout(test, build(test, test->param_value), ANY_VMA, setups,
		     ARRAY_SIZE(setups), check_ordered);
}

/* Is @call the part of its VMA that the walk covers? */
static bool is_vma_part(const struct fixture *fixture, const struct call *call)
{
	return call->start == max(call->vma_start, fixture->start) &&
	       call->end == min(call->vma_end, fixture->end);
}

static bool check_pre_and_post(struct fixture *fixture)
{
	const struct call *call, *open = NULL, *last = NULL;
	const struct area *area;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		area = area_at(fixture->layout, call->start);
		if (call->callback == PRE_VMA) {
			if (open || !is_vma_part(fixture, call) ||
			    (last && last->vma_start == call->vma_start))
				return broken_call(fixture, call, "is wrong");
			open = call;
			last = call;
		} else if (call->callback == POST_VMA) {
			if (!open || open->vma_start != call->vma_start)
				return broken_call(fixture, call,
						   "is for no pre_vma");
			open = NULL;
		} else if (area && (is_entry(call) || area->kind == ANON)) {
			if (!open || call->start < open->start ||
			    call->end > open->end)
				return broken_call(fixture, call,
						   "is in no pre_vma");
		}
	}
	if (open)
		return broken_call(fixture, open, "has no post_vma");
	return true;
}

/* All calls for a VMA come between a pre_vma() and a post_vma(). */
static void W2_pre_and_post(struct kunit *test)
{
	static const struct walk_setup setup = SETUP_VMAS;

	check_layout(test, build(test, test->param_value), VMA_CALLBACKS,
		     &setup, 1, check_pre_and_post);
}

static bool check_covered(struct fixture *fixture)
{
	const struct call *call;
	long next = fixture->start;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->start > next)
			return broken(fixture, "pages [%ld, %ld) are left out",
				      next, call->start);
		if (call->start < next)
			return broken_call(fixture, call, "comes again");
		next = call->end;
	}
	if (next != fixture->end)
		return broken(fixture, "it ended at page %ld", next);
	return true;
}

/* Every page is reported exactly once. */
static void W3_covered(struct kunit *test)
{
	check_layout(test, build(test, test->param_value), ANY_VMA,
		     covering_setups, ARRAY_SIZE(covering_setups),
		     check_covered);
}

/* The level of the first missing entry on the way to @addr, 4 if there is none. */
static int missing_level(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;

	if (pgd_none(*pgd))
		return 0;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return 1;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return 2;
	return pmd_none(*pmd_offset(pud, addr)) ? 3 : 4;
}

/* The depth of a hole that is a missing entry of @level: folded ones are none. */
static int unfolded(int level)
{
	static const int entries[] = {
		PTRS_PER_PGD, PTRS_PER_P4D, PTRS_PER_PUD, PTRS_PER_PMD,
		PTRS_PER_PTE,
	};

	while (level > 0 && entries[level] == 1)
		level--;
	return level;
}

static bool check_hole_depth(struct fixture *fixture)
{
	const struct call *call;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		const struct area *area = area_at(fixture->layout, call->start);
		int level = missing_level(fixture->mm, page_addr(call->start));
		bool by_table = area && area->kind == ANON;

		if (call->callback != PTE_HOLE ||
		    call->depth == unfolded(level) ||
		    (!by_table && call->depth == -1))
			continue;
		return broken(fixture, "pte_hole [%ld, %ld) has depth %d",
			      call->start, call->end, call->depth);
	}
	return true;
}

/*
 * The depth of a hole is the level of the entry that is missing there. It may be
 * unknown, -1, where the VMA, or that there is none, makes it a hole.
 */
static void W3_hole_depth(struct kunit *test)
{
	check_layout(test, build(test, test->param_value), ANY_VMA,
		     covering_setups, ARRAY_SIZE(covering_setups),
		     check_hole_depth);
}

/* How many calls for page @page there are of the callbacks in the mask @which. */
static unsigned int calls_for(const struct fixture *fixture, long page,
			      unsigned int which)
{
	const struct call *call;
	unsigned int nr = 0;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		nr += (which & BIT(call->callback)) && page >= call->start &&
		      page < call->end;
	}
	return nr;
}

/* Page @page is present: is there each entry for it that there should be? */
static bool check_present_page(struct fixture *fixture,
			       const struct area *area, long page)
{
	bool ptes = (fixture->setup.callbacks & BIT(PTE_ENTRY)) &&
		    area->kind != HUGETLB;

	if (page < fixture->start || page >= fixture->end)
		return true;
	if (calls_for(fixture, page, BIT(PMD_ENTRY)) != 1)
		return broken(fixture, "page %ld is not in one pmd_entry", page);
	if (calls_for(fixture, page, BIT(PTE_ENTRY)) != ptes)
		return broken(fixture, "page %ld is in %s pte_entry", page,
			      ptes ? "no" : "a");
	return true;
}

static bool check_tables(struct fixture *fixture)
{
	const struct layout *layout = fixture->layout;
	const struct area *area = layout->areas;
	const struct call *call;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->vma_start != call->vma_end)
			return broken_call(fixture, call, "has a VMA");
	}
	for (; area < layout->areas + layout->nr_areas; area++) {
		if (area->present < area->absent &&
		    (!check_present_page(fixture, area, area->present) ||
		     !check_present_page(fixture, area, area->absent - 1)))
			return false;
	}
	return (fixture->setup.callbacks & BIT(PTE_ENTRY)) ||
	       check_covered(fixture);
}

/* A walk of page tables, without VMAs, goes through those that it is told to. */
static void W3_tables_covered(struct kunit *test)
{
	static const struct walk_setup setups[] = { SETUP_PMD, SETUP_BOTH };

	check_layout(test, build(test, test->param_value), NO_VMA, setups,
		     ARRAY_SIZE(setups), check_tables);
}

/* The first table ends at a top-level entry, the others share a PMD table. */
static const struct layout three_tables = {
	"anon in three PTE tables", 1, 2 * T + 4, {
		{ ANON, T - 4, 2 * T + 4, T - 2, 2 * T + 2 } },
};

static const struct action_case {
	const char *name;
	enum callback action_of;
	enum page_walk_action action;
} action_cases[] = {
	{ "pud_entry, ACTION_CONTINUE", PUD_ENTRY, ACTION_CONTINUE },
	{ "pud_entry, ACTION_AGAIN", PUD_ENTRY, ACTION_AGAIN },
	{ "pmd_entry, ACTION_CONTINUE", PMD_ENTRY, ACTION_CONTINUE },
	{ "pmd_entry, ACTION_AGAIN", PMD_ENTRY, ACTION_AGAIN },
};

/* The calls that there should be. */
struct expected_calls {
	const struct walk_setup *setup;
	unsigned int nr, nr_actions;
	struct call *calls;
};

static void expect_call(struct expected_calls *expected, enum callback callback,
			long start, long end)
{
	struct call call = { .callback = callback, .start = start, .end = end };

	if (expected->nr < MAX_CALLS)
		expected->calls[expected->nr++] = call;
}

/* One action, and what comes of it: the call again, or nothing below. */
static bool expect_action(struct expected_calls *expected,
			  enum callback callback, long start, long end)
{
	const struct walk_setup *setup = expected->setup;

	if (callback != setup->action_of ||
	    expected->nr_actions++ != setup->action_at)
		return true;
	if (setup->action == ACTION_AGAIN)
		expect_call(expected, callback, start, end);
	return setup->action != ACTION_CONTINUE;
}

static void expect_tables(struct expected_calls *expected,
			  enum callback callback, long start, long end)
{
	static const long pages[] = {
		[PUD_ENTRY] = PUD_SIZE / PAGE_SIZE, [PMD_ENTRY] = T,
		[PTE_ENTRY] = 1,
	};
	const long origin = ORIGIN / PAGE_SIZE;
	long next;

	for (; start < end; start = next) {
		next = round_down(origin + start, pages[callback]) +
		       pages[callback] - origin;
		next = min(next, end);
		expect_call(expected, callback, start, next);
		if (expect_action(expected, callback, start, next) &&
		    callback < PTE_ENTRY)
			expect_tables(expected, callback + 1, start, next);
	}
}

static void expect_calls(struct kunit *test, const struct fixture *fixture,
			 const struct expected_calls *expected)
{
	unsigned int i;

	for (i = 0; i < min(expected->nr, fixture->nr_calls); i++) {
		const struct call *want = &expected->calls[i];
		const struct call *call = &fixture->calls[i];

		if (call->callback != want->callback ||
		    call->start != want->start || call->end != want->end) {
			KUNIT_FAIL(test, "action at call %u: %s [%ld, %ld), not %s [%ld, %ld)",
				   fixture->setup.action_at,
				   callback_names[call->callback],
				   call->start, call->end,
				   callback_names[want->callback],
				   want->start, want->end);
			return;
		}
	}
	KUNIT_EXPECT_EQ(test, fixture->nr_calls, expected->nr);
	KUNIT_EXPECT_EQ(test, fixture->result, 0);
}

/* What walk->action asks for is done, once, and is gone at the next entry. */
static void W3_actions(struct kunit *test)
{
	const struct action_case *param = test->param_value;
	struct walk_setup setup = {
		.callbacks = BIT(PUD_ENTRY) | BIT(PMD_ENTRY) | BIT(PTE_ENTRY),
		.action = param->action,
		.action_of = param->action_of,
	};
	struct fixture *fixture = build(test, &three_tables);
	const struct area *area = &three_tables.areas[0];
	struct expected_calls expected = { .setup = &setup };

	expected.calls = kunit_kcalloc(test, MAX_CALLS, sizeof(struct call),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, expected.calls);
	do {
		expected.nr = 0;
		expected.nr_actions = 0;
		expect_tables(&expected, PUD_ENTRY, area->start, area->end);
		walk_and_record(fixture, BY_RANGE, &setup, area->start,
				area->end);
		expect_calls(test, fixture, &expected);
	} while (++setup.action_at < expected.nr_actions);
}

static void take_pte_table(struct gone *gone, struct mm_struct *mm, pmd_t *pmd)
{
	spinlock_t *ptl = pmd_lock(mm, pmd);

	gone->pmd = pmd;
	gone->ptes = pmd_pgtable(*pmd);
	pmd_clear(pmd);
	spin_unlock(ptl);
}

static void give_pte_table(struct gone *gone, struct mm_struct *mm)
{
	spinlock_t *ptl = pmd_lock(mm, gone->pmd);

	pmd_populate(mm, gone->pmd, gone->ptes);
	spin_unlock(ptl);
}

static void take_pmd_table(struct gone *gone, struct mm_struct *mm, pud_t *pud)
{
	spinlock_t *ptl = pud_lock(mm, pud);

	gone->pud = pud;
	gone->pmds = pud_pgtable(*pud);
	pud_clear(pud);
	spin_unlock(ptl);
}

static void give_pmd_table(struct gone *gone, struct mm_struct *mm)
{
	spinlock_t *ptl = pud_lock(mm, gone->pud);

	pud_populate(mm, gone->pud, gone->pmds);
	spin_unlock(ptl);
}

static int remove_pte_table(pmd_t *pmd, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	struct gone *gone = &((struct fixture *)walk->private)->gone;

	if (!gone->pmd && to_page(addr) == gone->page)
		take_pte_table(gone, walk->mm, pmd);
	return 0;
}

static int remove_pmd_table(pud_t *pud, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	struct gone *gone = &((struct fixture *)walk->private)->gone;

	if (!gone->pud && to_page(addr) == gone->page)
		take_pmd_table(gone, walk->mm, pud);
	return 0;
}

static const struct gone_case {
	const char *name;
	long page;			/* the first one of the table */
	int level;			/* of the table's entry */
	struct mm_walk_ops ops;
} gone_cases[] = {
	{ "first PTE table", T, 3, { .pmd_entry = remove_pte_table } },
	{ "last PTE table", 2 * T, 3, { .pmd_entry = remove_pte_table } },
	{ "PMD table", T, 2, { .pud_entry = remove_pmd_table } },
};

/* A table that goes away while the walk is on its way there is a hole. */
static void W3_table_gone(struct kunit *test)
{
	static const struct walk_setup setup = SETUP_PTE;
	const struct gone_case *param = test->param_value;
	const long start = T, end = three_tables.end;
	struct fixture *fixture = build(test, &three_tables);
	struct mm_walk_ops ops = param->ops;
	const struct call *call;

	if (param->level == 2 && PTRS_PER_PMD == 1)
		kunit_skip(test, "PMD tables are folded");
	ops.pte_entry = record_pte_entry;
	ops.pte_hole = record_pte_hole;
	start_record(fixture, BY_RANGE, &setup, start, end);
	fixture->gone.page = param->page;
	mmap_read_lock(fixture->mm);
	fixture->result = walk_page_range(fixture->mm, page_addr(start),
					  page_addr(end), &ops, fixture);
	if (fixture->gone.pmd)
		give_pte_table(&fixture->gone, fixture->mm);
	if (fixture->gone.pud)
		give_pmd_table(&fixture->gone, fixture->mm);
	mmap_read_unlock(fixture->mm);

	KUNIT_EXPECT_EQ(test, fixture->result, 0);
	KUNIT_EXPECT_TRUE_MSG(test, check_covered(fixture), "%s",
			      fixture->wrong);
	KUNIT_EXPECT_EQ(test, calls_for(fixture, param->page, BIT(PTE_HOLE)), 1);
	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->callback == PTE_HOLE)
			KUNIT_EXPECT_EQ(test, call->depth,
					unfolded(param->level));
	}
}

/* The first area of @kind that @call touches, or NULL. */
static const struct area *touched(const struct fixture *fixture,
				  const struct call *call, enum area_kind kind)
{
	const struct area *area = fixture->layout->areas;

	for (; area < fixture->layout->areas + fixture->layout->nr_areas; area++) {
		if (area->kind == kind && call->start < (long)area->end &&
		    call->end > (long)area->start)
			return area;
	}
	return NULL;
}

static bool check_hugetlb_apart(struct fixture *fixture)
{
	const struct area *area;
	const struct call *call;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		area = touched(fixture, call, HUGETLB);
		if (call->callback == HUGETLB_ENTRY &&
		    (!area || call->start < area->start || call->end > area->end))
			return broken_call(fixture, call, "leaves the VMA");
		if (call->callback == HUGETLB_ENTRY &&
		    round_down(call->start, T) != round_down(call->end - 1, T))
			return broken_call(fixture, call, "leaves the huge page");
		if (area && call->callback <= PTE_ENTRY)
			return broken_call(fixture, call, "is for a hugetlb VMA");
	}
	return true;
}

/* A hugetlb VMA reaches hugetlb_entry() only, huge page by huge page. */
static void W4_hugetlb_apart(struct kunit *test)
{
	check_layout(test, build(test, test->param_value), ANY_VMA, all_setups,
		     ARRAY_SIZE(all_setups), check_hugetlb_apart);
}

static bool check_hugetlb_holes(struct fixture *fixture)
{
	const unsigned int reports = BIT(HUGETLB_ENTRY) | BIT(PTE_HOLE);
	const struct area *area;
	long page;

	/* One page of each huge page will do. */
	for (page = fixture->start; page < fixture->end;
	     page = ALIGN(page + 1, T)) {
		area = area_at(fixture->layout, page);
		if (!area || area->kind != HUGETLB ||
		    (page >= area->present && page < area->absent))
			continue;
		if (!calls_for(fixture, page, reports))
			return broken(fixture, "absent page %ld is left out",
				      page);
	}
	return true;
}

/* An absent huge page is reported, by either callback. */
static void W5_hugetlb_holes(struct kunit *test)
{
	check_layout(test, build(test, test->param_value), ANY_VMA,
		     covering_setups, ARRAY_SIZE(covering_setups),
		     check_hugetlb_holes);
}

static bool check_pfnmap_hole(struct fixture *fixture)
{
	bool holes = fixture->setup.callbacks & BIT(PTE_HOLE);
	const struct area *area;
	const struct call *call;
	long page;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (is_entry(call) && touched(fixture, call, PFNMAP))
			return broken_call(fixture, call, "is for a PFNMAP VMA");
	}
	for (page = fixture->start; holes && page < fixture->end; page++) {
		area = area_at(fixture->layout, page);
		if (area && area->kind == PFNMAP &&
		    calls_for(fixture, page, BIT(PTE_HOLE)) != 1)
			return broken(fixture, "page %ld of PFNMAP is no hole",
				      page);
	}
	return true;
}

/* Without test_walk(), a PFNMAP VMA is a hole. */
static void W6_pfnmap_hole(struct kunit *test)
{
	const struct layout *layout = test->param_value;

	if (!has_kind(layout, PFNMAP))
		kunit_skip(test, "no PFNMAP in it");
	check_layout(test, build(test, layout), RANGES, all_setups,
		     ARRAY_SIZE(all_setups), check_pfnmap_hole);
}

static bool check_pfnmap_walked(struct fixture *fixture)
{
	const struct area *area;
	long page;

	for (page = fixture->start; page < fixture->end; page++) {
		area = area_at(fixture->layout, page);
		if (area && area->kind == PFNMAP &&
		    calls_for(fixture, page, BIT(PTE_ENTRY)) != 1)
			return broken(fixture, "page %ld of PFNMAP is not walked",
				      page);
	}
	return true;
}

/* With test_walk() returning 0, a PFNMAP VMA is walked. */
static void W6_pfnmap_walked(struct kunit *test)
{
	static const struct walk_setup setup = {
		.callbacks = BIT(PTE_ENTRY) | BIT(PTE_HOLE),
		.policy = WALK_ALL,
	};
	const struct layout *layout = test->param_value;

	need_test_walk(test);
	if (!has_kind(layout, PFNMAP))
		kunit_skip(test, "no PFNMAP in it");
	check_layout(test, build(test, layout), RANGES, &setup, 1,
		     check_pfnmap_walked);
}

/* A walk of one VMA walks it, also if it is PFNMAP. */
static void W6_one_vma_walked(struct kunit *test)
{
	static const struct walk_setup setup = SETUP_PTE;
	const struct layout *layout = test->param_value;

	if (!has_kind(layout, PFNMAP))
		kunit_skip(test, "no PFNMAP in it");
	check_layout(test, build(test, layout), ONE_VMA, &setup, 1,
		     check_pfnmap_walked);
}

static bool check_vma_known(struct fixture *fixture)
{
	const struct area *area;
	const struct call *call;

	if (fixture->wrong_mm)
		return broken(fixture, "another walk->mm");
	for (call = fixture->calls; call < calls_end(fixture); call++) {
		bool none = call->vma_start == call->vma_end;

		area = area_at(fixture->layout, call->start);
		if (none && is_entry(call))
			return broken_call(fixture, call, "has no walk->vma");
		if (none && area)
			return broken_call(fixture, call,
					   "has no walk->vma, in a VMA");
		if (!none && (!area || call->vma_start != area->start ||
			      call->vma_end != area->end))
			return broken_call(fixture, call,
					   "has the wrong walk->vma");
		if (!none && (call->start < call->vma_start ||
			      call->end > call->vma_end))
			return broken_call(fixture, call, "leaves walk->vma");
	}
	return true;
}

/* walk->vma contains the range; it is NULL only in holes outside VMAs. */
static void W7_vma_known(struct kunit *test)
{
	static const struct walk_setup setups[] = {
		SETUP_BOTH, SETUP_PTE, SETUP_PMD, SETUP_ENTRIES, SETUP_TABLES,
	};

	check_layout(test, build(test, test->param_value), ANY_VMA, setups,
		     ARRAY_SIZE(setups), check_vma_known);
}

static const struct layout one_page = {
	"one page", 1, 4, { { ANON, 0, 4, 1, 2 } },
};

/* walk->mm and walk->vma are those walked, whose they may be. */
static void W7_other_mm(struct kunit *test)
{
	static const struct walk_setup setup = SETUP_PTE;
	struct fixture *fixture = build(test, &one_page);

	kthread_unuse_mm(fixture->mm);
	check_layout(test, fixture, ANY_VMA, &setup, 1, check_vma_known);
	check_layout(test, fixture, ANY_VMA, &setup, 1, check_covered);
	kthread_use_mm(fixture->mm);
}

/* The part of @area that the walk covers has to be asked for, once, first. */
static bool check_area_asked(struct fixture *fixture, const struct area *area)
{
	long start = max_t(long, area->start, fixture->start);
	long end = min_t(long, area->end, fixture->end);
	const struct call *call;
	unsigned int asked = 0;

	if (start >= end)
		return true;
	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->end <= start || call->start >= end)
			continue;
		if (call->callback != TEST_WALK && !asked)
			return broken_call(fixture, call, "is ahead of test_walk");
		if (call->callback != TEST_WALK)
			continue;
		if (call->start != start || call->end != end)
			return broken_call(fixture, call, "is not the VMA's part");
		if (asked++)
			return broken_call(fixture, call, "comes again");
	}
	if (!asked)
		return broken(fixture, "no test_walk for [%ld, %ld)", start, end);
	return true;
}

static bool check_asked_once(struct fixture *fixture)
{
	const struct call *call;
	unsigned int i;

	for (i = 0; i < fixture->layout->nr_areas; i++) {
		if (!check_area_asked(fixture, &fixture->layout->areas[i]))
			return false;
	}
	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->callback == TEST_WALK &&
		    !area_at(fixture->layout, call->start))
			return broken_call(fixture, call, "is for no VMA");
	}
	return true;
}

static struct walk_setup with_policy(enum policy policy)
{
	struct walk_setup setup = SETUP_BOTH;

	setup.policy = policy;
	return setup;
}

/* test_walk() is called once for each VMA, ahead of everything else there. */
static void W8_asked_once(struct kunit *test)
{
	struct walk_setup setup = with_policy(WALK_ALL);

	need_test_walk(test);
	check_layout(test, build(test, test->param_value), RANGES, &setup, 1,
		     check_asked_once);
}

static bool check_skipped(struct fixture *fixture)
{
	const struct call *call;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->callback != TEST_WALK &&
		    area_at(fixture->layout, call->start))
			return broken_call(fixture, call, "is in a skipped VMA");
	}
	if (fixture->result)
		return broken(fixture, "skipping returned %d", fixture->result);
	return check_asked_once(fixture);
}

/* A positive value of test_walk() skips silently. */
static void W8_skipped(struct kunit *test)
{
	struct walk_setup setup = with_policy(SKIP_ALL);

	need_test_walk(test);
	check_layout(test, build(test, test->param_value), RANGES, &setup, 1,
		     check_skipped);
}

static bool check_not_asked(struct fixture *fixture)
{
	const struct call *call;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (call->callback == TEST_WALK)
			return broken_call(fixture, call, "is for a given VMA");
	}
	return true;
}

/* Who passes a VMA is not asked. */
static void W8_one_vma_not_asked(struct kunit *test)
{
	struct walk_setup setup = SETUP_PTE;

	need_test_walk(test);
	setup.policy = SKIP_ALL;
	check_layout(test, build(test, test->param_value), ONE_VMA, &setup, 1,
		     check_not_asked);
}

static bool check_refused(struct fixture *fixture)
{
	const struct call *call, *refused = NULL;
	int wanted;

	for (call = fixture->calls; call < calls_end(fixture); call++) {
		if (refused)
			return broken_call(fixture, call,
					   "comes after test_walk failed");
		if (call->callback == TEST_WALK)
			refused = call;
	}
	wanted = refused ? FAIL_VALUE : 0;
	if (fixture->result != wanted)
		return broken(fixture, "returned %d, not %d", fixture->result,
			      wanted);
	return true;
}

/* A negative value of test_walk() ends the walk and is returned. */
static void W8_failed(struct kunit *test)
{
	struct walk_setup setup = with_policy(FAIL_ALL);

	need_test_walk(test);
	check_layout(test, build(test, test->param_value), RANGES, &setup, 1,
		     check_refused);
}

static bool check_result(struct fixture *fixture)
{
	if (fixture->result)
		return broken(fixture, "returned %d, but no callback did",
			      fixture->result);
	return true;
}

/* Only a post_vma() may follow the call that ended the walk. */
static bool went_on(const struct fixture *fixture)
{
	const struct call *call = fixture->stopper;

	while (++call < calls_end(fixture)) {
		if (call->callback != POST_VMA ||
		    fixture->stopper->callback == PRE_VMA)
			return true;
	}
	return false;
}

/* End the walk of pages [@start, @end) at each call in turn. */
static void check_stops(struct kunit *test, struct fixture *fixture,
			enum way way, struct walk_setup setup, long start,
			long end)
{
	const struct call *stopper;
	int code = setup.stop_code;

	for (;; setup.stop_at++) {
		walk_and_record(fixture, way, &setup, start, end);
		stopper = fixture->stopper;
		if (!stopper)
			return;
		if (fixture->result == code && !went_on(fixture))
			continue;
		KUNIT_FAIL(test, "%s [%ld, %ld) returned %d, %s %d%s",
			   callback_names[stopper->callback], stopper->start,
			   stopper->end, code, way_names[way], fixture->result,
			   went_on(fixture) ? ", and went on" : "");
		return;
	}
}

/* In each way: the layout as a whole, and VMA by VMA. */
static void check_all_stops(struct kunit *test, struct fixture *fixture,
			    const struct walk_setup *setup)
{
	const struct layout *layout = fixture->layout;
	const struct area *area = layout->areas;

	check_stops(test, fixture, BY_RANGE, *setup, 0, layout->end);
	check_stops(test, fixture, BY_TABLES, *setup, 0, layout->end);
	check_stops(test, fixture, BY_DEBUG, *setup, 0, layout->end);
	for (; area < layout->areas + layout->nr_areas; area++) {
		check_stops(test, fixture, BY_VMA_RANGE, *setup, area->start,
			    area->end);
		check_stops(test, fixture, BY_VMA, *setup, area->start,
			    area->end);
	}
}

static void check_code(struct kunit *test, struct fixture *fixture, int code)
{
	static const struct walk_setup setups[] = {
		SETUP_BOTH, SETUP_PTE, SETUP_PMD, SETUP_TABLES, SETUP_HOLES,
		SETUP_VMAS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(setups); i++) {
		struct walk_setup setup = setups[i];

		setup.stop_code = code;
		check_all_stops(test, fixture, &setup);
	}
}

/* The first error ends the walk and is returned; nothing else is. */
static void W9_error(struct kunit *test)
{
	struct fixture *fixture = build(test, test->param_value);

	check_layout(test, fixture, ANY_VMA, all_setups, ARRAY_SIZE(all_setups),
		     check_result);
	check_code(test, fixture, -EIO);
}

/* So does the first positive value. */
static void W9_value(struct kunit *test)
{
	const struct layout *layout = test->param_value;

	if (has_kind(layout, PFNMAP))
		kunit_skip(test, "PFNMAP has a test of its own");
	check_code(test, build(test, layout), 1);
}

/* Also where test_walk() could return one, too. */
static void W9_value_pfnmap(struct kunit *test)
{
	const struct layout *layout = test->param_value;

	if (!has_kind(layout, PFNMAP))
		kunit_skip(test, "no PFNMAP in it");
	check_code(test, build(test, layout), 7);
}

static const struct no_range {
	const char *name;
	enum way way;
	unsigned int start, end;
	bool no_mm;
} no_ranges[] = {
	{ "empty in a gap", BY_RANGE, 8, 8 },
	{ "empty in a VMA", BY_RANGE, 4, 4 },
	{ "reversed", BY_RANGE, 12, 4 },
	{ "no mm", BY_RANGE, 4, 12, true },
	{ "of one VMA, empty", BY_VMA_RANGE, 4, 4 },
	{ "of one VMA, reversed", BY_VMA_RANGE, 6, 4 },
	{ "of one VMA, from before it", BY_VMA_RANGE, 3, 6 },
	{ "of one VMA, to behind it", BY_VMA_RANGE, 4, 7 },
	{ "of one VMA, no mm", BY_VMA_RANGE, 4, 6, true },
	{ "one VMA, no mm", BY_VMA, 4, 6, true },
	{ "of page tables, empty", BY_TABLES, 4, 4 },
	{ "of page tables, reversed", BY_TABLES, 6, 4 },
	{ "for debugging, empty", BY_DEBUG, 4, 4 },
	{ "for debugging, reversed", BY_DEBUG, 6, 4 },
};

/* What is no range, or has no mm, is refused. */
static void W10_refused(struct kunit *test)
{
	static const struct walk_setup setup = SETUP_BOTH;
	static const struct layout layout = {
		"anon", 1, 16, { { ANON, 4, 6, 4, 6 } },
	};
	const struct no_range *range = test->param_value;
	struct fixture *fixture = build(test, &layout);
	struct mm_walk_ops ops = setup_ops(&setup);
	struct mm_struct *mm = fixture->mm;
	struct vm_area_struct *vma;

	start_record(fixture, range->way, &setup, range->start, range->end);
	lock_mm(mm, range->way);
	vma = vma_lookup(mm, page_addr(4));
	if (range->no_mm)
		vma->vm_mm = NULL;
	fixture->result = walk_pages(range->way, vma->vm_mm, vma, range->start,
				     range->end, &ops, fixture);
	vma->vm_mm = mm;
	unlock_mm(mm, range->way);
	KUNIT_EXPECT_EQ(test, fixture->result, -EINVAL);
	KUNIT_EXPECT_EQ(test, fixture->nr_calls, 0);
}

/* Folds the page tables of the PMD entry at @addr into @hash. */
static u32 hash_tables(u32 hash, struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	hash = jhash(pgd, sizeof(*pgd), hash);
	if (pgd_none(*pgd))
		return hash;
	p4d = p4d_offset(pgd, addr);
	hash = jhash(p4d, sizeof(*p4d), hash);
	if (p4d_none(*p4d))
		return hash;
	pud = pud_offset(p4d, addr);
	hash = jhash(pud, sizeof(*pud), hash);
	if (pud_none(*pud))
		return hash;
	pmd = pmd_offset(pud, addr);
	hash = jhash(pmd, sizeof(*pmd), hash);
	if (pmd_none(*pmd) || pmd_leaf(*pmd) || !pmd_present(*pmd))
		return hash;
	pte = pte_offset_map(pmd, addr & PMD_MASK);
	if (pte) {
		hash = jhash(pte, PTRS_PER_PTE * sizeof(*pte), hash);
		pte_unmap(pte);
	}
	return hash;
}

struct state {
	u32 tables;
	unsigned long table_bytes;
	unsigned long anon, file;
	unsigned long huge_mapped, huge_pages, huge_free;
};

static struct state take_state(const struct layout *layout)
{
	struct mm_struct *mm = current->mm;
	struct state state = {
		.table_bytes = mm_pgtables_bytes(mm),
		.anon = get_mm_counter(mm, MM_ANONPAGES),
		.file = get_mm_counter(mm, MM_FILEPAGES),
	};
	unsigned int page;

	mmap_read_lock(mm);
	for (page = 0; page < layout->end; page += T)
		state.tables = hash_tables(state.tables, mm, page_addr(page));
	mmap_read_unlock(mm);
#ifdef CONFIG_HUGETLB_PAGE
	state.huge_mapped = atomic_long_read(&mm->hugetlb_usage);
	if (have_hugetlb()) {
		state.huge_pages = size_to_hstate(PMD_SIZE)->nr_huge_pages;
		state.huge_free = size_to_hstate(PMD_SIZE)->free_huge_pages;
	}
#endif
	return state;
}

/* Where the kernel log ends now. */
static struct kmsg_dump_iter log_end(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	iter.cur_seq = iter.next_seq;
	iter.next_seq = ULLONG_MAX;
	return iter;
}

/* The next line of the log that says that something is wrong. */
static bool next_complaint(struct kmsg_dump_iter *iter, char *line, size_t size)
{
	size_t length;

	while (kmsg_dump_get_line(iter, true, line, size - 1, &length)) {
		line[length] = '\0';
		if (length > 2 && line[0] == '<' && line[1] <= '4' &&
		    line[2] == '>')
			return true;
	}
	return false;
}

static bool check_nothing(struct fixture *fixture)
{
	return true;
}

/* A walk whose callbacks only read changes nothing. */
static void W11_harmless(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	struct fixture *fixture = build(test, layout);
	struct state before = take_state(layout), after;
	struct kmsg_dump_iter log = log_end();
	char line[128];

	check_layout(test, fixture, ANY_VMA, all_setups, ARRAY_SIZE(all_setups),
		     check_nothing);
	after = take_state(layout);
	KUNIT_EXPECT_EQ(test, before.tables, after.tables);
	KUNIT_EXPECT_EQ(test, before.table_bytes, after.table_bytes);
	KUNIT_EXPECT_EQ(test, before.anon, after.anon);
	KUNIT_EXPECT_EQ(test, before.file, after.file);
	KUNIT_EXPECT_EQ(test, before.huge_mapped, after.huge_mapped);
	KUNIT_EXPECT_EQ(test, before.huge_pages, after.huge_pages);
	KUNIT_EXPECT_EQ(test, before.huge_free, after.huge_free);
	if (next_complaint(&log, line, sizeof(line)))
		KUNIT_FAIL(test, "in the kernel log: %s", line);
}

/* What a callback returns: the walk goes on to its end, or it ends there. */
static const int end_codes[] = { 0, 7, -EIO };

static void describe_end_code(const int *code, char *text)
{
	snprintf(text, KUNIT_PARAM_DESC_SIZE, "callbacks return %d", *code);
}

struct lock_count {
	unsigned int unlocked, locked;
	spinlock_t *ptl;		/* of the last PTE */
	int code;			/* what pte_entry() returns */
};

static int count_pte_locked(pte_t *pte, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	struct lock_count *count = walk->private;

	count->ptl = pte_lockptr(walk->mm, pmd_off(walk->mm, addr));
	if (lockdep_is_held(count->ptl) > 0)
		count->locked++;
	else
		count->unlocked++;
	return count->code;
}

/* pte_entry() runs under the PTE lock, which is free again after the walk. */
static void W12_pte_locked(struct kunit *test)
{
	static const struct mm_walk_ops ops = {
		.pte_entry = count_pte_locked,
		.walk_lock = PGWALK_RDLOCK,
	};
	struct lock_count count = { .code = *(const int *)test->param_value };
	struct fixture *fixture;

	if (!IS_ENABLED(CONFIG_LOCKDEP))
		kunit_skip(test, "needs CONFIG_LOCKDEP");
	if (!debug_locks)
		kunit_skip(test, "lockdep has turned itself off");
	fixture = build(test, &one_page);
	mmap_read_lock(fixture->mm);
	walk_page_range(fixture->mm, page_addr(0), page_addr(4), &ops, &count);
	KUNIT_EXPECT_LE(test, lockdep_is_held(count.ptl), 0);
	mmap_read_unlock(fixture->mm);
	KUNIT_EXPECT_EQ(test, count.unlocked, 0);
	KUNIT_EXPECT_EQ(test, count.locked, count.code ? 1 : 4);
}

static bool hugetlb_vma_locked(struct vm_area_struct *vma)
{
	if (!hugetlb_vma_trylock_write(vma))
		return true;
	hugetlb_vma_unlock_write(vma);
	return false;
}

static int count_hugetlb_locked(pte_t *pte, unsigned long hmask,
				unsigned long addr, unsigned long next,
				struct mm_walk *walk)
{
	struct lock_count *count = walk->private;

	if (hugetlb_vma_locked(vma_lookup(walk->mm, addr)))
		count->locked++;
	else
		count->unlocked++;
	return count->code;
}

/* hugetlb_entry() runs under its VMA's lock, which is free again, too. */
static void W12_hugetlb_locked(struct kunit *test)
{
	static const struct mm_walk_ops ops = {
		.hugetlb_entry = count_hugetlb_locked,
		.walk_lock = PGWALK_RDLOCK,
	};
	static const struct layout layout = {
		"shared hugetlb", 1, 3 * T, {
			{ HUGETLB, T, 3 * T, T, 2 * T, true } },
	};
	struct lock_count count = { .code = *(const int *)test->param_value };
	struct fixture *fixture = build(test, &layout);

	mmap_read_lock(fixture->mm);
	walk_page_range(fixture->mm, page_addr(T), page_addr(3 * T), &ops,
			&count);
	KUNIT_EXPECT_FALSE(test, hugetlb_vma_locked(vma_lookup(fixture->mm,
							       page_addr(T))));
	mmap_read_unlock(fixture->mm);
	KUNIT_EXPECT_EQ(test, count.unlocked, 0);
	KUNIT_EXPECT_EQ(test, count.locked, count.code ? 1 : 2);
}

enum held { UNLOCKED, READ_LOCKED, WRITE_LOCKED };

static void lock_as(struct mm_struct *mm, enum held held)
{
	if (held == READ_LOCKED)
		mmap_read_lock(mm);
	if (held == WRITE_LOCKED)
		mmap_write_lock(mm);
}

static void unlock_as(struct mm_struct *mm, enum held held)
{
	if (held == READ_LOCKED)
		mmap_read_unlock(mm);
	if (held == WRITE_LOCKED)
		mmap_write_unlock(mm);
}

static const struct lock_fault {
	const char *name;
	enum way way;
	enum page_walk_lock walk_lock;
	enum held mm, init_mm;
} lock_faults[] = {
	{ "a walk without the mmap lock", BY_RANGE, PGWALK_RDLOCK },
	{ "a writing walk under the read lock", BY_RANGE, PGWALK_WRLOCK,
	  READ_LOCKED },
	{ "part of a VMA without the mmap lock", BY_VMA_RANGE, PGWALK_RDLOCK },
	{ "part of a VMA, writing under the read lock", BY_VMA_RANGE,
	  PGWALK_WRLOCK, READ_LOCKED },
	{ "a VMA without the mmap lock", BY_VMA, PGWALK_RDLOCK },
	{ "a VMA, writing under the read lock", BY_VMA, PGWALK_WRLOCK,
	  READ_LOCKED },
	{ "page tables without the mmap lock", BY_TABLES, PGWALK_RDLOCK,
	  READ_LOCKED, UNLOCKED },
	{ "for debugging, its mm under the read lock", BY_DEBUG, PGWALK_RDLOCK,
	  READ_LOCKED, WRITE_LOCKED },
	{ "for debugging, init_mm under the read lock", BY_DEBUG, PGWALK_RDLOCK,
	  WRITE_LOCKED, READ_LOCKED },
};

/* Has the kernel warned, from within the walker @way, since @log? */
static bool warned_by_walk(struct kmsg_dump_iter log, enum way way)
{
	char line[256];

	while (next_complaint(&log, line, sizeof(line))) {
		if (strstr(line, "WARNING: ") &&
		    (!IS_ENABLED(CONFIG_KALLSYMS) || strstr(line, way_names[way])))
			return true;
	}
	return false;
}

/* A walk without the mmap lock is caught. */
static void W12_mmap_locked(struct kunit *test)
{
	const struct lock_fault *fault = test->param_value;
	const struct mm_walk_ops ops = {
		.pte_hole = record_pte_hole,
		.walk_lock = fault->walk_lock,
	};
	struct vm_area_struct *vma;
	struct fixture *fixture;
	struct kmsg_dump_iter log;

	if (!IS_ENABLED(CONFIG_BUG) || !IS_ENABLED(CONFIG_PRINTK))
		kunit_skip(test, "this kernel has no warnings");
	if (IS_ENABLED(CONFIG_LOCKDEP) && !debug_locks)
		kunit_skip(test, "lockdep has turned itself off");
	if (panic_on_warn)
		kunit_skip(test, "the warning would panic");

	fixture = build(test, &one_page);
	log = log_end();
	pr_info("pagewalk_kunit: begin of expected warnings\n");
	vma = vma_lookup(fixture->mm, page_addr(0));
	lock_as(fixture->mm, fault->mm);
	lock_as(&init_mm, fault->init_mm);
	walk_pages(fault->way, fixture->mm, vma, 0, 4, &ops, fixture);
	unlock_as(&init_mm, fault->init_mm);
	unlock_as(fixture->mm, fault->mm);
	pr_info("pagewalk_kunit: end of expected warnings\n");
	KUNIT_EXPECT_TRUE(test, warned_by_walk(log, fault->way));
}

#ifdef CONFIG_HUGETLB_PAGE
static unsigned long overcommit;

/* Let huge pages be allocated when they are touched, as many as it takes. */
static int allow_huge_pages(struct kunit_suite *suite)
{
	struct hstate *h = size_to_hstate(PMD_SIZE);

	if (h) {
		overcommit = h->nr_overcommit_huge_pages;
		h->nr_overcommit_huge_pages = overcommit + 8;
	}
	return 0;
}

static void restore_huge_pages(struct kunit_suite *suite)
{
	struct hstate *h = size_to_hstate(PMD_SIZE);

	if (h)
		h->nr_overcommit_huge_pages = overcommit;
}
#else
#define allow_huge_pages	NULL
#define restore_huge_pages	NULL
#endif

KUNIT_ARRAY_PARAM_DESC(layout, layouts, name);
KUNIT_ARRAY_PARAM_DESC(no_range, no_ranges, name);
KUNIT_ARRAY_PARAM_DESC(lock_fault, lock_faults, name);
KUNIT_ARRAY_PARAM_DESC(action_case, action_cases, name);
KUNIT_ARRAY_PARAM_DESC(gone_case, gone_cases, name);
KUNIT_ARRAY_PARAM(end_code, end_codes, describe_end_code);

static struct kunit_case pagewalk_cases[] = {
	/* First: huge pages that a walk loses, no later test can have. */
	KUNIT_CASE_PARAM(W11_harmless, layout_gen_params),
	KUNIT_CASE_PARAM(W1_confined, layout_gen_params),
	KUNIT_CASE_PARAM(W2_ordered, layout_gen_params),
	KUNIT_CASE_PARAM(W2_pre_and_post, layout_gen_params),
	KUNIT_CASE_PARAM(W3_covered, layout_gen_params),
	KUNIT_CASE_PARAM(W3_hole_depth, layout_gen_params),
	KUNIT_CASE_PARAM(W3_tables_covered, layout_gen_params),
	KUNIT_CASE_PARAM(W3_actions, action_case_gen_params),
	KUNIT_CASE_PARAM(W3_table_gone, gone_case_gen_params),
	KUNIT_CASE_PARAM(W4_hugetlb_apart, layout_gen_params),
	KUNIT_CASE_PARAM(W5_hugetlb_holes, layout_gen_params),
	KUNIT_CASE_PARAM(W6_pfnmap_hole, layout_gen_params),
	KUNIT_CASE_PARAM(W6_pfnmap_walked, layout_gen_params),
	KUNIT_CASE_PARAM(W6_one_vma_walked, layout_gen_params),
	KUNIT_CASE_PARAM(W7_vma_known, layout_gen_params),
	KUNIT_CASE(W7_other_mm),
	KUNIT_CASE_PARAM(W8_asked_once, layout_gen_params),
	KUNIT_CASE_PARAM(W8_skipped, layout_gen_params),
	KUNIT_CASE_PARAM(W8_failed, layout_gen_params),
	KUNIT_CASE_PARAM(W8_one_vma_not_asked, layout_gen_params),
	KUNIT_CASE_PARAM(W9_error, layout_gen_params),
	KUNIT_CASE_PARAM(W9_value, layout_gen_params),
	KUNIT_CASE_PARAM(W9_value_pfnmap, layout_gen_params),
	KUNIT_CASE_PARAM(W10_refused, no_range_gen_params),
	KUNIT_CASE_PARAM(W12_pte_locked, end_code_gen_params),
	KUNIT_CASE_PARAM(W12_hugetlb_locked, end_code_gen_params),
	KUNIT_CASE_PARAM(W12_mmap_locked, lock_fault_gen_params),
	{}
};

static struct kunit_suite pagewalk_suite = {
	.name = "pagewalk",
	.suite_init = allow_huge_pages,
	.suite_exit = restore_huge_pages,
	.test_cases = pagewalk_cases,
};

kunit_test_suite(pagewalk_suite);

MODULE_DESCRIPTION("KUnit tests of walk_page_range()");
MODULE_LICENSE("GPL");

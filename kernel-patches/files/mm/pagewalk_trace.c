// SPDX-License-Identifier: GPL-2.0
/*
 * Traces of page-table walks for /dev/pagewalk: every call of every callback,
 * and the page-table entries that the walk changed. The latter are found by
 * reading the tables here, without the walker that is looked at.
 */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pagewalk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pagewalk_probe.h"

struct trace {
	struct pagewalk_probe_trace *arg;
	struct pagewalk_probe_event *events;
	u64 calls;	/* of callbacks that the stop rule counts */
};

/* A page-table entry: where it is and what it says. */
struct trace_place {
	const void *entry;
	u64 value;
};

/* The entry of @level for @addr; NULL and 0 if there is no such table. */
static struct trace_place trace_find(struct mm_struct *mm, unsigned long addr,
				     unsigned int level)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	struct trace_place place = {};
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	if (level == PAGEWALK_PROBE_LEVEL_PGD)
		return (struct trace_place) { pgd, pgd_val(*pgd) };
	if (pgd_none(*pgd))
		return place;
	p4d = p4d_offset(pgd, addr);
	if (level == PAGEWALK_PROBE_LEVEL_P4D)
		return (struct trace_place) { p4d, p4d_val(*p4d) };
	if (p4d_none(*p4d))
		return place;
	pud = pud_offset(p4d, addr);
	if (level == PAGEWALK_PROBE_LEVEL_PUD)
		return (struct trace_place) { pud, pud_val(*pud) };
	if (!pud_present(*pud) || pud_leaf(*pud))
		return place;
	pmd = pmd_offset(pud, addr);
	if (level == PAGEWALK_PROBE_LEVEL_PMD)
		return (struct trace_place) { pmd, pmd_val(*pmd) };
	if (!pmd_present(*pmd) || pmd_leaf(*pmd))
		return place;
	pte = pte_offset_map(pmd, addr);
	if (!pte)
		return place;
	place = (struct trace_place) { pte, pte_val(ptep_get(pte)) };
	pte_unmap(pte);
	return place;
}

/* Record a call and return what it has to. */
static int trace_call(struct mm_walk *walk, struct pagewalk_probe_event event)
{
	struct trace *trace = walk->private;
	struct pagewalk_probe_trace *arg = trace->arg;

	if (arg->nr_events == arg->max_events) {
		arg->overflowed = 1;
		return -ENOSPC;
	}
	if (walk->vma) {
		event.vma_start = walk->vma->vm_start;
		event.vma_end = walk->vma->vm_end;
	}
	trace->events[arg->nr_events++] = event;
	return event.ret;
}

/* The same for a callback that the stop rule counts. */
static int trace_counted(struct mm_walk *walk,
			 struct pagewalk_probe_event event)
{
	struct trace *trace = walk->private;

	if (trace->calls++ == trace->arg->stop_at)
		event.ret = trace->arg->stop_code;
	return trace_call(walk, event);
}

/* The same for a callback that gets a page-table entry. */
static int trace_entry(struct mm_walk *walk, unsigned long addr,
		       unsigned long next, unsigned int callback,
		       unsigned int level, const void *entry, u64 value,
		       bool present, bool huge)
{
	return trace_counted(walk, (struct pagewalk_probe_event) {
		.start		= addr,
		.end		= next,
		.before		= value,
		.callback	= callback,
		.level		= level,
		.present	= present,
		.own		= trace_find(walk->mm, addr, level).entry == entry,
		.huge		= huge,
	});
}

static int trace_pgd_entry(pgd_t *pgd, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return trace_entry(walk, addr, next, PAGEWALK_PROBE_PGD_ENTRY,
			   PAGEWALK_PROBE_LEVEL_PGD, pgd, pgd_val(*pgd),
			   pgd_present(*pgd), false);
}

static int trace_p4d_entry(p4d_t *p4d, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return trace_entry(walk, addr, next, PAGEWALK_PROBE_P4D_ENTRY,
			   PAGEWALK_PROBE_LEVEL_P4D, p4d, p4d_val(*p4d),
			   p4d_present(*p4d), false);
}

static int trace_pud_entry(pud_t *pud, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return trace_entry(walk, addr, next, PAGEWALK_PROBE_PUD_ENTRY,
			   PAGEWALK_PROBE_LEVEL_PUD, pud, pud_val(*pud),
			   pud_present(*pud), pud_leaf(*pud));
}

static int trace_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	const struct trace *trace = walk->private;
	bool huge = pmd_leaf(*pmd);

	if (huge && trace->arg->callbacks & PAGEWALK_PROBE_CONTINUE)
		walk->action = ACTION_CONTINUE;
	return trace_entry(walk, addr, next, PAGEWALK_PROBE_PMD_ENTRY,
			   PAGEWALK_PROBE_LEVEL_PMD, pmd, pmd_val(*pmd),
			   pmd_present(*pmd), huge);
}

static int trace_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return trace_entry(walk, addr, next, PAGEWALK_PROBE_PTE_ENTRY,
			   PAGEWALK_PROBE_LEVEL_PTE, pte, pte_val(*pte),
			   pte_present(*pte), false);
}

static int trace_pte_hole(unsigned long addr, unsigned long next, int depth,
			  struct mm_walk *walk)
{
	return trace_counted(walk, (struct pagewalk_probe_event) {
		.start		= addr,
		.end		= next,
		.callback	= PAGEWALK_PROBE_PTE_HOLE,
		.depth		= depth,
	});
}

static int trace_hugetlb_entry(pte_t *pte, unsigned long hmask,
			       unsigned long addr, unsigned long next,
			       struct mm_walk *walk)
{
	pte_t entry = huge_ptep_get(walk->mm, addr & hmask, pte);

	return trace_entry(walk, addr, next, PAGEWALK_PROBE_HUGETLB_ENTRY,
			   hmask == PMD_MASK ? PAGEWALK_PROBE_LEVEL_PMD :
					       PAGEWALK_PROBE_LEVEL_PUD,
			   pte, pte_val(entry), pte_present(entry),
			   pte_present(entry));
}

static int trace_pre_vma(unsigned long start, unsigned long end,
			 struct mm_walk *walk)
{
	return trace_call(walk, (struct pagewalk_probe_event) {
		.start		= start,
		.end		= end,
		.callback	= PAGEWALK_PROBE_PRE_VMA,
	});
}

static void trace_post_vma(struct mm_walk *walk)
{
	trace_call(walk, (struct pagewalk_probe_event) {
		.callback	= PAGEWALK_PROBE_POST_VMA,
	});
}

#ifdef PAGEWALK_HAS_TEST_WALK
#define TRACE_CAN_TEST	true

static int trace_policy(u32 policy, const struct vm_area_struct *vma)
{
	bool pfnmap = vma && vma->vm_flags & VM_PFNMAP;

	switch (policy) {
	case PAGEWALK_PROBE_TEST_SKIP_PFNMAP:
		return pfnmap;
	case PAGEWALK_PROBE_TEST_SKIP_HUGETLB:
		return vma && vma->vm_flags & VM_HUGETLB;
	case PAGEWALK_PROBE_TEST_SKIP_ALL:
		return 1;
	case PAGEWALK_PROBE_TEST_FAIL_PFNMAP:
		return pfnmap ? -EINVAL : 0;
	default:
		return 0;
	}
}

static int trace_test_walk(unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	const struct trace *trace = walk->private;

	return trace_call(walk, (struct pagewalk_probe_event) {
		.start		= addr,
		.end		= next,
		.callback	= PAGEWALK_PROBE_TEST_WALK,
		.ret		= trace_policy(trace->arg->test_walk, walk->vma),
	});
}

static void trace_set_test_walk(struct mm_walk_ops *ops, u32 policy)
{
	if (policy != PAGEWALK_PROBE_TEST_NONE)
		ops->test_walk = trace_test_walk;
}
#else
#define TRACE_CAN_TEST	false

static void trace_set_test_walk(struct mm_walk_ops *ops, u32 policy)
{
}
#endif /* PAGEWALK_HAS_TEST_WALK */

static struct mm_walk_ops trace_ops(const struct pagewalk_probe_trace *arg)
{
	struct mm_walk_ops ops = { .walk_lock = PGWALK_RDLOCK };

	if (arg->callbacks & BIT(PAGEWALK_PROBE_PGD_ENTRY))
		ops.pgd_entry = trace_pgd_entry;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_P4D_ENTRY))
		ops.p4d_entry = trace_p4d_entry;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_PUD_ENTRY))
		ops.pud_entry = trace_pud_entry;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_PMD_ENTRY))
		ops.pmd_entry = trace_pmd_entry;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_PTE_ENTRY))
		ops.pte_entry = trace_pte_entry;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_PTE_HOLE))
		ops.pte_hole = trace_pte_hole;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_HUGETLB_ENTRY))
		ops.hugetlb_entry = trace_hugetlb_entry;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_PRE_VMA))
		ops.pre_vma = trace_pre_vma;
	if (arg->callbacks & BIT(PAGEWALK_PROBE_POST_VMA))
		ops.post_vma = trace_post_vma;
	trace_set_test_walk(&ops, arg->test_walk);
	return ops;
}

/* The page-table entries of an address space that are not none, ascending. */
struct snapshot {
	struct snapshot_entry {
		unsigned long addr;
		unsigned int level;
		u64 value;
	} *entries;
	size_t nr;
	size_t max;
};

/* Without entries to fill, this counts. */
static void snapshot_add(struct snapshot *snapshot, unsigned long addr,
			 unsigned int level, u64 value)
{
	if (snapshot->nr < snapshot->max)
		snapshot->entries[snapshot->nr] = (struct snapshot_entry) {
			.addr = addr, .level = level, .value = value,
		};
	snapshot->nr++;
}

static void snapshot_pte_table(struct snapshot *snapshot, pmd_t *pmd,
			       unsigned long addr)
{
	pte_t *table = pte_offset_map(pmd, addr);
	unsigned int i;

	if (!table)
		return;
	for (i = 0; i < PTRS_PER_PTE; i++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(table + i);

		if (!pte_none(pte))
			snapshot_add(snapshot, addr, PAGEWALK_PROBE_LEVEL_PTE,
				     pte_val(pte));
	}
	pte_unmap(table);
}

static void snapshot_pmd_table(struct snapshot *snapshot, pud_t *pud,
			       unsigned long addr)
{
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PMD; i++, pmd++, addr += PMD_SIZE) {
		if (pmd_none(*pmd))
			continue;
		snapshot_add(snapshot, addr, PAGEWALK_PROBE_LEVEL_PMD,
			     pmd_val(*pmd));
		if (pmd_present(*pmd) && !pmd_leaf(*pmd))
			snapshot_pte_table(snapshot, pmd, addr);
	}
}

static void snapshot_pud_table(struct snapshot *snapshot, p4d_t *p4d,
			       unsigned long addr)
{
	pud_t *pud = pud_offset(p4d, addr);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PUD; i++, pud++, addr += PUD_SIZE) {
		if (pud_none(*pud))
			continue;
		snapshot_add(snapshot, addr, PAGEWALK_PROBE_LEVEL_PUD,
			     pud_val(*pud));
		if (pud_present(*pud) && !pud_leaf(*pud))
			snapshot_pmd_table(snapshot, pud, addr);
	}
}

static void snapshot_p4d_table(struct snapshot *snapshot, struct mm_struct *mm,
			       pgd_t *pgd, unsigned long addr)
{
	p4d_t *p4d = p4d_offset(pgd, addr);
	unsigned int i;

	for (i = 0; i < PTRS_PER_P4D; i++, p4d++, addr += P4D_SIZE) {
		if (p4d_none(*p4d))
			continue;
		if (!mm_pud_folded(mm))
			snapshot_add(snapshot, addr, PAGEWALK_PROBE_LEVEL_P4D,
				     p4d_val(*p4d));
		snapshot_pud_table(snapshot, p4d, addr);
	}
}

static void snapshot_fill(struct snapshot *snapshot, struct mm_struct *mm)
{
	unsigned long addr;
	pgd_t *pgd;

	snapshot->nr = 0;
	for (addr = 0; addr < TASK_SIZE; addr += PGDIR_SIZE) {
		pgd = pgd_offset(mm, addr);
		if (pgd_none(*pgd))
			continue;
		if (!mm_p4d_folded(mm))
			snapshot_add(snapshot, addr, PAGEWALK_PROBE_LEVEL_PGD,
				     pgd_val(*pgd));
		snapshot_p4d_table(snapshot, mm, pgd, addr);
	}
}

static int snapshot_take(struct snapshot *snapshot, struct mm_struct *mm)
{
	snapshot_fill(snapshot, mm);
	snapshot->entries = kvmalloc_array(snapshot->nr,
					   sizeof(*snapshot->entries),
					   GFP_KERNEL);
	if (!snapshot->entries)
		return -ENOMEM;
	snapshot->max = snapshot->nr;
	snapshot_fill(snapshot, mm);
	return 0;
}

/* Ascending by address, a table's entry ahead of what it holds. */
static int snapshot_order(const struct snapshot_entry *a,
			  const struct snapshot_entry *b)
{
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (int)b->level - (int)a->level;
}

static void trace_change(struct pagewalk_probe_trace *arg,
			 struct pagewalk_probe_change *changes,
			 const struct snapshot_entry *before,
			 const struct snapshot_entry *after)
{
	const struct snapshot_entry *either = before ?: after;

	if (arg->nr_changes < arg->max_changes)
		changes[arg->nr_changes] = (struct pagewalk_probe_change) {
			.address	= either->addr,
			.level		= either->level,
			.before		= before ? before->value : 0,
			.after		= after ? after->value : 0,
		};
	arg->nr_changes++;
}

static void trace_compare(struct pagewalk_probe_trace *arg,
			  struct pagewalk_probe_change *changes,
			  const struct snapshot *before,
			  const struct snapshot *after)
{
	const struct snapshot_entry *b = before->entries, *a = after->entries;
	const struct snapshot_entry *b_end = b + before->nr;
	const struct snapshot_entry *a_end = a + after->nr;
	int order;

	while (b < b_end || a < a_end) {
		if (b == b_end)
			order = 1;
		else if (a == a_end)
			order = -1;
		else
			order = snapshot_order(b, a);
		if (order || b->value != a->value)
			trace_change(arg, changes, order > 0 ? NULL : b,
				     order < 0 ? NULL : a);
		if (order <= 0)
			b++;
		if (order >= 0)
			a++;
	}
}

static void trace_values_after(struct mm_struct *mm, const struct trace *trace)
{
	struct pagewalk_probe_event *event = trace->events;
	u64 i;

	for (i = 0; i < trace->arg->nr_events; i++, event++)
		if (event->level != PAGEWALK_PROBE_LEVEL_NONE)
			event->after = trace_find(mm, event->start,
						  event->level).value;
}

static int trace_walk(struct mm_struct *mm, struct trace *trace)
{
	struct pagewalk_probe_trace *arg = trace->arg;
	const struct mm_walk_ops ops = trace_ops(arg);
	struct vm_area_struct *vma = NULL;

	if (arg->entry_point != PAGEWALK_PROBE_WALK_PAGE_RANGE) {
		vma = vma_lookup(mm, arg->vma ?: arg->start);
		if (!vma)
			return -ENOENT;
	}
	switch (arg->entry_point) {
	case PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA:
		arg->result = walk_page_range_vma(vma, arg->start, arg->end,
						  &ops, trace);
		break;
	case PAGEWALK_PROBE_WALK_PAGE_VMA:
		arg->result = walk_page_vma(vma, &ops, trace);
		break;
	default:
		arg->result = walk_page_range(mm, arg->start, arg->end, &ops,
					      trace);
	}
	trace_values_after(mm, trace);
	return 0;
}

static int trace_compared_walk(struct mm_struct *mm, struct trace *trace,
			       struct pagewalk_probe_change *changes)
{
	struct snapshot before = {}, after = {};
	int err;

	err = snapshot_take(&before, mm);
	if (err)
		return err;
	err = trace_walk(mm, trace);
	if (!err)
		err = snapshot_take(&after, mm);
	if (!err)
		trace_compare(trace->arg, changes, &before, &after);
	kvfree(after.entries);
	kvfree(before.entries);
	return err;
}

static int trace_locked(struct mm_struct *mm, struct trace *trace,
			struct pagewalk_probe_change *changes)
{
	int err;

	/*
	 * Walks run with the lock held for reading. But munmap() frees page
	 * tables after it has downgraded its own lock, and the tables that are
	 * read here may belong to no VMA: wait for such a munmap(), too.
	 */
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	mmap_write_downgrade(mm);
	if (trace->arg->max_changes)
		err = trace_compared_walk(mm, trace, changes);
	else
		err = trace_walk(mm, trace);
	mmap_read_unlock(mm);
	return err;
}

static int trace_check(const struct pagewalk_probe_trace *arg)
{
	if (arg->callbacks & ~(PAGEWALK_PROBE_ALL_TRACED |
			       PAGEWALK_PROBE_CONTINUE) ||
	    arg->entry_point >= PAGEWALK_PROBE_NR_ENTRY_POINTS ||
	    arg->test_walk >= PAGEWALK_PROBE_NR_TESTS || arg->more > 1)
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->start | arg->end) || arg->start > TASK_SIZE ||
	    arg->end > TASK_SIZE)
		return -EINVAL;
	if (arg->max_events > PAGEWALK_PROBE_MAX_EVENTS ||
	    arg->max_changes > PAGEWALK_PROBE_MAX_CHANGES)
		return -EINVAL;
	if (arg->test_walk != PAGEWALK_PROBE_TEST_NONE && !TRACE_CAN_TEST)
		return -EOPNOTSUPP;
	return 0;
}

static int trace_give(const struct pagewalk_probe_trace *arg,
		      const struct pagewalk_probe_event *events,
		      const struct pagewalk_probe_change *changes)
{
	u64 nr_changes = min(arg->nr_changes, arg->max_changes);

	if (copy_to_user(u64_to_user_ptr(arg->events), events,
			 array_size(arg->nr_events, sizeof(*events))) ||
	    copy_to_user(u64_to_user_ptr(arg->changes), changes,
			 array_size(nr_changes, sizeof(*changes))))
		return -EFAULT;
	return 0;
}

long probe_trace(struct mm_struct *mm, struct pagewalk_probe_trace *arg)
{
	struct pagewalk_probe_event *events = NULL;
	struct pagewalk_probe_change *changes = NULL;
	int err;

	err = trace_check(arg);
	if (err)
		return err;
	arg->nr_events = 0;
	arg->nr_changes = 0;
	arg->overflowed = 0;
	events = kvmalloc_array(arg->max_events, sizeof(*events), GFP_KERNEL);
	changes = kvmalloc_array(arg->max_changes, sizeof(*changes),
				 GFP_KERNEL);
	err = -ENOMEM;
	if (events && changes)
		err = trace_locked(mm, &(struct trace) {
					.arg = arg, .events = events,
				   }, changes);
	/* Not before the lock is dropped: it may be the caller's own. */
	if (!err)
		err = trace_give(arg, events, changes);
	kvfree(changes);
	kvfree(events);
	return err;
}

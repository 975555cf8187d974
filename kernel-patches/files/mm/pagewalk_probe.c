// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/pagewalk: times walk_page_range() with chosen callbacks, populates
 * address spaces from inside the kernel, and gives VM_PFNMAP and VM_MIXEDMAP
 * memory. Traces are in pagewalk_trace.c, instructions are counted in
 * pagewalk_count.c.
 *
 * It depends on as little of the walker as it can, so that the same probe
 * measures different walkers: its timed callbacks use neither walk->vma nor
 * ->test_walk(), and none changes page tables or entries.
 */

#include <linux/fs.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/pagewalk.h>
#include <linux/pfn_t.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pagewalk_probe.h"

/* What a counting walk sees. */
struct probe_counts {
	u64 calls[PAGEWALK_PROBE_NR_CALLBACKS];
	u64 pages[PAGEWALK_PROBE_NR_CALLBACKS];
};

static int probe_count(struct mm_walk *walk, unsigned long addr,
		       unsigned long next, enum pagewalk_probe_callback which)
{
	struct probe_counts *counts = walk->private;

	counts->calls[which]++;
	counts->pages[which] += (next - addr) >> PAGE_SHIFT;
	return 0;
}

static int count_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return probe_count(walk, addr, next, PAGEWALK_PROBE_PMD_ENTRY);
}

static int count_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return probe_count(walk, addr, next, PAGEWALK_PROBE_PTE_ENTRY);
}

static int count_pte_hole(unsigned long addr, unsigned long next, int depth,
			  struct mm_walk *walk)
{
	return probe_count(walk, addr, next, PAGEWALK_PROBE_PTE_HOLE);
}

static int count_hugetlb_entry(pte_t *pte, unsigned long hmask,
			       unsigned long addr, unsigned long next,
			       struct mm_walk *walk)
{
	return probe_count(walk, addr, next, PAGEWALK_PROBE_HUGETLB_ENTRY);
}

static const struct mm_walk_ops count_ops = {
	.pmd_entry	= count_pmd_entry,
	.pte_entry	= count_pte_entry,
	.pte_hole	= count_pte_hole,
	.hugetlb_entry	= count_hugetlb_entry,
	.walk_lock	= PGWALK_RDLOCK,
};

/*
 * The callbacks of timed walks do next to nothing, for their time is part of
 * the sample. The increment keeps them apart: the linker may fold equal ones.
 */
static inline int probe_tick(struct mm_walk *walk)
{
	unsigned long *ticks = walk->private;

	(*ticks)++;
	return 0;
}

static int timed_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return probe_tick(walk);
}

static int timed_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	return probe_tick(walk);
}

static int timed_pte_hole(unsigned long addr, unsigned long next, int depth,
			  struct mm_walk *walk)
{
	return probe_tick(walk);
}

static int timed_hugetlb_entry(pte_t *pte, unsigned long hmask,
			       unsigned long addr, unsigned long next,
			       struct mm_walk *walk)
{
	return probe_tick(walk);
}

static const struct mm_walk_ops timed_ops = {
	.pmd_entry	= timed_pmd_entry,
	.pte_entry	= timed_pte_entry,
	.pte_hole	= timed_pte_hole,
	.hugetlb_entry	= timed_hugetlb_entry,
	.walk_lock	= PGWALK_RDLOCK,
};

/* @all with only the callbacks that are set in the mask @callbacks. */
static struct mm_walk_ops probe_choose(const struct mm_walk_ops *all,
				       u32 callbacks)
{
	struct mm_walk_ops ops = *all;

	if (!(callbacks & BIT(PAGEWALK_PROBE_PMD_ENTRY)))
		ops.pmd_entry = NULL;
	if (!(callbacks & BIT(PAGEWALK_PROBE_PTE_ENTRY)))
		ops.pte_entry = NULL;
	if (!(callbacks & BIT(PAGEWALK_PROBE_PTE_HOLE)))
		ops.pte_hole = NULL;
	if (!(callbacks & BIT(PAGEWALK_PROBE_HUGETLB_ENTRY)))
		ops.hugetlb_entry = NULL;
	return ops;
}

struct mm_walk_ops probe_timed_ops(u32 callbacks)
{
	return probe_choose(&timed_ops, callbacks);
}

/*
 * The host's TSC, after all that comes before it. User-mode Linux has no
 * cycle counter of its own, and its clocks tick too slowly for short walks.
 */
static inline u64 probe_tsc(void)
{
	u32 low, high;

	asm volatile("lfence\n\trdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

/*
 * Interrupts are held off for the length of a sample, so that it has no timer
 * tick and no other task in it. A walk over a hugetlb VMA takes the VMA's lock,
 * which may sleep. It does not while nobody else truncates that file; if it
 * ever has to, the scheduler turns interrupts on and the sample is long, no
 * worse. The check for it on a debug kernel cannot know that, and timing is
 * of no use there: leave interrupts on.
 */
static inline unsigned long probe_quiesce(void)
{
	unsigned long flags = 0;

	if (!IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		local_irq_save(flags);
	return flags;
}

static inline void probe_unquiesce(unsigned long flags)
{
	if (!IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		local_irq_restore(flags);
}

static u64 probe_sample(struct mm_struct *mm,
			const struct pagewalk_probe_walk *arg,
			const struct mm_walk_ops *ops)
{
	unsigned long flags, ticks = 0;
	u64 begin, end;
	u32 i;

	flags = probe_quiesce();
	begin = probe_tsc();
	for (i = 0; i < arg->repeat; i++)
		walk_page_range(mm, arg->start, arg->end, ops, &ticks);
	end = probe_tsc();
	probe_unquiesce(flags);
	return end - begin;
}

static int probe_take_samples(struct mm_struct *mm,
			      const struct pagewalk_probe_walk *arg,
			      u64 *cycles)
{
	const struct mm_walk_ops ops = probe_timed_ops(arg->callbacks);
	u32 i;

	for (i = 0; i < arg->samples; i++) {
		if (signal_pending(current))
			return -EINTR;
		cycles[i] = probe_sample(mm, arg, &ops);
		cond_resched();
	}
	return 0;
}

static void probe_count_walk(struct mm_struct *mm,
			     struct pagewalk_probe_walk *arg)
{
	const struct mm_walk_ops ops = probe_choose(&count_ops, arg->callbacks);
	struct probe_counts counts = {};

	arg->result = walk_page_range(mm, arg->start, arg->end, &ops, &counts);
	memcpy(arg->calls, counts.calls, sizeof(arg->calls));
	memcpy(arg->pages, counts.pages, sizeof(arg->pages));
}

static int probe_walk_mm(struct mm_struct *mm, struct pagewalk_probe_walk *arg,
			 u64 *cycles)
{
	int err;

	err = mmap_read_lock_killable(mm);
	if (err)
		return err;
	probe_count_walk(mm, arg);
	err = probe_take_samples(mm, arg, cycles);
	mmap_read_unlock(mm);
	return err;
}

/* The address space of @pid, if the caller might attach to it with ptrace. */
static struct mm_struct *probe_get_mm(pid_t pid)
{
	struct task_struct *task;
	struct mm_struct *mm;

	if (!pid) {
		mmget(current->mm);
		return current->mm;
	}
	task = find_get_task_by_vpid(pid);
	if (!task)
		return ERR_PTR(-ESRCH);
	mm = mm_access(task, PTRACE_MODE_ATTACH_REALCREDS);
	put_task_struct(task);
	return mm ?: ERR_PTR(-ESRCH);
}

static int probe_check_walk(const struct pagewalk_probe_walk *arg)
{
	if (arg->callbacks & ~PAGEWALK_PROBE_ALL_CALLBACKS)
		return -EINVAL;
	if (memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->start) || !PAGE_ALIGNED(arg->end) ||
	    arg->end > TASK_SIZE)
		return -EINVAL;
	if (arg->samples > PAGEWALK_PROBE_MAX_SAMPLES ||
	    arg->repeat > PAGEWALK_PROBE_MAX_REPEAT ||
	    (arg->samples && !arg->repeat))
		return -EINVAL;
	return 0;
}

static long probe_walk(struct pagewalk_probe_walk *arg)
{
	struct mm_struct *mm;
	u64 *cycles;
	long err;

	err = probe_check_walk(arg);
	if (err)
		return err;
	cycles = kvcalloc(arg->samples, sizeof(*cycles), GFP_KERNEL);
	if (!cycles)
		return -ENOMEM;
	mm = probe_get_mm(arg->pid);
	if (IS_ERR(mm)) {
		err = PTR_ERR(mm);
		goto out_free;
	}
	err = probe_walk_mm(mm, arg, cycles);
	mmput(mm);
	/* Not before the lock is dropped: it may be the caller's own. */
	if (!err && copy_to_user(u64_to_user_ptr(arg->cycles), cycles,
				 array_size(arg->samples, sizeof(*cycles))))
		err = -EFAULT;
out_free:
	kvfree(cycles);
	return err;
}

/* VM_PFNMAP memory has no pages that could be got, only faults. */
static long probe_populate_pfn(struct mm_struct *mm,
			       struct vm_area_struct *vma, unsigned long addr,
			       unsigned int gup_flags)
{
	bool write = gup_flags & FOLL_WRITE;
	int err;

	/* A copy of what has no page is made through the current mm. */
	if (write && is_cow_mapping(vma->vm_flags) && mm != current->mm)
		return -EINVAL;
	err = fixup_user_fault(mm, addr, write ? FAULT_FLAG_WRITE : 0, NULL);
	return err ?: 1;
}

/* Pages to populate at once: few enough to answer a signal soon. */
#define PROBE_BATCH	512UL

/* Populate @nr pages from @addr on. Return how many were, perhaps none. */
static long probe_populate_batch(struct mm_struct *mm, unsigned long addr,
				 unsigned long nr, unsigned int gup_flags)
{
	struct vm_area_struct *vma;
	int locked = 1;
	long done;

	done = mmap_read_lock_killable(mm);
	if (done)
		return done;
	vma = vma_lookup(mm, addr);
	if (vma && vma->vm_flags & VM_PFNMAP)
		done = probe_populate_pfn(mm, vma, addr, gup_flags);
	else
		done = get_user_pages_remote(mm, addr, nr, gup_flags, NULL,
					     &locked);
	if (locked)
		mmap_read_unlock(mm);
	return done;
}

static int probe_populate_mm(struct mm_struct *mm,
			     struct pagewalk_probe_populate *arg)
{
	unsigned int gup_flags = 0;
	unsigned long addr = arg->start, nr;
	long done;

	if (arg->flags & PAGEWALK_PROBE_WRITE)
		gup_flags |= FOLL_WRITE;
	while (addr < arg->end) {
		if (signal_pending(current))
			return -EINTR;
		nr = arg->step ? 1 : min(PROBE_BATCH,
					 (arg->end - addr) >> PAGE_SHIFT);
		done = probe_populate_batch(mm, addr, nr, gup_flags);
		if (done < 0)
			return done;
		arg->populated += done;
		/* None done, as the fault dropped the lock: try it again. */
		if (arg->step && done)
			done = arg->step >> PAGE_SHIFT;
		if (check_add_overflow(addr, done << PAGE_SHIFT, &addr))
			break;
		cond_resched();
	}
	return 0;
}

static long probe_populate(struct pagewalk_probe_populate *arg)
{
	struct mm_struct *mm;
	long err;

	if (arg->flags & ~PAGEWALK_PROBE_WRITE ||
	    memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->start | arg->end | arg->step) ||
	    arg->start > arg->end || arg->end > TASK_SIZE)
		return -EINVAL;
	mm = probe_get_mm(arg->pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	arg->populated = 0;
	err = probe_populate_mm(mm, arg);
	mmput(mm);
	return err;
}

/* @usize: the size of the argument in the caller's header. */
static long probe_ioctl_walk(void __user *user, size_t usize)
{
	struct pagewalk_probe_walk arg;
	long err;

	err = copy_struct_from_user(&arg, sizeof(arg), user, usize);
	if (err)
		return err;
	err = probe_walk(&arg);
	if (!err && copy_to_user(user, &arg, min(sizeof(arg), usize)))
		return -EFAULT;
	return err;
}

static long probe_ioctl_populate(void __user *user, size_t usize)
{
	struct pagewalk_probe_populate arg;
	long err;

	err = copy_struct_from_user(&arg, sizeof(arg), user, usize);
	if (err)
		return err;
	err = probe_populate(&arg);
	/* After an error, too: the caller learns how far it came. */
	if (copy_to_user(user, &arg, min(sizeof(arg), usize)))
		return -EFAULT;
	return err;
}

/* @more: out: whether another trace comes next. */
static long probe_ioctl_one_trace(void __user *user, size_t usize, bool *more)
{
	struct pagewalk_probe_trace arg;
	struct mm_struct *mm;
	long err;

	err = copy_struct_from_user(&arg, sizeof(arg), user, usize);
	if (err)
		return err;
	*more = arg.more;
	mm = probe_get_mm(arg.pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	err = probe_trace(mm, &arg);
	mmput(mm);
	if (!err && copy_to_user(user, &arg, min(sizeof(arg), usize)))
		return -EFAULT;
	return err;
}

static long probe_ioctl_trace(void __user *user, size_t usize)
{
	bool more;
	long err;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = probe_ioctl_one_trace(user, usize, &more);
		user += usize;
		cond_resched();
	} while (!err && more);
	return err;
}

static long probe_ioctl_count(void __user *user, size_t usize)
{
	struct pagewalk_probe_count arg;
	struct mm_struct *mm;
	long err;

	err = copy_struct_from_user(&arg, sizeof(arg), user, usize);
	if (err)
		return err;
	mm = probe_get_mm(arg.pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	err = probe_count_insns(mm, &arg);
	mmput(mm);
	if (!err && copy_to_user(user, &arg, min(sizeof(arg), usize)))
		return -EFAULT;
	return err;
}

static long probe_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	void __user *user = (void __user *)uarg;
	size_t usize = _IOC_SIZE(cmd);

	/* The size is the caller's; all else has to be as it is here. */
	switch (cmd & ~IOCSIZE_MASK) {
	case PAGEWALK_PROBE_WALK & ~IOCSIZE_MASK:
		return probe_ioctl_walk(user, usize);
	case PAGEWALK_PROBE_POPULATE & ~IOCSIZE_MASK:
		return probe_ioctl_populate(user, usize);
	case PAGEWALK_PROBE_TRACE & ~IOCSIZE_MASK:
		return probe_ioctl_trace(user, usize);
	case PAGEWALK_PROBE_COUNT & ~IOCSIZE_MASK:
		return probe_ioctl_count(user, usize);
	default:
		return -ENOTTY;
	}
}

/*
 * The buffer behind every mapping. It is made when the first one asks for it
 * and stays: a boot that maps nothing does not pay for it.
 */
#define PROBE_ORDER	9
#define PROBE_SIZE	(PAGE_SIZE << PROBE_ORDER)

static struct page *probe_pages;
static DEFINE_MUTEX(probe_pages_mutex);

static struct page *probe_get_pages(void)
{
	mutex_lock(&probe_pages_mutex);
	if (!probe_pages) {
		probe_pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, PROBE_ORDER);
		/* VM_MIXEDMAP memory counts references to each page. */
		if (probe_pages)
			split_page(probe_pages, PROBE_ORDER);
	}
	mutex_unlock(&probe_pages_mutex);
	return probe_pages;
}

static int probe_map_linear(struct vm_area_struct *vma)
{
	unsigned long addr, size;
	int err;

	/*
	 * With copy on write, the walkers tell the original from the copy by
	 * the PFN's distance from the VMA's start, and here PFNs start anew
	 * every 2 MiB.
	 */
	if (is_cow_mapping(vma->vm_flags))
		return -EINVAL;
	for (addr = vma->vm_start; addr < vma->vm_end; addr += size) {
		size = min(PROBE_SIZE, vma->vm_end - addr);
		err = remap_pfn_range(vma, addr, page_to_pfn(probe_pages), size,
				      vma->vm_page_prot);
		if (err)
			return err;
	}
	return 0;
}

static int probe_map_cow(struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;

	if (!is_cow_mapping(vma->vm_flags) || size > PROBE_SIZE)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(probe_pages),
			       size, vma->vm_page_prot);
}

/* The page of the buffer that stands behind a page of a file mapping. */
static unsigned long probe_fault_pfn(const struct vm_fault *vmf)
{
	return page_to_pfn(probe_pages) + vmf->pgoff % BIT(PROBE_ORDER);
}

static vm_fault_t probe_fault_pfnmap(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, probe_fault_pfn(vmf));
}

static vm_fault_t probe_fault_mixedmap(struct vm_fault *vmf)
{
	pfn_t pfn = pfn_to_pfn_t(probe_fault_pfn(vmf));

	return vmf_insert_mixed(vmf->vma, vmf->address, pfn);
}

static const struct vm_operations_struct probe_pfnmap_ops = {
	.fault	= probe_fault_pfnmap,
};

static const struct vm_operations_struct probe_mixedmap_ops = {
	.fault	= probe_fault_mixedmap,
};

static int probe_map_by_fault(struct vm_area_struct *vma, vm_flags_t flags,
			      const struct vm_operations_struct *ops)
{
	if (is_cow_mapping(vma->vm_flags))
		return -EINVAL;
	vm_flags_set(vma, flags | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = ops;
	return 0;
}

static int probe_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!probe_get_pages())
		return -ENOMEM;
	switch (vma->vm_pgoff) {
	case PAGEWALK_PROBE_MAP_LINEAR:
		return probe_map_linear(vma);
	case PAGEWALK_PROBE_MAP_COW:
		return probe_map_cow(vma);
	case PAGEWALK_PROBE_MAP_FAULT:
		return probe_map_by_fault(vma, VM_PFNMAP | VM_IO,
					  &probe_pfnmap_ops);
	case PAGEWALK_PROBE_MAP_MIXED:
		return probe_map_by_fault(vma, VM_MIXEDMAP,
					  &probe_mixedmap_ops);
	default:
		return -EINVAL;
	}
}

static const struct file_operations probe_fops = {
	.unlocked_ioctl	= probe_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= probe_mmap,
	.llseek		= noop_llseek,
};

static struct miscdevice probe_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "pagewalk",
	.fops	= &probe_fops,
	.mode	= 0666,
};

builtin_misc_device(probe_device);

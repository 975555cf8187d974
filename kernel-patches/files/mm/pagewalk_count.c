// SPDX-License-Identifier: GPL-2.0
/*
 * PAGEWALK_PROBE_COUNT: counts the instructions of a page-table walk, of reads
 * of a file that walks page tables, or of a system call that does, by their
 * addresses.
 *
 * What is counted is done once before. That fills what is filled lazily: slab
 * caches, buffers of the file, kernel mappings that user-mode Linux makes when
 * they fault. After that nothing but the page tables decides which
 * instructions there are, for nothing else runs.
 */

#include <asm/sections.h>
#include <asm/unistd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagewalk.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <sysdep/count.h>
#include <sysdep/syscalls.h>

#include "pagewalk_probe.h"

/* What is counted: a walk of @mm, reads of @file, or the system call of @arg. */
struct probe_counted {
	struct pagewalk_probe_count *arg;
	struct mm_struct *mm;
	struct mm_walk_ops ops;
	struct file *file;
};

static void probe_counted_walk(void *data)
{
	struct probe_counted *counted = data;
	struct pagewalk_probe_count *arg = counted->arg;
	unsigned long ticks = 0;

	arg->result = walk_page_range(counted->mm, arg->start, arg->end,
				      &counted->ops, &ticks);
}

static void probe_counted_read(void *data)
{
	struct probe_counted *counted = data;
	struct pagewalk_probe_count *arg = counted->arg;
	char __user *to = u64_to_user_ptr(arg->buffer);
	loff_t pos = arg->offset;
	size_t done = 0;
	ssize_t got;

	do {
		got = vfs_read(counted->file, to + done, arg->size - done,
			       &pos);
		if (got > 0)
			done += got;
	} while (got > 0 && done < arg->size);
	arg->result = got < 0 ? got : done;
}

static void probe_counted_call(void *data)
{
	struct probe_counted *counted = data;
	struct pagewalk_probe_count *arg = counted->arg;

	arg->result = (*sys_call_table[arg->call])(arg->args[0], arg->args[1],
						   arg->args[2], arg->args[3],
						   arg->args[4], arg->args[5]);
}

/*
 * Nothing may be scheduled between the two calls. With signals held off,
 * nothing asks for it but what happened before.
 */
static int probe_count_quietly(struct um_insn_counts *counts,
			       void (*fn)(void *data), void *data)
{
	int err;

	for (;;) {
		os_count_begin();
		if (!need_resched())
			break;
		os_count_end();
		cond_resched();
	}
	fn(data);
	err = os_count_insns(counts, fn, data);
	os_count_end();
	return err;
}

static int probe_count_file(struct um_insn_counts *counts,
			    struct probe_counted *counted)
{
	CLASS(fd, f)(counted->arg->fd);

	if (!fd_file(f))
		return -EBADF;
	counted->file = fd_file(f);
	return probe_count_quietly(counts, probe_counted_read, counted);
}

static int probe_count_mm(struct um_insn_counts *counts,
			  struct probe_counted *counted)
{
	int err;

	err = mmap_read_lock_killable(counted->mm);
	if (err)
		return err;
	err = probe_count_quietly(counts, probe_counted_walk, counted);
	mmap_read_unlock(counted->mm);
	return err;
}

static int probe_count(struct um_insn_counts *counts,
		       struct probe_counted *counted)
{
	if (counted->arg->flags & PAGEWALK_PROBE_CALL)
		return probe_count_quietly(counts, probe_counted_call, counted);
	if (counted->arg->fd >= 0)
		return probe_count_file(counts, counted);
	return probe_count_mm(counts, counted);
}

/* Every address that has a count, as many as there is room for. */
static int probe_put_counts(const struct um_insn_counts *counts,
			    struct pagewalk_probe_count *arg)
{
	struct pagewalk_probe_insn __user *to = u64_to_user_ptr(arg->insns);
	struct pagewalk_probe_insn insn;
	unsigned long i;

	arg->nr_insns = 0;
	for (i = 0; i < counts->end - counts->start; i++) {
		if (!counts->at[i])
			continue;
		insn.address = counts->start + i;
		insn.count = counts->at[i];
		if (arg->nr_insns < arg->max_insns &&
		    copy_to_user(to + arg->nr_insns, &insn, sizeof(insn)))
			return -EFAULT;
		arg->nr_insns++;
	}
	arg->total = counts->total;
	arg->elsewhere = counts->elsewhere;
	return 0;
}

static int probe_check_count(const struct pagewalk_probe_count *arg)
{
	if (arg->callbacks & ~PAGEWALK_PROBE_ALL_CALLBACKS ||
	    arg->max_insns > PAGEWALK_PROBE_MAX_INSNS || arg->fd < -1)
		return -EINVAL;
	if (arg->flags & PAGEWALK_PROBE_CALL &&
	    (arg->fd != -1 || arg->call >= __NR_syscalls))
		return -EINVAL;
	if (arg->flags & ~(PAGEWALK_PROBE_STEP_ALL | PAGEWALK_PROBE_CALL) ||
	    memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->start) || !PAGE_ALIGNED(arg->end) ||
	    arg->end > TASK_SIZE || arg->size > MAX_RW_COUNT)
		return -EINVAL;
	return 0;
}

static int probe_alloc_counts(struct um_insn_counts *counts, u32 flags)
{
	unsigned long size = counts->end - counts->start;

	counts->at = vzalloc(array_size(size, sizeof(*counts->at)));
	if (!counts->at)
		return -ENOMEM;
	if (flags & PAGEWALK_PROBE_STEP_ALL)
		return 0;
	counts->length = vzalloc(size);
	return counts->length ? 0 : -ENOMEM;
}

long probe_count_insns(struct mm_struct *mm, struct pagewalk_probe_count *arg)
{
	struct um_insn_counts counts = {
		.start = (unsigned long)_stext,
		.end = (unsigned long)_etext,
	};
	struct probe_counted counted = {
		.arg = arg,
		.mm = mm,
		.ops = probe_timed_ops(arg->callbacks),
	};
	unsigned char *length;
	long err;

	/* Checkers remember what they have seen: no two counts are the same. */
	if (IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_LOCKDEP))
		return -EOPNOTSUPP;
	err = probe_check_count(arg);
	if (err)
		return err;
	err = probe_alloc_counts(&counts, arg->flags);
	length = counts.length;
	if (!err)
		err = probe_count(&counts, &counted);
	if (!err)
		err = probe_put_counts(&counts, arg);
	vfree(length);
	vfree(counts.at);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_PAGEWALK_PROBE_H
#define _UAPI_LINUX_PAGEWALK_PROBE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * /dev/pagewalk: measure and trace page-table walks, build what they walk.
 *
 * The argument of each ioctl may grow at its end. A program built with an
 * older or a newer header than the kernel's works as long as what one of
 * them does not know is zero; else the kernel answers -E2BIG.
 */

/*
 * What mmap() of the device gives: the offset in pages says. A 2 MiB buffer
 * stands behind all of it, again and again.
 */
enum pagewalk_probe_map {
	/* VM_PFNMAP, shared, mapped throughout by remap_pfn_range() */
	PAGEWALK_PROBE_MAP_LINEAR,
	/*
	 * VM_PFNMAP, private and writable: copies its pages on write. Of 2 MiB
	 * at most, for walkers tell the original from the copy by the PFN's
	 * distance from the VMA's start.
	 */
	PAGEWALK_PROBE_MAP_COW,
	/* VM_PFNMAP, shared, each page mapped when it faults */
	PAGEWALK_PROBE_MAP_FAULT,
	/* VM_MIXEDMAP, shared, each page mapped when it faults */
	PAGEWALK_PROBE_MAP_MIXED,
	PAGEWALK_PROBE_NR_MAPS,
};

/* Callbacks, as bits of @callbacks and as indices of @calls and @pages. */
enum pagewalk_probe_callback {
	PAGEWALK_PROBE_PMD_ENTRY,
	PAGEWALK_PROBE_PTE_ENTRY,
	PAGEWALK_PROBE_PTE_HOLE,
	PAGEWALK_PROBE_HUGETLB_ENTRY,
	/* Those above are timed and counted, and traced like those below. */
	PAGEWALK_PROBE_NR_CALLBACKS,
	PAGEWALK_PROBE_PUD_ENTRY = PAGEWALK_PROBE_NR_CALLBACKS,
	PAGEWALK_PROBE_P4D_ENTRY,
	PAGEWALK_PROBE_PGD_ENTRY,
	PAGEWALK_PROBE_PRE_VMA,
	PAGEWALK_PROBE_POST_VMA,
	/* Set by choosing a policy, not by its bit. */
	PAGEWALK_PROBE_TEST_WALK,
};

#define PAGEWALK_PROBE_ALL_CALLBACKS	((1U << PAGEWALK_PROBE_NR_CALLBACKS) - 1)
#define PAGEWALK_PROBE_ALL_TRACED	((1U << PAGEWALK_PROBE_TEST_WALK) - 1)
/*
 * Beside the callbacks of a trace: pmd_entry() has the walk go on behind a huge
 * page, by ACTION_CONTINUE, as a caller does that has no need for its PTEs.
 */
#define PAGEWALK_PROBE_CONTINUE		(1U << 31)

#define PAGEWALK_PROBE_MAX_SAMPLES	65536U
#define PAGEWALK_PROBE_MAX_REPEAT	(1U << 20)

/**
 * struct pagewalk_probe_walk - argument of PAGEWALK_PROBE_WALK
 * @start:	in: start of the range
 * @end:	in: end of the range, as it is given to walk_page_range()
 * @pid:	in: whose address space to walk, 0 for the caller's
 * @callbacks:	in: bit mask of the callbacks to set
 * @samples:	in: number of samples; 0 for the counting walk alone
 * @repeat:	in: walks in each sample, at least 1 if there are samples
 * @cycles:	in: address of a __u64 for each sample, which takes the TSC
 *		cycles of its @repeat walks
 * @reserved:	must be zero
 * @result:	out: return value of the counting walk
 * @calls:	out: number of calls of each callback in the counting walk
 * @pages:	out: sum over those calls of the pages in the range given
 *
 * The counting walk comes first and is not timed.
 */
struct pagewalk_probe_walk {
	__u64 start;
	__u64 end;
	__s32 pid;
	__u32 callbacks;
	__u32 samples;
	__u32 repeat;
	__u64 cycles;
	__u64 reserved[2];
	__s64 result;
	__u64 calls[PAGEWALK_PROBE_NR_CALLBACKS];
	__u64 pages[PAGEWALK_PROBE_NR_CALLBACKS];
};

/* Which function walks. */
enum pagewalk_probe_entry_point {
	PAGEWALK_PROBE_WALK_PAGE_RANGE,
	/* In one VMA. */
	PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA,
	/* Over one VMA; the range is of no account. */
	PAGEWALK_PROBE_WALK_PAGE_VMA,
	PAGEWALK_PROBE_NR_ENTRY_POINTS,
};

/* What test_walk() returns. */
enum pagewalk_probe_test_walk {
	PAGEWALK_PROBE_TEST_NONE,		/* there is no test_walk() */
	PAGEWALK_PROBE_TEST_WALK_ALL,		/* 0 */
	PAGEWALK_PROBE_TEST_SKIP_PFNMAP,	/* 1 for VM_PFNMAP, else 0 */
	PAGEWALK_PROBE_TEST_SKIP_HUGETLB,	/* 1 for hugetlb, else 0 */
	PAGEWALK_PROBE_TEST_SKIP_ALL,		/* 1 */
	PAGEWALK_PROBE_TEST_FAIL_PFNMAP,	/* -EINVAL for VM_PFNMAP, else 0 */
	PAGEWALK_PROBE_NR_TESTS,
};

/* Page-table levels; one that is folded into the next lower does not occur. */
enum pagewalk_probe_level {
	PAGEWALK_PROBE_LEVEL_NONE,
	PAGEWALK_PROBE_LEVEL_PTE,
	PAGEWALK_PROBE_LEVEL_PMD,
	PAGEWALK_PROBE_LEVEL_PUD,
	PAGEWALK_PROBE_LEVEL_P4D,
	PAGEWALK_PROBE_LEVEL_PGD,
};

/**
 * struct pagewalk_probe_event - a call of a callback
 * @start:	first address given to it
 * @end:	end of the range given to it
 * @vma_start:	start of walk->vma, 0 if that was NULL
 * @vma_end:	end of walk->vma, 0 if that was NULL
 * @before:	value of the page-table entry given to it, as it was then; 0
 *		for a callback that gets none
 * @after:	value of the entry at the same place when the walk had ended,
 *		0 if there is no table any more
 * @callback:	enum pagewalk_probe_callback
 * @level:	enum pagewalk_probe_level of the entry
 * @present:	whether the entry was present
 * @depth:	as given to pte_hole(), 0 for others
 * @ret:	what it returned
 * @own:	1 if the entry given to it is, by a lookup that is not the
 *		walker's, the one for @start; 0 if not or if it gets none
 * @huge:	1 if the entry given to it maps a huge page, 0 if it is a table's,
 *		a small page's or not present, or if it gets none
 */
struct pagewalk_probe_event {
	__u64 start;
	__u64 end;
	__u64 vma_start;
	__u64 vma_end;
	__u64 before;
	__u64 after;
	__u16 callback;
	__u8 level;
	__u8 present;
	__s32 depth;
	__s32 ret;
	__u16 own;
	__u16 huge;
};

/**
 * struct pagewalk_probe_change - a page-table entry that a walk changed
 * @address:	where what it maps begins
 * @level:	enum pagewalk_probe_level
 * @before:	value ahead of the walk, 0 if it was none or had no table
 * @after:	value when the walk had ended, likewise
 */
struct pagewalk_probe_change {
	__u64 address;
	__u64 level;
	__u64 before;
	__u64 after;
};

#define PAGEWALK_PROBE_MAX_EVENTS	(1U << 20)
#define PAGEWALK_PROBE_MAX_CHANGES	(1U << 16)

/**
 * struct pagewalk_probe_trace - argument of PAGEWALK_PROBE_TRACE
 * @start:	in: start of the range
 * @end:	in: end of the range, as it is given to the walk
 * @pid:	in: whose address space to walk, 0 for the caller's
 * @callbacks:	in: bit mask of the callbacks to set, TEST_WALK excepted, and
 *		PAGEWALK_PROBE_CONTINUE
 * @entry_point: in: enum pagewalk_probe_entry_point
 * @test_walk:	in: enum pagewalk_probe_test_walk; -EOPNOTSUPP unless NONE, if
 *		this kernel's walker has no test_walk()
 * @stop_at:	in: which call, from 0, returns @stop_code; test_walk(),
 *		pre_vma() and post_vma() are not counted
 * @stop_code:	in: what it returns, 0 for no such call
 * @max_events:	in: room in @events; the call that finds none left, and all
 *		after it, return -ENOSPC and are not recorded
 * @max_changes: in: room in @changes; 0 does not compare page tables
 * @events:	in: address of the struct pagewalk_probe_event to fill
 * @changes:	in: address of the struct pagewalk_probe_change to fill
 * @vma:	in: an address in the VMA that an entry point of one VMA walks,
 *		-ENOENT if there is none; 0 for @start
 * @more:	in: 1 to take the trace behind this one in memory next, in the same
 *		call; else 0
 * @result:	out: what the walk returned
 * @nr_events:	out: events recorded
 * @nr_changes:	out: entries of the whole address space, not of the range
 *		alone, that changed; perhaps more than there was room for
 * @overflowed:	out: 1 if there was no room for an event, else 0
 *
 * Several traces take one call, since each call of user-mode Linux takes
 * longer than most walks. The first that fails ends the call; those ahead of it
 * have been taken.
 */
struct pagewalk_probe_trace {
	__u64 start;
	__u64 end;
	__s32 pid;
	__u32 callbacks;
	__u32 entry_point;
	__u32 test_walk;
	__u64 stop_at;
	__s32 stop_code;
	__u32 max_events;
	__u64 max_changes;
	__u64 events;
	__u64 changes;
	__u64 vma;
	__u64 more;
	__s64 result;
	__u64 nr_events;
	__u64 nr_changes;
	__u64 overflowed;
};

/* Populate as a write does, not as a read does. */
#define PAGEWALK_PROBE_WRITE		(1U << 0)

/**
 * struct pagewalk_probe_populate - argument of PAGEWALK_PROBE_POPULATE
 * @start:	in: first address, page aligned
 * @end:	in: end of the range, page aligned
 * @step:	in: bytes from one page to the next, page aligned; 0 populates
 *		every page
 * @pid:	in: whose address space to populate, 0 for the caller's
 * @flags:	in: PAGEWALK_PROBE_WRITE or 0
 * @reserved:	must be zero
 * @populated:	out: pages populated, also when an error ended it early
 *
 * Only a process itself can write to its PAGEWALK_PROBE_MAP_COW memory.
 */
struct pagewalk_probe_populate {
	__u64 start;
	__u64 end;
	__u64 step;
	__s32 pid;
	__u32 flags;
	__u64 reserved[2];
	__u64 populated;
};

/**
 * struct pagewalk_probe_insn - how often an instruction was retired
 * @address:	where it begins, in the kernel's text
 * @count:	how often it was
 */
struct pagewalk_probe_insn {
	__u64 address;
	__u64 count;
};

#define PAGEWALK_PROBE_MAX_INSNS	(1U << 20)

/* Step through every instruction, to prove that the count is the same. */
#define PAGEWALK_PROBE_STEP_ALL		(1U << 0)
/* Count a system call, instead of a walk or reads of a file. */
#define PAGEWALK_PROBE_CALL		(1U << 1)

/**
 * struct pagewalk_probe_count - argument of PAGEWALK_PROBE_COUNT
 * @start:	in: start of the range to walk
 * @end:	in: end of the range, as it is given to walk_page_range()
 * @pid:	in: whose address space to walk, 0 for the caller's
 * @callbacks:	in: bit mask of the callbacks to set
 * @fd:		in: -1 to walk; else a file to read instead, which leaves
 *		@start, @end and @callbacks without a meaning
 * @flags:	in: PAGEWALK_PROBE_STEP_ALL, PAGEWALK_PROBE_CALL
 * @offset:	in: where in the file to begin
 * @buffer:	in: address to read to; memory that is populated, and writable
 * @size:	in: bytes to read, in as many reads as it takes; the end of the
 *		file ends it, too
 * @insns:	in: address of the struct pagewalk_probe_insn to fill
 * @max_insns:	in: room there
 * @reserved:	must be zero
 * @result:	out: what the walk or the system call returned; bytes read, or an
 *		error
 * @total:	out: instructions retired
 * @elsewhere:	out: those of them that have no address in @insns, as they are
 *		not the kernel's
 * @nr_insns:	out: instructions that were retired at least once, in ascending
 *		order; perhaps more than there was room for
 * @call:	in: with PAGEWALK_PROBE_CALL the number of the system call, which
 *		the caller makes; @fd has to be -1
 * @args:	in: its arguments; what they point to is populated, and writable
 *
 * Only on user-mode Linux without KASAN and lockdep; others say -EOPNOTSUPP.
 * Interrupts are held off all the while. -EINTR: a page fault came between.
 */
struct pagewalk_probe_count {
	__u64 start;
	__u64 end;
	__s32 pid;
	__u32 callbacks;
	__s32 fd;
	__u32 flags;
	__u64 offset;
	__u64 buffer;
	__u64 size;
	__u64 insns;
	__u64 max_insns;
	__u64 reserved[2];
	__s64 result;
	__u64 total;
	__u64 elsewhere;
	__u64 nr_insns;
	__u64 call;
	__u64 args[6];
};

#define PAGEWALK_PROBE_WALK	_IOWR('W', 0xe0, struct pagewalk_probe_walk)
#define PAGEWALK_PROBE_POPULATE	_IOWR('W', 0xe1, struct pagewalk_probe_populate)
#define PAGEWALK_PROBE_TRACE	_IOWR('W', 0xe2, struct pagewalk_probe_trace)
#define PAGEWALK_PROBE_COUNT	_IOWR('W', 0xe3, struct pagewalk_probe_count)

#endif /* _UAPI_LINUX_PAGEWALK_PROBE_H */

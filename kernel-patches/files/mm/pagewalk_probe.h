/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MM_PAGEWALK_PROBE_H
#define _MM_PAGEWALK_PROBE_H

#include <uapi/linux/pagewalk_probe.h>

struct mm_struct;
struct mm_walk_ops;

/* The callbacks that are timed, those of them that are in the mask. */
struct mm_walk_ops probe_timed_ops(u32 callbacks);

/* PAGEWALK_PROBE_TRACE over @mm, the address space that @arg->pid names. */
long probe_trace(struct mm_struct *mm, struct pagewalk_probe_trace *arg);

/* PAGEWALK_PROBE_COUNT over @mm, likewise. */
#ifdef CONFIG_UML_COUNT_INSNS
long probe_count_insns(struct mm_struct *mm, struct pagewalk_probe_count *arg);
#else
static inline long probe_count_insns(struct mm_struct *mm,
				     struct pagewalk_probe_count *arg)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* _MM_PAGEWALK_PROBE_H */

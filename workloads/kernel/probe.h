/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/pagewalk, see linux/pagewalk_probe.h. */
#ifndef PROBE_H
#define PROBE_H

#include <linux/pagewalk_probe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_DEVICE	"/dev/pagewalk"

#define CALLBACK_BIT(callback)	(1U << PAGEWALK_PROBE_##callback)

/* Stands for the probe of a kernel that has none. */
#define NO_PROBE	(-1)
#define NO_PROBE_HERE	"this kernel has no probe"

/* Open the device, or return NO_PROBE. */
int probe_find(void);
/* Open it, or die with a line that says how to get one. */
int probe_open(void);

/* "pte_hole", "skip_pfnmap". */
extern const char * const callback_names[PAGEWALK_PROBE_TEST_WALK + 1];
extern const char * const policy_names[PAGEWALK_PROBE_NR_TESTS];

/* Return the index of @name among @n @names, or -1. */
int name_find(const char * const *names, size_t n, const char *name);

/* Walk, or die. What the walk itself returns is in @walk->result. */
void probe_walk(int probe, struct pagewalk_probe_walk *walk);

/* Count instructions, or die. */
void probe_count(int probe, struct pagewalk_probe_count *arg);

/* Tell whether this kernel's walker has test_walk(). */
bool probe_has_test_walk(int probe);
/* Trace @n walks in one call, or die. What a walk returns is in its result. */
void probe_traces(int probe, struct pagewalk_probe_trace *traces, size_t n);

/* Populate pages of process @pid by writes, or die. @step as in the header. */
void probe_populate(int probe, int pid, uint64_t start, uint64_t end,
		    uint64_t step);

/* Populate by reads, which give anonymous memory the zero page. */
void probe_populate_read(int probe, int pid, uint64_t start, uint64_t end,
			 uint64_t step);

#endif

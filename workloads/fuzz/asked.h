/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One read that a case asks for, made and compared with the truth. What the
 * kernel gave is added to a text, if there is one: without PFNs, devices and
 * inodes, so that two kernels can be compared where no truth is known.
 */
#ifndef ASKED_H
#define ASKED_H

#include "out/text.h"
#include "space/cases.h"
#include "space/subject.h"
#include "truth/check.h"
#include "truth/trace.h"

/* Pages of one read of pagemap or mincore(), at most. */
#define ASKED_PAGES_MAX	UINT64_C(4096)

/* Return what a walk asks for; its case is named in messages. */
struct trace asked_trace(const struct try_case *of, const struct ask *ask);
/* Say which calls of callbacks a walk made. */
void say_trace(struct text *said, const struct trace *trace);

/* Each entry is right, and the same as in a read of its page alone. */
void check_asked_pagemap(struct check *check, const struct subject *subject,
			 const struct ask *ask, struct text *said);
void check_asked_scan(struct check *check, const struct subject *subject,
		      const struct ask *ask, struct text *said);
void check_asked_smaps(struct check *check, const struct subject *subject,
		       struct text *said);
/* The layout is mapped in this process. */
void check_asked_mincore(struct check *check, const struct layout *layout,
			 const struct ask *ask, struct text *said);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TRACE_CHECK_H
#define TRACE_CHECK_H

#include "truth/trace.h"

/* Make all checks of a trace; outcome.h has their results. */
void check_trace(struct trace *trace);

#endif

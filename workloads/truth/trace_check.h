/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TRACE_CHECK_H
#define TRACE_CHECK_H

#include "truth/trace.h"

/* All checks of a trace. What they come to is in outcome.h. */
void check_trace(struct trace *trace);

#endif

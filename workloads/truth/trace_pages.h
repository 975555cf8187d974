/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TRACE_PAGES_H
#define TRACE_PAGES_H

#include "truth/trace.h"

/* Make the checks of the pages in the range of a trace. */
void check_trace_pages(const struct trace *trace);

#endif

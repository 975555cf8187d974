/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TRACE_PAGES_H
#define TRACE_PAGES_H

#include "truth/trace.h"

/* Those of the pages in its range. */
void check_trace_pages(const struct trace *trace);

#endif

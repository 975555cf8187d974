/* SPDX-License-Identifier: GPL-2.0 */
/* Print KTAP: a subtest for each layout, a result for each check. */
#ifndef KTAP_H
#define KTAP_H

#include <stdbool.h>
#include <stddef.h>

void ktap_plan(size_t tests);
void ktap_subtest(const char *name, size_t checks);
/* @detail is NULL or what is wrong, which is printed as a diagnostic line. */
void ktap_check(bool ok, const char *name, const char *detail);
void ktap_skip(const char *name, const char *why);
void ktap_subtest_end(const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* KTAP on standard output: one subtest a layout, one result a check. */
#ifndef KTAP_H
#define KTAP_H

#include <stdbool.h>
#include <stddef.h>

void ktap_plan(size_t tests);
void ktap_subtest(const char *name, size_t checks);
/* @detail: NULL, or what is wrong, which comes as a diagnostic line first. */
void ktap_check(bool ok, const char *name, const char *detail);
void ktap_skip(const char *name, const char *why);
void ktap_subtest_end(const char *name);

#endif

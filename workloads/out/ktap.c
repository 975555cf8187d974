// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "out/ktap.h"

static size_t tests_done, checks_done;
static bool subtest_ok;

void ktap_plan(size_t tests)
{
	printf("KTAP version 1\n1..%zu\n", tests);
}

void ktap_subtest(const char *name, size_t checks)
{
	checks_done = 0;
	subtest_ok = true;
	printf("    KTAP version 1\n    # Subtest: %s\n    1..%zu\n", name,
	       checks);
}

void ktap_check(bool ok, const char *name, const char *detail)
{
	if (!ok) {
		subtest_ok = false;
		printf("    # %s\n", detail);
	}
	printf("    %s %zu %s\n", ok ? "ok" : "not ok", ++checks_done, name);
}

void ktap_skip(const char *name, const char *why)
{
	printf("    ok %zu %s # SKIP %s\n", ++checks_done, name, why);
}

void ktap_subtest_end(const char *name)
{
	printf("%s %zu %s\n", subtest_ok ? "ok" : "not ok", ++tests_done, name);
	fflush(stdout);
}

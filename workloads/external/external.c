// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "external/external.h"
#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/ktap.h"
#include "rules/rule.h"

extern const struct rule external_pfnmap, external_mincore,
	external_hugetlb_mincore, external_madvise, external_punch,
	external_usage, external_madv, external_mlock;

static const struct rule * const tests[] = {
	&external_pfnmap, &external_mincore, &external_hugetlb_mincore,
	&external_madvise, &external_punch, &external_usage,
	&external_madv, &external_mlock,
};

int external_main(int argc, char **argv)
{
	int probe = probe_find();
	size_t i;

	(void)argc;
	(void)argv;
	ktap_plan(ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		rule_check(tests[i], probe, NULL);
	if (probe != NO_PROBE)
		close(probe);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * U5: the PAGEMAP_SCAN ioctl agrees with pagemap. Both are compared with the
 * layout (U1 does that for pagemap).
 */
#include <string.h>
#include <unistd.h>

#include "kernel/scan.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/joints.h"
#include "space/subject.h"
#include "truth/scan_check.h"

/* All ranges of so many pages around a joint are scanned. */
#define REACH		UINT64_C(4)

#define MAX_REGIONS	64

static const struct scan_question questions[] = {
	{ "present", 0, SCAN_PRESENT, 0, SCAN_PRESENT | SCAN_HUGE | SCAN_FILE |
	  SCAN_PFNZERO | SCAN_SWAPPED },
	{ "absent", SCAN_PRESENT, SCAN_PRESENT, 0,
	  SCAN_PRESENT | SCAN_SWAPPED },
};

struct scan_check {
	struct check *check;
	struct scan_try scan;
};

/* Scan all ranges of @pages pages near a joint. */
static void check_ranges(struct scan_check *sc, const struct joint *joint,
			 uint64_t pages)
{
	uint64_t from = joint->page - REACH;

	for (; from + pages <= joint->page + REACH; from++) {
		sc->scan.from = from;
		sc->scan.to = from + pages;
		scan_try(&sc->scan);
		if (scan_is_known(&sc->scan))
			check_scan(sc->check, &sc->scan);
	}
}

static void check_joint(struct scan_check *sc, const struct joint *joint)
{
	uint64_t pages;
	struct scan_try *scan = &sc->scan;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		scan->question = questions + i;
		for (pages = 1; pages <= 2 * REACH; pages++)
			check_ranges(sc, joint, pages);
		/* Limited scans go over the whole layout: */
		for (scan->max_pages = 1; scan->max_pages <= 3;
		     scan->max_pages++)
			check_ranges(sc, joint, 2 * REACH);
		scan->max_pages = 0;
	}
}

static void check_joints(struct rule_run *run, struct scan_check *sc,
			 const struct joints *joints)
{
	size_t i, j;

	for (i = 0; i < joints->nr; i++) {
		if (!joints->joints[i].first)
			continue;
		sc->check = rule_case(run, "%s", joints->joints[i].name);
		for (j = i; j < joints->nr; j++)
			if (!strcmp(joints->joints[j].name,
				    joints->joints[i].name))
				check_joint(sc, joints->joints + j);
	}
}

static void check_scan_rule(struct rule_run *run)
{
	static struct scan_check sc;
	struct subject subject;
	struct joints joints;

	joints_describe(&joints, run->probe);
	subject_start(&subject, &joints.layout, run->probe);
	sc.scan.layout = &joints.layout;
	sc.scan.max_regions = MAX_REGIONS;
	sc.scan.fd = open_proc(subject.pid, "pagemap");
	if (pagemap_has_scan(sc.scan.fd))
		check_joints(run, &sc, &joints);
	else
		rule_skip(run, "all", "this kernel has no PAGEMAP_SCAN");
	close(sc.scan.fd);
	subject_stop(&subject);
	joints_free(&joints);
}

const struct rule rule_u5 = { "U5", "scan", check_scan_rule };

// SPDX-License-Identifier: GPL-2.0
/*
 * U5: the PAGEMAP_SCAN ioctl agrees with pagemap. Both are compared with the
 * layout (U1 does that for pagemap). A scan reports pages in VMAs that are not
 * PFNMAP, and reports neighbours of the same categories as one region.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "kernel/scan.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/joints.h"
#include "space/subject.h"
#include "truth/check.h"
#include "truth/describe.h"

/* All ranges of so many pages around a joint are scanned. */
#define REACH		UINT64_C(4)

#define MAX_REGIONS	64

/* What a scan asks for, and which pages match. */
static const struct question {
	const char *name;
	uint64_t inverted, mask, report;
	bool present;
} questions[] = {
	{ "present", 0, SCAN_PRESENT, SCAN_PRESENT | SCAN_HUGE | SCAN_FILE |
	  SCAN_PFNZERO | SCAN_SWAPPED, true },
	{ "absent", SCAN_PRESENT, SCAN_PRESENT, SCAN_PRESENT | SCAN_SWAPPED,
	  false },
};

struct scan_check {
	struct check *check;
	const struct layout *layout;
	const struct question *question;
	int fd;
	uint64_t limit;			/* in pages; 0 means no limit */
	struct scan_region got[MAX_REGIONS];
	struct scan_region expected[MAX_REGIONS];
};

static bool is_asked_for(const struct scan_check *sc, const struct truth *truth)
{
	return truth->region && !memory_is_pfnmap(truth->memory) &&
	       truth->present == sc->question->present;
}

static uint64_t categories_of(const struct truth *truth)
{
	if (!truth->present)
		return 0;
	if (memory_is(truth->memory, BACKING_HUGETLB))
		return SCAN_PRESENT | SCAN_HUGE;
	return SCAN_PRESENT | (memory_is(truth->memory, BACKING_MIXEDMAP) ? SCAN_FILE : 0);
}

/* Make the regions that a scan should give; it gets to @end. */
static size_t expect_regions(struct scan_check *sc, uint64_t from, uint64_t to,
			     uint64_t *end)
{
	uint64_t page, found = 0;
	size_t nr = 0;

	*end = to;
	for (page = from; page < to; page++) {
		struct truth truth = layout_at(sc->layout, page);
		uint64_t address = layout_address(sc->layout, page);

		if (!is_asked_for(sc, &truth))
			continue;
		if (sc->limit && found == sc->limit) {
			*end = page;
			break;
		}
		found++;
		if (nr && sc->expected[nr - 1].end == address &&
		    sc->expected[nr - 1].categories == categories_of(&truth)) {
			sc->expected[nr - 1].end += PAGE_SIZE;
			continue;
		}
		sc->expected[nr++] = (struct scan_region){
			address, address + PAGE_SIZE, categories_of(&truth)
		};
	}
	return nr;
}

static void scan_fail(struct scan_check *sc, uint64_t from, uint64_t to,
		      int64_t given, size_t expected)
{
	struct truth truth = layout_at(sc->layout, from);
	size_t i;

	for (i = 0; i < expected && (int64_t)i < given; i++)
		if (memcmp(sc->got + i, sc->expected + i, sizeof(*sc->got)))
			break;
	check_fail(sc->check, "PAGEMAP_SCAN for %s pages of 0x%" PRIx64 "-0x%" PRIx64 " (from %s on): returned %" PRId64 "%s%s, expected %zu regions; region %zu is 0x%" PRIx64 "-0x%" PRIx64 " 0x%" PRIx64 ", expected 0x%" PRIx64 "-0x%" PRIx64 " 0x%" PRIx64,
		   sc->question->name, layout_address(sc->layout, from),
		   layout_address(sc->layout, to), truth_name(&truth), given,
		   given < 0 ? " " : "", given < 0 ? strerror(-given) : "",
		   expected, i, sc->got[i].start, sc->got[i].end,
		   sc->got[i].categories, sc->expected[i].start,
		   sc->expected[i].end, sc->expected[i].categories);
}

/*
 * A scan that stops at its limit may say that it got further, over pages that
 * do not match.
 */
static bool end_is_right(const struct scan_check *sc, const struct scan *scan,
			 uint64_t from, uint64_t to, size_t nr)
{
	uint64_t end;

	expect_regions((struct scan_check *)sc, from, to, &end);
	if (end == to)
		return scan->walk_end == layout_address(sc->layout, to);
	return nr && scan->walk_end >= sc->expected[nr - 1].end &&
	       scan->walk_end <= layout_address(sc->layout, end);
}

static void check_scan(struct scan_check *sc, uint64_t from, uint64_t to)
{
	struct scan scan = {
		.start = layout_address(sc->layout, from),
		.end = layout_address(sc->layout, to),
		.vec = (uintptr_t)sc->got,
		.vec_len = MAX_REGIONS,
		.max_pages = sc->limit,
		.category_inverted = sc->question->inverted,
		.category_mask = sc->question->mask,
		.return_mask = sc->question->report,
	};
	uint64_t end;
	size_t nr;
	int64_t given;

	memset(sc->got, 0, sizeof(sc->got));
	memset(sc->expected, 0, sizeof(sc->expected));
	nr = expect_regions(sc, from, to, &end);
	given = pagemap_scan(sc->fd, &scan);
	sc->check->checked += to - from;
	if (given != (int64_t)nr ||
	    memcmp(sc->got, sc->expected, nr * sizeof(*sc->got)))
		scan_fail(sc, from, to, given, nr);
	else if (!end_is_right(sc, &scan, from, to, nr))
		check_fail(sc->check, "PAGEMAP_SCAN for at most %" PRIu64 " %s pages of 0x%" PRIx64 "-0x%" PRIx64 ": says that it ended at 0x%" PRIx64 ", expected 0x%" PRIx64,
			   sc->limit, sc->question->name, scan.start, scan.end,
			   (uint64_t)scan.walk_end,
			   layout_address(sc->layout, end));
}

/* Scan all ranges of @pages pages near a joint. */
static void check_ranges(struct scan_check *sc, const struct joint *joint,
			 uint64_t pages)
{
	uint64_t from = joint->page - REACH;

	for (; from + pages <= joint->page + REACH; from++)
		check_scan(sc, from, from + pages);
}

static void check_joint(struct scan_check *sc, const struct joint *joint)
{
	uint64_t pages;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		sc->question = questions + i;
		for (pages = 1; pages <= 2 * REACH; pages++)
			check_ranges(sc, joint, pages);
		/* Limited scans go over the whole layout: */
		for (sc->limit = 1; sc->limit <= 3; sc->limit++)
			check_ranges(sc, joint, 2 * REACH);
		sc->limit = 0;
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

static bool has_scan(int fd)
{
	struct scan scan = { .start = 0, .end = 0 };

	return pagemap_scan(fd, &scan) != -ENOTTY;
}

static void check_scan_rule(struct rule_run *run)
{
	static struct scan_check sc;
	struct subject subject;
	struct joints joints;

	joints_describe(&joints);
	subject_start(&subject, &joints.layout, run->probe);
	sc.layout = &joints.layout;
	sc.fd = open_proc(subject.pid, "pagemap");
	if (has_scan(sc.fd))
		check_joints(run, &sc, &joints);
	else
		rule_skip(run, "all", "this kernel has no PAGEMAP_SCAN");
	close(sc.fd);
	subject_stop(&subject);
	joints_free(&joints);
}

const struct rule rule_u5 = { "U5", "scan", check_scan_rule };

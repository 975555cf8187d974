// SPDX-License-Identifier: GPL-2.0
/*
 * What mincore() says of files. Who may not write to a file, and does not own
 * it, learns nothing of what is in the page cache: each page is "in core". The
 * origin is commit 134fca9063ad, after CVE-2019-5489.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/leftover.h"
#include "kernel/util.h"
#include "rules/u7.h"

#define STEP		3	/* every third page of a file is cached */
#define UNTOUCHED	0x77	/* content of the vector */

static const struct identity askers[] = {
	{ "root", 0, 0, ALL_CAPABILITIES },
	{ "root without a capability", 0, 0, 0 },
	{ "a user", USER, USER, 0 },
	{ "another user", OTHER, OTHER, 0 },
	{ "another user with CAP_FOWNER", OTHER, OTHER, CAPABILITY(FOWNER) },
	{ "another user with CAP_DAC_OVERRIDE", OTHER, OTHER, OVERRIDE },
	{ "another user with all but these", OTHER, OTHER,
	  ALL_CAPABILITIES & ~(CAPABILITY(FOWNER) | OVERRIDE) },
};

/*
 * They lie next to each other. The first needs more than a page of vector.
 * Anonymous memory has no file.
 */
static const struct piece {
	const char *name;
	uint64_t pages;
	unsigned int owner, mode;
	int prot, flags;
} pieces[] = {
	{ "file of root", 4200, 0, 0644, PROT_READ, MAP_SHARED },
	{ "anonymous memory", 7, 0, 0, PROT_READ, MAP_ANONYMOUS | MAP_PRIVATE },
	{ "file of all", 9, 0, 0666, PROT_READ, MAP_PRIVATE },
	{ "read-only file of a user", 8, USER, 0444, PROT_READ, MAP_PRIVATE },
	{ "hidden file of root, open for writing", 10, 0, 0600,
	  PROT_READ | PROT_WRITE, MAP_SHARED },
	{ "private file of root", 5, 0, 0644, PROT_READ | PROT_WRITE,
	  MAP_PRIVATE },
};

#define NR_PIECES	ARRAY_SIZE(pieces)
#define PAGES_MAX	4300
#define GUARD		16

/* Shared by who asks and the rule. */
struct residency {
	const struct identity *who;
	int error;
	unsigned char vector[PAGES_MAX + GUARD];
};

static uint64_t all_pages(void)
{
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < NR_PIECES; i++)
		pages += pieces[i].pages;
	return pages;
}

static int open_file(const struct piece *piece)
{
	int fd = memfd_create(piece->name, MFD_CLOEXEC);
	uint64_t page;

	if (fd < 0 || ftruncate(fd, piece->pages * PAGE_SIZE) ||
	    fchown(fd, piece->owner, piece->owner) || fchmod(fd, piece->mode))
		die("%s: %s", piece->name, strerror(errno));
	for (page = 0; page < piece->pages; page += STEP)
		if (pwrite(fd, "x", 1, page * PAGE_SIZE) != 1)
			die("%s: %s", piece->name, strerror(errno));
	return fd;
}

static void map_pieces(void)
{
	uint64_t address = RULE_BASE;
	size_t i;

	for (i = 0; i < NR_PIECES; i++) {
		const struct piece *piece = pieces + i;
		int fd = piece->flags & MAP_ANONYMOUS ? -1 : open_file(piece);

		if (mmap((void *)address, piece->pages * PAGE_SIZE, piece->prot,
			 piece->flags | MAP_FIXED_NOREPLACE, fd, 0) ==
		    MAP_FAILED)
			die("%s: %s", piece->name, strerror(errno));
		if (fd >= 0)
			close(fd);
		address += piece->pages * PAGE_SIZE;
	}
}

/* The last page is asked for in part. */
static void ask(void *arg)
{
	struct residency *r = arg;

	leave_in_kernel_memory();
	if (mincore((void *)RULE_BASE, all_pages() * PAGE_SIZE - 100,
		    r->vector))
		r->error = errno;
}

static bool may_know(const struct identity *who, const struct piece *piece)
{
	unsigned int writes = 0002;

	if (piece->flags & MAP_ANONYMOUS || who->user == piece->owner)
		return true;
	if (who->group == piece->owner)
		writes = 0020;
	return piece->mode & writes || may(who, CAPABILITY(FOWNER) | OVERRIDE);
}

static int in_core(const struct identity *who, const struct piece *piece,
		   uint64_t page)
{
	if (!may_know(who, piece))
		return 1;
	return !(piece->flags & MAP_ANONYMOUS) && page % STEP == 0;
}

static void check_piece(struct check *check, const struct residency *r,
			const struct piece *piece, const unsigned char *vector)
{
	uint64_t page;

	for (page = 0; page < piece->pages; page++) {
		int expected = in_core(r->who, piece, page);

		check->checked++;
		if (vector[page] != expected)
			check_fail(check, "mincore, %s: page %" PRIu64 " of %s got 0x%02x, expected %d",
				   r->who->name, page, piece->name,
				   vector[page], expected);
	}
}

static void check_asker(struct rule_run *run, struct residency *r)
{
	struct check *check = rule_case(run, "mincore of files by %s",
					r->who->name);
	const unsigned char *vector = r->vector;
	size_t i;

	r->error = 0;
	memset(r->vector, UNTOUCHED, sizeof(r->vector));
	ask_as(r->who, ask, r);
	if (r->error)
		check_fail(check, "mincore, %s: %s", r->who->name,
			   strerror(r->error));
	for (i = 0; i < NR_PIECES; i++) {
		check_piece(check, r, pieces + i, vector);
		vector += pieces[i].pages;
	}
	for (i = 0; i < GUARD; i++)
		if (vector[i] != UNTOUCHED)
			check_fail(check, "mincore, %s: wrote behind the vector",
				   r->who->name);
}

void check_residency(struct rule_run *run)
{
	struct residency *r = map_populated(sizeof(*r));
	size_t i;

	map_pieces();
	for (i = 0; i < ARRAY_SIZE(askers); i++) {
		r->who = askers + i;
		check_asker(run, r);
	}
	munmap((void *)RULE_BASE, all_pages() * PAGE_SIZE);
	unmap_populated(r, sizeof(*r));
}

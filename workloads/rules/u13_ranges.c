// SPDX-License-Identifier: GPL-2.0
/*
 * U13: mlock(), munlock(), mprotect() and madvise() do to exactly the pages in
 * their range what their manual pages say, wherever the range begins and ends.
 *
 * Each call here has the memory anew. What a call does to a page is done to what
 * is known of the page, and then all pages are compared with what pagemap,
 * kpageflags and smaps say, also those outside of the range.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u13_arena.h"

#define RW		(PROT_READ | PROT_WRITE)

/* Since glibc 2.35 */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

struct call {
	const char *name;
	/* Call it. Return 0 or an error number. */
	int (*call)(void *start, size_t size);
	/* Do to one page what it does; return an error number if it cannot. */
	int (*effect)(struct arena_page *page);
	bool is_rounded;	/* the start need not be the start of a page */
	bool skips_holes;	/* what lies behind a hole is affected, too */
};

static int error_of(int result)
{
	return result ? errno : 0;
}

static int call_mlock(void *start, size_t size)
{
	return error_of(mlock(start, size));
}

static int call_on_fault(void *start, size_t size)
{
	return error_of(mlock2(start, size, MLOCK_ONFAULT));
}

static int call_munlock(void *start, size_t size)
{
	return error_of(munlock(start, size));
}

static int call_read_only(void *start, size_t size)
{
	return error_of(mprotect(start, size, PROT_READ));
}

static int call_no_access(void *start, size_t size)
{
	return error_of(mprotect(start, size, PROT_NONE));
}

static int call_cold(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_COLD));
}

static int call_pageout(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_PAGEOUT));
}

static int call_free(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_FREE));
}

static int call_populate_read(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_POPULATE_READ));
}

static int call_populate_write(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_POPULATE_WRITE));
}

static bool is_private(const struct arena_page *page)
{
	return !page->memory->shared;
}

static int populate_write(struct arena_page *page)
{
	if (memory_is_pfnmap(page->memory) || !(page->prot & PROT_WRITE))
		return EINVAL;
	if (page->present)
		return 0;
	page->present = page->counted = page->referenced = true;
	page->own = is_private(page);
	return 0;
}

/* A read gives anonymous memory the zero page, and others a page of the file. */
static int populate_read(struct arena_page *page)
{
	if (memory_is_pfnmap(page->memory))
		return EINVAL;
	if (page->present)
		return 0;
	page->present = true;
	page->counted = page->referenced =
		memory_is(page->memory, BACKING_FILE);
	return 0;
}

/* Special memory is left as it is. */
static int lock_page(struct arena_page *page)
{
	if (memory_is_pfnmap(page->memory))
		return 0;
	page->locked = true;
	page->on_fault = false;
	return page->prot & PROT_WRITE ? populate_write(page) :
					 populate_read(page);
}

static int lock_on_fault(struct arena_page *page)
{
	page->locked = page->on_fault = !memory_is_pfnmap(page->memory);
	return 0;
}

static int unlock_page(struct arena_page *page)
{
	page->locked = page->on_fault = false;
	return 0;
}

static int make_read_only(struct arena_page *page)
{
	page->prot = PROT_READ;
	return 0;
}

static int make_inaccessible(struct arena_page *page)
{
	page->prot = PROT_NONE;
	return 0;
}

static bool is_of_lru(const struct arena_page *page)
{
	return !page->locked && !memory_is_pfnmap(page->memory);
}

static int make_cold(struct arena_page *page)
{
	if (!is_of_lru(page))
		return EINVAL;
	page->referenced = false;
	return 0;
}

/* Without swap space nothing is sure but that lazily freed pages go. */
static int page_out(struct arena_page *page)
{
	if (!is_of_lru(page))
		return EINVAL;
	if (!page->lazy) {
		page->unsure = page->present;
		return 0;
	}
	page->present = page->counted = page->lazy = page->own = false;
	return 0;
}

static int free_page(struct arena_page *page)
{
	if (!memory_is(page->memory, BACKING_ANON) || page->locked)
		return EINVAL;
	page->referenced = false;
	page->lazy = page->counted;
	return 0;
}

static const struct call call_lock = {
	"mlock", call_mlock, lock_page, true, false
};
static const struct call call_lock_on_fault = {
	"mlock2 on fault", call_on_fault, lock_on_fault, true, false
};
static const struct call call_unlock = {
	"munlock", call_munlock, unlock_page, true, false
};
static const struct call call_protect = {
	"mprotect read-only", call_read_only, make_read_only, false, false
};
static const struct call call_forbid = {
	"mprotect no access", call_no_access, make_inaccessible, false, false
};
static const struct call advise_cold = {
	"MADV_COLD", call_cold, make_cold, false, true
};
static const struct call advise_pageout = {
	"MADV_PAGEOUT", call_pageout, page_out, false, true
};
static const struct call advise_free = {
	"MADV_FREE", call_free, free_page, false, true
};
static const struct call advise_read = {
	"MADV_POPULATE_READ", call_populate_read, populate_read, false, false
};
static const struct call advise_write = {
	"MADV_POPULATE_WRITE", call_populate_write, populate_write, false, false
};

/* From page to page, as in the arena. */
struct span {
	uint64_t from, to;
};

#define FIRST_RUN	{ 503, 529 }
#define ANON		{ 503, 508 }
#define SPARSE		{ 514, 520 }
#define LAST_ANON	{ 544, 550 }

/*
 * A case: calls that come before, on all of a span, and then the call, on each
 * of these.
 */
static const struct way {
	const char *name;
	const struct call *before;
	struct span all[3];
	const struct call *call;
	struct span spans[10];
} ways[] = {
	{ "mlock", NULL, { }, &call_lock,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 515, 516 }, FIRST_RUN,
	    { 536, 539 }, { 538, 546 }, { 527, 534 }, { 533, 552 } } },
	{ "mlock of what is locked on fault", &call_lock_on_fault,
	  { FIRST_RUN, LAST_ANON }, &call_lock, { { 505, 517 }, { 519, 523 } } },
	{ "mlock of what is locked in part", &call_lock,
	  { { 505, 506 }, { 510, 512 }, { 517, 518 } }, &call_lock,
	  { ANON, { 504, 507 }, FIRST_RUN, { 508, 511 }, { 515, 519 } } },
	{ "mlock2 on fault", NULL, { }, &call_lock_on_fault,
	  { { 505, 510 }, { 511, 513 }, { 507, 527 }, { 538, 546 } } },
	{ "mlock2 on fault of what is locked", &call_lock,
	  { FIRST_RUN }, &call_lock_on_fault, { { 505, 517 }, { 511, 512 } } },
	{ "munlock", &call_lock, { FIRST_RUN, LAST_ANON }, &call_unlock,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 515, 516 }, FIRST_RUN,
	    { 527, 530 } } },
	{ "munlock of what is locked in part", &call_lock,
	  { { 505, 506 }, { 510, 512 }, { 517, 518 } }, &call_unlock,
	  { ANON, FIRST_RUN, { 508, 511 } } },
	{ "mprotect", NULL, { }, &call_protect,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 515, 516 }, FIRST_RUN,
	    { 527, 534 }, { 538, 546 } } },
	{ "mprotect, no access", NULL, { }, &call_forbid,
	  { { 505, 510 }, { 511, 513 }, { 507, 527 } } },
	{ "mprotect of what is protected in part", &call_protect,
	  { { 505, 506 }, { 510, 512 }, { 517, 518 } }, &call_protect,
	  { ANON, FIRST_RUN, { 508, 511 } } },
	{ "MADV_COLD", NULL, { }, &advise_cold,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 512, 513 }, FIRST_RUN,
	    { 523, 536 }, { 538, 546 } } },
	{ "MADV_COLD of locked memory", &call_lock, { SPARSE }, &advise_cold,
	  { { 510, 518 } } },
	{ "MADV_PAGEOUT", &advise_free, { ANON, SPARSE, LAST_ANON },
	  &advise_pageout,
	  { { 503, 504 }, { 504, 507 }, { 517, 520 }, { 515, 518 },
	    { 546, 549 }, { 505, 517 }, { 542, 546 } } },
	{ "MADV_PAGEOUT of locked memory", &advise_free, { SPARSE },
	  &advise_pageout, { { 514, 519 } } },
	{ "MADV_FREE", NULL, { }, &advise_free,
	  { { 504, 507 }, { 503, 504 }, { 515, 519 }, { 534, 539 },
	    { 505, 511 }, { 526, 536 }, { 538, 546 } } },
	{ "MADV_FREE of locked memory", &call_lock, { ANON }, &advise_free,
	  { { 504, 507 } } },
	{ "MADV_POPULATE_READ", NULL, { }, &advise_read,
	  { { 505, 510 }, { 514, 517 }, { 515, 516 }, { 512, 529 },
	    { 520, 522 }, { 538, 546 }, { 525, 533 } } },
	{ "MADV_POPULATE_WRITE", NULL, { }, &advise_write,
	  { { 505, 510 }, { 514, 517 }, { 515, 516 }, { 512, 523 },
	    { 520, 522 }, { 523, 527 }, { 538, 546 } } },
};

static uint64_t address_of(uint64_t page)
{
	return RULE_BASE + page * PAGE_SIZE;
}

/*
 * Where a call fails, nothing says how far it got. So all pages in its range are
 * unsure then, but not if it only passed over a hole.
 */
static int take_effect(struct arena *arena, const struct call *call,
		       const struct span *span)
{
	struct arena_page after[ARENA_PAGES];
	int error = 0, hole = 0;
	uint64_t page;

	memcpy(after, arena->pages, sizeof(after));
	for (page = span->from; page < span->to && !error; page++) {
		struct arena_page *of = after + page - ARENA_FIRST;

		if (of->memory)
			error = call->effect(of);
		else if (call->skips_holes)
			hole = ENOMEM;
		else
			error = ENOMEM;
	}
	for (page = span->from; error && page < span->to; page++)
		after[page - ARENA_FIRST].unsure = true;
	memcpy(arena->pages, after, sizeof(after));
	return error ? error : hole;
}

/*
 * The length is rounded up, and for some calls the start down: then a byte of the
 * first and the last page is in the range.
 */
static int make(const struct call *call, const struct span *span)
{
	uint64_t start = address_of(span->from), end = address_of(span->to);

	if (call->is_rounded)
		start += PAGE_SIZE - 1;
	end -= PAGE_SIZE - 1;
	if (end <= start)
		end = start + 1;
	return call->call((void *)start, end - start);
}

static void make_and_expect(struct arena *arena, const struct call *call,
			    const struct span *span)
{
	int expected = take_effect(arena, call, span);
	int got = make(call, span);

	snprintf(arena->what, sizeof(arena->what), "%s of 0x%" PRIx64 " to 0x%" PRIx64,
		 call->name, address_of(span->from), address_of(span->to));
	arena->check->checked++;
	if (got != expected)
		check_fail(arena->check, "%s: %s, expected %s", arena->what,
			   got ? strerror(got) : "success",
			   expected ? strerror(expected) : "success");
}

static void check_span(struct arena *arena, const struct way *way,
		       const struct span *span)
{
	size_t i;

	arena_map(arena);
	for (i = 0; i < ARRAY_SIZE(way->all) && way->all[i].to; i++)
		make_and_expect(arena, way->before, way->all + i);
	make_and_expect(arena, way->call, span);
	arena_check(arena);
	arena_unmap(arena);
}

static void check_way(struct rule_run *run, struct arena *arena,
		      const struct way *way)
{
	size_t i;

	arena->check = rule_case(run, "%s", way->name);
	for (i = 0; i < ARRAY_SIZE(way->spans) && way->spans[i].to; i++)
		check_span(arena, way, way->spans + i);
}

static void check_ranges_rule(struct rule_run *run)
{
	static struct arena arena;
	size_t i;

	arena_open(&arena, run->probe);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		check_way(run, &arena, ways + i);
	arena_close(&arena);
}

const struct rule rule_u13 = { "U13", "ranges", check_ranges_rule };

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/mman.h>

#include "rules/u13_calls.h"

/* Since glibc 2.35 */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

static int error_of(int result)
{
	return result ? -errno : 0;
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

static int call_dontneed(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_DONTNEED));
}

static int call_populate_read(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_POPULATE_READ));
}

static int call_populate_write(void *start, size_t size)
{
	return error_of(madvise(start, size, MADV_POPULATE_WRITE));
}

static int populate_write(struct arena_page *page)
{
	if (memory_is_pfnmap(page->memory) || !(page->prot & PROT_WRITE))
		return -EINVAL;
	/* A page of two is copied, and is not of two then. */
	if (page->present && page->counted && !page->of_two)
		return 0;
	page->present = page->counted = page->referenced = true;
	page->of_two = false;
	page->own = !page->memory->shared;
	return 0;
}

/* A read gives anonymous memory the zero page, and others a page of the file. */
static int populate_read(struct arena_page *page)
{
	if (memory_is_pfnmap(page->memory))
		return -EINVAL;
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

/* Advice that looks at pages in the lists of the LRU. */
static bool is_of_lru(const struct arena_page *page)
{
	return !page->locked && !memory_is_pfnmap(page->memory);
}

static int make_cold(struct arena_page *page)
{
	if (!is_of_lru(page))
		return -EINVAL;
	page->referenced &= page->of_two;
	return 0;
}

/*
 * Without swap space nothing is sure but that lazily freed pages go. Pages that
 * another process has stay.
 */
static int page_out(struct arena_page *page)
{
	if (!is_of_lru(page))
		return -EINVAL;
	if (page->of_two)
		return 0;
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
		return -EINVAL;
	page->referenced = false;
	page->lazy = page->counted;
	return 0;
}

/* The pages of a file stay in memory, but this process has them no more. */
static int drop_page(struct arena_page *page)
{
	if (memory_is_pfnmap(page->memory) || page->locked)
		return -EINVAL;
	page->present = page->counted = page->referenced = false;
	page->lazy = page->own = page->of_two = false;
	return 0;
}

const struct call call_lock = {
	"mlock", call_mlock, lock_page, true, false
};
const struct call call_lock_on_fault = {
	"mlock2 on fault", call_on_fault, lock_on_fault, true, false
};
const struct call call_unlock = {
	"munlock", call_munlock, unlock_page, true, false
};
const struct call call_protect = {
	"mprotect read-only", call_read_only, make_read_only, false, false
};
const struct call call_forbid = {
	"mprotect no access", call_no_access, make_inaccessible, false, false
};
const struct call advise_cold = {
	"MADV_COLD", call_cold, make_cold, false, true
};
const struct call advise_pageout = {
	"MADV_PAGEOUT", call_pageout, page_out, false, true
};
const struct call advise_free = {
	"MADV_FREE", call_free, free_page, false, true
};
const struct call advise_dontneed = {
	"MADV_DONTNEED", call_dontneed, drop_page, false, true
};
const struct call advise_read = {
	"MADV_POPULATE_READ", call_populate_read, populate_read, false, false
};
const struct call advise_write = {
	"MADV_POPULATE_WRITE", call_populate_write, populate_write, false, false
};

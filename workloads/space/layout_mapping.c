// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "space/layout_file.h"
#include "space/layout_mapping.h"
#include "space/memory.h"

#define BIT(n)		(1U << (n))

static const struct kind kinds[] = {
	{ "hole", NULL, 0, 0 },
	{ "anon", &mem_anon, BIT(KEY_PROT) | BIT(KEY_APART) |
	  BIT(KEY_DROP) | BIT(KEY_LOCK) | BIT(KEY_GROWS) | BIT(KEY_COPY),
	  BIT(CONTENT_WRITTEN) | BIT(CONTENT_READ) | BIT(CONTENT_POISON) |
	  BIT(CONTENT_FREED) | BIT(CONTENT_PROTECTED) | BIT(CONTENT_FORKED) |
	  BIT(CONTENT_SWAPPED) | BIT(CONTENT_MERGED) },
	{ "thp", &mem_thp, BIT(KEY_DROP),
	  BIT(CONTENT_WRITTEN) | BIT(CONTENT_FORKED) },
	{ "hugetlb", &mem_hugetlb, BIT(KEY_SHARED) | BIT(KEY_DROP) |
	  BIT(KEY_RESERVE) | BIT(KEY_PAGE), BIT(CONTENT_WRITTEN) |
	  BIT(CONTENT_PROTECTED) | BIT(CONTENT_FORKED) },
	{ "file", &mem_file, BIT(KEY_SHARED) | BIT(KEY_PROT) | BIT(KEY_DROP) |
	  BIT(KEY_LOCK) | BIT(KEY_ON),
	  BIT(CONTENT_WRITTEN) | BIT(CONTENT_READ) | BIT(CONTENT_SWAPPED) },
	{ "pfnmap", &mem_pfnmap, 0, 0 },
	{ "pfnmap_cow", &mem_pfnmap_cow, 0, BIT(CONTENT_WRITTEN) },
	{ "pfnmap_fault", &mem_pfnmap_fault, 0, BIT(CONTENT_WRITTEN) },
	{ "mixedmap", &mem_mixedmap, 0, BIT(CONTENT_WRITTEN) },
};

static const char * const touch_names[] = {
	"write", "read", "poison", "free", "protect", "fork", "swap", "merge"
};
static const char * const prot_names[] = { "rw", "r", "none" };
static const int prots[] = { PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE };
static const char * const lock_names[] = { "no", "all", "onfault" };
static const char * const on_names[] = { "memfd", "tmpfs", "ramfs" };
static const char * const yes_names[] = { "no", "yes" };
static const char * const page_names[] = { "2m", "1g" };

void wrong_key(const struct section *section, enum layout_key key,
	       struct layout_error *error, const char *why)
{
	layout_wrong(error, section->of[key].line, layout_key_names[key], "%s",
		     why);
}

static const struct kind *read_kind(const struct section *section,
				    struct layout_error *error)
{
	const char *names[ARRAY_SIZE(kinds)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		names[i] = kinds[i].name;
	if (!section->of[KEY_KIND].value)
		layout_wrong(error, section->line, NULL, "[%s] has no kind=, which is needed",
			     section->name);
	return kinds + word_read(section, KEY_KIND, names, ARRAY_SIZE(names),
				 0, error);
}

/* Refuse keys that this kind of memory cannot have. */
static void check_keys(const struct mapping *mapping,
		       struct layout_error *error)
{
	static const enum layout_key populated[] = {
		KEY_POPULATE, KEY_FIRST, KEY_EVERY, KEY_DENSITY, KEY_SEED,
		KEY_TOUCH,
	}, others[] = {
		KEY_PROT, KEY_SHARED, KEY_APART, KEY_DROP, KEY_LOCK, KEY_GROWS,
		KEY_RESERVE, KEY_COPY, KEY_ON, KEY_PAGE,
	};
	const struct section *section = mapping->section;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(populated); i++) {
		enum layout_key key = populated[i];

		if (section->of[key].value && !mapping->kind->touches)
			layout_wrong(error, section->of[key].line,
				     layout_key_names[key], "%s cannot be populated: leave it out",
				     mapping->kind->name);
		else if (section->of[key].value &&
			 !section->of[KEY_POPULATE].value)
			wrong_key(section, key, error,
				  "nothing is populated: add populate=all, or pages");
	}
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (section->of[others[i]].value &&
		    !(mapping->kind->keys & BIT(others[i])))
			layout_wrong(error, section->of[others[i]].line,
				     layout_key_names[others[i]], "%s has no such choice: leave it out",
				     mapping->kind->name);
}

/* Refuse what cannot be had at once, or has no truth that is known. */
static void check_together(const struct section *section,
			   const struct memory *memory,
			   struct layout_error *error)
{
	const char *populate = section->of[KEY_POPULATE].value;
	bool written = memory->content == CONTENT_WRITTEN;

	if (memory->lock == LOCK_ALL && (!populate || strcmp(populate, "all") ||
					 section->of[KEY_FIRST].value ||
					 section->of[KEY_EVERY].value ||
					 section->of[KEY_DENSITY].value ||
					 section->of[KEY_DROP].value))
		wrong_key(section, KEY_LOCK, error,
			  "lock=all populates everything: allowed with populate=all alone");
	else if (memory->lock && !written)
		wrong_key(section, KEY_LOCK, error,
			  "only written pages may be locked: touch=write, prot=rw");
	else if (section->of[KEY_DROP].value && !written &&
		 memory->content != CONTENT_FORKED)
		wrong_key(section, KEY_DROP, error,
			  "only written pages may be given back: touch=write or fork, prot=rw");
	else if (section->of[KEY_DROP].value && memory->lock)
		wrong_key(section, KEY_DROP, error,
			  "locked pages cannot be given back: leave lock= out");
	else if (section->of[KEY_COPY].value &&
		 memory->content != CONTENT_FORKED)
		wrong_key(section, KEY_COPY, error,
			  "only what is shared with a child is copied: touch=fork");
	else if (memory->content == CONTENT_SWAPPED && !memory->shared &&
		 memory->backing == BACKING_FILE)
		wrong_key(section, KEY_TOUCH, error,
			  "what is copied cannot be swapped out: shared=yes is allowed");
	else if (memory->content == CONTENT_SWAPPED && memory->on == ON_RAMFS)
		wrong_key(section, KEY_ON, error,
			  "nothing of ramfs is swapped out: memfd and tmpfs are allowed");
	else if (section->of[KEY_DROP].value && memory->shared &&
		 memory->on == ON_RAMFS)
		wrong_key(section, KEY_ON, error,
			  "a file of ramfs can have no holes punched: memfd and tmpfs are allowed");
	else if (!memory->prot && (!written || memory->lock))
		wrong_key(section, KEY_PROT, error,
			  "none is allowed with touch=write, and without lock=");
}

static void read_memory(struct mapping *mapping, struct layout_error *error)
{
	const struct section *section = mapping->section;
	struct memory memory;
	int prot, touch;

	if (!mapping->kind->memory)
		return;
	memory = *mapping->kind->memory;
	prot = word_read(section, KEY_PROT, prot_names, ARRAY_SIZE(prot_names),
			 0, error);
	touch = word_read(section, KEY_TOUCH, touch_names,
			  ARRAY_SIZE(touch_names),
			  prots[prot] == PROT_READ ? CONTENT_READ :
						     CONTENT_WRITTEN, error);
	if (section->of[KEY_TOUCH].value &&
	    !(mapping->kind->touches & BIT(touch)))
		layout_wrong(error, section->of[KEY_TOUCH].line, "touch",
			     "%s cannot be populated so, allowed is %s",
			     mapping->kind->name,
			     mapping->kind->touches & BIT(CONTENT_READ) ?
			     "write or read" : "write");
	else if (prots[prot] == PROT_READ && touch != CONTENT_READ)
		wrong_key(section, KEY_TOUCH, error,
			  "with prot=r, only touch=read is allowed");
	memory.prot = prots[prot];
	memory.content = touch;
	if (section->of[KEY_SHARED].value)
		memory.shared = word_read(section, KEY_SHARED, yes_names, 2,
					  0, error);
	memory.apart = word_read(section, KEY_APART, yes_names, 2, 0, error);
	memory.lock = word_read(section, KEY_LOCK, lock_names,
				ARRAY_SIZE(lock_names), 0, error);
	memory.grows = word_read(section, KEY_GROWS, yes_names, 2, 0, error);
	memory.reserved = word_read(section, KEY_RESERVE, yes_names, 2, 0,
				    error);
	memory.on = word_read(section, KEY_ON, on_names, ARRAY_SIZE(on_names),
			      0, error);
	memory.gigantic = word_read(section, KEY_PAGE, page_names, 2, 0, error);
	check_together(section, &memory, error);
	if (!error->found)
		mapping->memory = memory_like(&memory);
}

static void read_populate(struct mapping *mapping, struct layout_error *error)
{
	const struct section *section = mapping->section;
	const char *value = section->of[KEY_POPULATE].value;

	mapping->all = value && !strcmp(value, "all");
	if (value && !mapping->all && strcmp(value, "none"))
		spans_read(&mapping->spans, section, KEY_POPULATE, error);
	if (section->of[KEY_DROP].value)
		spans_read(&mapping->drop, section, KEY_DROP, error);
	if (section->of[KEY_COPY].value)
		spans_read(&mapping->copy, section, KEY_COPY, error);
	if (section->of[KEY_FIRST].value && !mapping->all)
		wrong_key(section, KEY_FIRST, error,
			  "it goes with populate=all; ranges say where they begin");
}

static void read_lists(struct mapping *mapping, struct layout_error *error)
{
	static const struct bounds pages = { 0, LAYOUT_PAGES_MAX, true };
	static const struct bounds any = { 0, LAYOUT_PAGES_MAX, false };
	static const struct bounds some = { 1, LAYOUT_PAGES_MAX, false };
	static const struct bounds percent = { 1, 100, false };
	const struct section *section = mapping->section;

	if (!section->of[KEY_SIZE].value)
		layout_wrong(error, section->line, NULL, "[%s] has no size=, which is needed",
			     section->name);
	list_read(&mapping->size, section, KEY_SIZE, &pages, 0, error);
	list_read(&mapping->at, section, KEY_AT, &pages, 0, error);
	list_read(&mapping->first, section, KEY_FIRST, &any, 0, error);
	list_read(&mapping->every, section, KEY_EVERY, &some, 1, error);
	list_read(&mapping->density, section, KEY_DENSITY, &percent, 100,
		  error);
	list_read(&mapping->seed, section, KEY_SEED, &any, 1, error);
}

void mapping_read(struct mapping *mapping, const struct section *section,
		  struct layout_error *error)
{
	mapping->section = section;
	mapping->kind = read_kind(section, error);
	check_keys(mapping, error);
	read_memory(mapping, error);
	read_populate(mapping, error);
	read_lists(mapping, error);
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "space/memory.h"

/* More than there are combinations. */
#define MADE_MAX	256

static const struct memory * const named[] = {
	&mem_anon, &mem_anon_apart, &mem_thp, &mem_zero, &mem_poisoned, &mem_hugetlb,
	&mem_hugetlb_shared, &mem_file, &mem_file_shared, &mem_pfnmap,
	&mem_pfnmap_cow, &mem_pfnmap_fault, &mem_mixedmap,
};

static struct made {
	struct memory memory;
	char name[100];
} made[MADE_MAX];

static size_t nr_made;

static bool is_like(const struct memory *a, const struct memory *b)
{
	return a->backing == b->backing && a->prot == b->prot &&
	       a->shared == b->shared && a->content == b->content &&
	       a->apart == b->apart && a->lock == b->lock &&
	       a->grows == b->grows && a->reserved == b->reserved &&
	       a->gigantic == b->gigantic && a->thp == b->thp &&
	       a->on == b->on;
}

/* Return the name of the memory that is nearest to it. */
static const char *base_name(const struct memory *memory)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(named); i++)
		if (named[i]->backing == memory->backing &&
		    named[i]->shared == memory->shared &&
		    named[i]->thp == memory->thp)
			return named[i]->name;
	return "memory";
}

static const struct memory *make(const struct memory *wanted)
{
	struct made *new = made + nr_made++;

	if (nr_made > MADE_MAX)
		die("more than %d kinds of memory", MADE_MAX);
	new->memory = *wanted;
	new->memory.name = new->name;
	snprintf(new->name, sizeof(new->name), "%s%s%s%s%s%s%s%s%s",
		 wanted->prot & PROT_WRITE ? "" :
		 wanted->prot ? "read-only " : "PROT_NONE ",
		 wanted->lock == LOCK_ALL ? "locked " :
		 wanted->lock ? "locked on fault " : "",
		 wanted->grows ? "growing " : "",
		 wanted->reserved ? "reserved " : "",
		 wanted->gigantic ? "1 GiB " : "", base_name(wanted),
		 wanted->on == ON_TMPFS ? " on tmpfs" :
		 wanted->on == ON_RAMFS ? " on ramfs" : "",
		 wanted->content == CONTENT_READ ? ", read" :
		 wanted->content == CONTENT_POISON ? ", poisoned" :
		 wanted->content == CONTENT_FREED ? ", lazily freed" :
		 wanted->content == CONTENT_PROTECTED ? ", protected" :
		 wanted->content == CONTENT_FORKED ? ", forked" :
		 wanted->content == CONTENT_SWAPPED ? ", swapped out" :
		 wanted->content == CONTENT_MERGED ? ", merged" : "",
		 wanted->apart ? ", apart" : "");
	return &new->memory;
}

const struct memory *memory_like(const struct memory *wanted)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(named); i++)
		if (is_like(named[i], wanted))
			return named[i];
	for (i = 0; i < nr_made; i++)
		if (is_like(&made[i].memory, wanted))
			return &made[i].memory;
	return make(wanted);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A change is a system call on a random range of a room. The ledger gets what
 * the call has to do by its manual page; a call that may not fail and does is
 * the end. Those that need memory which is mapped take as much as there is.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "stress/changer.h"
#include "stress/marked.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define MOST_PAGES	12	/* of a change */

/* Each adds to what runs between two reads. */
#define THREADS		3

/* Half of it can be populated. */
static const int prots[] = {
	PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE
};

static const int advices[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL };

/* What a thread changes at present. Its rooms are those behind every THREADS-th region. */
struct room {
	struct ledger *ledger;
	uint64_t first;
	size_t thread;
	uint64_t *done;
	unsigned int seed;
};

struct stretch {
	uint64_t first, end;
};

static unsigned int random_below(struct room *room, unsigned int n)
{
	return rand_r(&room->seed) % n;
}

static struct now *now_of(struct room *room, uint64_t page)
{
	return &room->ledger->entries[page].now;
}

static void *at(const struct room *room, uint64_t page)
{
	return (void *)layout_address(room->ledger->layout, page);
}

static size_t bytes(const struct stretch *range)
{
	return (range->end - range->first) * PAGE_SIZE;
}

static struct stretch any_range(struct room *room)
{
	uint64_t pages = 1 + random_below(room, MOST_PAGES);
	uint64_t first = room->first +
			 random_below(room, ROOM_PAGES - pages + 1);

	return (struct stretch){ first, first + pages };
}

/* Return the first pages of a range that are mapped, and writable if @rw. */
static struct stretch mapped_range(struct room *room, bool rw)
{
	struct stretch range = any_range(room);
	uint64_t page;

	for (page = range.first; page < range.end; page++) {
		const struct now *now = now_of(room, page);

		if (now->mapped && (!rw || now->prot & PROT_WRITE))
			continue;
		if (page > range.first)
			range.end = page;
		else
			range.first++;
	}
	return range;
}

static void begin(struct room *room, const struct stretch *range)
{
	ledger_begin(room->ledger, range->first, range->end);
}

static void end(struct room *room, const struct stretch *range)
{
	ledger_end(room->ledger, range->first, range->end);
}

static void all_are(struct room *room, const struct stretch *range,
		    struct now now)
{
	uint64_t page;

	for (page = range->first; page < range->end; page++)
		*now_of(room, page) = now;
}

static void do_mmap(struct room *room, const struct stretch *range)
{
	int prot = prots[random_below(room, ARRAY_SIZE(prots))];

	begin(room, range);
	must(mmap(at(room, range->first), bytes(range), prot, MAP_PRIVATE |
		  MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
	all_are(room, range, (struct now){ .mapped = true, .prot = prot });
	end(room, range);
}

static void unmap(struct room *room, const struct stretch *range)
{
	must(!munmap(at(room, range->first), bytes(range)), "munmap");
	all_are(room, range, (struct now){ .mapped = false });
}

static void do_munmap(struct room *room, const struct stretch *range)
{
	begin(room, range);
	unmap(room, range);
	end(room, range);
}

static void do_mprotect(struct room *room, const struct stretch *range)
{
	int prot = prots[random_below(room, ARRAY_SIZE(prots))];
	uint64_t page;

	begin(room, range);
	must(!mprotect(at(room, range->first), bytes(range), prot), "mprotect");
	for (page = range->first; page < range->end; page++)
		now_of(room, page)->prot = prot;
	end(room, range);
}

static void do_advise(struct room *room, const struct stretch *range)
{
	int advice = advices[random_below(room, ARRAY_SIZE(advices))];
	uint64_t page;

	begin(room, range);
	must(!madvise(at(room, range->first), bytes(range), advice), "madvise");
	for (page = range->first; page < range->end; page++)
		now_of(room, page)->advice = advice;
	end(room, range);
}

static void set_populated(struct room *room, const struct stretch *range,
			  int advice, bool populated)
{
	uint64_t page;

	begin(room, range);
	must(!madvise(at(room, range->first), bytes(range), advice),
	     "madvise to populate, or to free");
	for (page = range->first; page < range->end; page++)
		now_of(room, page)->populated = populated;
	end(room, range);
}

static void do_populate(struct room *room, const struct stretch *range)
{
	set_populated(room, range, MADV_POPULATE_WRITE, true);
}

static void do_free(struct room *room, const struct stretch *range)
{
	set_populated(room, range, MADV_DONTNEED, false);
}

/*
 * What looks like one VMA may be several that cannot merge; then the call fails
 * and moves nothing.
 */
static void move(struct room *room, const struct stretch *from,
		 const struct stretch *to)
{
	uint64_t i;

	unmap(room, to);
	if (mremap(at(room, from->first), bytes(from), bytes(from),
		   MREMAP_MAYMOVE | MREMAP_FIXED,
		   at(room, to->first)) == MAP_FAILED) {
		must(errno == EFAULT, "mremap");
		return;
	}
	for (i = 0; i < to->end - to->first; i++)
		*now_of(room, to->first + i) = *now_of(room, from->first + i);
	all_are(room, from, (struct now){ .mapped = false });
}

/* Move what lies in one half of the room to the same place in the other. */
static void do_mremap(struct room *room, const struct stretch *range)
{
	uint64_t half = ROOM_PAGES / 2, middle = room->first + half;
	struct stretch from = *range, to;

	if (from.first < middle) {
		from.end = min_u64(from.end, middle);
		to = (struct stretch){ from.first + half, from.end + half };
	} else {
		to = (struct stretch){ from.first - half, from.end - half };
	}
	begin(room, &from);
	begin(room, &to);
	move(room, &from, &to);
	end(room, &to);
	end(room, &from);
}

static const struct change {
	const char *name;
	bool on_mapped, on_writable;
	void (*make)(struct room *room, const struct stretch *range);
} changes[NR_CHANGES] = {
	{ "mmap", false, false, do_mmap },
	{ "munmap", false, false, do_munmap },
	{ "mprotect", true, false, do_mprotect },
	{ "madvise", true, false, do_advise },
	{ "populate", true, true, do_populate },
	{ "free", true, false, do_free },
	{ "mremap", true, false, do_mremap },
};

const char *change_name(size_t change)
{
	return changes[change].name;
}

static void enter_any(struct room *room)
{
	const struct layout *layout = room->ledger->layout;
	size_t rooms = (layout->nr_regions - room->thread + THREADS - 1) /
		       THREADS;
	size_t i = room->thread + THREADS * random_below(room, rooms);

	room->first = room_behind(layout->regions + i);
}

static void change_once(struct room *room)
{
	size_t i = random_below(room, NR_CHANGES);
	struct stretch range;

	enter_any(room);
	range = changes[i].on_mapped ?
		mapped_range(room, changes[i].on_writable) : any_range(room);
	if (range.first == range.end)
		return;
	changes[i].make(room, &range);
	__atomic_add_fetch(room->done + i, 1, __ATOMIC_RELAXED);
}

static void *change_on(void *arg)
{
	struct room *room = arg;

	while (!__atomic_load_n(&room->ledger->over, __ATOMIC_SEQ_CST)) {
		change_once(room);
		sched_yield();
	}
	return NULL;
}

void changers_start(struct ledger *ledger, uint64_t *done)
{
	static struct room rooms[THREADS];
	pthread_t thread;
	size_t i;

	for (i = 0; i < THREADS; i++) {
		rooms[i] = (struct room){
			.ledger = ledger,
			.thread = i,
			.done = done,
			.seed = i,
		};
		errno = pthread_create(&thread, NULL, change_on, rooms + i);
		must(!errno, "pthread_create");
	}
}

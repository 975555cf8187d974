// SPDX-License-Identifier: GPL-2.0
#include <sched.h>

#include "kernel/util.h"
#include "stress/ledger.h"

/* What is mapped where no VMA stays is of this kind. */
static const struct region between = { .memory = &mem_anon };

static struct now of_layout(const struct truth *truth)
{
	if (!truth->region)
		return (struct now){ .mapped = false };
	return (struct now){
		.mapped = true,
		.populated = truth->present,
		.prot = truth->memory->prot,
	};
}

struct ledger *ledger_new(const struct layout *layout)
{
	struct ledger *ledger = map_populated(sizeof(*ledger) + layout->pages *
					      sizeof(*ledger->entries));
	uint64_t page;

	ledger->layout = layout;
	for (page = 0; page < layout->pages; page++) {
		struct truth truth = layout_at(layout, page);

		ledger->entries[page].now = of_layout(&truth);
	}
	return ledger;
}

static uint64_t tick(struct ledger *ledger)
{
	return __atomic_add_fetch(&ledger->clock, 1, __ATOMIC_SEQ_CST);
}

static void stamp(struct ledger *ledger, uint64_t first, uint64_t end, bool busy)
{
	uint64_t time = tick(ledger), page;

	for (page = first; page < end; page++) {
		struct entry *entry = ledger->entries + page;

		__atomic_store_n(&entry->stamp, time, __ATOMIC_SEQ_CST);
		__atomic_store_n(&entry->busy, busy, __ATOMIC_SEQ_CST);
	}
}

void ledger_begin(struct ledger *ledger, uint64_t first, uint64_t end)
{
	stamp(ledger, first, end, true);
}

void ledger_end(struct ledger *ledger, uint64_t first, uint64_t end)
{
	stamp(ledger, first, end, false);
}

uint64_t ledger_clock(const struct ledger *ledger)
{
	return __atomic_load_n(&ledger->clock, __ATOMIC_SEQ_CST);
}

void ledger_wait(const struct ledger *ledger)
{
	uint64_t was = ledger_clock(ledger);

	while (ledger_clock(ledger) == was &&
	       !__atomic_load_n(&ledger->over, __ATOMIC_SEQ_CST))
		sched_yield();
}

/* A change is stamped before it begins, so what was seen before that is true. */
static struct look look_at(const struct entry *entry, uint64_t since)
{
	struct look look = { .now = entry->now };

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	look.busy = __atomic_load_n(&entry->busy, __ATOMIC_SEQ_CST);
	look.stands = !look.busy &&
		      __atomic_load_n(&entry->stamp, __ATOMIC_SEQ_CST) <= since;
	return look;
}

void ledger_look(const struct ledger *ledger, uint64_t since,
		 struct look *looks)
{
	uint64_t page;

	for (page = 0; page < ledger->layout->pages; page++)
		looks[page] = look_at(ledger->entries + page, since);
}

struct truth look_truth(const struct layout *layout, uint64_t page,
			const struct look *look)
{
	struct truth truth = layout_at(layout, page);

	if (truth.region || !look->now.mapped)
		return truth;
	return (struct truth){
		.memory = &mem_anon,
		.region = &between,
		.present = look->now.populated,
	};
}

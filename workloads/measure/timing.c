// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "kernel/turn.h"
#include "kernel/util.h"
#include "measure/timing.h"
#include "out/records.h"

/*
 * A sample has parts. Walks are repeated until a part takes about this many TSC
 * cycles: 20 to 50 us with a TSC of 2 to 5 GHz. This is a thousand times the
 * grain of the TSC, and so short that most parts are not disturbed. A sample
 * takes a millisecond or two, or a single walk.
 */
#define PART_CYCLES	UINT64_C(100000)
#define SAMPLE_CYCLES	UINT64_C(5000000)
#define MAX_PARTS	50

#define TRIALS	6	/* to find how long a single walk takes */

static uint64_t repeat_for(uint64_t cycles)
{
	uint64_t repeat = PART_CYCLES / (cycles ? cycles : 1);

	return repeat ? min_u64(repeat, PAGEWALK_PROBE_MAX_REPEAT) : 1;
}

/* Return how many parts of @cycles each make a sample. */
static unsigned int parts_for(uint64_t cycles)
{
	uint64_t parts = SAMPLE_CYCLES / (cycles ? cycles : 1);

	return parts ? min_u64(parts, MAX_PARTS) : 1;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sum_up(struct sample *sample, uint64_t *parts, unsigned int nr)
{
	unsigned int i;

	sample->parts = nr;
	qsort(parts, nr, sizeof(*parts), by_value);
	sample->cycles = parts[nr / 10];
	sample->mean = 0;
	for (i = 0; i < nr; i++)
		sample->mean += parts[i];
	sample->mean /= nr;
}

static uint64_t least(const uint64_t *values, unsigned int n)
{
	uint64_t min = values[0];

	while (n--)
		min = min_u64(min, values[n]);
	return min;
}

/*
 * Samples begin with a round. The round before has a turn for trials and the
 * bare turn, which is like a sample's without the timed walks: events that the
 * host counts in it belong to no walk.
 */
_Static_assert(ROUND_TURNS == 2, "a turn for trials, and the bare one");

static uint64_t trial_cycles(struct walk_run *run)
{
	uint64_t cycles[TRIALS];

	turn_take();
	walk_repeat(run, TRIALS, 1, cycles);
	return least(cycles, TRIALS);
}

/* The probe counts calls in an additional walk in a sample's turn. */
static int64_t bare_turn(struct walk_run *run)
{
	int64_t turn = turn_take();

	walk_repeat(run, 0, 1, NULL);
	return turn;
}

void time_run(const char *layout, struct walk_run *run, unsigned int samples)
{
	struct sample sample = { .walk = run->walk->name, .pages = run->pages };
	uint64_t cycles = trial_cycles(run), parts[MAX_PARTS];
	unsigned int nr;

	sample.bare_turn = bare_turn(run);
	sample.repeat = repeat_for(cycles);
	nr = parts_for(sample.repeat * cycles);
	while (samples--) {
		sample.turn = turn_take();
		walk_repeat(run, nr, sample.repeat, parts);
		sum_up(&sample, parts, nr);
		sample.calls = run->calls;
		sample.ret = run->ret;
		record_sample(layout, &sample);
	}
}

void time_walk(const struct subject *subject, const struct walk *walk,
	       unsigned int samples)
{
	struct walk_run run = subject_walk(subject, walk);

	time_run(subject->layout->name, &run, samples);
	subject_walk_end(subject, &run);
}

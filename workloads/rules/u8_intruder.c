// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "kernel/util.h"
#include "rules/u8_intruder.h"

#define HITS		6	/* reads with a change in their midst */
#define TRIES_MAX	2000
#define QUIET_READS	3
#define WAKE_US		100	/* more than it takes to wake up */
#define SHARES		32	/* of the time in which the thread acts */

/* The thread, and how to tell it to act after some time. */
struct intruder {
	pthread_t thread;
	int calls[2], answers[2];
	void (*act)(void *arg);
	void *arg;
};

static long waits(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

static void *intrude(void *arg)
{
	struct intruder *intruder = arg;
	const struct sched_param first = { .sched_priority = 1 };
	long after_us;

	must(!sched_setscheduler(0, SCHED_FIFO, &first), "sched_setscheduler");
	while (read(intruder->calls[0], &after_us, sizeof(after_us)) ==
	       sizeof(after_us)) {
		struct timespec time = { 0, after_us * 1000 };
		long before;

		nanosleep(&time, NULL);
		before = waits();
		intruder->act(intruder->arg);
		before = waits() - before;
		must(write(intruder->answers[1], &before, sizeof(before)) ==
		     sizeof(before), "pipe");
	}
	return NULL;
}

static void intruder_start(struct intruder *intruder)
{
	must(!pipe2(intruder->calls, O_CLOEXEC) &&
	     !pipe2(intruder->answers, O_CLOEXEC), "pipe");
	errno = pthread_create(&intruder->thread, NULL, intrude, intruder);
	must(!errno, "pthread_create");
}

static void intruder_stop(struct intruder *intruder)
{
	close(intruder->calls[1]);
	pthread_join(intruder->thread, NULL);
	close(intruder->calls[0]);
	close(intruder->answers[0]);
	close(intruder->answers[1]);
}

static void intruder_call(const struct intruder *intruder, long after_us)
{
	must(write(intruder->calls[1], &after_us, sizeof(after_us)) ==
	     sizeof(after_us), "pipe");
}

/* Return whether it had to wait. */
static bool intruder_waited(const struct intruder *intruder)
{
	long waited;

	must(read(intruder->answers[0], &waited, sizeof(waited)) ==
	     sizeof(waited), "pipe");
	return waited;
}

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Return how long a read takes if nothing else happens. */
static long quiet_us(const struct scene *scene)
{
	long least = LONG_MAX, began, took;
	int i;

	for (i = 0; i < QUIET_READS; i++) {
		scene->prepare(scene->arg);
		began = now_us();
		scene->read(scene->arg);
		took = now_us() - began;
		if (took < least)
			least = took;
	}
	return least;
}

/* The thread acts later and later, and begins anew when it comes too late. */
void play(const struct scene *scene)
{
	struct intruder intruder = { .act = scene->act, .arg = scene->arg };
	long most = 3 * quiet_us(scene) + WAKE_US, after = 0;
	int tries, hits = 0;

	intruder_start(&intruder);
	for (tries = 0; tries < TRIES_MAX && hits < HITS; tries++) {
		scene->prepare(scene->arg);
		intruder_call(&intruder, after % most);
		scene->read(scene->arg);
		if (!intruder_waited(&intruder)) {
			after += most / SHARES + 1;
			continue;
		}
		after++;
		hits++;
		scene->compare(scene->check, scene->arg);
	}
	intruder_stop(&intruder);
}


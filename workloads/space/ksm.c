// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/ksm.h"

#define FOLDER		"/sys/kernel/mm/ksm/"

#define WAIT_US		1000
#define WAITS_MAX	60000

const char *ksm_missing(void)
{
	return access(FOLDER "run", W_OK) ? "the kernel has no CONFIG_KSM" :
					    NULL;
}

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0, path);
	must(write(fd, value, strlen(value)) == (ssize_t)strlen(value), path);
	close(fd);
}

static uint64_t number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, path);
	close(fd);
	return strtoull(text, NULL, 10);
}

/* Two processes that have the same layout have other pages. */
void ksm_write_pairs(uint64_t start, const struct range *range)
{
	uint64_t page, n = 0;

	for (page = range->first; page < range->end; page += range->step, n++) {
		uint64_t *at = (uint64_t *)(start + page * PAGE_SIZE);

		at[0] = getpid();
		at[1] = start + (range->first + n / 2) * PAGE_SIZE;
	}
}

void ksm_merge(uint64_t pages)
{
	uint64_t before = number_in("/proc/self/ksm_merging_pages"), merged = 0;
	int waits;

	set(FOLDER "smart_scan", "0");
	set(FOLDER "sleep_millisecs", "1");
	set(FOLDER "pages_to_scan", "65536");
	set(FOLDER "run", "1");
	for (waits = 0; merged < pages && waits < WAITS_MAX; waits++) {
		usleep(WAIT_US);
		merged = number_in("/proc/self/ksm_merging_pages") - before;
	}
	set(FOLDER "run", "0");
	if (merged != pages)
		die("KSM has merged %" PRIu64 " pages of %" PRIu64, merged,
		    pages);
}

// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/swap.h"

#define DISK		"/dev/ubda"
#define READ_AHEAD	"/proc/sys/vm/page-cluster"

/* What mkswap(8) writes at 1024, and at the end of the first page. */
#define HEADER		1024
#define SIGNATURE	"SWAPSPACE2"

#define WAIT_US		1000
#define WAITS_MAX	20000

static unsigned int users;
static unsigned long read_ahead;	/* before there were any */

const char *swap_missing(void)
{
	if (access("/proc/swaps", R_OK))
		return "the kernel has no CONFIG_SWAP";
	if (access(DISK, R_OK | W_OK))
		return "the guest has no disk";
	return NULL;
}

/* Return the number behind @name in a file of /proc. */
static uint64_t number_in(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	uint64_t number = 0;
	size_t len = strlen(name);
	char line[128];
	bool found = false;

	must(file, path);
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, name, len) &&
			sscanf(line + len, "%" SCNu64, &number) == 1;
	fclose(file);
	if (!found)
		die("%s: no line %s", path, name);
	return number;
}

static void write_number(const char *path, unsigned long number)
{
	FILE *file = fopen(path, "we");

	must(file && fprintf(file, "%lu\n", number) > 0 && !fclose(file), path);
}

static void format(int disk, uint32_t pages)
{
	const uint32_t header[] = { 1, pages - 1, 0 };
	char page[PAGE_SIZE] = "";

	memcpy(page + HEADER, header, sizeof(header));
	memcpy(page + PAGE_SIZE - strlen(SIGNATURE), SIGNATURE,
	       strlen(SIGNATURE));
	must(pwrite(disk, page, sizeof(page), 0) == sizeof(page), DISK);
}

void swap_take(void)
{
	int disk;

	if (users++)
		return;
	disk = open(DISK, O_RDWR | O_CLOEXEC);
	must(disk >= 0, DISK);
	format(disk, lseek(disk, 0, SEEK_END) / PAGE_SIZE);
	must(!close(disk), DISK);
	must(!swapon(DISK, 0), "swapon");
	read_ahead = number_in(READ_AHEAD, "");
	write_number(READ_AHEAD, 0);
}

void swap_give_back(void)
{
	if (--users)
		return;
	write_number(READ_AHEAD, read_ahead);
	must(!swapoff(DISK), "swapoff");
}

/*
 * A page of zeros is not written to the disk. Private pages have their numbers
 * instead. Shared ones are zeros, since they would stay in the swap cache.
 */
static void write_pages(uint64_t start, const struct range *range, bool shared)
{
	uint64_t page;

	for (page = range->first; page < range->end; page += range->step)
		*(uint64_t *)(start + page * PAGE_SIZE) = shared ? 0 : page + 1;
}

static void read_pages(uint64_t start, const struct range *range)
{
	uint64_t page;

	for (page = range->first; page < range->end; page += range->step)
		asm volatile("" : : "r" (*(char *)(start + page * PAGE_SIZE)));
}

/* How many kB are out; of shared memory, how many less are in memory. */
static uint64_t kb_out(bool shared)
{
	return shared ? -number_in("/proc/meminfo", "Shmem:") :
			number_in("/proc/self/status", "VmSwap:");
}

/*
 * What was written to the disk stays in the swap cache. To get it out from there,
 * it is mapped once more, and swapped out without being written.
 */
void swap_out(uint64_t start, const struct range *range, bool shared)
{
	void *first = (void *)(start + range->first * PAGE_SIZE);
	uint64_t size = (range->end - range->first) * PAGE_SIZE, before, kb;
	int waits;

	kb = (range->end - range->first + range->step - 1) / range->step *
	     PAGE_SIZE / 1024;
	write_pages(start, range, shared);
	before = kb_out(shared);
	for (waits = 0; waits < WAITS_MAX; waits++) {
		must(!madvise(first, size, MADV_PAGEOUT), "MADV_PAGEOUT");
		if (kb_out(shared) - before == kb &&
		    !number_in("/proc/meminfo", "SwapCached:"))
			return;
		usleep(WAIT_US);
		read_pages(start, range);
	}
	die("swap: %" PRIu64 " kB of %" PRIu64 " are out, %" PRIu64 " kB are in the swap cache",
	    kb_out(shared) - before, kb,
	    number_in("/proc/meminfo", "SwapCached:"));
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cpuid.h>
#include <time.h>
#include <x86intrin.h>

#include "host.h"
#include "say.h"

#ifndef MFD_EXEC
#define MFD_EXEC	0x0010U
#endif

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Returns the KiB of a line of /proc/meminfo, 0 if there is none. */
static unsigned long meminfo_kib(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, key, strlen(key)))
			kib = strtoul(line + strlen(key), NULL, 10);
	}
	if (f)
		fclose(f);
	return kib;
}

/* Available memory includes swap, and page cache that can be dropped. */
void host_check_memory(unsigned long mib)
{
	unsigned long available = meminfo_kib("MemAvailable:");
	unsigned long room = (available + meminfo_kib("SwapFree:")) >> 10;

	if (available && room < mib)
		cannot_start("the host has %lu MiB of memory available, the guest needs %lu MiB: end what uses it",
			     room, mib);
}

int host_executable_memory(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* Linux before 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		cannot_start("the host forbids memory that can be executed, run: sudo sysctl vm.memfd_noexec=1");
	if (fd < 0)
		cannot_start("cannot make a file in memory: %m");
	return fd;
}

struct tick {
	int64_t ns;
	uint64_t tsc;
};

/* Look at both clocks a few times, and take the closest look. */
static struct tick read_both(void)
{
	struct tick best = { 0, 0 };
	uint64_t width = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t before = __rdtsc();
		int64_t ns = clock_ns(CLOCK_MONOTONIC_RAW);
		uint64_t after = __rdtsc();

		if (after - before < width) {
			width = after - before;
			best = (struct tick){ ns, before + width / 2 };
		}
	}
	return best;
}

/* 20 ms, with an error of 20 ns at each end, are good to 2 parts in a million. */
uint64_t host_tsc_khz(void)
{
	const struct timespec nap = { 0, 20 * 1000 * 1000 };
	struct tick start = read_both(), end;

	nanosleep(&nap, NULL);
	end = read_both();
	return (end.tsc - start.tsc) * 1000000.0 / (end.ns - start.ns) + 0.5;
}

void host_cpuinfo(const char *key, char *value, int size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[1024];

	*value = '\0';
	while (f && fgets(line, sizeof(line), f) && *line != '\n') {
		char *colon = strstr(line, ": ");

		if (strncmp(line, key, strlen(key)) || !colon)
			continue;
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(value, size, "%s", colon + 2);
		break;
	}
	if (f)
		fclose(f);
}

void host_cpu_name(char name[CPU_NAME_SIZE])
{
	unsigned int regs[12] = { 0 };
	char *start, *end;

	for (unsigned int i = 0; i < 3; i++)
		__get_cpuid(0x80000002 + i, regs + 4 * i, regs + 4 * i + 1,
			    regs + 4 * i + 2, regs + 4 * i + 3);
	memcpy(name, regs, sizeof(regs));
	name[sizeof(regs)] = '\0';
	end = name + strlen(name);
	while (end > name && end[-1] == ' ')
		*--end = '\0';
	start = name + strspn(name, " ");
	memmove(name, start, strlen(start) + 1);
}

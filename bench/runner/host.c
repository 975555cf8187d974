// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <cpuid.h>
#include <time.h>
#include <x86intrin.h>

#include "host.h"
#include "say.h"

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

static int on_tmpfs(const char *dir)
{
	struct statfs st;

	return dir && *dir && !statfs(dir, &st) && st.f_type == TMPFS_MAGIC;
}

/* UML's own order (choose_tempdir() in arch/um), but only what is on tmpfs. */
static const char *first_tmpfs(void)
{
	const char *const dirs[] = {
		getenv("TMPDIR"), getenv("TMP"), getenv("TEMP"), "/dev/shm",
		"/tmp",
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (on_tmpfs(dirs[i]))
			return dirs[i];
	}
	cannot_start("no tmpfs for the guest's memory: mount one on /dev/shm or point TMPDIR to one");
}

const char *host_memory_dir(unsigned long mib)
{
	const char *dir = first_tmpfs();
	struct statvfs st;
	unsigned long room;

	if (statvfs(dir, &st))
		cannot_start("%s: %m", dir);
	if (st.f_flag & ST_NOEXEC)
		cannot_start("%s is mounted noexec, UML cannot run in it: remount it with exec or point TMPDIR to another tmpfs",
			     dir);
	room = (uint64_t)st.f_bavail * st.f_frsize >> 20;
	if (room < mib)
		cannot_start("%s has %lu MiB free, the guest needs %lu MiB: make room there or point TMPDIR to another tmpfs",
			     dir, room, mib);
	return dir;
}

struct tick {
	int64_t ns;
	uint64_t tsc;
};

/* The closest of a few looks at both clocks. */
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

/* Over 20 ms, each end good to some 20 ns: 2 parts in a million. */
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

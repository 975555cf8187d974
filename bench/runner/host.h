/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

/*
 * The folder that will hold the guest's memory: on tmpfs, executable, with
 * room for it. Does not return if there is none.
 */
const char *host_memory_dir(unsigned long mib);

/* TSC ticks in a millisecond, against CLOCK_MONOTONIC_RAW; 0 if not known. */
uint64_t host_tsc_khz(void);

/* A value of /proc/cpuinfo's first CPU, "" if not known. */
void host_cpuinfo(const char *key, char *value, int size);

/*
 * What the CPU calls itself now: /proc/cpuinfo still has the one that a virtual
 * machine was booted on when that has moved.
 */
#define CPU_NAME_SIZE	49
void host_cpu_name(char name[CPU_NAME_SIZE]);

int64_t now_ns(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

/*
 * UML takes its memory from memfd_create(): a mount's options and size do not
 * matter, only how much memory there is. Does not return if that is too little.
 */
void host_check_memory(unsigned long mib);

/* A file in memory that may be executed. Does not return without one. */
int host_executable_memory(const char *name);

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

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

/*
 * UML takes its memory from memfd_create(), so the size and options of a mount
 * do not matter. Does not return if the host has too little memory.
 */
void host_check_memory(unsigned long mib);

/* Make a file in memory that may be executed. Does not return without one. */
int host_executable_memory(const char *name);

/* Measure TSC ticks a millisecond by CLOCK_MONOTONIC_RAW; 0 if not known. */
uint64_t host_tsc_khz(void);

/* Read a value of the first CPU in /proc/cpuinfo; "" if not known. */
void host_cpuinfo(const char *key, char *value, int size);

/*
 * Read what the CPU calls itself now. When a virtual machine has moved,
 * /proc/cpuinfo still names the CPU on which it was booted.
 */
#define CPU_NAME_SIZE	49
void host_cpu_name(char name[CPU_NAME_SIZE]);

int64_t now_ns(void);

#endif

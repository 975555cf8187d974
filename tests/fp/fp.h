/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that a task's FP registers are its own: what it has loaded is there
 * until it changes it, whatever it and others do meanwhile.
 *
 * All C here is compiled with -mgeneral-regs-only, so that between fp_load()
 * and fp_store() nothing touches an FP register unless a library function is
 * called. Hence syscall_raw() and spawn().
 */
#ifndef FP_H
#define FP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#define FXSAVE_SIZE	512

/* As XSAVE stores it. */
struct fp {
	uint16_t fcw, fsw;
	uint8_t ftw, unused;
	uint16_t fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[16][16];
	uint8_t reserved[96];
	uint64_t in_use, compacted, header[6];
	uint8_t extended[4096 - 576];
} __attribute__((aligned(64)));

/* Components of it, by their bits in XCR0. */
#define LEGACY		0x03ULL		/* x87 and SSE */
#define WITH_AVX	0x07ULL
#define WITH_AVX512	0xe7ULL

bool fp_supported(void);
struct fp fp_pattern(unsigned int seed);
void fp_load(const struct fp *fp);
void fp_store(struct fp *fp);
bool fp_same(const struct fp *a, const struct fp *b, uint64_t components);
/* Whether it is in the registers; they stay as they are. */
bool fp_is(const struct fp *fp, uint64_t components);

/* What the registers were at the program's first instruction. */
extern struct fp fp_at_start;

long syscall_raw(long number, long a, long b, long c, long d);
/* clone(); the new task is to end with what child() returns. */
long spawn(unsigned long flags, void *stack_top, int (*child)(void *), void *arg);
int wait_for(long pid);		/* its exit status, or -1 */

void ok(bool good, const char *what);

void test_alone(void);
void test_signals(void);
void test_tasks(const char *self);
void test_preemption(void);
void test_ptrace(void);

#endif

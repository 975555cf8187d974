// SPDX-License-Identifier: GPL-2.0
/* Loads, stores and compares FP registers. */
#include <cpuid.h>
#include <stddef.h>
#include <string.h>

#include "fp.h"

struct fp fp_at_start;

/* Runs before the C library, which uses these registers. */
__asm__(".globl first_instruction\n"
	"first_instruction:\n"
	"	mov	%rdx, %r8\n"
	"	mov	$7, %eax\n"
	"	xor	%edx, %edx\n"
	"	xsave64	fp_at_start(%rip)\n"
	"	mov	%r8, %rdx\n"
	"	jmp	_start\n");

static uint64_t enabled(void)
{
	uint32_t low, high;

	__asm__("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
	return low & WITH_AVX512;
}

bool fp_supported(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c & bit_OSXSAVE;
}

/* Where a component beyond SSE is. */
static void locate(unsigned int component, unsigned int *offset, unsigned int *size)
{
	unsigned int c, d;

	__cpuid_count(0xd, component, *size, *offset, c, d);
}

struct fp fp_pattern(unsigned int seed)
{
	struct fp fp = {
		.fcw = 0x007f | (seed & 3) << 8 | (seed & 3) << 10,
		.fsw = (seed & 7) << 11,
		.ftw = 0xff,
		.mxcsr = 0x1f80 | (seed & 3) << 13 | (seed & 1) << 6,
		.in_use = enabled(),
	};
	unsigned int i, offset, size;

	memset(fp.st, 0, sizeof(fp.st));
	for (i = 0; i < 8; i++) {
		memset(fp.st[i], 0x80 | (seed + i), 8);
		fp.st[i][9] = 0x3f;
	}
	for (i = 0; i < 16; i++)
		memset(fp.xmm[i], 16 * seed + i, sizeof(fp.xmm[i]));
	for (i = 2; i < 8; i++) {
		if (!(fp.in_use & 1ULL << i))
			continue;
		locate(i, &offset, &size);
		memset((char *)&fp + offset, 32 * seed + i, size);
	}
	return fp;
}

void fp_load(const struct fp *fp)
{
	__asm__ volatile ("xrstor64 %0" : : "m" (*fp), "a" ((uint32_t)enabled()), "d" (0));
}

void fp_store(struct fp *fp)
{
	volatile uint64_t *header = &fp->in_use;
	unsigned int i;

	/* XSAVE leaves most of the header alone. */
	for (i = 0; i < 8; i++)
		header[i] = 0;
	__asm__ volatile ("xsave64 %0" : "+m" (*fp) : "a" ((uint32_t)enabled()), "d" (0));
}

static bool same_legacy(const struct fp *a, const struct fp *b)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (memcmp(a->st[i], b->st[i], 10))
			return false;
	return a->fcw == b->fcw && a->fsw == b->fsw && a->ftw == b->ftw &&
	       a->mxcsr == b->mxcsr && !memcmp(a->xmm, b->xmm, sizeof(a->xmm));
}

bool fp_same(const struct fp *a, const struct fp *b, uint64_t components)
{
	unsigned int i, offset, size;

	for (i = 2; i < 8; i++) {
		if (!(enabled() & components & 1ULL << i))
			continue;
		locate(i, &offset, &size);
		if (memcmp((char *)a + offset, (char *)b + offset, size))
			return false;
	}
	return same_legacy(a, b);
}

bool fp_is(const struct fp *fp, uint64_t components)
{
	struct fp now;
	bool same;

	fp_store(&now);
	same = fp_same(fp, &now, components);
	now.in_use = enabled();
	fp_load(&now);
	return same;
}

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __SYSDEP_X86_COUNT_H
#define __SYSDEP_X86_COUNT_H

/**
 * struct um_insn_counts - instructions that a function has retired
 * @start:	first address of the text that is counted by address
 * @end:	end of that text
 * @at:		for each byte of the text, how often the instruction that
 *		begins there was retired; zeroed by the caller
 * @length:	room for a byte for each byte of the text, zeroed by the
 *		caller; NULL steps through every single instruction, which
 *		gives the same counts, slowly
 * @total:	instructions, those outside the text included
 * @elsewhere:	instructions outside the text
 */
struct um_insn_counts {
	unsigned long start;
	unsigned long end;
	unsigned int *at;
	unsigned char *length;
	unsigned long total;
	unsigned long elsewhere;
};

/*
 * Keep the host's signals away from this process, all that do not come from
 * an instruction of its own, until os_count_end(). Whatever is called between
 * must not sleep.
 */
void os_count_begin(void);
void os_count_end(void);

/*
 * Call fn(arg), and count every instruction from its first one to its return.
 * Between os_count_begin() and os_count_end(). Return 0, or -EINTR when a
 * signal came all the same, as of a page fault: the counts are worth nothing
 * then.
 */
int os_count_insns(struct um_insn_counts *to, void (*fn)(void *arg),
		   void *arg);

/* Places in count.c, nothing to call. */
extern char jump_entry[], jump_step[];

#endif

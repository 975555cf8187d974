/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: JSON Lines on file descriptor 3, if it is open.
 *
 *	{"type":"layout","layout":L,"pages":P,"present":N,"vmas":V,"huge":H,
 *	 "tables":T}
 *		P pages in the range, N populated 4 KiB pages, V VMAs,
 *		H populated huge pages, T PTE tables
 *	{"type":"check","layout":L,"check":C,"ok":true,"checked":N,
 *	 "detail":"..."}
 *		C compared N things with the truth; detail tells the first
 *		wrong one, or what was compared
 *	{"type":"rule","rule":R,"case":C,"ok":true,"skip":false,"checked":N,
 *	 "detail":"..."}
 *		case C of rule R of the contract compared N things; detail tells
 *		the smallest that breaks the rule, or why it was skipped
 *	{"type":"reader","layout":L,"reader":R,"case":C,"ok":true,
 *	 "skip":false,"checked":N,"detail":"...","said":"..."}
 *		what reader R says of layout L in case C, with PFNs and numbers
 *		of inodes masked; N things of it were compared with the truth,
 *		and detail tells the first wrong one, or why it was skipped
 *	{"type":"said","layout":L,"who":W,"status":S,"said":"..."}
 *		what W, a tool that ended with wait status S, prints of a
 *		process that has layout L; also what is true, and what this
 *		program reads, see external/said.h
 *	{"type":"fault","reader":R,"nth":N,"injected":true,"error":E,
 *	 "ok":true,"detail":"..."}
 *		reader R when allocation N failed, if there was one: E is how
 *		the reader failed, or empty; detail tells what was wrong
 *	{"type":"round","reader":R,"round":N,"free":P,"locked":false}
 *		after round N of reads by R, P pages are free; locked: the lock
 *		of the address space that was read is still held
 *	{"type":"changes","change":C,"times":N}
 *		threads made changes of kind C to VMAs, N times
 *	{"type":"pass","reader":R,"by":B,"size":S,"passes":P,"reads":N,
 *	 "changed":C,"torn":T,"twice":U,"ok":true,"checked":N,"detail":"..."}
 *		B read all that R says, P times in N reads of size S, while VMAs
 *		changed next to others that stayed: in C passes something did,
 *		T show VMAs as they never were at once, and U VMAs begin before
 *		the one in front of them ends; detail tells what was wrong
 *	{"type":"beside","stressor":S,"reader":R,"reads":N,"ok":true,
 *	 "checked":N,"detail":"..."}
 *		what R said of processes of stressor S in N reads; detail tells
 *		the first thing that cannot be
 *	{"type":"ended","stressor":S,"status":N}
 *		how S ended, as a shell has it
 *	{"type":"left","when":W,"what":X,"amount":N}
 *		there was so much of X, as /proc/meminfo counts it, when nothing
 *		else ran
 *	{"type":"trying","case":C}
 *		case C begins, and the kernel may not come back from it
 *	{"type":"found","case":C,"ask":N,"rule":R,"how":H,"detail":"..."}
 *		ask N of case C, from 0, breaks rule R; H is the case of the
 *		contract's rule that it would be, or empty
 *	{"type":"answered","case":C,"ask":N,"said":"..."}
 *		what the kernel gave in ask N of case C, see fuzz/asked.h
 *	{"type":"tried","case":C,"asks":N,"skipped":S}
 *		the case is done; this kernel could not do S of its N asks
 *	{"type":"sample","layout":L,"walk":W,"cycles":C,"repeat":R,"mean":M,
 *	 "parts":N,"pages":P,"calls":K,"return":E,"turn":T,"bare_turn":B}
 *		R walks or reads of P pages took C TSC cycles together when
 *		nothing disturbed them, M on average of N times that (see
 *		timing.h); one made K calls of callbacks (0 for a read) and
 *		returned E (a read: 0, or a negative error number); T: the
 *		number of the turn that it was taken in, B: of one without
 *		walks, both left out if there are no turns
 *	{"type":"loop","layout":L,"walk":W,"pages":P,"walks":N,"begin_ns":B,
 *	 "end_ns":E}
 *		N walks or reads of P pages were done from B to E, by
 *		CLOCK_REALTIME
 *	{"type":"count","layout":L,"walk":W,"pages":P,"vmas":V,
 *	 "instructions":N,"elsewhere":M,"return":E}
 *		a walk or read of P pages retired N instructions, M of them
 *		not the kernel's, and returned E (a read: the bytes read)
 *	{"type":"insns","layout":L,"walk":W,"at":[[A,C],...]}
 *		the instruction at address A was retired C times; as many
 *		records as it takes, ascending
 *	{"type":"living","job":J,"walk":W,"cycles":[C,...],"turn":T}
 *		the walks or reads W of the process of fio's job J took C TSC
 *		cycles each; turn is left out if there are no turns
 *	{"type":"fio","job":J,"walked":true,"said":"...","turn":T}
 *		what fio said of a run of J, JSON; walked: there were walks
 *	{"type":"golden","case":C,"calls":[["pte_hole",0,512,null],...]}
 *		the next calls of callbacks in case C: which, the pages given
 *		to it, and the VMA: index in the case, null, or -1 if it is
 *		none of the case
 *	{"type":"golden","case":C,"calls":[...],"return":E,"cleared":N,
 *	 "changed":M,"overflowed":false}
 *		the last of them: the walk returned E and changed M page-table
 *		entries, N of them to none; overflowed: calls are missing
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pagewalk_probe_count;

struct layout_record {
	const char *layout;
	uint64_t pages, present, vmas, huge, tables;
};

struct pass_record {
	const char *reader, *by;
	uint64_t size, passes, reads, changed, torn, twice, checked;
	bool ok;
	const char *detail;
};

struct sample {
	const char *walk;
	uint64_t cycles;
	uint64_t mean;
	uint64_t repeat;
	uint64_t pages;
	uint64_t calls;
	int64_t ret;
	uint64_t parts;
	int64_t turn;		/* or NO_TURN */
	int64_t bare_turn;	/* an earlier turn with all but the walks */
};

struct loop {
	const char *walk;
	uint64_t pages;
	uint64_t walks;
	uint64_t begin_ns, end_ns;
};

void records_open(void);
/* Refuse to go on if nobody reads the records. */
void records_required(void);
void record_layout(const struct layout_record *layout);
void record_check(const char *layout, const char *check, bool ok,
		  uint64_t checked, const char *detail);
void record_rule(const char *rule, const char *name, bool ok, bool skip,
		 uint64_t checked, const char *detail);
void record_reader(const char *layout, const char *reader, const char *name,
		   bool ok, bool skip, uint64_t checked, const char *detail,
		   const char *said);
void record_said(const char *layout, const char *who, int status,
		 const char *said);
void record_fault(const char *reader, unsigned int nth, bool injected,
		  const char *error, bool ok, const char *detail);
void record_round(const char *reader, unsigned int round, uint64_t free,
		  bool locked);
void record_changes(const char *change, uint64_t times);
void record_pass(const struct pass_record *pass);
void record_beside(const char *stressor, const char *reader, uint64_t reads,
		   bool ok, uint64_t checked, const char *detail);
void record_ended(const char *stressor, int status);
void record_left(const char *when, const char *what, uint64_t amount);
void record_trying(const char *name);
void record_found(const char *name, size_t ask, const char *rule,
		  const char *how, const char *detail);
void record_answered(const char *name, size_t ask, const char *said);
void record_tried(const char *name, size_t asks, uint64_t skipped);
void record_sample(const char *layout, const struct sample *sample);
void record_loop(const char *layout, const struct loop *loop);
/* Record the instructions of a walk: their total, and each by its address. */
void record_count(const char *layout, const char *walk, uint64_t pages,
		  uint64_t vmas, const struct pagewalk_probe_count *count);
void record_living(const char *job, const char *walk, int64_t turn,
		   const uint64_t *cycles, size_t nr);
void record_fio(const char *job, bool walked, int64_t turn, const char *said);
/* A call of a callback, in pages; @vma is an index, -1 unknown, -2 NULL. */
void record_golden_call(const char *name, const char *callback, uint64_t start,
			uint64_t end, int vma);
void record_golden_end(const char *name, int64_t ret, uint64_t cleared,
		       uint64_t changed, bool overflowed);
/* Write all that was recorded, or die. */
void records_flush(void);

#endif

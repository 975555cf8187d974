/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/smaps, read and parsed. */
#ifndef SMAPS_H
#define SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fields with a number, which is in kB except for THPeligible. */
enum smaps_field {
	SMAPS_SIZE,
	SMAPS_KERNEL_PAGE_SIZE,
	SMAPS_MMU_PAGE_SIZE,
	SMAPS_RSS,
	SMAPS_PSS,
	SMAPS_PSS_DIRTY,
	SMAPS_SHARED_CLEAN,
	SMAPS_SHARED_DIRTY,
	SMAPS_PRIVATE_CLEAN,
	SMAPS_PRIVATE_DIRTY,
	SMAPS_REFERENCED,
	SMAPS_ANONYMOUS,
	SMAPS_KSM,
	SMAPS_LAZY_FREE,
	SMAPS_ANON_HUGE_PAGES,
	SMAPS_SHMEM_PMD_MAPPED,
	SMAPS_FILE_PMD_MAPPED,
	SMAPS_SHARED_HUGETLB,
	SMAPS_PRIVATE_HUGETLB,
	SMAPS_SWAP,
	SMAPS_SWAP_PSS,
	SMAPS_LOCKED,
	SMAPS_THP_ELIGIBLE,
	NR_SMAPS_FIELDS,
};

const char *smaps_field_name(enum smaps_field field);

#define SMAPS_VM_FLAGS_MAX	128

struct smaps_vma {
	uint64_t start, end;
	char perms[5];
	uint32_t seen;		/* bit mask of the fields of this VMA */
	uint64_t field[NR_SMAPS_FIELDS];
	char vm_flags[SMAPS_VM_FLAGS_MAX];	/* " rd wr mr " */
};

struct smaps {
	size_t nr;
	struct smaps_vma *vmas;
};

/*
 * Parse the @len bytes at @text. Return false if a line is not understood, and
 * describe it in @error.
 */
bool smaps_parse(struct smaps *smaps, const char *text, size_t len,
		 char *error, size_t error_size);
void smaps_free(struct smaps *smaps);

/* Return the start of the next VMA behind @text, or the end. */
const char *smaps_next(const char *text);
/* Parse the text of one VMA. A line that is not understood is left out. */
void smaps_parse_vma(struct smaps_vma *vma, const char *text, size_t len);

/* Return the VMA that starts there, or NULL. */
const struct smaps_vma *smaps_at(const struct smaps *smaps, uint64_t start);

/* True if @flag, two letters, is among the VmFlags. */
bool smaps_has_flag(const struct smaps_vma *vma, const char *flag);

/* Return "Rss:   4 kB" of smaps_rollup in kB; -1 if there is no such line. */
int64_t smaps_rollup_field(const char *text, const char *name);

/* Room for the smaps of a process with a few thousand VMAs... */
#define SMAPS_SIZE_MAX	(UINT64_C(4) << 20)
/* ...and for each VMA of one that has more. */
#define SMAPS_VMA_MAX	UINT64_C(1024)

/* Return how many bytes the smaps of so many VMAs may have. */
static inline uint64_t smaps_room(uint64_t vmas)
{
	return vmas * SMAPS_VMA_MAX > SMAPS_SIZE_MAX ? vmas * SMAPS_VMA_MAX :
						       SMAPS_SIZE_MAX;
}

/*
 * Read the whole file, from the start, into the @size bytes at @buf. Return
 * the length, or a negative error number. Few system calls: each costs tens
 * of microseconds in user-mode Linux.
 */
int64_t smaps_read(int fd, char *buf, size_t size);

#endif

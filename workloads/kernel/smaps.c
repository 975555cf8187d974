// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"

static const char * const field_names[NR_SMAPS_FIELDS] = {
	[SMAPS_SIZE] = "Size",
	[SMAPS_KERNEL_PAGE_SIZE] = "KernelPageSize",
	[SMAPS_MMU_PAGE_SIZE] = "MMUPageSize",
	[SMAPS_RSS] = "Rss",
	[SMAPS_PSS] = "Pss",
	[SMAPS_PSS_DIRTY] = "Pss_Dirty",
	[SMAPS_SHARED_CLEAN] = "Shared_Clean",
	[SMAPS_SHARED_DIRTY] = "Shared_Dirty",
	[SMAPS_PRIVATE_CLEAN] = "Private_Clean",
	[SMAPS_PRIVATE_DIRTY] = "Private_Dirty",
	[SMAPS_REFERENCED] = "Referenced",
	[SMAPS_ANONYMOUS] = "Anonymous",
	[SMAPS_KSM] = "KSM",
	[SMAPS_LAZY_FREE] = "LazyFree",
	[SMAPS_ANON_HUGE_PAGES] = "AnonHugePages",
	[SMAPS_SHMEM_PMD_MAPPED] = "ShmemPmdMapped",
	[SMAPS_FILE_PMD_MAPPED] = "FilePmdMapped",
	[SMAPS_SHARED_HUGETLB] = "Shared_Hugetlb",
	[SMAPS_PRIVATE_HUGETLB] = "Private_Hugetlb",
	[SMAPS_SWAP] = "Swap",
	[SMAPS_SWAP_PSS] = "SwapPss",
	[SMAPS_LOCKED] = "Locked",
	[SMAPS_THP_ELIGIBLE] = "THPeligible",
};

const char *smaps_field_name(enum smaps_field field)
{
	return field_names[field];
}

const struct smaps_vma *smaps_at(const struct smaps *smaps, uint64_t start)
{
	size_t i;

	for (i = 0; i < smaps->nr; i++)
		if (smaps->vmas[i].start == start)
			return smaps->vmas + i;
	return NULL;
}

bool smaps_has_flag(const struct smaps_vma *vma, const char *flag)
{
	char word[8];

	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(vma->vm_flags, word);
}

/* "1000-2000 rw-p 00000000 00:00 0   [heap]" */
static bool parse_header(const char *line, struct smaps_vma *vma)
{
	*vma = (struct smaps_vma){ 0 };
	return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4[-rwxsp] ", &vma->start,
		      &vma->end, vma->perms) == 3;
}

static bool parse_number(const char *name, const char *value,
			 struct smaps_vma *vma)
{
	char *end;
	int i;

	for (i = 0; i < NR_SMAPS_FIELDS; i++)
		if (!strcmp(name, field_names[i]))
			break;
	if (i == NR_SMAPS_FIELDS)
		return false;
	vma->field[i] = strtoull(value, &end, 10);
	vma->seen |= 1U << i;
	return end != value && (!strcmp(end, " kB") || !*end);
}

/* "Rss:   4 kB" or "VmFlags: rd wr ". */
static bool parse_field(char *line, struct smaps_vma *vma)
{
	char *value = strchr(line, ':');

	if (!value)
		return false;
	*value++ = '\0';
	if (strcmp(line, "VmFlags"))
		return parse_number(line, value, vma);
	return (size_t)snprintf(vma->vm_flags, sizeof(vma->vm_flags), "%s",
				value) < sizeof(vma->vm_flags);
}

/* The first line of a VMA begins with an address, the others with a capital. */
static bool is_header(const char *line)
{
	return (*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f');
}

static bool parse_line(struct smaps *smaps, char *line)
{
	if (is_header(line)) {
		smaps->vmas = xrealloc(smaps->vmas, smaps->nr + 1,
				       sizeof(*smaps->vmas));
		return parse_header(line, smaps->vmas + smaps->nr++);
	}
	return smaps->nr && parse_field(line, smaps->vmas + smaps->nr - 1);
}

bool smaps_parse(struct smaps *smaps, const char *text, size_t len,
		 char *error, size_t error_size)
{
	char *copy = strndup(text, len), *rest = copy, *line;
	unsigned int number = 0;
	bool ok = true;
	char shown[80];

	if (!copy)
		die("no memory for a copy of smaps");
	*smaps = (struct smaps){ 0 };
	while (ok && (line = strsep(&rest, "\n"))) {
		number++;
		if (!*line)
			continue;
		snprintf(shown, sizeof(shown), "%s", line);
		ok = parse_line(smaps, line);
	}
	if (!ok)
		snprintf(error, error_size, "smaps line %u is not understood: %s",
			 number, shown);
	free(copy);
	return ok;
}

const char *smaps_next(const char *text)
{
	do {
		text = strchr(text, '\n');
		text = text ? text + 1 : "";
	} while (*text && !is_header(text));
	return text;
}

void smaps_parse_vma(struct smaps_vma *vma, const char *text, size_t len)
{
	char *copy = strndup(text, len), *rest = copy, *line;

	if (!copy)
		die("no memory for a copy of smaps");
	line = strsep(&rest, "\n");
	parse_header(line, vma);
	while ((line = strsep(&rest, "\n")))
		parse_field(line, vma);
	free(copy);
}

void smaps_free(struct smaps *smaps)
{
	free(smaps->vmas);
	*smaps = (struct smaps){ 0 };
}

int64_t smaps_rollup_field(const char *text, const char *name)
{
	char key[40];
	const char *line;

	snprintf(key, sizeof(key), "\n%s:", name);
	line = strstr(text, key);
	return line ? (int64_t)strtoull(line + strlen(key), NULL, 10) : -1;
}

/*
 * A read() of smaps gives only what fits in the kernel's buffer of a page. In
 * one readv(), several pieces of half a page each come back full.
 */
#define PIECE	2048
#define PIECES	256

int64_t smaps_read(int fd, char *buf, size_t size)
{
	struct iovec pieces[PIECES];
	size_t len = 0;
	ssize_t got;
	int i;

	if (lseek(fd, 0, SEEK_SET))
		return -errno;
	do {
		for (i = 0; i < PIECES && len + (i + 1) * PIECE <= size; i++)
			pieces[i] = (struct iovec){ buf + len + i * PIECE,
						    PIECE };
		if (!i)
			return -EFBIG;
		got = readv(fd, pieces, i);
		if (got < 0)
			return -errno;
		len += got;
	} while (got);
	return len;
}

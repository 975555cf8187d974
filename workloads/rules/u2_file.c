// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA of a file has the device and the inode that fstat() says, the offset of
 * mmap(), and the file's name; one of none has zeros, and no name but one that it
 * was given. smaps and maps begin each VMA with the same line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/maps.h"
#include "kernel/util.h"
#include "rules/u2.h"

#define FILE_PAGES	8
#define OFFSET		3	/* pages into the file */
#define MEMFD		"/memfd:u2 (deleted)"

struct line {
	uint64_t start, end, offset, inode;
	unsigned int major, minor;
	char perms[8], path[64];
};

static const char * const files[] = { "maps", "smaps" };

static void *map_at(uint64_t page, uint64_t pages, int flags, int fd)
{
	void *got = mmap((void *)(RULE_BASE + page * PAGE_SIZE),
			 pages * PAGE_SIZE, PROT_READ,
			 flags | MAP_FIXED_NOREPLACE, fd,
			 fd < 0 ? 0 : OFFSET * PAGE_SIZE);

	if (got == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return got;
}

static bool find_line(const char *name, const void *start, struct line *line)
{
	char path[32], text[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	file = fopen(path, "re");
	must(file, path);
	while (!found && fgets(text, sizeof(text), file)) {
		*line = (struct line){ 0 };
		found = sscanf(text, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64 " %63[^\n]",
			       &line->start, &line->end, line->perms,
			       &line->offset, &line->major, &line->minor,
			       &line->inode, line->path) >= 7 &&
			line->start == (uintptr_t)start;
	}
	fclose(file);
	return found;
}

static void expect_line(struct check *check, const char *name,
			const void *start, const struct line *right)
{
	struct line got;

	check->checked++;
	if (!find_line(name, start, &got))
		check_fail(check, "%s has no VMA at %p", name, start);
	else if (got.offset != right->offset || got.major != right->major ||
		 got.minor != right->minor || got.inode != right->inode ||
		 strcmp(got.path, right->path))
		check_fail(check, "%s, VMA %p: offset 0x%" PRIx64 ", device %x:%x, inode %" PRIu64 ", '%s'; expected 0x%" PRIx64 ", %x:%x, %" PRIu64 ", '%s'",
			   name, start, got.offset, got.major, got.minor,
			   got.inode, got.path, right->offset, right->major,
			   right->minor, right->inode, right->path);
}

void check_file_of_vma(struct rule_run *run)
{
	struct check *check = rule_case(run, "file of a VMA");
	struct line of_file = { .offset = OFFSET * PAGE_SIZE, .path = MEMFD };
	const struct line of_none = { 0 }, of_name = { .path = "[anon:u2]" };
	const struct line of_vdso = { .path = "[vdso]" };
	const void *vdso = (void *)getauxval(AT_SYSINFO_EHDR);
	int fd = memfd_create("u2", MFD_CLOEXEC);
	void *shared, *private, *none, *named;
	struct stat stat;
	bool has_names;
	size_t i;

	must(fd >= 0 && !ftruncate(fd, FILE_PAGES * PAGE_SIZE) &&
	     !fstat(fd, &stat), "memfd");
	of_file.major = major(stat.st_dev);
	of_file.minor = minor(stat.st_dev);
	of_file.inode = stat.st_ino;
	shared = map_at(0, 2, MAP_SHARED, fd);
	private = map_at(3, 1, MAP_PRIVATE, fd);
	none = map_at(5, 1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	named = map_at(7, 1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	has_names = memory_set_name(named, PAGE_SIZE, "u2");
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		expect_line(check, files[i], shared, &of_file);
		expect_line(check, files[i], private, &of_file);
		expect_line(check, files[i], none, &of_none);
		expect_line(check, files[i], named,
			    has_names ? &of_name : &of_none);
		if (vdso)
			expect_line(check, files[i], vdso, &of_vdso);
	}
	munmap(shared, 8 * PAGE_SIZE);
	close(fd);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a query says of this process: the names of its heap, its stack and of
 * memory that it has named itself, and the build ID of a file that it maps.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/maps.h"
#include "kernel/query.h"
#include "kernel/util.h"
#include "rules/u14.h"

#define GIVEN_NAME	"a name"
#define ID_SIZE		20
#define UNMAPPED	UINT64_C(4096)

/* A file of which only the note counts, as linkers write it. */
struct elf {
	Elf64_Ehdr header;
	Elf64_Phdr program;
	Elf64_Nhdr note;
	char owner[4];
	unsigned char id[ID_SIZE];
};

static const struct elf elf = {
	.header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = offsetof(struct elf, program),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	},
	.program = {
		.p_type = PT_NOTE,
		.p_offset = offsetof(struct elf, note),
		.p_filesz = sizeof(struct elf) - offsetof(struct elf, note),
		.p_align = 4,
	},
	.note = { .n_namesz = 4, .n_descsz = ID_SIZE, .n_type = NT_GNU_BUILD_ID },
	.owner = "GNU",
	.id = { 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 0x01, 0x23, 0x45,
		0x67, 0x89, 0xab, 0xcd, 0xef, 0x00, 0xff, 0x55, 0xaa },
};

static void *map_page(int flags, int fd)
{
	void *page = mmap(NULL, PAGE_SIZE, PROT_READ, flags, fd, 0);

	must(page != MAP_FAILED, "mmap");
	return page;
}

/* Return a page of a new file that begins with some bytes. */
static void *map_file(const void *bytes, size_t size)
{
	int fd = memfd_create("own", MFD_CLOEXEC);
	void *page;

	must(fd >= 0 && !ftruncate(fd, PAGE_SIZE) &&
	     pwrite(fd, bytes, size, 0) == (ssize_t)size, "memfd");
	page = map_page(MAP_PRIVATE, fd);
	close(fd);
	return page;
}

static void check_sizes(struct check *check, int maps, const void *address,
			const char *name)
{
	uint32_t needs = strlen(name) + 1, size;

	for (size = 1; size <= needs + 2; size++)
		check_query_name(check, maps, (uintptr_t)address, name, size);
}

static void check_given(struct rule_run *run, int maps, int flags,
			const char *name)
{
	void *page = map_page(flags | MAP_ANONYMOUS, -1);

	if (memory_set_name(page, PAGE_SIZE, GIVEN_NAME))
		check_sizes(rule_case(run, "%s", name), maps, page, name);
	else
		rule_skip(run, name, "this kernel gives memory no names");
	munmap(page, PAGE_SIZE);
}

static void check_names(struct rule_run *run, int maps)
{
	struct check *check = rule_case(run, "heap and stack");
	char on_stack;

	must(sbrk(PAGE_SIZE) != (void *)-1, "sbrk");
	check_sizes(check, maps, (char *)sbrk(0) - 1, "[heap]");
	check_sizes(check, maps, &on_stack, "[stack]");
	check_given(run, maps, MAP_PRIVATE, "[anon:" GIVEN_NAME "]");
	check_given(run, maps, MAP_SHARED, "[anon_shmem:" GIVEN_NAME "]");
}

/* What a query gives for the build ID: @right bytes of it, or an error. */
static void check_build_id(struct check *check, int maps, const void *page,
			   uint32_t size, int64_t right)
{
	unsigned char buffer[2 * ID_SIZE], expected[2 * ID_SIZE];
	struct query query = {
		.size = sizeof(query), .address = (uintptr_t)page,
		.build_id = right == -EFAULT ? UNMAPPED : (uintptr_t)buffer,
		.build_id_size = size,
	};
	int64_t got;

	memset(buffer, '#', sizeof(buffer));
	memset(expected, '#', sizeof(expected));
	if (right > 0)
		memcpy(expected, elf.id, right);
	got = maps_query(maps, &query);
	if (!got)
		got = query.build_id_size;
	check->checked++;
	if (got != right || memcmp(buffer, expected, sizeof(buffer)))
		check_fail(check, "PROCMAP_QUERY of %p, %u bytes for the build ID: %" PRId64 ", expected %" PRId64 "%s",
			   page, size, got, right,
			   got == right ? ", but other bytes" : "");
}

static void check_build_ids(struct rule_run *run, int maps)
{
	struct check *check = rule_case(run, "build IDs");
	void *with = map_file(&elf, sizeof(elf)), *without = map_file("", 1);
	void *none = map_page(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	uint32_t size;

	for (size = 1; size <= 2 * ID_SIZE; size++) {
		check_build_id(check, maps, with, size,
			       size < ID_SIZE ? -ENAMETOOLONG : ID_SIZE);
		check_build_id(check, maps, without, size, 0);
		check_build_id(check, maps, none, size, 0);
	}
	check_build_id(check, maps, with, ID_SIZE, -EFAULT);
	munmap(with, PAGE_SIZE);
	munmap(without, PAGE_SIZE);
	munmap(none, PAGE_SIZE);
}

void check_query_own(struct rule_run *run)
{
	int maps = open_proc(getpid(), "maps");

	check_names(run, maps);
	check_build_ids(run, maps);
	close(maps);
}

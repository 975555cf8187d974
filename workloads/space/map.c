// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mman.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/thp.h"
#include "kernel/uffd.h"
#include "kernel/util.h"
#include "space/file.h"
#include "space/ksm.h"
#include "space/map.h"
#include "space/swap.h"

/* Return the descriptor of a region, and the offset in it. */
struct source {
	int fd;
	uint64_t offset;
};

static struct source of_probe(int probe, uint64_t area)
{
	return (struct source){ probe, area * PAGE_SIZE };
}

static struct source source_of(const struct region *region, int probe)
{
	switch (region->memory->backing) {
	case BACKING_PFNMAP:
		return of_probe(probe, region->memory->shared ?
				PAGEWALK_PROBE_MAP_LINEAR :
				PAGEWALK_PROBE_MAP_COW);
	case BACKING_PFNMAP_FAULT:
		return of_probe(probe, PAGEWALK_PROBE_MAP_FAULT);
	case BACKING_MIXEDMAP:
		return of_probe(probe, PAGEWALK_PROBE_MAP_MIXED);
	case BACKING_FILE:
		return (struct source){ region->file == NO_FILE ?
					file_on(region->memory->on,
						region->pages * PAGE_SIZE) :
					region->file,
					region->offset * PAGE_SIZE };
	default:
		return (struct source){ -1, 0 };
	}
}

/*
 * A layout may be larger than memory, so nothing is reserved, except for
 * hugetlb VMAs that are full: walkers lock only those that have a reservation.
 */
static int flags_of(const struct region *region)
{
	const struct memory *memory = region->memory;
	bool huge = memory_is(memory, BACKING_HUGETLB);
	int flags = MAP_FIXED_NOREPLACE;

	flags |= memory->shared ? MAP_SHARED : MAP_PRIVATE;
	if (huge || memory_is(memory, BACKING_ANON))
		flags |= MAP_ANONYMOUS;
	if (huge)
		flags |= MAP_HUGETLB | (memory->gigantic ? MAP_HUGE_1GB : 0);
	if (memory->grows)
		flags |= MAP_GROWSDOWN;
	if (!region_is_reserved(region))
		flags |= MAP_NORESERVE;
	return flags;
}

/* What nobody may use can be used until it is populated. */
static int first_prot(const struct region *region)
{
	if (!region->memory->prot && (region->nr_ranges || region->nr_dropped))
		return PROT_READ | PROT_WRITE;
	return region->memory->prot;
}

static bool map_region(const struct layout *layout, const struct region *region,
		       int probe)
{
	void *address = (void *)layout_address(layout, region->start);
	struct source source = source_of(region, probe);
	uint64_t size = region->pages * PAGE_SIZE;
	bool mapped = mmap(address, size, first_prot(region), flags_of(region),
			   source.fd, source.offset) != MAP_FAILED;

	if (memory_is(region->memory, BACKING_FILE) && region->file == NO_FILE)
		close(source.fd);
	if (!mapped || (region->memory->thp &&
			madvise(address, size, MADV_HUGEPAGE)))
		return false;
	return !region->memory->apart || !madvise(address, size, MADV_DONTDUMP);
}

int layout_map(const struct layout *layout, int probe, size_t *region)
{
	for (*region = 0; *region < layout->nr_regions; ++*region)
		if (!map_region(layout, layout->regions + *region, probe))
			return errno;
	return 0;
}

void layout_unmappable(const struct layout *layout, size_t region, int error)
{
	const struct region *which = layout->regions + region;

	die("layout %s: cannot map region %zu (%s, %" PRIu64 " pages at 0x%" PRIx64 "): %s",
	    layout->name, region, which->memory->name, which->pages,
	    layout_address(layout, which->start), strerror(error));
}

void layout_map_or_die(const struct layout *layout, int probe)
{
	size_t region;
	int error = layout_map(layout, probe, &region);

	if (error)
		layout_unmappable(layout, region, error);
}

void layout_unmap(const struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		munmap((void *)layout_address(layout, layout->regions[i].start),
		       layout->regions[i].pages * PAGE_SIZE);
	close_range(KEPT_DESCRIPTORS, ~0U, 0);
}

static int protect(int fd, uint64_t start, uint64_t size)
{
	return uffd_protect(fd, start, size, true);
}

/* Do something to all populated pages by userfaultfd, and return its descriptor. */
static int by_uffd(const struct layout *layout, const struct region *region,
		   uint64_t mode, int (*does)(int fd, uint64_t start, uint64_t size))
{
	uint64_t start = layout_address(layout, region->start);
	uint64_t size = region_unit(region) * PAGE_SIZE, page;
	int fd = uffd_must("open", uffd_open(0));
	size_t i;

	uffd_must("register", uffd_register(fd, mode, start,
					    region->pages * PAGE_SIZE));
	for (i = 0; i < region->nr_ranges; i++) {
		const struct range *range = region->ranges + i;

		for (page = range->first; page < range->end;
		     page += range->step)
			uffd_must("a page", does(fd, start + page * size,
						 size));
	}
	return fd;
}

/* Memory stays protected as long as the process has the descriptor. */
static void keep(int fd)
{
	must(fcntl(fd, F_DUPFD_CLOEXEC, KEPT_DESCRIPTORS) >= 0,
	     "keeping a userfaultfd");
	close(fd);
}

static void touch(const char *path, int fd, bool write, uint64_t address,
		  void *bytes, size_t size)
{
	ssize_t done = write ? pwrite(fd, bytes, size, address) :
			       pread(fd, bytes, size, address);

	if (done != (ssize_t)size)
		die("%s: populating 0x%" PRIx64 ": %s", path, address,
		    done < 0 ? strerror(errno) : "only in part");
}

/*
 * Without the probe, /proc/PID/mem populates what is read or written there, and
 * the process itself need not run.
 */
static void populate_by_mem(int pid, bool write, uint64_t first, uint64_t end,
			    uint64_t step)
{
	static char bytes[64 * PAGE_SIZE];
	uint64_t size = 1;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid ? pid : getpid());
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	for (; first < end; first += step ? step : size) {
		if (!step)
			size = min_u64(end - first, sizeof(bytes));
		touch(path, fd, write, first, bytes, size);
	}
	close(fd);
}

static void populate_range(const struct layout *layout,
			   const struct region *region,
			   const struct range *range, int probe, int pid)
{
	uint64_t start = layout_address(layout, region->start);
	uint64_t size = region_unit(region) * PAGE_SIZE;
	uint64_t first = start + range->first * size;
	uint64_t end = start + range->end * size, step = range->step * size;

	if (step == PAGE_SIZE)
		step = 0;
	if (probe == NO_PROBE)
		populate_by_mem(pid, region->memory->content != CONTENT_READ,
				first, end, step);
	else if (region->memory->content == CONTENT_READ)
		probe_populate_read(probe, pid, first, end, step);
	else
		probe_populate(probe, pid, first, end, step);
}

bool needs_owner(const struct region *region)
{
	const struct memory *memory = region->memory;

	return memory == &mem_pfnmap_cow ||
	       (memory->content != CONTENT_WRITTEN &&
		memory->content != CONTENT_READ) || !memory->prot ||
	       memory->lock || memory->thp || region->nr_dropped;
}

/* Private memory is forgotten; in a shared file, a hole is punched. */
static void drop_range(const struct layout *layout, const struct region *region,
		       const struct range *range)
{
	uint64_t start = layout_address(layout, region->start);
	uint64_t size = region_unit(region) * PAGE_SIZE, i;
	uint64_t step = range->step == 1 ? range->end - range->first :
					   range->step;

	for (i = range->first; i < range->end; i += step)
		must(!madvise((void *)(start + i * size),
			      range->step == 1 ? step * size : size,
			      region->memory->shared ? MADV_REMOVE :
						       MADV_DONTNEED),
		     "giving back pages");
}

/*
 * Pages wait in a list of their CPU until they are lazily freed; the second call
 * empties it. A page that is written again is not freed.
 */
static void free_lazily(void *address, uint64_t size)
{
	must(!madvise(address, size, MADV_FREE), "MADV_FREE");
	must(!madvise(address, size, MADV_FREE), "MADV_FREE");
}

static void swap_out_region(const struct layout *layout,
			    const struct region *region)
{
	size_t i;

	for (i = 0; i < region->nr_ranges; i++)
		swap_out(layout_address(layout, region->start),
			 region->ranges + i, region->memory->shared);
}

/* All are written before KSM may look at any. */
static void merge_region(const struct layout *layout,
			 const struct region *region)
{
	uint64_t start = layout_address(layout, region->start);
	size_t i;

	for (i = 0; i < region->nr_ranges; i++)
		ksm_write_pairs(start, region->ranges + i);
	must(!madvise((void *)start, region->pages * PAGE_SIZE, MADV_MERGEABLE),
	     "MADV_MERGEABLE");
	ksm_merge(region_populated(region));
}

static void make_thps(const struct layout *layout, const struct region *region)
{
	uint64_t end = region->start + region->pages, page = region->start;

	for (; (page = layout_next_thp(layout, page, end)) < end;
	     page += HUGE_PAGES)
		thp_make(0, layout_address(layout, page));
}

/* What is done to memory that has its pages. */
static void finish(const struct layout *layout, const struct region *region,
		   int probe, int pid)
{
	void *address = (void *)layout_address(layout, region->start);
	uint64_t size = region->pages * PAGE_SIZE;
	size_t i;

	for (i = 0; i < region->nr_dropped; i++)
		populate_range(layout, region, region->dropped + i, probe, pid);
	if (region->memory->thp)
		make_thps(layout, region);
	for (i = 0; i < region->nr_dropped; i++)
		drop_range(layout, region, region->dropped + i);
	if (region->memory->content == CONTENT_FREED)
		free_lazily(address, size);
	if (region->memory->content == CONTENT_SWAPPED)
		swap_out_region(layout, region);
	if (region->memory->content == CONTENT_MERGED)
		merge_region(layout, region);
	if (region->memory->content == CONTENT_PROTECTED)
		keep(by_uffd(layout, region, UFFD_WP, protect));
	if (region->memory->lock)
		must(!mlock2(address, size, region->memory->lock ==
			     LOCK_ONFAULT ? MLOCK_ONFAULT : 0), "mlock2");
	if (!region->memory->prot)
		must(!mprotect(address, size, PROT_NONE), "mprotect");
}

void layout_make_thps(const struct layout *layout, uint64_t from, uint64_t to,
		      int pid)
{
	uint64_t page = from;

	for (; (page = layout_next_thp(layout, page, to)) < to;
	     page += HUGE_PAGES) {
		struct truth truth = layout_at(layout, page);

		if (thp_can_be_made(&truth))
			thp_make(pid, layout_address(layout, page));
	}
}

void layout_populate(const struct layout *layout, const struct region *region,
		     int probe, int pid)
{
	size_t i;

	if (region->memory->content == CONTENT_POISON) {
		close(by_uffd(layout, region, UFFD_MISSING, uffd_poison));
		return;
	}
	for (i = 0; i < region->nr_ranges; i++)
		populate_range(layout, region, region->ranges + i, probe, pid);
	finish(layout, region, probe, pid);
}

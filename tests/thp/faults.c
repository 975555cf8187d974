// SPDX-License-Identifier: GPL-2.0
/* How a huge page comes in, and what the kernel reads and writes in it. */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "thp.h"

static void by_writing(void)
{
	char *at = map_anonymous(1);

	at[5 * PAGE] = 1;
	ok(is_huge(at), "a write brings in a huge page");
	at[5 * PAGE] = 0;
	ok(holds(at, 0, PAGES, 0), "it is zero");
	fill(at, 0, PAGES, 1);
	ok(holds(at, 0, PAGES, 1), "it keeps what is written");
	unmap(at, 1);
	ok(faults(at, false), "it is gone when unmapped");
}

static void by_reading(void)
{
	char *at = map_anonymous(1);

	ok(holds(at, 0, PAGES, 0), "all that is read is zero");
	ok(huge_by_scan(at, HUGE) == PAGES &&
	   (kpageflags(at) & KPF_ZERO_PAGE) && (kpageflags(at) & KPF_THP),
	   "a read brings in the huge zero page");
	ok(!smaps_kib(at, HUGE, "AnonHugePages"), "which smaps does not count");
	fill(at, 9, 1, 2);
	ok(holds(at, 9, 1, 2) && holds(at, 0, 9, 0) &&
	   holds(at, 10, PAGES - 10, 0), "a write changes that page only");
	unmap(at, 1);

	at = map_anonymous(1);
	ok(holds(at, 0, PAGES, 0), "the huge zero page is still zero");
	unmap(at, 1);
}

/* The kernel writes through its own mapping, across pages */
static void by_system_calls(void)
{
	char *at = map_anonymous(1), *from = map_anonymous(1);
	int ends[2];

	fill(from, 0, PAGES, 3);
	if (pipe(ends))
		err(1, "pipe");
	for (unsigned long done = 0; done < HUGE; done += 4 * PAGE)
		if (write(ends[1], from + done, 4 * PAGE) != 4 * PAGE ||
		    read(ends[0], at + done, 4 * PAGE) != 4 * PAGE)
			err(1, "pipe");
	ok(holds(at, 0, PAGES, 3), "a huge page filled by read() from one");
	ok(is_huge(at), "is huge");
	close(ends[0]);
	close(ends[1]);
	unmap(at, 1);
	unmap(from, 1);
}

static void clear_refs(const char *what)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	if (fd < 0 || write(fd, what, 1) != 1)
		err(1, "clear_refs");
	close(fd);
}

static void accessed(void)
{
	char *at = map_anonymous(1);

	fill(at, 0, PAGES, 4);
	clear_refs("1");
	ok(smaps_kib(at, HUGE, "Referenced") == 0, "clear_refs makes it old");
	ok(holds(at, 7, 1, 4), "a page of it is read");
	ok(smaps_kib(at, HUGE, "Referenced") == HUGE >> 10, "it is young");
	clear_refs("1");
	fill(at, 8, 1, 5);
	ok(holds(at, 8, 1, 5) && holds(at, 9, PAGES - 9, 4),
	   "an old one is written");
	ok(is_huge(at), "it is huge");
	unmap(at, 1);
}

void test_faults(void)
{
	by_writing();
	by_reading();
	by_system_calls();
	accessed();
}

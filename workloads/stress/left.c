// SPDX-License-Identifier: GPL-2.0
#include "kernel/meminfo.h"
#include "kernel/settle.h"
#include "kernel/util.h"
#include "out/records.h"
#include "stress/beside.h"
#include "stress/others.h"

static const char * const names[] = {
	"KernelStack", "PageTables", "AnonPages", "Shmem", "Mapped", "Slab",
	"HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp",
};

static uint64_t count_processes(void)
{
	struct pids pids = others();
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < pids.nr; i++)
		count += has_program(pids.pids[i]);
	pids_free(&pids);
	return count;
}

int left_main(int argc, char **argv)
{
	uint64_t values[ARRAY_SIZE(names)];
	size_t i;

	(void)argc;
	records_required();
	settle_in_silence();
	settle_quarantine();
	record_left(argv[1], "free pages", settled_free_pages());
	meminfo_read(names, values, ARRAY_SIZE(names));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		record_left(argv[1], names[i], values[i]);
	record_left(argv[1], "processes", count_processes());
	records_flush();
	return 0;
}

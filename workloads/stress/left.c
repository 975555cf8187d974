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

int left_main(int argc, char **argv)
{
	uint64_t values[ARRAY_SIZE(names)];
	struct pids pids;
	size_t i;

	(void)argc;
	records_required();
	settle_in_silence();
	settle_quarantine();
	record_left(argv[1], "free pages", settled_free_pages());
	meminfo_read(names, values, ARRAY_SIZE(names));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		record_left(argv[1], names[i], values[i]);
	pids = others();
	record_left(argv[1], "processes", pids.nr);
	pids_free(&pids);
	records_flush();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "kernel/pagemap.h"
#include "truth/describe.h"

const char *truth_name(const struct truth *truth)
{
	const struct memory *memory = truth->memory;

	if (!memory)
		return "hole";
	if (memory == &mem_anon)
		return truth->present ? "anon, present" : "anon, absent";
	if (memory == &mem_zero)
		return truth->present ? "zero page" : "read-only, absent";
	if (memory == &mem_hugetlb)
		return truth->present ? "hugetlb, present" : "hugetlb, absent";
	if (memory == &mem_mixedmap)
		return truth->present ? "mixedmap, present" : "mixedmap, absent";
	return memory->name;
}

void describe_entry(char *text, size_t size, uint64_t entry)
{
	if (entry == PM_UNTOUCHED)
		snprintf(text, size, "no entry");
	else if (!entry)
		snprintf(text, size, "an empty entry");
	else
		snprintf(text, size, "%s%s%s%s PFN 0x%" PRIx64 " (0x%016" PRIx64 ")",
			 entry & PM_PRESENT ? "present" : "not present",
			 entry & PM_SWAP ? " swap" : "",
			 entry & PM_FILE ? " file" : "",
			 entry & PM_EXCLUSIVE ? " exclusive" : "",
			 entry & PM_PFN, entry);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "kernel/query.h"
#include "rules/u14.h"

void check_query_name(struct check *check, int maps, uint64_t address,
		      const char *name, uint32_t size)
{
	char buffer[2 * PATH_MAX];
	struct query query = {
		.size = sizeof(query), .address = address,
		.name = (uintptr_t)buffer, .name_size = size,
	};
	uint32_t needs = *name ? strlen(name) + 1 : 0;
	int expected = size < needs ? -ENAMETOOLONG : 0, error;

	memset(buffer, '#', sizeof(buffer));
	error = maps_query(maps, &query);
	check->checked++;
	if (error != expected)
		check_fail(check, "PROCMAP_QUERY of 0x%" PRIx64 ", %u bytes for the name: error %d, expected %d",
			   address, size, error, expected);
	else if (!error && (query.name_size != needs ||
			    memcmp(buffer, name, needs) ||
			    buffer[needs] != '#'))
		check_fail(check, "PROCMAP_QUERY of 0x%" PRIx64 ", %u bytes for the name: %u bytes, '%.*s'; expected %u, '%s'",
			   address, size, query.name_size, (int)needs, buffer,
			   needs, name);
}

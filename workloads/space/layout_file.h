/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout as a file, in the manner of a job file of fio: docs/layouts.md. The
 * file is only a way to write down a struct layout, which stays the truth.
 */
#ifndef LAYOUT_FILE_H
#define LAYOUT_FILE_H

#include "space/layout.h"
#include "space/layout_text.h"

#define LAYOUT_VMAS_MAX		65000
#define LAYOUT_PAGES_MAX	((UINT64_C(440) << 30) / 4096)
#define LAYOUT_MEMORY_MAX	((UINT64_C(192) << 20) / 4096)
#define LAYOUT_GIGANTIC_MAX	2	/* huge pages of 1 GiB, beside that */
#define LAYOUT_TOUCHED_MAX	(UINT64_C(1) << 21)
#define LAYOUT_CHANCES_MAX	(UINT64_C(1) << 16)

/*
 * Append to a layout what @len bytes describe. With an error, what there is of
 * it is to be freed all the same. @about is what the file says of itself.
 */
void layout_parse(struct layout *layout, const char *bytes, size_t len,
		  struct layout_error *error);
/* Return of how many copies of a layout (layout_append()) a guest has room. */
uint64_t layout_room(const struct layout *layout);
/* Put what the file says of itself into @about, or "". */
void layout_parse_about(const char *bytes, size_t len, char *about,
			size_t size);

#endif

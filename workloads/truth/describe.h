/* SPDX-License-Identifier: GPL-2.0 */
/* Describe pages and pagemap entries in words, for messages. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include "space/layout.h"

/* "anon, present", "hole". */
const char *truth_name(const struct truth *truth);

/* "present exclusive PFN 0x123 (0x81...)", "an empty entry", "no entry". */
void describe_entry(char *text, size_t size, uint64_t entry);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Files in memory that nobody else has. */
#ifndef FILE_H
#define FILE_H

#include <stdint.h>

#include "space/layout.h"

/* Return a file of @size bytes without content, or -1 and errno. */
int file_on(enum filesystem on, uint64_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The PROCMAP_QUERY ioctl of Linux 6.11, which older headers do not have. */
#ifndef QUERY_H
#define QUERY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define QUERY_READABLE		(UINT64_C(1) << 0)
#define QUERY_WRITABLE		(UINT64_C(1) << 1)
#define QUERY_EXECUTABLE	(UINT64_C(1) << 2)
#define QUERY_SHARED		(UINT64_C(1) << 3)
#define QUERY_OR_NEXT		(UINT64_C(1) << 4)
#define QUERY_OF_FILE		(UINT64_C(1) << 5)
#define QUERY_ALL		0x3f

/* The same as struct procmap_query of linux/fs.h. */
struct query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

#define PROCMAP_QUERY	_IOWR('f', 17, struct query)

/* @fd is that of maps. */
bool maps_has_query(int fd);
/* Return 0 or a negative error number. @query is not looked at but by the kernel. */
int maps_query(int fd, void *query);

#endif

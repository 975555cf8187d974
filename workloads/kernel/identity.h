/* SPDX-License-Identifier: GPL-2.0 */
/* Whom the kernel takes a process for: credentials(7), capabilities(7). */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

#define CAPABILITY(name)	(UINT64_C(1) << CAP_##name)
#define ALL_CAPABILITIES	((CAPABILITY(LAST_CAP) << 1) - 1)

struct identity {
	const char *name;	/* in reports */
	unsigned int user, group;
	uint64_t capabilities;
};

static inline bool may(const struct identity *who, uint64_t capabilities)
{
	return who->capabilities & capabilities;
}

/* Become someone else, for good. */
void become(const struct identity *who);

/* Have a child become @who and call @ask; die if it fails. */
void ask_as(const struct identity *who, void (*ask)(void *arg), void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A descriptor for output, and what is still to be written to it. A write must
 * never block the event loop. But others may share the descriptor (umrun's own
 * stdout), so it is not made non-blocking. Instead it gets small writes when
 * poll() says that there is room.
 */
struct sink {
	int fd;
	char *buf;
	size_t start, len, size;
	int error;		/* errno of a write that failed; the rest is lost */
};

/* A caller stops reading the source of a sink while that is full. */
#define SINK_FULL	(256 * 1024)

void sink_put(struct sink *s, const void *data, size_t len);
void sink_flush(struct sink *s);
void sink_close(struct sink *s);

static inline bool sink_pending(const struct sink *s)
{
	return s->len > 0;
}

static inline bool sink_full(const struct sink *s)
{
	return s->len >= SINK_FULL;
}

#endif

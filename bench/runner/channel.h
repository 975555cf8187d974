/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdint.h>
#include <stddef.h>

#include "protocol.h"

/* The host's end of the frames. Payloads are handed on as they come. */
struct channel {
	unsigned char head[FRAME_HEAD];
	size_t have;		/* bytes of the head */
	uint32_t left;		/* bytes of the payload still to come */
	int (*deliver)(void *to, enum frame_type type, const char *data, size_t len);
	void *to;
};

/* 0, or -1 when this is not what init sends (or deliver() said -1). */
int channel_put(struct channel *ch, const char *data, size_t len);

/* A job frame, to be freed by the caller. */
char *channel_job(const char *kind, const char *cwd, char *const *argv,
		  size_t *len);

#endif

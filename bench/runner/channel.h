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

/* Returns -1 if init would not send this, or if deliver() returned -1. */
int channel_put(struct channel *ch, const char *data, size_t len);

/* Returns a job frame, which the caller frees. */
char *channel_job(const char *kind, const char *cwd, char *const *argv,
		  size_t *len);

#endif

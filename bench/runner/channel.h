/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdint.h>
#include <stddef.h>

/*
 * The host's end of the frames that init sends (rootfs/init.c): one byte of
 * type, four of length, the payload. Payloads are handed on as they come.
 */
#define FRAME_HEAD	5
#define FRAME_MAX	(1024 * 1024)

struct channel {
	unsigned char head[FRAME_HEAD];
	size_t have;		/* bytes of the head */
	uint32_t left;		/* bytes of the payload still to come */
	int (*deliver)(void *to, char type, const char *data, size_t len);
	void *to;
};

/* 0, or -1 when this is not what init sends (or deliver() said -1). */
int channel_put(struct channel *ch, const char *data, size_t len);

/* A job frame, to be freed by the caller. */
char *channel_job(const char *kind, const char *cwd, char *const *argv,
		  size_t *len);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "sink.h"

void sink_put(struct sink *s, const void *data, size_t len)
{
	if (s->error)
		return;
	if (s->start && s->start + s->len + len > s->size) {
		memmove(s->buf, s->buf + s->start, s->len);
		s->start = 0;
	}
	if (s->len + len > s->size) {
		s->size = 2 * (s->len + len);
		s->buf = xrealloc(s->buf, s->size);
	}
	memcpy(s->buf + s->start + s->len, data, len);
	s->len += len;
}

/* To be called when poll() says that PIPE_BUF bytes can be written. */
void sink_flush(struct sink *s)
{
	size_t len = s->len < PIPE_BUF ? s->len : PIPE_BUF;
	ssize_t n = write(s->fd, s->buf + s->start, len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		s->error = errno;
		s->len = 0;
		return;
	}
	s->len -= n;
	s->start = s->len ? s->start + n : 0;
}

void sink_close(struct sink *s)
{
	free(s->buf);
	s->buf = NULL;
	s->len = s->start = s->size = 0;
}

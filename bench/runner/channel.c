// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "channel.h"
#include "say.h"

/* Empty frames are delivered, too: 'R' has no payload. */
static int begin_payload(struct channel *ch)
{
	memcpy(&ch->left, ch->head + 1, sizeof(ch->left));
	if (ch->left > FRAME_MAX)
		return -1;
	if (ch->left)
		return 0;
	ch->have = 0;
	return ch->deliver(ch->to, ch->head[0], "", 0);
}

int channel_put(struct channel *ch, const char *data, size_t len)
{
	while (len) {
		size_t n;

		if (ch->have < FRAME_HEAD) {
			ch->head[ch->have++] = *data++;
			len--;
			if (ch->have == FRAME_HEAD && begin_payload(ch))
				return -1;
			continue;
		}
		n = len < ch->left ? len : ch->left;
		if (ch->deliver(ch->to, ch->head[0], data, n))
			return -1;
		data += n;
		len -= n;
		ch->left -= n;
		if (!ch->left)
			ch->have = 0;
	}
	return 0;
}

static char *put_string(char *p, const char *s)
{
	return stpcpy(p, s) + 1;
}

char *channel_job(const char *kind, const char *cwd, char *const *argv,
		  size_t *len)
{
	uint32_t payload = strlen(kind) + 1 + strlen(cwd) + 1;
	char *job, *p;

	for (char *const *arg = argv; *arg; arg++)
		payload += strlen(*arg) + 1;
	if (payload > JOB_MAX)
		cannot_start("the command is longer than %d bytes", JOB_MAX);
	*len = FRAME_HEAD + payload;
	job = xrealloc(NULL, *len);
	job[0] = FRAME_JOB;
	memcpy(job + 1, &payload, sizeof(payload));
	p = put_string(job + FRAME_HEAD, kind);
	p = put_string(p, cwd);
	for (char *const *arg = argv; *arg; arg++)
		p = put_string(p, *arg);
	return job;
}

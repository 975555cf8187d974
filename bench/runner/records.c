// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "say.h"

static int bad_record(struct records *r, const char *why)
{
	say("%s, boot %d: the job wrote a record that is %s: %.*s", r->kernel,
	    r->boot, why, (int)(r->len < 120 ? r->len : 120), r->line);
	r->len = 0;
	return -1;
}

static void splice(struct records *r, const char *rest, size_t len)
{
	char start[256];
	const char *p = rest;
	int n;

	while (isspace((unsigned char)*p))
		p++;
	n = snprintf(start, sizeof(start), "{\"kernel\":\"%s\",\"boot\":%d%s",
		     r->kernel, r->boot, *p == '}' ? "" : ",");
	sink_put(r->out, start, n);
	sink_put(r->out, rest, len);
	sink_put(r->out, "\n", 1);
}

static int end_line(struct records *r)
{
	if (r->len < 2 || r->line[0] != '{' || r->line[r->len - 1] != '}')
		return bad_record(r, "not a JSON object");
	if (r->out)
		splice(r, r->line + 1, r->len - 1);
	r->len = 0;
	return 0;
}

static int add(struct records *r, const char *data, size_t len)
{
	if (r->len + len > RECORD_MAX)
		return bad_record(r, "too long");
	if (r->len + len > r->size) {
		r->size = 2 * (r->len + len);
		r->line = xrealloc(r->line, r->size);
	}
	memcpy(r->line + r->len, data, len);
	r->len += len;
	return 0;
}

int records_put(struct records *r, const char *data, size_t len)
{
	while (len) {
		const char *newline = memchr(data, '\n', len);
		size_t n = newline ? (size_t)(newline - data) : len;

		if (add(r, data, n))
			return -1;
		if (!newline)
			return 0;
		if (end_line(r))
			return -1;
		data += n + 1;
		len -= n + 1;
	}
	return 0;
}

int records_end(struct records *r)
{
	return r->len ? bad_record(r, "cut off") : 0;
}

void records_free(struct records *r)
{
	free(r->line);
	r->line = NULL;
	r->len = r->size = 0;
}

// SPDX-License-Identifier: GPL-2.0
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "say.h"
#include "signs.h"

#define LAST_LINES	20

void console_init(struct console *c, int log_fd)
{
	*c = (struct console){ .log_fd = log_fd };
}

/* The boot goes on even if its log cannot be written. */
static void log_write(struct console *c, const char *data, size_t len)
{
	while (c->log_fd >= 0 && !c->log_failed && len) {
		ssize_t n = write(c->log_fd, data, len);

		if (n < 0) {
			say("cannot write the console's log: %m");
			c->log_failed = true;
			return;
		}
		c->logged += n;
		data += n;
		len -= n;
	}
}

static void log_put(struct console *c, const char *data, size_t len)
{
	size_t room = CONSOLE_HEAD - c->logged;

	log_write(c, data, len < room ? len : room);
}

/* Returns the tail as one string, oldest byte first. */
static char *console_text(const struct console *c)
{
	size_t pos = c->total % CONSOLE_TAIL;
	char *text = xrealloc(NULL, CONSOLE_TAIL + 1);
	size_t len = 0;

	if (c->total > CONSOLE_TAIL) {
		len = CONSOLE_TAIL - pos;
		memcpy(text, c->tail + pos, len);
	}
	memcpy(text + len, c->tail, pos);
	len += pos;
	for (size_t i = 0; i < len; i++) {
		if (!text[i])
			text[i] = '?';
	}
	text[len] = '\0';
	return text;
}

static void tail_put(struct console *c, const char *data, size_t len)
{
	while (len) {
		size_t pos = c->total % CONSOLE_TAIL;
		size_t n = CONSOLE_TAIL - pos;

		if (n > len)
			n = len;
		memcpy(c->tail + pos, data, n);
		c->total += n;
		data += n;
		len -= n;
	}
}

/*
 * Its words may come in two pieces. Their first letter is not among the others,
 * so that after a wrong one there is no other way to have begun.
 */
static void look_for_panic(struct console *c, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !c->panicked; i++) {
		if (data[i] == PANIC[c->matched])
			c->matched++;
		else
			c->matched = data[i] == PANIC[0];
		c->panicked = c->matched == strlen(PANIC);
	}
}

void console_put(struct console *c, const char *data, size_t len)
{
	log_put(c, data, len);
	tail_put(c, data, len);
	look_for_panic(c, data, len);
}

void console_close(struct console *c)
{
	size_t left = c->total - c->logged;
	char *text;

	if (c->log_fd < 0)
		return;
	text = console_text(c);
	if (left > CONSOLE_TAIL) {
		dprintf(c->log_fd, "\n[%zu bytes not kept]\n",
			left - CONSOLE_TAIL);
		left = CONSOLE_TAIL;
	}
	log_write(c, text + strlen(text) - left, left);
	free(text);
	c->dropped = c->total - c->logged;
}

static const char *first_sign_of_trouble(const char *text)
{
	regmatch_t match;
	regex_t trouble;
	bool found;

	if (regcomp(&trouble, TROUBLE, REG_EXTENDED | REG_NEWLINE))
		return NULL;
	found = !regexec(&trouble, text, 1, &match, 0);
	regfree(&trouble);
	return found ? text + match.rm_so : NULL;
}

static const char *last_lines(const char *text, int lines)
{
	const char *p = text + strlen(text);

	while (p > text && (p[-1] != '\n' || lines-- > 0))
		p--;
	return p;
}

/* A call trace is the last thing that a panic prints, then UML's own end. */
static const char *end_of_trace(const char *text)
{
	const char *p = NULL, *next = text;

	while ((next = strstr(next, " [<"))) {
		p = next;
		next++;
	}
	p = p ? strchr(p, '\n') : NULL;
	return p ? p + 1 : text + strlen(text);
}

void console_explain(struct console *c, bool panicked)
{
	char *text = console_text(c);
	const char *start = panicked ? first_sign_of_trouble(text) : NULL;
	const char *end = text + strlen(text);

	if (panicked && c->stopped_at && c->total - c->stopped_at < CONSOLE_TAIL)
		start = end - (c->total - c->stopped_at);
	if (start)
		end = end_of_trace(start);
	else
		start = last_lines(text, LAST_LINES);
	fprintf(stderr, "%.*s", (int)(end - start), start);
	if (end > start && end[-1] != '\n')
		fputc('\n', stderr);
	free(text);
}

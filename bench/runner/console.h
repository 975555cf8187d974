/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#define CONSOLE_TAIL	(64 * 1024)
#define CONSOLE_HEAD	(16 * 1024 * 1024)

/*
 * What the kernel prints. Memory has the last CONSOLE_TAIL bytes. A log file
 * gets the first CONSOLE_HEAD bytes, and at the end the last ones. So neither
 * grows without bound.
 */
struct console {
	char tail[CONSOLE_TAIL];
	size_t total;
	int log_fd;		/* -1: none */
	bool log_failed;
	size_t logged;
	size_t dropped;		/* bytes that are missing in the log */
	size_t matched;		/* letters of the words of a panic, so far */
	bool panicked;
	size_t stopped_at;	/* bytes before the kernel was made to panic; or 0 */
};

void console_init(struct console *c, int log_fd);
void console_put(struct console *c, const char *data, size_t len);
void console_close(struct console *c);

/* Print the lines that tell the user why a kernel failed. */
void console_explain(struct console *c, bool panicked);

#endif

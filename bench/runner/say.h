/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAY_H
#define SAY_H

/* Exit statuses of umrun that are not the job's own. */
enum {
	EXIT_CANNOT_START = 122,
	EXIT_PANIC = 123,
	EXIT_TIME_LIMIT = 124,
	EXIT_BAD_OUTPUT = 125,
	EXIT_SIGNAL = 128,
};

/* One line on stderr: "umrun: ...". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then exit with EXIT_CANNOT_START. */
void __attribute__((noreturn, format(printf, 1, 2)))
cannot_start(const char *format, ...);

void *xrealloc(void *old, size_t size);

#endif

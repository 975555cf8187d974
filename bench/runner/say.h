/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAY_H
#define SAY_H

/* Print one line to stderr: "umrun: ...". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print one line likewise, then exit with EXIT_CANNOT_START. */
void __attribute__((noreturn, format(printf, 1, 2)))
cannot_start(const char *format, ...);

void *xrealloc(void *old, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/*
 * The user's terminal, for a shell in the guest. It is made raw, and connected
 * to a pseudo terminal whose other side is the guest's /dev/tty1.
 */
struct terminal {
	int master_fd;
	int slave_fd;
	bool is_saved;
	struct termios saved;
};

void terminal_open(struct terminal *t);
void terminal_resize(const struct terminal *t);
/* To be called once a guardian can restore it, in case umrun cannot. */
void terminal_make_raw(const struct terminal *t);
void terminal_restore(const struct terminal *t);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "say.h"
#include "terminal.h"

void terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		ioctl(t->master_fd, TIOCSWINSZ, &size);
}

void terminal_open(struct terminal *t)
{
	const char *name;
	struct termios raw;

	t->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	name = t->master_fd < 0 || grantpt(t->master_fd) ||
	       unlockpt(t->master_fd) ? NULL : ptsname(t->master_fd);
	t->slave_fd = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (t->slave_fd < 0)
		cannot_start("cannot open a pseudo terminal: %m");
	terminal_resize(t);
	/* The guest does all editing, also of what is typed while it boots. */
	if (!tcgetattr(t->slave_fd, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(t->slave_fd, TCSANOW, &raw);
	}
	t->is_saved = !tcgetattr(STDIN_FILENO, &t->saved);
}

void terminal_make_raw(const struct terminal *t)
{
	struct termios raw = t->saved;

	cfmakeraw(&raw);
	if (t->is_saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

void terminal_restore(const struct terminal *t)
{
	if (t->is_saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
}

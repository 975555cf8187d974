// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel/turn.h"
#include "kernel/util.h"

#define TURN_DEVICE	"/dev/turn"

static int turns = -1;

void turn_open(void)
{
	turns = open(TURN_DEVICE, O_RDONLY | O_CLOEXEC);
	if (turns < 0 && errno != ENOENT)
		die("%s: %s", TURN_DEVICE, strerror(errno));
}

int64_t turn_take(void)
{
	uint32_t number;

	if (turns < 0)
		return NO_TURN;
	if (read(turns, &number, sizeof(number)) != sizeof(number))
		die("%s: %s", TURN_DEVICE, strerror(errno));
	return number;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kernel/faults.h"
#include "kernel/util.h"

#define DEBUGFS		"/sys/kernel/debug"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

static int fail_nth;

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s: is this a kernel of the debug configuration?",
		    path, strerror(errno));
	return fd;
}

static void put(int fd, const char *what, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		die("%s: %s", what, strerror(errno));
}

static void set(const char *path, const char *value)
{
	int fd = open_or_die(path);

	put(fd, path, value);
	close(fd);
}

/* Else those that may wait for memory never fail, and no single page does. */
void faults_prepare(void)
{
	if (mount("debugfs", DEBUGFS, "debugfs", 0, NULL) && errno != EBUSY)
		die("%s: %s: is this a kernel of the debug configuration?",
		    DEBUGFS, strerror(errno));
	set(DEBUGFS "/failslab/ignore-gfp-wait", "N");
	set(DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N");
	set(DEBUGFS "/fail_page_alloc/min-order", "0");
	fail_nth = open_or_die(FAIL_NTH);
}

void faults_arm(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	put(fail_nth, FAIL_NTH, text);
}

bool faults_disarm(void)
{
	char left[16] = "";

	if (pread(fail_nth, left, sizeof(left) - 1, 0) < 0)
		die("%s: %s", FAIL_NTH, strerror(errno));
	put(fail_nth, FAIL_NTH, "0");
	return !atoi(left);
}

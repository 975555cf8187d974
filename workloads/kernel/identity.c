// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/identity.h"
#include "kernel/util.h"

static int set_capabilities(uint64_t mask)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[] = {
		{ mask, mask, 0 }, { mask >> 32, mask >> 32, 0 },
	};

	return syscall(SYS_capset, &head, data);
}

void become(const struct identity *who)
{
	if (setgroups(0, NULL) ||
	    setresgid(who->group, who->group, who->group) ||
	    prctl(PR_SET_KEEPCAPS, 1) ||
	    setresuid(who->user, who->user, who->user) ||
	    set_capabilities(who->capabilities))
		die("cannot be %s: %s", who->name, strerror(errno));
}

void ask_as(const struct identity *who, void (*ask)(void *arg), void *arg)
{
	int child = fork_or_die(), status;

	if (!child) {
		become(who);
		ask(arg);
		_exit(0);
	}
	status = wait_for(child, 0);
	if (status)
		die("%s ended with status %d", who->name, status);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of rule U7. */
#ifndef U7_H
#define U7_H

#include "kernel/identity.h"
#include "rules/rule.h"

#define USER	1000	/* has the process */
#define OTHER	2000

#define ADMIN	CAPABILITY(SYS_ADMIN)
#define PTRACE	CAPABILITY(SYS_PTRACE)
#define SEARCH	CAPABILITY(DAC_READ_SEARCH)
#define OVERRIDE	CAPABILITY(DAC_OVERRIDE)

extern const struct identity its_user;

void check_addresses(struct rule_run *run);
void check_access(struct rule_run *run);
void check_residency(struct rule_run *run);

#endif

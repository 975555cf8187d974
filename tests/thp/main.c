// SPDX-License-Identifier: GPL-2.0
/* Runs all tests, prints TAP. */
#include <stdio.h>

#include "thp.h"

static int tests;

void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	test_faults();
	test_parts();
	test_moves();
	test_processes();
	test_collapse();
	test_swap();
	test_shared();
	printf("1..%d\n", tests);
	return 0;
}

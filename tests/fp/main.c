// SPDX-License-Identifier: GPL-2.0
/* Runs all tests, prints TAP. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fp.h"

static int tests;

void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
}

long syscall_raw(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile ("syscall" : "=a" (result)
			  : "0" (number), "D" (a), "S" (b), "d" (c), "r" (r10)
			  : "rcx", "r11", "memory");
	return result;
}

long spawn(unsigned long flags, void *stack_top, int (*child)(void *), void *arg)
{
	register long r10 __asm__("r10") = 0;
	register void *r9 __asm__("r9") = arg;
	register int (*r12)(void *) __asm__("r12") = child;
	long result;

	__asm__ volatile ("syscall\n"
			  "	test	%%rax, %%rax\n"
			  "	jnz	1f\n"
			  "	xor	%%ebp, %%ebp\n"
			  "	and	$-64, %%rsp\n"
			  "	mov	%%r9, %%rdi\n"
			  "	call	*%%r12\n"
			  "	mov	%%eax, %%edi\n"
			  "	mov	%[exit], %%eax\n"
			  "	syscall\n"
			  "1:"
			  : "=a" (result)
			  : "0" (SYS_clone), "D" (flags), "S" (stack_top), "d" (0),
			    "r" (r10), "r" (r9), "r" (r12), [exit] "i" (SYS_exit)
			  : "rcx", "r11", "memory");
	return result;
}

int wait_for(long pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	if (!fp_supported()) {
		puts("1..0 # SKIP this CPU has no XSAVE");
		return 0;
	}
	/* What is run by test_tasks(): the status says what it began with. */
	if (argc == 2 && !strcmp(argv[1], "at-start"))
		return fp_at_start.mxcsr != 0x1f80 || fp_at_start.fcw != 0x37f ||
		       fp_at_start.fsw || fp_at_start.ftw;

	setvbuf(stdout, NULL, _IONBF, 0);
	test_alone();
	test_signals();
	test_tasks(argv[0]);
	test_preemption();
	test_ptrace();
	printf("1..%d\n", tests);
	return 0;
}

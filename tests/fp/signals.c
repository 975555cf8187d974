// SPDX-License-Identifier: GPL-2.0
/* Signal handlers, which have the same registers and a copy of the old ones. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "fp.h"

#define PAGE	4096L

static struct fp mine, others, third;
static struct fp in_frame;
static bool back_in_outer;
static volatile int alarms;
static void *denied;

static void install(int signo, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigaction(signo, &action, NULL);
}

static void raise_raw(int signo)
{
	syscall_raw(SYS_tgkill, getpid(), getpid(), signo, 0);
}

static struct fp *frame_of(void *context)
{
	return (void *)((ucontext_t *)context)->uc_mcontext.fpregs;
}

static void do_nothing(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
}

/* The frame need not have all of them. */
static void test_left_alone(void)
{
	install(SIGUSR1, do_nothing);
	fp_load(&others);
	raise_raw(SIGUSR1);
	fp_load(&mine);
	raise_raw(SIGUSR1);
	ok(fp_is(&mine, WITH_AVX512), "kept over a handler that uses none");
}

static void clobber(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	memcpy(&in_frame, frame_of(context), 832);
	fp_load(&others);
}

static void test_clobbered(void)
{
	install(SIGUSR1, clobber);
	fp_load(&mine);
	raise_raw(SIGUSR1);
	ok(fp_is(&mine, WITH_AVX), "kept over a handler that uses the registers");
	ok(fp_same(&in_frame, &mine, WITH_AVX), "in the handler's frame");
}

static void change_frame(int signo, siginfo_t *info, void *context)
{
	struct fp *frame = frame_of(context);

	(void)signo;
	(void)info;
	memcpy(frame, &others, 416);
	memcpy(frame->extended, others.extended, 256);
	frame->in_use |= others.in_use & WITH_AVX;
}

static void test_changed_in_the_frame(void)
{
	install(SIGUSR1, change_frame);
	fp_load(&mine);
	raise_raw(SIGUSR1);
	ok(fp_is(&others, WITH_AVX), "changed in a frame, changed after the return");
}

static void outer(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	fp_load(&third);
	raise_raw(SIGUSR1);
	back_in_outer = fp_is(&third, WITH_AVX);
}

static void test_nested(void)
{
	install(SIGUSR1, clobber);
	install(SIGUSR2, outer);
	fp_load(&mine);
	raise_raw(SIGUSR2);
	ok(fp_is(&mine, WITH_AVX) && back_in_outer, "kept over a handler in a handler");
}

static void allow(int signo, siginfo_t *info, void *context)
{
	clobber(signo, info, context);
	mprotect(denied, PAGE, PROT_READ | PROT_WRITE);
}

static void test_fault_that_is_a_signal(void)
{
	denied = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	install(SIGSEGV, allow);
	fp_load(&mine);
	*(volatile char *)denied = 1;
	ok(fp_is(&mine, WITH_AVX) && fp_same(&in_frame, &mine, WITH_AVX),
	   "kept over a SIGSEGV, and in its frame");
	signal(SIGSEGV, SIG_DFL);
}

static void count_alarm(int signo, siginfo_t *info, void *context)
{
	clobber(signo, info, context);
	alarms++;
}

static void test_at_any_time(void)
{
	struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, never = { 0 };
	bool kept = true;

	install(SIGALRM, count_alarm);
	setitimer(ITIMER_REAL, &often, NULL);
	fp_load(&mine);
	while (alarms < 10)
		kept = kept && fp_is(&mine, WITH_AVX);
	ok(kept, "kept over handlers that run at any time");
	setitimer(ITIMER_REAL, &never, NULL);
}

void test_signals(void)
{
	mine = fp_pattern(1);
	others = fp_pattern(2);
	third = fp_pattern(3);
	test_left_alone();
	test_clobbered();
	test_changed_in_the_frame();
	test_nested();
	test_fault_that_is_a_signal();
	test_at_any_time();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel counts its own instructions.
 *
 * With the trap flag set, the host sends SIGTRAP after each instruction, with
 * the address of the next one. That is slow, above all in a virtual machine,
 * where each such trap goes through the hypervisor. So an instruction that was
 * stepped through once and can go nowhere but to the next one is not stepped
 * through again: where a run of them begins, all of the run are counted, and a
 * jump that is put at its end comes back to here, with no help from the host.
 * What ends a run is a branch, mostly. The common ones are carried out here, on
 * the registers; all others are stepped through.
 */

#include <as-layout.h>
#include <errno.h>
#include <init.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <sysdep/count.h>

#define EFLAGS_CF	0x001
#define EFLAGS_PF	0x004
#define EFLAGS_ZF	0x040
#define EFLAGS_SF	0x080
#define EFLAGS_TF	0x100
#define EFLAGS_OF	0x800

#define JUMP		0xe9
#define JUMP_LENGTH	5
#define LENGTH_MAX	15	/* of an instruction */

static struct um_insn_counts *counts;
static unsigned long end_of_call;	/* where fn() returns to */
static unsigned long stepped;		/* the instruction stepped through */
static unsigned long to_step;		/* the one to go on with by steps */
static unsigned long signal_stack, signal_stack_end;
static int called, disturbed;
static struct sigaction old_action;
static sigset_t old_mask;

static int in_text(unsigned long ip)
{
	return ip >= counts->start && ip < counts->end;
}

static void count_insn(unsigned long ip)
{
	counts->total++;
	if (in_text(ip))
		counts->at[ip - counts->start]++;
	else
		counts->elsewhere++;
}

/* Legacy prefixes and REX: what comes before the opcode. */
static int is_prefix(unsigned char byte)
{
	return (byte & 0xf0) == 0x40 || (byte & 0xe7) == 0x26 ||
		(byte >= 0x64 && byte <= 0x67) || byte == 0xf0 ||
		byte == 0xf2 || byte == 0xf3;
}

/*
 * Whether an instruction always goes on with the next one and leaves the trap
 * flag alone. Not sure is no.
 */
static int is_straight(const unsigned char *p)
{
	while (is_prefix(*p))
		p++;
	switch (*p) {
	case 0x0f:
		/* syscall, sysret, ud2, sysenter, sysexit; jcc */
		return p[1] != 0x05 && p[1] != 0x07 && p[1] != 0x0b &&
			p[1] != 0x34 && p[1] != 0x35 && (p[1] & 0xf0) != 0x80;
	case 0x70 ... 0x7f:	/* jcc */
	case 0x9c ... 0x9d:	/* pushf, popf */
	case 0xc2 ... 0xc3:	/* ret */
	case 0xca ... 0xcf:	/* far ret, int, iret */
	case 0xe0 ... 0xe3:	/* loop, jrcxz */
	case 0xe8 ... 0xe9:	/* call, jmp */
	case 0xeb:		/* jmp */
	case 0xf1:		/* int1 */
		return 0;
	case 0xc6 ... 0xc7:	/* xabort, xbegin */
		return p[1] != 0xf8;
	case 0xff:		/* call, jmp */
		return (p[1] & 0x38) < 0x10 || (p[1] & 0x38) > 0x28;
	default:
		return 1;
	}
}

/* The instruction at @stepped went on to @ip. */
static void learn(unsigned long ip)
{
	if (counts->length && in_text(stepped) && ip > stepped &&
	    ip <= stepped + LENGTH_MAX && is_straight((void *)stepped))
		counts->length[stepped - counts->start] = ip - stepped;
}

static int condition(unsigned char code, unsigned long flags)
{
	int sign = !(flags & EFLAGS_SF) != !(flags & EFLAGS_OF);
	int met;

	switch (code >> 1 & 7) {
	case 0:
		met = !!(flags & EFLAGS_OF);
		break;
	case 1:
		met = !!(flags & EFLAGS_CF);
		break;
	case 2:
		met = !!(flags & EFLAGS_ZF);
		break;
	case 3:
		met = !!(flags & (EFLAGS_CF | EFLAGS_ZF));
		break;
	case 4:
		met = !!(flags & EFLAGS_SF);
		break;
	case 5:
		met = !!(flags & EFLAGS_PF);
		break;
	case 6:
		met = sign;
		break;
	default:
		met = sign || flags & EFLAGS_ZF;
	}
	return met != (code & 1);
}

static int displacement(const unsigned char *p)
{
	int value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static void push(greg_t *regs, unsigned long value)
{
	regs[REG_RSP] -= sizeof(value);
	*(unsigned long *)regs[REG_RSP] = value;
}

static unsigned long pop(greg_t *regs)
{
	unsigned long value = *(unsigned long *)regs[REG_RSP];

	regs[REG_RSP] += sizeof(value);
	return value;
}

/* The value of a register by its number in an instruction. */
static unsigned long numbered(const greg_t *regs, unsigned int number)
{
	static const int of_number[] = {
		REG_RAX, REG_RCX, REG_RDX, REG_RBX,
		REG_RSP, REG_RBP, REG_RSI, REG_RDI,
		REG_R8, REG_R9, REG_R10, REG_R11,
		REG_R12, REG_R13, REG_R14, REG_R15,
	};

	return regs[of_number[number]];
}

/* call and jmp to where a register, or memory that registers point to, says. */
static unsigned long branch_indirect(greg_t *regs, const unsigned char *p)
{
	unsigned int rex = (*p & 0xf0) == 0x40 ? *p++ : 0;
	unsigned int operation, mode, base, index;
	unsigned long to = 0;

	if (*p++ != 0xff)
		return 0;
	operation = *p >> 3 & 7;
	mode = *p >> 6;
	base = *p++ & 7;
	/* Another one, or relative to the instruction. */
	if ((operation != 2 && operation != 4) || (!mode && base == 5))
		return 0;
	if (mode != 3 && base == 4) {
		index = (*p >> 3 & 7) | (rex << 2 & 8);
		if (index != 4)
			to = numbered(regs, index) << (*p >> 6);
		base = *p++ & 7;
	}
	if (!mode && base == 5)
		mode = 2;
	else
		to += numbered(regs, base | (rex << 3 & 8));
	if (mode == 1)
		to += (signed char)*p++;
	else if (mode == 2)
		to += displacement(p), p += 4;
	if (mode != 3)
		to = *(unsigned long *)to;
	if (operation == 2)
		push(regs, (unsigned long)p);
	return to;
}

/* Carry the branch at @ip out. Return where it goes, 0 for other ones. */
static unsigned long branch(greg_t *regs, unsigned long ip)
{
	const unsigned char *p = (void *)ip;
	unsigned long flags = regs[REG_EFL];

	switch (*p) {
	case 0x0f:
		if ((p[1] & 0xf0) != 0x80)
			return 0;
		ip += 6;
		return condition(p[1], flags) ? ip + displacement(p + 2) : ip;
	case 0x70 ... 0x7f:
		ip += 2;
		return condition(*p, flags) ? ip + (signed char)p[1] : ip;
	case 0xc3:
		return pop(regs);
	case 0xe8:
		ip += 5;
		push(regs, ip);
		return ip + displacement(p + 1);
	case 0xe9:
		return ip + 5 + displacement(p + 1);
	case 0xeb:
		return ip + 2 + (signed char)p[1];
	default:
		return branch_indirect(regs, p);
	}
}

/* Count the run of known instructions that begins at @ip; return its end. */
static unsigned long count_run(unsigned long ip)
{
	unsigned char length;

	while (in_text(ip) && in_text(ip + LENGTH_MAX + JUMP_LENGTH)) {
		length = counts->length[ip - counts->start];
		if (!length)
			break;
		count_insn(ip);
		ip += length;
	}
	return ip;
}

/*
 * Where a jump is put, what stood there, and the registers it comes with, in
 * the order of greg_t. The flags must be saved ahead of all that changes them,
 * and the stack of what is counted, which may have a red zone, left alone. The
 * jump is taken away ahead of all C code, which it may overlap: four of its
 * bytes lie behind the end of the run, perhaps in the next function. That is
 * why there is room in front of jump_entry.
 */
static unsigned char *jump_at __used;	/* NULL: there is none */
static unsigned char jump_replaced[JUMP_LENGTH] __used;
static greg_t jump_regs[REG_EFL + 1] __used;
static unsigned long jump_sp __used;
static unsigned long jump_stack[1024] __used;

_Static_assert(REG_R8 == 0 && REG_RDI == 8 && REG_RCX == 14 &&
	       REG_RSP == 15 && REG_RIP == 16 && REG_EFL == 17,
	       "jump_text() has the registers in this order");

static void __used jump_text(void)
{
	asm volatile(".skip	16, 0xcc\n"
		     "jump_entry:\n\t"
		     "mov	%rsp, jump_sp\n\t"
		     "mov	$jump_regs + 18 * 8, %rsp\n\t"
		     "pushf\n\t"
		     "push	$0\n\t"
		     "push	jump_sp\n\t"
		     "push	%rcx\n\tpush	%rax\n\tpush	%rdx\n\t"
		     "push	%rbx\n\tpush	%rbp\n\tpush	%rsi\n\t"
		     "push	%rdi\n\tpush	%r15\n\tpush	%r14\n\t"
		     "push	%r13\n\tpush	%r12\n\tpush	%r11\n\t"
		     "push	%r10\n\tpush	%r9\n\tpush	%r8\n\t"
		     "mov	jump_at, %rax\n\t"
		     "mov	jump_replaced, %ecx\n\t"
		     "mov	%ecx, (%rax)\n\t"
		     "mov	jump_replaced + 4, %cl\n\t"
		     "mov	%cl, 4(%rax)\n\t"
		     "mov	$jump_stack + 1024 * 8, %rsp\n\t"
		     "cld\n\t"
		     "call	count_jump\n\t"
		     "mov	$jump_regs, %rsp\n\t"
		     "pop	%r8\n\tpop	%r9\n\tpop	%r10\n\t"
		     "pop	%r11\n\tpop	%r12\n\tpop	%r13\n\t"
		     "pop	%r14\n\tpop	%r15\n\tpop	%rdi\n\t"
		     "pop	%rsi\n\tpop	%rbp\n\tpop	%rbx\n\t"
		     "pop	%rdx\n\tpop	%rax\n\tpop	%rcx\n\t"
		     "lea	16(%rsp), %rsp\n\t"
		     "popf\n\t"
		     "mov	jump_regs + 15 * 8, %rsp\n\t"
		     "jmp	*jump_regs + 16 * 8\n"
		     "jump_step:\n\t"
		     "int3");
}

/* Not by memcpy(), which may be what is counted, and have the jump in it. */
static void set_jump(unsigned long ip)
{
	int to = (unsigned long)jump_entry - ip - JUMP_LENGTH;

	jump_at = (unsigned char *)ip;
	__builtin_memcpy(jump_replaced, jump_at, JUMP_LENGTH);
	*jump_at = JUMP;
	__builtin_memcpy(jump_at + 1, &to, sizeof(to));
}

/*
 * The next instruction is at @ip. Count it, and what is sure to follow; have
 * the process come back where it no longer is. Return where it goes on: if it
 * is at the instruction @stepped, then by a step.
 */
static unsigned long count_on(greg_t *regs, unsigned long ip)
{
	unsigned long end;

	stepped = 0;
	while (ip != end_of_call) {
		end = counts->length ? count_run(ip) : ip;
		if (end != ip) {
			set_jump(end);
			return ip;
		}
		count_insn(ip);
		end = counts->length && in_text(ip) ? branch(regs, ip) : 0;
		if (!end) {
			stepped = ip;
			return ip;
		}
		ip = end;
	}
	called = 1;
	return ip;
}

static int on_signal_stack(unsigned long sp)
{
	return sp >= signal_stack && sp < signal_stack_end;
}

/* The process has come to the end of a run. */
static void __used count_jump(void)
{
	unsigned long ip = (unsigned long)jump_at;

	jump_at = NULL;
	/* Another signal's handler has come upon the jump. */
	if (on_signal_stack(jump_regs[REG_RSP]))
		disturbed = 1;
	ip = count_on(jump_regs, ip);
	if (stepped) {
		to_step = ip;
		ip = (unsigned long)jump_step;
	}
	jump_regs[REG_RIP] = ip;
}

static void count_trap(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *regs = uc->uc_mcontext.gregs;
	unsigned long ip = regs[REG_RIP];

	/* Of no instruction of ours, or of one of another signal's handler. */
	if (si->si_code <= 0 || on_signal_stack(regs[REG_RSP]))
		disturbed = 1;
	if (si->si_code <= 0)
		return;
	if (to_step) {
		regs[REG_RIP] = to_step;
		regs[REG_EFL] |= EFLAGS_TF;
		to_step = 0;
		return;
	}
	/* A string instruction repeats itself: it is one, trapping each time. */
	if (ip == stepped)
		return;
	learn(ip);
	regs[REG_RIP] = count_on(regs, ip);
	if (stepped)
		regs[REG_EFL] |= EFLAGS_TF;
	else
		regs[REG_EFL] &= ~EFLAGS_TF;
}

void os_count_begin(void)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction action = {
		.sa_sigaction = count_trap,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	sigset_t mask;
	unsigned int i;

	sigfillset(&mask);
	for (i = 0; i < ARRAY_SIZE(own); i++)
		sigdelset(&mask, own[i]);
	sigaction(SIGTRAP, &action, &old_action);
	sigprocmask(SIG_SETMASK, &mask, &old_mask);
}

void os_count_end(void)
{
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	sigaction(SIGTRAP, &old_action, NULL);
}

/* Jumps need it. */
static int make_text_writable(int writable)
{
	unsigned long start = counts->start & UM_KERN_PAGE_MASK;

	return mprotect((void *)start, counts->end - start,
			PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0));
}

static void find_signal_stack(void)
{
	stack_t stack;

	sigaltstack(NULL, &stack);
	signal_stack = (unsigned long)stack.ss_sp;
	signal_stack_end = signal_stack + stack.ss_size;
}

/*
 * fn(arg) with the trap flag set: the first trap comes ahead of its first
 * instruction. The handler clears the flag when it has returned.
 */
static void call_stepped(void (*fn)(void *arg), void *arg)
{
	asm volatile("movq	$1f, %[end]\n\t"
		     "mov	%%rsp, %%rbx\n\t"
		     "sub	$128, %%rsp\n\t"	/* the red zone */
		     "and	$-16, %%rsp\n\t"
		     "pushf\n\t"
		     "orq	$0x100, (%%rsp)\n\t"	/* EFLAGS_TF */
		     "popf\n\t"
		     "call	*%%rax\n"
		     "1:\n\t"
		     "mov	%%rbx, %%rsp"
		     : "+a" (fn), "+D" (arg), [end] "=m" (end_of_call)
		     :
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
		       "cc", "memory");
}

int os_count_insns(struct um_insn_counts *to, void (*fn)(void *arg),
		   void *arg)
{
	int writable;

	counts = to;
	stepped = 0;
	to_step = 0;
	called = 0;
	disturbed = 0;
	find_signal_stack();
	writable = counts->length && !make_text_writable(1);
	/* A host may forbid it: then step through all. */
	if (!writable)
		counts->length = NULL;
	call_stepped(fn, arg);
	if (jump_at)
		__builtin_memcpy(jump_at, jump_replaced, JUMP_LENGTH);
	jump_at = NULL;
	if (writable)
		make_text_writable(0);
	return called && !disturbed ? 0 : -EINTR;
}

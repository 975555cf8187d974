/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code for a page of its own: it unmaps the three gaps (start and size each),
 * and stops for ever. It is run from a copy.
 */
#define NR_MUNMAP	11
#define NR_GETPID	39
#define NR_KILL		62
#define SIGSTOP		19

	.section .rodata.leave, "a"
	.globl	leave_code, leave_gaps, leave_end

leave_code:
	lea	leave_gaps(%rip), %rbx
1:	mov	(%rbx), %rdi
	mov	8(%rbx), %rsi
	mov	$NR_MUNMAP, %eax
	syscall
	add	$16, %rbx
	lea	leave_end(%rip), %rax
	cmp	%rax, %rbx
	jb	1b
2:	mov	$NR_GETPID, %eax
	syscall
	mov	%eax, %edi
	mov	$SIGSTOP, %esi
	mov	$NR_KILL, %eax
	syscall
	jmp	2b
leave_gaps:
	.fill	6, 8
leave_end:

	.section .note.GNU-stack, "", @progbits

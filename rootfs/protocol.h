/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of the runner on the host (bench/runner/) and process 1 of the
 * guest (init.c). docs/formats.md explains it.
 *
 * Both send frames: one byte of type, four bytes of the payload's length
 * (little endian), and the payload.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#define FRAME_HEAD	5
#define FRAME_MAX	(64 * 1024)	/* payload of a frame from the guest */
#define JOB_MAX		(1024 * 1024)	/* payload of the job */

enum frame_type {
	FRAME_READY = 'R',
	FRAME_JOB = 'j',		/* the only frame from the host */
	FRAME_TERMINAL = 't',
	FRAME_STDOUT = 'o',
	FRAME_STDERR = 'e',
	FRAME_RECORDS = 'r',
	FRAME_FAILED = 'f',
	FRAME_EXIT = 'x',
};

/* The kinds of job. */
#define JOB_EXEC	"exec"		/* in the guest's own root */
#define JOB_HOST	"host"		/* in the host's root */
#define JOB_SHELL	"shell"		/* likewise, on a terminal */

/* Exit statuses of umrun that are not the job's own. */
enum {
	EXIT_CANNOT_WRITE = 121,
	EXIT_CANNOT_START = 122,
	EXIT_KERNEL_DIED = 123,
	EXIT_TIME_LIMIT = 124,
	EXIT_BAD_OUTPUT = 125,
	EXIT_CANNOT_RUN = 126,		/* from init, as in a shell */
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128,		/* and its number */
};

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Read about the processes of a stressor that others wrote, and what it leaves. */
#ifndef BESIDE_H
#define BESIDE_H

/* `walks beside NAME COMMAND...`: run a command, and read of all it starts. */
int beside_main(int argc, char **argv);

/*
 * `walks target NAME PROGRAM...`: run a program, and read of it at each of its
 * system calls, and in between.
 */
int target_main(int argc, char **argv);

/* `walks left WHEN`: record what there is once nothing runs any more. */
int left_main(int argc, char **argv);

#endif

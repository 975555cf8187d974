/* SPDX-License-Identifier: GPL-2.0 */
/* Time system calls, page faults, signals and switches of processes. */
#ifndef PROCESSES_H
#define PROCESSES_H

/* `walks processes`: print a line for each. */
int processes_main(int argc, char **argv);

#endif

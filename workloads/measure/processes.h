/* SPDX-License-Identifier: GPL-2.0 */
/* What the guest's processes cost: system calls, page faults, signals, switches. */
#ifndef PROCESSES_H
#define PROCESSES_H

/* `walks processes`: a line each on standard output. */
int processes_main(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Read about a process while its threads change its VMAs, some of which stay.
 * Another process reads, and so does the process itself.
 */
#ifndef STRESS_H
#define STRESS_H

/* `walks stress SECONDS`: record what the readers found. */
int stress_main(int argc, char **argv);

#endif

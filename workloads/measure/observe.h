/* SPDX-License-Identifier: GPL-2.0 */
/* Check layouts, and time or count walks over them. */
#ifndef OBSERVE_H
#define OBSERVE_H

/* `walks check`, `time`, `bench` and `count`: see main.c. */
int check_main(int argc, char **argv);
int time_main(int argc, char **argv);
int bench_main(int argc, char **argv);
int count_main(int argc, char **argv);

#endif

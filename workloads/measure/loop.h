/* SPDX-License-Identifier: GPL-2.0 */
/* Repeat one walk over one layout for a profiler. */
#ifndef LOOP_H
#define LOOP_H

/* `walks loop LAYOUT:WALK MILLISECONDS` */
int loop_main(int argc, char **argv);

#endif

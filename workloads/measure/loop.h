/* SPDX-License-Identifier: GPL-2.0 */
/* One walk over one layout, again and again, for a profiler to look at. */
#ifndef LOOP_H
#define LOOP_H

/* `walks loop LAYOUT:WALK MILLISECONDS` */
int loop_main(int argc, char **argv);

#endif

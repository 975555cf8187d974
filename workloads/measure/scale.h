/* SPDX-License-Identifier: GPL-2.0 */
/* Walk layouts that grow in one thing, to see what that thing costs. */
#ifndef SCALE_H
#define SCALE_H

/* `walks scale [--count | --samples N] SERIES:N[,N...]...` */
int scale_main(int argc, char **argv);

#endif

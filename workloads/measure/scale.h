/* SPDX-License-Identifier: GPL-2.0 */
/* Layouts that grow in one thing, for what that thing costs a walk. */
#ifndef SCALE_H
#define SCALE_H

/* `walks scale [--count | --samples N] SERIES:N[,N...]...` */
int scale_main(int argc, char **argv);

#endif

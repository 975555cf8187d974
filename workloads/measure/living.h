/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MEASURE_LIVING_H
#define MEASURE_LIVING_H

int living_main(int argc, char **argv);

#endif

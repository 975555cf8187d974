/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __UM_TURN_H
#define __UM_TURN_H

/* The number of our turn, once it has come, or a negative error code. */
long long turn_wait(int fd);

#endif

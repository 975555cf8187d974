/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of the contract, one after the other. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stddef.h>

/* `walks contract`: check the @n rules named, or all. Return the exit status. */
int contract_main(char **names, size_t n);

#endif

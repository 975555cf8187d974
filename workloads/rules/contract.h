/* SPDX-License-Identifier: GPL-2.0 */
/* Check the rules of the contract, one after the other. */
#ifndef CONTRACT_H
#define CONTRACT_H

/* `walks contract [RULE...]`: check the rules named, or all. */
int contract_main(int argc, char **argv);

#endif

// SPDX-License-Identifier: GPL-2.0
#include "kernel/util.h"
#include "stress/pass.h"

void pass_begin(struct pass *pass)
{
	pass->since = ledger_clock(pass->ledger);
	ledger_look(pass->ledger, pass->since, pass->before);
}

void pass_read(struct pass *pass)
{
	pass->tally->reads++;
	pass->until = ledger_clock(pass->ledger);
	ledger_wait(pass->ledger);
	if (__atomic_load_n(&pass->ledger->over, __ATOMIC_SEQ_CST))
		die("the process whose VMAs change has ended");
}

void pass_end(struct pass *pass)
{
	ledger_look(pass->ledger, pass->since, pass->after);
	pass->tally->passes++;
	pass->tally->changed += pass->until != pass->since;
}

struct truth pass_truth(const struct pass *pass, uint64_t page)
{
	return look_truth(pass->ledger->layout, page, pass->after + page);
}

uint64_t pass_address(const struct pass *pass, uint64_t page)
{
	return layout_address(pass->ledger->layout, page);
}

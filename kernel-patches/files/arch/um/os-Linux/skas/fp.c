// SPDX-License-Identifier: GPL-2.0
/*
 * Where the FP registers of tasks are
 *
 * All tasks of an mm share a host process, and it has FP registers for one
 * task: the mm's fp_owner. Those of all other tasks are in their regs->fp. The
 * owner's are there, too, unless fp_ahead: then the host process may have run
 * since they were read from it.
 *
 * They need not be read, nor written, as long as the same task goes on in the
 * process. What the stub does there leaves them alone.
 */

#include <mm_id.h>
#include <registers.h>
#include <skas.h>

/* Have the FP registers of a task in regs->fp. */
int fp_read(struct mm_id *id, struct uml_pt_regs *regs)
{
	int err;

	if (id->fp_owner != regs || !id->fp_ahead)
		return 0;

	err = get_fp_registers(id->pid, regs->fp);
	if (!err)
		id->fp_ahead = 0;
	return err;
}

/*
 * Have the FP registers of a task in the host process, for it to run or for
 * somebody to change them there.
 */
int fp_write(struct mm_id *id, struct uml_pt_regs *regs)
{
	int err;

	if (id->fp_owner != regs) {
		if (id->fp_owner) {
			err = fp_read(id, id->fp_owner);
			if (err)
				return err;
		}

		id->fp_owner = NULL;
		err = put_fp_registers(id->pid, regs->fp);
		if (err)
			return err;
		id->fp_owner = regs;
	}

	id->fp_ahead = 1;
	return 0;
}

/* What the host process has is no task's any more, or regs->fp is newer. */
void fp_drop(struct mm_id *id, struct uml_pt_regs *regs)
{
	if (id->fp_owner == regs)
		id->fp_owner = NULL;
}

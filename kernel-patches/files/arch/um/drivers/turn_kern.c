// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/turn: several kernels that take turns on a CPU of the host.
 *
 * A read stops the whole kernel, its timer included, until the host says that
 * it is its turn, and gives the turn's number. Between two reads the kernel
 * has the CPU to itself, as far as the others wait in such a read as well. So
 * two kernels can be compared within milliseconds of each other.
 *
 * On the descriptor that turn.fd= names, the kernel writes a byte to ask for a
 * turn, which ends the one before it, and reads the number, a u32.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "turn.h"

static int fd = -1;
module_param(fd, int, 0444);
MODULE_PARM_DESC(fd, "descriptor of the host to ask for turns");

static ssize_t turn_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	long long turn;
	u32 number;

	if (count != sizeof(number))
		return -EINVAL;
	turn = turn_wait(fd);
	if (turn < 0)
		return turn;
	number = turn;
	return copy_to_user(buf, &number, sizeof(number)) ? -EFAULT : count;
}

static const struct file_operations turn_fops = {
	.owner	= THIS_MODULE,
	.read	= turn_read,
};

static struct miscdevice turn_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "turn",
	.fops	= &turn_fops,
	.mode	= 0400,
};

/* Without a descriptor nobody would answer. */
static int __init turn_init(void)
{
	return fd < 0 ? 0 : misc_register(&turn_device);
}
device_initcall(turn_init);

// SPDX-License-Identifier: GPL-2.0
/* Huge pages of 1 GiB, beside those of 2 MiB. */

#include <linux/hugetlb.h>
#include <linux/init.h>

bool __init arch_hugetlb_valid_size(unsigned long size)
{
	return size == PMD_SIZE || size == PUD_SIZE;
}

/* They can be allocated at any time, so no boot option need ask for them */
static int __init gigantic_pages_init(void)
{
	hugetlb_add_hstate(PUD_SHIFT - PAGE_SHIFT);
	return 0;
}
arch_initcall(gigantic_pages_init);

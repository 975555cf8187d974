/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __UM_HUGETLB_H
#define __UM_HUGETLB_H

#include <asm/page.h>
#include <asm/tlbflush.h>

/*
 * A huge page is a PMD with _PAGE_HUGE set. The generic code handles it as if
 * it was a PTE, but what changes in it changes HPAGE_SIZE bytes at once, so
 * that the range to sync must cover them all.
 */
static inline void um_huge_mark_sync(struct mm_struct *mm, unsigned long addr)
{
	addr &= HPAGE_MASK;
	um_tlb_mark_sync(mm, addr, addr + HPAGE_SIZE);
}

#ifdef CONFIG_ARCH_HAS_GIGANTIC_PAGE
/*
 * The same, if it may be a PUD, too. Not all that change an entry are told
 * which of the two it is.
 */
static inline void um_huge_entry_mark_sync(struct mm_struct *mm,
					   unsigned long addr, pte_t *ptep)
{
	p4d_t *p4d = p4d_offset(pgd_offset(mm, addr), addr);

	if (ptep != (pte_t *)pud_offset(p4d, addr)) {
		um_huge_mark_sync(mm, addr);
		return;
	}
	addr &= PUD_MASK;
	um_tlb_mark_sync(mm, addr, addr + PUD_SIZE);
}
#else
#define um_huge_entry_mark_sync(mm, addr, ptep)	\
	do {					\
		(void)(ptep);			\
		um_huge_mark_sync(mm, addr);	\
	} while (0)
#endif

#define __HAVE_ARCH_HUGE_SET_HUGE_PTE_AT
static inline void set_huge_pte_at(struct mm_struct *mm, unsigned long addr,
				   pte_t *ptep, pte_t pte, unsigned long sz)
{
	set_pte(ptep, pte);
	um_huge_entry_mark_sync(mm, addr, ptep);
}

#define __HAVE_ARCH_HUGE_PTE_CLEAR
static inline void huge_pte_clear(struct mm_struct *mm, unsigned long addr,
				  pte_t *ptep, unsigned long sz)
{
	pte_clear(mm, addr, ptep);
	um_huge_entry_mark_sync(mm, addr, ptep);
}

#define __HAVE_ARCH_HUGE_PTEP_GET_AND_CLEAR
static inline pte_t huge_ptep_get_and_clear(struct mm_struct *mm,
					    unsigned long addr, pte_t *ptep,
					    unsigned long sz)
{
	pte_t pte = *ptep;

	huge_pte_clear(mm, addr, ptep, sz);
	return pte;
}

#define __HAVE_ARCH_HUGE_PTEP_CLEAR_FLUSH
static inline pte_t huge_ptep_clear_flush(struct vm_area_struct *vma,
					  unsigned long addr, pte_t *ptep)
{
	return huge_ptep_get_and_clear(vma->vm_mm, addr, ptep, HPAGE_SIZE);
}

#define __HAVE_ARCH_HUGE_PTEP_SET_WRPROTECT
static inline void huge_ptep_set_wrprotect(struct mm_struct *mm,
					   unsigned long addr, pte_t *ptep)
{
	set_huge_pte_at(mm, addr, ptep, pte_wrprotect(*ptep), HPAGE_SIZE);
}

#define __HAVE_ARCH_HUGE_PTEP_SET_ACCESS_FLAGS
static inline int huge_ptep_set_access_flags(struct vm_area_struct *vma,
					     unsigned long addr, pte_t *ptep,
					     pte_t pte, int dirty)
{
	int changed = !pte_same(*ptep, pte);

	if (changed)
		set_huge_pte_at(vma->vm_mm, addr, ptep, pte, HPAGE_SIZE);
	return changed;
}

#include <asm-generic/hugetlb.h>

#endif

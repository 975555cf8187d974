# SPDX-License-Identifier: GPL-2.0
"""Booting kernels: the guest, what it can walk, records, counts, hangs."""

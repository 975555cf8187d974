# SPDX-License-Identifier: GPL-2.0
"""What a kernel prints: KTAP, complaints, call traces, and what its addresses stand for."""

# SPDX-License-Identifier: GPL-2.0
"""From samples to numbers: measurements, verdicts, fits."""

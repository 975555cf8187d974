# SPDX-License-Identifier: GPL-2.0
"""Ratios as people read them."""


def change(ratio: float) -> str:
    """Write a ratio as a change in percent, or as a factor from 2 on."""
    if ratio == 1:
        return '0'
    if ratio >= 2:
        return f'x{ratio:.3g}'
    percent = 100 * (ratio - 1)
    return f'{percent:+.{1 if abs(percent) >= 1 else 2}f} %'


def span(low: float, high: float) -> str:
    """Write an interval in the same way, both ends alike."""
    if low >= 2:
        return f'x{low:.3g} .. x{high:.3g}'
    digits = 1 if max(abs(low - 1), abs(high - 1)) >= 0.01 else 2
    return f'{100 * (low - 1):+.{digits}f} % .. {100 * (high - 1):+.{digits}f} %'

# SPDX-License-Identifier: GPL-2.0
"""Text of others, as a patch or a kernel's log: only characters that show, or break a line."""

import re

# Control characters act on a terminal, and XML forbids them. Those that change the direction of
# writing show another text than there is.
HIDDEN = re.compile('[^\t\n\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd'
                    '\U00010000-\U0010ffff]')


def visible(text: object) -> str:
    """Return text with U+FFFD for each other character."""
    return HIDDEN.sub('\ufffd', str(text))


def one_line(text: object) -> str:
    """Return the same without line breaks, so that nothing in it looks like a line of ours."""
    return ' '.join(visible(text).split())

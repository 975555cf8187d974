# SPDX-License-Identifier: GPL-2.0
"""Pages by jinja2: whatever a template prints of a value is escaped."""

import base64
import hashlib
from pathlib import Path

import jinja2

from .visible import visible

STYLE = Path(__file__).with_name('page.css').read_text(encoding='utf-8')
# A style is allowed by the digest of its text, so that no other gets in.
POLICY = ("default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
          f"{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'")


def page(template: Path, **values: object) -> str:
    """Return a page that is one file, runs no script and loads nothing."""
    text = template.read_text(encoding='utf-8')
    return environment().from_string(text).render(style=STYLE, policy=POLICY, **values)


def environment(loader: jinja2.BaseLoader | None = None) -> jinja2.Environment:
    """Return what fills in templates."""
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, finalize=_printed)


def _printed(value: object) -> object:
    """Return what is printed of a value; what is HTML already, as a block's, stays so."""
    return value if hasattr(value, '__html__') else visible(value)

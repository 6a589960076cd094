"""Docstrings as help texts: what they say of the whole, and of each parameter."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

_FIELD = re.compile(r"^:param (?:[^:\n]+ )?(\w+): (.*(?:\n .*)*)\n?", re.MULTILINE)
_SECTION = re.compile(r"^(?:Args|Arguments|Parameters):\n((?:(?: .*)?\n)*(?: .*)?)", re.MULTILINE)
_ENTRY = re.compile(r"^\*{0,2}(\w+)(?: \([^)\n]*\))?: (.*(?:\n(?: .*)?)*)", re.MULTILINE)


def prose(documented: Any) -> str:
    """What a docstring says beside its parameters; empty where there is none."""
    return _SECTION.sub("", _FIELD.sub("", _text(documented))).replace("``", "")


def parameters(documented: Any) -> dict[str, str]:
    """What a docstring says of each parameter, as ``:param name: text`` or in a section ``Args:`` of Google's form.

    https://google.github.io/styleguide/pyguide.html#383-functions-and-methods
    """
    text = _text(documented)
    entries = _FIELD.findall(text)
    for section in _SECTION.findall(text):
        entries += _ENTRY.findall(textwrap.dedent(section))
    return {name: " ".join(description.replace("``", "").split()) for name, description in entries}


def _text(documented: Any) -> str:
    return inspect.getdoc(documented) or ""

"""Docstrings as help texts: what they say of the whole, and of each parameter."""

from __future__ import annotations

import inspect
import re
import textwrap

from codomyrmex.cloud.common import CloudClient

_FIELD = re.compile(r"^:param (?:[^:\n]+ )?\*{0,2}(\w+):[ ]?(.*(?:\n[ ]+\S.*)*)\n?", re.MULTILINE)
_SECTION = re.compile(r"^(?:Keyword )?(?:Args|Arguments|Parameters):\n((?:(?:[ ]+.*)?\n)*(?:[ ]+.*)?)", re.MULTILINE)
_ENTRY = re.compile(r"^\*{0,2}(\w+)(?: ?\([^\n]*?\))?:[ ]?(.*(?:\n(?:[ ]+.*)?)*)", re.MULTILINE)
_OTHER_SECTION = re.compile(r"^(Returns|Yields|Raises|Examples?|Notes?):\n", re.MULTILINE)


def of_class(client_class: type) -> str:
    """The docstring of a client's class, or of a base that its author wrote; none that a dataclass is given."""
    for base in client_class.__mro__[:-1]:
        text = inspect.cleandoc(vars(base).get("__doc__") or "")
        if base.__module__.startswith(CloudClient.__module__.rpartition(".")[0]):
            break
        if text and not text.startswith(f"{base.__name__}("):
            return text
    return ""


def of_method(client_class: type, name: str) -> str:
    """The docstring of a method, or of the one that it overrides."""
    return inspect.getdoc(getattr(client_class, name)) or ""


def prose(documentation: str) -> str:
    """What a docstring says beside its parameters, for click: sections of Google's form keep their lines."""
    text = _SECTION.sub("", _FIELD.sub("", documentation))
    return _OTHER_SECTION.sub("\b\n\\1:\n", text.replace("\f", "\n").replace("``", "")).strip()


def first_sentence(documentation: str) -> str:
    """The first sentence, in one line."""
    paragraph = " ".join(prose(documentation).partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) ", paragraph)[0]


def parameters(documentation: str) -> dict[str, str]:
    """What a docstring says of each parameter, as ``:param name: text`` or in a section ``Args:`` of Google's form.

    https://google.github.io/styleguide/pyguide.html#383-functions-and-methods
    """
    entries = _FIELD.findall(documentation)
    for section in _SECTION.findall(documentation):
        entries += _ENTRY.findall(textwrap.dedent(section))
    return {name: " ".join(text.replace("``", "").split()) for name, text in entries}

"""Docstrings as help texts: what they say of the whole, and of each parameter."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from itertools import pairwise
from typing import Any

from codomyrmex.cloud.common import CloudClient

_FIELD = re.compile(r"^:param (?:[^:\n]+ )?\*{0,2}(\w+):[ ]?(.*(?:\n[ ]+\S.*)*)\n?", re.MULTILINE)
_SECTION = re.compile(
    r"^(?:Keyword )?(?:Args|Arguments|Parameters|Attributes):\n((?:(?:[ ]+.*)?\n)*(?:[ ]+.*)?)", re.MULTILINE
)
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
    """What a docstring says of each parameter, as ``:param name: text`` or in a section ``Args:`` or
    ``Attributes:`` of Google's form.

    https://google.github.io/styleguide/pyguide.html#383-functions-and-methods
    """
    entries = _FIELD.findall(documentation)
    for section in _SECTION.findall(documentation):
        entries += _ENTRY.findall(textwrap.dedent(section))
    return {name: _in_a_line(text) for name, text in entries}


def of_keys(typed_dict: Any) -> dict[str, str]:
    """What a TypedDict says of each key: in its docstring, and in a string below the key, which only its source has."""
    texts = parameters(inspect.cleandoc(typed_dict.__doc__ or ""))
    try:
        definition = ast.parse(textwrap.dedent(inspect.getsource(typed_dict))).body[0]
    except (OSError, TypeError, SyntaxError):
        return texts
    if not isinstance(definition, ast.ClassDef):
        return texts
    for base in reversed(definition.bases):  # which a TypedDict does not keep before Python 3.12
        parent = _named(base, sys.modules[typed_dict.__module__])
        texts = {**(of_keys(parent) if hasattr(parent, "__required_keys__") else {}), **texts}
    for key, below in pairwise(definition.body):
        if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(below, ast.Expr):
            text = getattr(below.value, "value", None)
            texts |= {key.target.id: _in_a_line(text)} if isinstance(text, str) else {}
    return texts


def _named(expression: ast.expr, namespace: Any) -> Any:
    """What a name, ``module.Name`` or ``Name[...]`` is in a module; None for anything else."""
    if isinstance(expression, ast.Subscript):
        return _named(expression.value, namespace)
    if isinstance(expression, ast.Attribute):
        return getattr(_named(expression.value, namespace), expression.attr, None)
    return getattr(namespace, expression.id, None) if isinstance(expression, ast.Name) else None


def _in_a_line(text: str) -> str:
    return " ".join(text.replace("``", "").split())

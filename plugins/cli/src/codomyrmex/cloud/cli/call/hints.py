"""The types that annotations mean, as far as they can be known: of functions, of TypedDicts and of classes."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib.util
import inspect
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any

EMPTY = inspect.Parameter.empty
"""Where a parameter has no default, or no type that anything tells."""


def signature(function: Any) -> inspect.Signature:
    """The signature of a function, whatever its annotations hold."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def resolved(annotations: Mapping[str, Any], function: Any, owner: type | None) -> dict[str, Any]:
    """Types for annotations, of which each may be a text or hold one; Any for what cannot be known."""
    for attribute in ("_partialmethod", "__partialmethod__", "func"):  # the second since Python 3.13
        function = getattr(function, attribute, function)
    names = _Names(inspect.unwrap(function), owner)
    return {name: _evaluated(annotation, names) for name, annotation in annotations.items()}


def _evaluated(annotation: Any, names: _Names) -> Any:
    if annotation is EMPTY:
        return annotation
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    with contextlib.suppress(Exception):  # such as a subscript of what is not known
        return typing.get_type_hints(holder, globalns={}, localns=names, include_extras=True)["it"]
    return Any


class _Names(dict[str, Any]):
    """What the names in an annotation mean: in its class, in its module, or as imported for type checkers alone."""

    def __init__(self, function: Any, owner: type | None) -> None:
        super().__init__()
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        self._imports = _imports_for_checkers(module) if module else {}
        nested = {name: member for name, member in vars(owner).items() if inspect.isclass(member)} if owner else {}
        self._places = [nested, getattr(function, "__globals__", vars(module) if module else {}), vars(builtins)]

    def __contains__(self, name: object) -> bool:
        return True  # Python 3.14 asks before it looks a name up

    def __missing__(self, name: str) -> Any:
        for place in self._places:
            if name in place:
                return place[name]
        source, attribute = self._imports.get(name, ("", None))
        if source.partition(".")[0] in sys.stdlib_module_names or source in sys.modules:
            with contextlib.suppress(ImportError, AttributeError):
                module = importlib.import_module(source)
                return getattr(module, attribute) if attribute else module
        return Any


@functools.cache
def _imports_for_checkers(module: types.ModuleType) -> dict[str, tuple[str, str | None]]:
    """For each name that a module imports under ``if TYPE_CHECKING:`` the other module, and the name there, if any."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return {}
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    imports: dict[str, tuple[str, str | None]] = {}
    for statement in (statement for test in tests for statement in test.body):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                source = alias.name if alias.asname else alias.name.partition(".")[0]
                imports[alias.asname or source] = (source, None)
        elif isinstance(statement, ast.ImportFrom):
            relative = "." * statement.level + (statement.module or "")
            source = importlib.util.resolve_name(relative, module.__package__ or None)
            imports |= {alias.asname or alias.name: (source, alias.name) for alias in statement.names}
    return imports


def keys_of_typed_dict(typed_dict: Any) -> dict[str, tuple[Any, bool]]:
    """The type of each key of a TypedDict, and whether it is required."""
    hints = _fields_of(typed_dict)
    qualifiers = {name: typing.get_origin(hint) for name, hint in hints.items()}
    required = {name for name in typed_dict.__required_keys__ if qualifiers.get(name) is not typing.NotRequired}
    required |= {name for name, qualifier in qualifiers.items() if qualifier is typing.Required}
    return {name: (hint, name in required) for name, hint in hints.items()}


def keys_of_class(record: type) -> dict[str, tuple[Any, bool]]:
    """The type of each field that a class is made of, and whether it is required."""
    hints = _fields_of(record)
    parameters = signature(record).parameters
    return {name: (hints.get(name, Any), p.default is EMPTY) for name, p in parameters.items()}


def _fields_of(record: type) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for base in reversed(record.__mro__[:-1]):
        hints |= resolved(_own_annotations(base), base, record)
    return hints


def _own_annotations(base: type) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(base, format=Format.FORWARDREF)
    return inspect.get_annotations(base)

"""Templates and environments as Heat takes them, with the files they refer to.

Each may be given as text, as a dict, or as the path of a file. A ``str`` of several lines, or one that begins
with ``{``, is text; any other is a path. What a file refers to (``get_file``, nested templates) is looked
for beside it; what text or a dict refers to, in the current folder. See the HOT specification, ``get_file``.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from codomyrmex.cloud.infomaniak.errors import InfomaniakValidationError
from openstack.exceptions import SDKException
from openstack.orchestration.util import environment_format, template_format, template_utils
from openstack.orchestration.util.utils import normalise_file_path_to_url

Source: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""Text, a path, or what either would hold."""
Files: TypeAlias = dict[str, str]
"""Their contents by the URL under which the template names them."""


def read_template(source: Source) -> tuple[dict[str, Any], Files]:
    """The template, in which the files are named by URL, and these files."""
    template, base = _read(source, "template", template_format.parse)
    files: Files = {}
    _resolve(template_utils.resolve_template_get_files, template, files, base)
    return template, _as_text(files)


def read_environment(source: Source | Iterable[Source] | None) -> tuple[dict[str, Any], Files]:
    """The environment and its files; of several, a later one replaces what it repeats of those before."""
    if source is None:
        return {}, {}
    if isinstance(source, str | os.PathLike | Mapping):
        source = [source]
    merged: dict[str, Any] = {}
    files: Files = {}
    for part in source:
        environment, base = _read(part, "environment", environment_format.parse)
        _resolve(template_utils.resolve_environment_urls, environment.get("resource_registry"), files, base)
        template_utils.deep_update(merged, environment)
    return merged, _as_text(files)


def _read(source: Source, what: str, parse: Callable[[str], dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """What it holds, and the URL of the folder from which it names files."""
    if isinstance(source, Mapping):
        return copy.deepcopy(dict(source)), _url_of(os.getcwd())
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"a {what} is text, a dict or a path, not {type(source).__name__}")
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        text, folder = source, os.getcwd()
    else:
        path = os.path.abspath(source)
        with open(path, encoding="utf-8") as file:
            text, folder = file.read(), os.path.dirname(path)
    try:
        return parse(text), _url_of(folder)
    except ValueError as error:
        raise InfomaniakValidationError(f"this is no {what}: {error}") from error


def _resolve(resolve: Callable[..., None], tree: Any, files: Files, base: str) -> None:
    try:
        resolve(tree, files, base)
    except SDKException as error:  # a file that it names cannot be read
        raise InfomaniakValidationError(str(error)) from error


def _url_of(folder: str) -> str:
    return normalise_file_path_to_url(folder) + "/"


def _as_text(files: Mapping[str, str | bytes]) -> Files:
    # the SDK gives an empty file, and what it encodes in base 64, as bytes
    return {url: data if isinstance(data, str) else data.decode() for url, data in files.items()}

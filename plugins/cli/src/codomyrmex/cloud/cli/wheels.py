"""Whether pip would find the wheels of this project, which are on no index yet."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import platformdirs

_CORE_WHEEL = "codomyrmex_cloud-*.whl"  # every other distribution needs this one


def wheels_folder() -> str | None:
    """The first folder among pip's ``find-links`` that holds the core's wheel, or None.

    Places that are no folder of this machine are not looked at: that would take the network.
    """
    for place in (os.environ.get("PIP_FIND_LINKS") or _configured_find_links()).split():
        folder = url2pathname(urlparse(place).path) if place.startswith("file:") else os.path.expanduser(place)
        if any(Path(folder).glob(_CORE_WHEEL)):
            return os.path.abspath(folder)
    return None


def _configured_find_links() -> str:
    """``find-links`` of pip's configuration, places separated by whitespace; a command's section comes first."""
    parsers = [parser for file in _configuration_files() if (parser := _parsed(file))]
    for section in ("install", "global"):
        for parser in parsers:
            if places := parser.get(section, "find-links", fallback=""):
                return places
    return ""


def _configuration_files() -> Iterator[str]:
    """The configuration files of pip, the one that overrides the others first.

    https://pip.pypa.io/en/stable/topics/configuration/#location
    """
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:  # none at all
        return
    if chosen:
        yield chosen
    everybodys = platformdirs.site_config_dir("pip", appauthor=False, multipath=True).split(os.pathsep)
    own = platformdirs.user_config_dir("pip", appauthor=False, roaming=True)
    for folder in (sys.prefix, own, os.path.expanduser("~/.pip"), "/etc", *reversed(everybodys)):
        yield os.path.join(folder, "pip.ini" if os.name == "nt" else "pip.conf")


def _parsed(file: str) -> configparser.RawConfigParser | None:
    parser = configparser.RawConfigParser()
    with suppress(OSError, UnicodeDecodeError, configparser.Error):
        if parser.read(file, "utf-8"):
            return parser
    return None

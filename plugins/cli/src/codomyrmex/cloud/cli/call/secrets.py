"""Arguments that are secrets: which they are, and where they come from."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import click
from codomyrmex.cloud.cli.call import jsontext
from codomyrmex.cloud.cli.call.kinds import Anything, Kind, decoded
from codomyrmex.cloud.cli.call.references import ArgumentError, Reference, referred
from codomyrmex.cloud.cli.call.structures import Fields

SOURCES = "env:NAME, @FILE, - for standard input, or ask"
_NAMES = ("auth", "bearer", "jwt", "pem", "pwd", "sas")
_ENDINGS = (
    "secret", "password", "passwd", "passphrase", "credential", "token", "authorization", "dsn", "connectionstring",
    "apikey", "accesskey", "accountkey", "privatekey", "secretkey", "signingkey", "encryptionkey", "sharedkey",
    "masterkey", "hmackey", "sessionkey", "customerkey", "adminpass", "secretvalue", "secretstring",
)  # fmt: skip
_NO_SECRETS = (
    "pagetoken", "nexttoken", "synctoken", "continuationtoken", "startingtoken", "clienttoken", "requesttoken",
    "idempotencytoken", "uploadtoken", "resumetoken", "canceltoken",
)  # fmt: skip


def is_secret(name: str) -> bool:
    """Whether a parameter's name says that it is a secret. The token of a page is none, nor the key of an object."""
    squeezed = re.sub(r"[\W_]", "", name).lower().removesuffix("json")
    squeezed = squeezed.removesuffix("s") if not squeezed.endswith(("pass", "sas")) else squeezed
    return squeezed in _NAMES or (squeezed.endswith(_ENDINGS) and not squeezed.endswith(_NO_SECRETS))


def secret(typed: Sequence[str], name: str, kind: Kind, provider: str = "") -> Any:
    """The secret that `SOURCES` tell. On the command line itself other users and the shell's history see it.

    Args:
        typed: What was typed, each time that the option was given.
        name: What is asked for at a terminal.
        kind: Of the parameter.
        provider: Whose credentials those of `CloudCredentials` are, unless they say it.

    Raises:
        ArgumentError: It was typed itself, cannot be read, or is no value of this kind. The message does not show it.
    """
    if len(typed) > 1:
        raise ArgumentError(f"takes one value, and is given {len(typed)} times")
    text = _text(typed[0], name)
    try:
        return _value(text, kind, provider)
    except Exception:  # also what a class of a stranger raises, which may show it
        raise ArgumentError(f"what it was given is not {kind.expected}") from None


def _text(source: str, name: str) -> str:
    if source == "ask":
        if not sys.stdin.isatty():
            raise ArgumentError(f"there is no terminal to ask at: give another of {SOURCES}")
        text: str = click.prompt(name, hide_input=True, err=True)
        return text
    if source.startswith("env:"):
        if source.removeprefix("env:") not in os.environ:
            raise ArgumentError("there is no variable of the name behind env:")
        return os.environ[source.removeprefix("env:")]
    reference = referred(source)
    if not isinstance(reference, Reference):
        raise ArgumentError(f"a secret on the command line can be read by others: give {SOURCES}")
    try:
        return decoded(reference.read()).rstrip("\r\n")
    except ArgumentError:
        raise ArgumentError("what stands behind @ is no file that can be read") from None


def _value(text: str, kind: Kind, provider: str) -> Any:
    """The secret as the parameter takes it: text, unless its type says what else."""
    for member in kind.members:
        if isinstance(member, Fields) and jsontext.is_structure(text):
            fields = jsontext.parse(text)
            defaults = {"provider": provider} if "provider" in member.names else {}
            return kind.from_json({**defaults, **fields})
    if any(isinstance(member, Anything) for member in kind.members):
        return text
    return kind.from_text(text)

"""Arguments that are secrets: which they are, and where they come from."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import click
from codomyrmex.cloud.cli.call import jsontext
from codomyrmex.cloud.cli.call.kinds import Anything, Binary, Kind, Text, decoded
from codomyrmex.cloud.cli.call.references import ArgumentError, Reference, referred
from codomyrmex.cloud.cli.call.structures import Collection, Fields

SOURCES = "env:NAME, @FILE, - for standard input, or ask"
_NAMES = ("auth", "bearer", "cpk", "jwt", "mfa", "otp", "pass", "pat", "pem", "pin", "pw", "pwd", "sas")
_ENDINGS = (
    "secret", "password", "passwd", "passphrase", "passcode", "credential", "token", "authorization", "dsn", "cookie",
    "connectionstring", "apikey", "accesskey", "accountkey", "privatekey", "privatekeypem", "pemkey", "tlskey",
    "sslkey", "secretkey", "signingkey", "encryptionkey", "sharedkey", "masterkey", "hmackey", "sessionkey",
    "customerkey", "adminpass", "dbpass", "rootpass", "secretvalue", "secretstring", "secretbinary", "secretdata",
    "secretbyte",
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
    if len(typed) > 1 and not _takes_several(kind):
        raise ArgumentError(f"takes one value, and is given {len(typed)} times")
    data = [_data(source, name) for source in typed]
    try:
        return _value(data, kind, provider)
    except Exception:  # whatever it is: its text may show the secret
        raise ArgumentError(f"what it was given is not {kind.expected}") from None


def _data(source: str, name: str) -> bytes:
    """What a source tells."""
    if source == "ask":
        if not sys.stdin.isatty():
            raise ArgumentError(f"there is no terminal to ask at: give another of {SOURCES}")
        return os.fsencode(click.prompt(name, hide_input=True, err=True))
    if source.startswith("env:"):
        if source.removeprefix("env:") not in os.environ:
            raise ArgumentError("there is no variable of the name behind env:")
        return os.fsencode(os.environ[source.removeprefix("env:")])
    reference = referred(source)
    if not isinstance(reference, Reference):
        raise ArgumentError(f"a secret on the command line can be read by others: give {SOURCES}")
    try:
        return reference.read()
    except ArgumentError:
        raise ArgumentError("what stands behind @ is no file that can be read") from None


def _value(data: Sequence[bytes], kind: Kind, provider: str) -> Any:
    """The secret as the parameter takes it: text, unless its type says what else."""
    if binaries := [member for member in kind.members if isinstance(member, Binary)]:
        is_text = any(isinstance(member, Text) for member in kind.members) and _is_utf8(data[0])
        if not is_text:
            return binaries[0].from_content(data[0])
    texts = [decoded(each).rstrip("\r\n") for each in data]
    for member in kind.members:
        if isinstance(member, Fields) and jsontext.is_structure(texts[0]):
            defaults = {"provider": provider} if "provider" in member.names else {}
            return kind.from_json({**defaults, **jsontext.parse(texts[0])})
    if _takes_several(kind):
        return kind.from_typed([item for text in texts for item in jsontext.items(text)])
    return texts[0] if any(isinstance(member, Anything) for member in kind.members) else kind.from_text(texts[0])


def _takes_several(kind: Kind) -> bool:
    return any(isinstance(member, Fields | Collection) for member in kind.members)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

"""The doctor's other processes: each imports plugins, and reports on them in a file, before and after each.

The report is a file, opened for each line: a plugin may print, or close what it finds open.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from codomyrmex.cloud.cli.app import load_command
from codomyrmex.cloud.cli.doctor.findings import Finding, about, broken
from codomyrmex.cloud.common import CloudClient, ComputeClient, ServerlessClient, StorageClient
from codomyrmex.cloud.errors import CloudError, ProviderLoadError
from codomyrmex.cloud.hooks import Hooks
from codomyrmex.cloud.plugin import COMMANDS, HOOKS, PROVIDERS, EntryPoint, installed_plugins, load

_CONTRACTS = (StorageClient, ComputeClient, ServerlessClient)
"""Their clients tell the contract as their service; ``infomaniak.swift`` is a storage."""
IMPORTS = "imported"
CREDENTIALS = "asked for its credentials"
_POLL_SECONDS = 0.5


class Examination(NamedTuple):
    """What the import of one entry point showed."""

    findings: list[Finding]
    credentials: str | None = None
    """Where a provider would find them, or why that cannot be told."""
    hooks: Sequence[str] = ()
    """The hooks that are implemented."""


def run(folder: str) -> None:
    """Examine the entry points that ``request.json`` in this folder names, report in ``report.jsonl``, and exit."""
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    installed = {(entry.group, entry.name, entry.distribution): entry for entry in installed_plugins()}
    threading.Thread(target=_end_with, args=[request["parent"]], daemon=True).start()
    process = os.getpid()

    def report(line: Any) -> None:
        if os.getpid() == process:  # and no fork of a plugin's
            with open(os.path.join(folder, "report.jsonl"), "a", encoding="utf-8", errors="replace") as file:
                file.write(f"{json.dumps(line, ensure_ascii=False)}\n")

    report({"step": IMPORTS})
    for name in map(tuple, request["entries"]):
        report({"examination": examine(installed[name], lambda step: report({"step": step}))})
    os._exit(0)  # whatever plugins wanted to do at the end


def _end_with(parent: int) -> None:
    """End this process, and what plugins started, when its parent is gone: nobody else would."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def examine(entry: EntryPoint, tell_step: Callable[[str], None]) -> Examination:
    """Import what an entry point names and look at it; ``tell_step`` hears what is about to be done."""
    tell_step(IMPORTS)
    try:
        if entry.group == HOOKS:
            return Examination([], hooks=_implemented_hooks(entry))
        if entry.group == COMMANDS:
            load_command(entry)
            return Examination([])
        loaded = load(entry)
        findings = list(_client_findings(entry, loaded)) if entry.group == PROVIDERS else []
    except ProviderLoadError as error:
        problem = "broken" if type(error) is ProviderLoadError else "incompatible"
        return Examination([about(problem, entry, str(error))], "cannot be loaded")
    except BaseException as error:  # KeyboardInterrupt, or what its metaclass does
        return Examination([broken(entry, f"raises {type(error).__name__} when it is imported")], "cannot be loaded")
    if entry.group != PROVIDERS:
        return Examination(findings)
    tell_step(CREDENTIALS)
    return Examination(findings, _credential_source(loaded))


def _implemented_hooks(entry: EntryPoint) -> list[str]:
    hooks = Hooks()
    hooks.install(entry)
    [plugin] = hooks.manager.get_plugins()
    return sorted(caller.name for caller in hooks.manager.get_hookcallers(plugin) or ())


def _client_findings(entry: EntryPoint, factory: Any) -> Iterator[Finding]:
    """What is wrong with the object that a provider's entry point names: a client's class, or a function."""
    if not isinstance(factory, type):
        return
    if not issubclass(factory, CloudClient):
        yield broken(entry, "is no client: its class does not derive from CloudClient")
        return
    if missing := getattr(factory, "__abstractmethods__", ()):
        yield broken(entry, f"is abstract: it lacks {', '.join(sorted(missing))}")
    provider, _, service = entry.name.partition(".")
    services = {service, *(contract.service for contract in _CONTRACTS if issubclass(factory, contract))}
    is_named_well = provider and service and entry.name == entry.name.lower()
    if is_named_well and (factory.provider != provider or factory.service not in services):
        advice = (
            f"errors and hooks tell {factory.provider}.{factory.service}, as its class says; "
            f"its author should set provider = {provider!r} and service = {service!r} there"
        )
        yield about("misnamed", entry, advice)


def _credential_source(factory: Any) -> str:
    try:
        return str(getattr(factory, "credential_source", lambda: None)() or "not told by the plugin")
    except CloudError as error:
        return f"none: {error}"
    except BaseException as error:  # a plugin's bug is not the doctor's; its text may hold a secret
        return f"cannot be told: {type(error).__name__}"

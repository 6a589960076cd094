"""Install the servers, see what is there, run one by hand: ``python -m codomyrmex.cloud.testing.backends``."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Sequence

from codomyrmex.cloud.testing import backends


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 where something could not be installed, or a server ended by itself."""
    parser = argparse.ArgumentParser(
        prog="python -m codomyrmex.cloud.testing.backends", description="Real servers on loopback, to test against."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    install = commands.add_parser("install", help="install servers; quick where they are")
    install.add_argument("kinds", nargs="*", type=_kind, metavar="NAME", help="all if none is given")
    install.set_defaults(command=lambda options: _install(options.kinds or _all_kinds()))
    listing = commands.add_parser("list", help="say what is installed, and what the others lack")
    listing.set_defaults(command=lambda options: _list())
    run = commands.add_parser("run", help="run a server until Ctrl-C, and say what leads a client to it")
    run.add_argument("kind", type=_kind, metavar="NAME")
    run.set_defaults(command=lambda options: _run(options.kind))
    options = parser.parse_args(arguments)
    return int(options.command(options))


def _kind(name: str) -> type[backends.Server]:
    if name not in backends.BACKENDS:
        raise argparse.ArgumentTypeError(f"there is no {name!r}, only: {', '.join(backends.BACKENDS)}")
    kind: type[backends.Server] = getattr(backends, backends.BACKENDS[name])
    return kind


def _all_kinds() -> list[type[backends.Server]]:
    return [_kind(name) for name in backends.BACKENDS]


def _install(kinds: list[type[backends.Server]]) -> int:
    failed = 0
    for kind in kinds:
        if not kind.missing():
            print(f"{kind.name}: installed")
            continue
        print(f"{kind.name}: installing ...", flush=True)
        start = time.monotonic()
        try:
            kind.install()
        except RuntimeError as error:
            print(f"{kind.name}: {error}", file=sys.stderr)
        if reason := kind.missing():
            failed = 1
            print(f"{kind.name}: {reason}", file=sys.stderr)
        else:
            print(f"{kind.name}: installed in {time.monotonic() - start:.0f} s")
    return failed


def _list() -> int:
    for kind in _all_kinds():
        print(f"{kind.name}: {kind.missing() or 'installed'}")
    return 0


def _run(kind: type[backends.Server]) -> int:
    try:
        with kind() as server:
            for variable, value in server.environment().items():
                print(f"export {variable}={shlex.quote(value)}", flush=True)
            print(f"{kind.name} runs in {server.folder}; Ctrl-C ends it", file=sys.stderr)
            while server.is_running:
                time.sleep(0.2)
            raise backends.ServerError(f"{kind.name} ended\n{server.log()}")
    except KeyboardInterrupt:
        return 0
    except backends.ServerError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

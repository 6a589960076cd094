"""``cloud sync``, ``check`` and ``plan``, and ``cp -r``: many objects, by codomyrmex-cloud-transfer."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import note, printable, settings, size_text, stream
from codomyrmex.cloud.cli.progress import TransferBar, transfer_bar
from codomyrmex.cloud.cli.urls import PathOrURL, Place
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.transfer import (
    Action,
    Folder,
    Options,
    Outcome,
    Prefix,
    Run,
    Summary,
    as_json,
    checking,
    export,
    same_service,
    syncing,
)
from codomyrmex.cloud.transfer import plan as planned

_EVERY = 0.2
"""Seconds between two looks at how far a run is."""


def chosen_keys(function: Any) -> Any:
    """The options that say what takes part."""
    for name, text in (("exclude", "Leave out"), ("include", "Take only")):
        option = click.option(
            f"--{name}", metavar="PATTERN", multiple=True, help=f"{text} keys that match, such as '*.log' or 'tmp/'."
        )
        function = option(function)
    return function


def run_options(function: Any) -> Any:
    """The options of all runs; `options_of` makes them what a run takes."""
    for option in (
        click.option("--dask", metavar="ADDRESS", help="Work on a Dask cluster, such as tcp://scheduler:8786."),
        click.option("--report", metavar="FILE", help="Write what became of each object, as lines of JSON."),
        click.option("--threads", type=click.IntRange(1), help="How many objects at a time; default 16."),
    ):
        function = option(function)
    return chosen_keys(function)


def journal_option(function: Any) -> Any:
    """``--journal``, of runs that write."""
    option = click.option("--journal", metavar="FILE", help="Keep what is done; the same command goes on from there.")
    return option(function)


@command()
@click.argument("source", type=PathOrURL("bucket"))
@click.argument("target", type=PathOrURL("bucket"))
@click.option("--checksum", is_flag=True, help="Read what is of one size on both sides, to be sure.")
@click.option("--delete", is_flag=True, help="Delete at the target what is not at the source.")
@click.option("--max-delete", metavar="PERCENT", type=click.IntRange(0, 100), default=50, show_default=True)
@click.option("--force", is_flag=True, help="Delete whatever share that is.")
@click.option("-n", "--dry-run", is_flag=True, help="Tell what would be done.")
@journal_option
@run_options
def sync(
    source: Place | str,
    target: Place | str,
    checksum: bool,
    delete: bool,
    max_delete: int,
    force: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Make a target what the source is: cloud sync photos s3://photos/2026

    Copies what is missing or differs. With --delete, what is at the target only is deleted once all else is
    copied; if that is more than --max-delete of the target's objects, nothing is.
    """
    one, other = sides_of(source, target)
    if dry_run:
        _show_plan(planned(one, other, checksum=checksum, include=given["include"], exclude=given["exclude"]), delete)
        return
    share = (1 if force else max_delete / 100) if delete else None
    with options_of(**given) as options:
        run = syncing(one, other, checksum=checksum, max_delete=share, **options)
        _tell(run, _done(run), lambda outcome: f"{outcome.result} {other.name_of(outcome.key)}")


@command()
@click.argument("source", type=PathOrURL("bucket"))
@click.argument("target", type=PathOrURL("bucket"))
@click.option("--quick", is_flag=True, help="Trust recorded checksums, rather than read all data.")
@run_options
def check(source: Place | str, target: Place | str, quick: bool, **given: Any) -> None:
    """Compare a source with a target, byte by byte, and tell what differs."""
    one, other = sides_of(source, target)
    with options_of(**given) as options:
        run = checking(one, other, quick=quick, **options)
        differing = (outcome for outcome in follow(run) if outcome.result != "same" and not outcome.error)
        _tell(run, differing, lambda o: f"{o.result} {other.name_of(o.key)}" + (f": {o.detail}" if o.detail else ""))


@command()
@click.argument("source", type=PathOrURL("bucket"))
@click.argument("target", type=PathOrURL("bucket"))
@click.option("--checksum", is_flag=True, help="Read what is of one size on both sides, to be sure.")
@click.option("--delete", is_flag=True, help="With what would be deleted.")
@click.option("--format", "form", type=click.Choice(["text", "json", "rclone", "s5cmd"]), default="text")
@chosen_keys
def plan(
    source: Place | str,
    target: Place | str,
    checksum: bool,
    delete: bool,
    form: Any,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
) -> None:
    """Tell what a sync would do, or write it for another program.

    \b
    cloud plan photos s3://photos --format rclone > keys
        rclone copy --files-from-raw keys photos s3:photos
    cloud plan photos s3://photos --format s5cmd | s5cmd run
    """  # noqa: D301 - it is click's mark of a paragraph to leave as it is
    one, other = sides_of(source, target)
    actions = planned(one, other, checksum=checksum, include=include, exclude=exclude)
    if form == "text":
        _show_plan(actions, delete)
    else:
        for line in export(actions, one, other, form, delete=delete):
            click.echo(line)


@contextmanager
def options_of(dask: str | None, **given: Any) -> Iterator[Options]:
    """What a run takes, of the options of the command line that were given."""
    options: dict[str, Any] = {name: value for name, value in given.items() if value}
    with ExitStack() as stack:
        if dask:
            try:
                from distributed import Client
            except ImportError:
                raise click.UsageError("--dask needs 'pip install codomyrmex-cloud-transfer[dask]'") from None
            client = stack.enter_context(Client(dask))
            options["executor"] = client.get_executor(pure=False)
        yield Options(**options)  # type: ignore[typeddict-item]


def follow(run: Run) -> Iterator[Outcome]:
    """What becomes of the run's objects, with a bar. An interrupt stops it; a second one at once."""
    with transfer_bar() as bar, _stopped_by_interrupt(run), _watched(run, bar):
        yield from run


def conclude(*summaries: Summary) -> None:
    """Name what failed, tell what was done, and raise unless all is well."""
    failed = [outcome.error for summary in summaries for outcome in summary.failures if outcome.error]
    count = sum(summary.failed for summary in summaries)
    if count == 1 and len(failed) == 1 and not any(summary.copied or summary.same for summary in summaries):
        raise failed[0]
    for error in failed:
        click.echo(printable(f"cloud: {error.resource}: {error}"), err=True)
    for summary in summaries:
        note(f"{summary}, {size_text(summary.bytes)} in {summary.seconds:.1f} s")
    if any(summary.interrupted for summary in summaries):
        raise click.Abort
    if count:
        verb = "compared" if summaries[0].operation == "check" else "copied"
        raise CloudError(f"{count:,} could not be {verb}")
    for summary in summaries:
        if not summary.ok:
            raise CloudError(f"{summary.source} and {summary.target} differ")


def sides_of(source: Place | str, target: Place | str) -> tuple[Prefix | Folder, Prefix | Folder]:
    """What a transfer takes for two arguments of the command line."""
    if isinstance(source, Place) and isinstance(target, Place) and same_service(source.storage, target.storage):
        target = target._replace(storage=source.storage)  # which copies by itself
    return _side(source), _side(target)


def _side(place: Place | str) -> Prefix | Folder:
    return Prefix(place.storage, place.bucket, place.key) if isinstance(place, Place) else Folder(place)


def _done(run: Run) -> Iterator[Outcome]:
    return (outcome for outcome in follow(run) if outcome.result in ("copied", "deleted"))


def _tell(run: Run, outcomes: Iterable[Outcome], line: Callable[[Outcome], str]) -> None:
    items = map(as_json, outcomes) if settings().json else outcomes
    stream(items, lambda outcome: printable(line(outcome)))
    conclude(run.summary)


def _show_plan(actions: Iterable[Action], delete: bool) -> None:
    def line(action: Action) -> str:
        why = str(action.error) if action.error else action.reason
        return printable(f"{action.what} {action.key}" + (f": {why}" if why else ""))

    shown = (action for action in actions if delete or action.what != "delete")
    stream(map(_action_json, shown) if settings().json else shown, line)


def _action_json(action: Action) -> dict[str, Any]:
    found = {"action": action.what, "key": action.key, "size": action.size, "reason": action.reason}
    return found | ({"error": str(action.error)} if action.error else {})


@contextmanager
def _stopped_by_interrupt(run: Run) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        run.stop()

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Total:
    """How much there is to do, counted while it is done."""

    def __init__(self) -> None:
        self.objects = self.size = 0
        self.known = False
        self.ended = threading.Event()

    def count(self, run: Run) -> None:
        with suppress(CloudError):  # the run itself tells
            for size in run.sizes():
                if self.ended.is_set():
                    return
                self.objects += 1
                self.size += size
            self.known = True

    def show(self, run: Run, bar: TransferBar) -> None:
        while not self.ended.wait(_EVERY):
            counted = f"{self.objects:,}{'' if self.known else '...'}"
            size = self.size if self.known else None
            bar.show(run.bytes_done, size, f"{run.objects_done:,} of {counted} objects")


@contextmanager
def _watched(run: Run, bar: TransferBar) -> Iterator[None]:
    """Keep the bar up to date."""
    if not bar.visible:
        yield
        return
    total = _Total()
    threads = [threading.Thread(target=total.count, args=(run,)), threading.Thread(target=total.show, args=(run, bar))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        total.ended.set()
        for thread in threads:
            thread.join()

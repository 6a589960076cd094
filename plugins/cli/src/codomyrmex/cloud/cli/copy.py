"""``cloud cp``: between files of this machine and storages, and from storage to storage."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import printable, stream
from codomyrmex.cloud.cli.progress import transfer_bar
from codomyrmex.cloud.cli.streams import standard_input, standard_output
from codomyrmex.cloud.cli.transfer import conclude, follow, journal_option, options_of, run_options, sides_of
from codomyrmex.cloud.cli.urls import PathOrURL, Place
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.errors import AlreadyExists, CloudError, LocalFileError, LocalFileNotFound, ObjectNotFound
from codomyrmex.cloud.transfer import Folder, Manner, Prefix, Run, copying, same_service


class Options(NamedTuple):
    """How to write at the target."""

    content_type: str | None
    metadata: dict[str, str]
    no_clobber: bool

    def for_upload(self) -> dict[str, Any]:
        """As `StorageClient.upload_stream` takes them."""
        return {
            "content_type": self.content_type,
            "metadata": self.metadata or None,
            "if_none_match": "*" if self.no_clobber else None,
        }


class Job(NamedTuple):
    """One object to copy."""

    source: Place | str
    target: Place | str
    size: int | None = None
    """Bytes, where they are known."""


@command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=PathOrURL("bucket"))
@click.argument("target", metavar="TARGET", type=PathOrURL("bucket"))
@click.option("-r", "--recursive", is_flag=True, help="Copy folders and prefixes with all below them.")
@click.option("--content-type", help="Of the uploaded objects; default by their names.")
@click.option("--metadata", metavar="KEY=VALUE", multiple=True, help="Metadata of the uploaded objects.")
@click.option("--no-clobber", is_flag=True, help="Fail rather than replace what is there.")
@journal_option
@run_options
def cp(
    sources: tuple[Place | str, ...],
    target: Place | str,
    recursive: bool,
    content_type: str | None,
    metadata: tuple[str, ...],
    no_clobber: bool,
    **given: Any,
) -> None:
    """Copy files and objects: cloud cp report.pdf local://documents/2026/

    A target that ends in '/' (or is a folder, or a bucket) keeps the source's name. '-' is
    standard input or output. The last six options go with -r.
    """
    options = Options(content_type, dict(_pair(text) for text in metadata), no_clobber)
    if recursive:
        _copy_folders(sources, target, options, given)
        return
    if any(given.values()):
        raise click.UsageError("--include, --exclude, --journal, --threads, --report and --dask go with -r")
    jobs = (_single(source, target, len(sources) > 1) for source in sources)
    if target == "-":
        for job in jobs:
            _copy(job.source, "-", options, _unwatched)
        return
    failures: list[tuple[Job, Exception]] = []
    copied = stream(_copied(jobs, options, failures), _line)
    if len(failures) == 1 and not copied:
        raise failures[0][1]
    for job, failure in failures:
        click.echo(printable(f"cloud: {job.source}: {failure}"), err=True)
    if failures:
        raise CloudError(f"{len(failures)} of {copied + len(failures)} could not be copied")


def _line(row: dict[str, str]) -> str:
    return printable(f"{row['source']} -> {row['target']}")


def _copied(jobs: Iterator[Job], options: Options, failures: list[tuple[Job, Exception]]) -> Iterator[dict[str, str]]:
    """Do the jobs, and give those that are done; what fails is kept and does not stop the others."""
    written: set[str] = set()
    with transfer_bar() as bar:
        for job in jobs:
            bar.begin(str(job.source), job.size)
            try:
                if str(job.target) in written:
                    raise AlreadyExists(f"{job.target} was written just now, from another source of that name")
                written.add(str(job.target))
                _copy(job.source, job.target, options, bar.advance)
            except (CloudError, ValueError) as error:
                failures.append((job, error))
            else:
                yield {"source": str(job.source), "target": str(job.target)}


def _copy_folders(
    sources: tuple[Place | str, ...], target: Place | str, options: Options, given: dict[str, Any]
) -> None:
    if target == "-":
        raise click.UsageError("'-' takes one object; leave out -r")
    if len(sources) > 1 and (given["journal"] or given["report"]):
        raise click.UsageError("--journal and --report are of one source")
    if not isinstance(target, Place) and not all(isinstance(source, Place) for source in sources):
        raise click.UsageError("one of the two must be a storage URL; for two folders use your system's cp")
    manner = Manner(options.content_type, options.metadata, not options.no_clobber)
    with options_of(**given) as settings:
        runs = [copying(*sides_of(source, target), manner, **settings) for source in sources]
        stream(_rows(runs), _line)
    for run in runs:
        if isinstance(run.source, Prefix) and run.source.prefix and run.summary.ok and not run.objects_done:
            raise ObjectNotFound(f"nothing under {run.source.name}")
    conclude(*(run.summary for run in runs))


def _rows(runs: list[Run]) -> Iterator[dict[str, str]]:
    for run in runs:
        for outcome in follow(run):
            if outcome.result == "copied":
                yield {"source": run.source.name_of(outcome.key), "target": run.target.name_of(outcome.key)}
        if run.summary.interrupted:
            return


def _unwatched(_: int) -> None:
    pass


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--metadata")
    return key, value


def _single(source: Place | str, target: Place | str, many: bool) -> Job:
    if isinstance(source, Place):
        if not source.key:
            raise click.UsageError(f"{source} is a bucket; 'cloud cp -r' copies what is in it")
        return Job(source, _named(target, source.key.rpartition("/")[2], many))
    if source == "-":
        return Job(source, target)
    if os.path.isdir(source):
        raise click.UsageError(f"{source} is a folder; 'cloud cp -r' copies it")
    size = os.path.getsize(source) if os.path.isfile(source) else None
    return Job(source, _named(target, os.path.basename(source), many), size=size)


def _named(target: Place | str, name: str, many: bool) -> Place | str:
    """``target``, with the source's name where it stands for a folder."""
    if isinstance(target, Place):
        if not target.key or target.key.endswith("/"):
            return target._replace(key=target.key + name)
    elif os.path.isdir(target) or target.endswith(("/", os.sep)):
        if refused := Folder(target).refusal(name):
            raise refused
        return os.path.join(target, name)
    if many:
        raise click.UsageError(f"several sources need a folder as target; write {target}/")
    return target


def _copy(source: Place | str, target: Place | str, options: Options, progress: Any) -> None:
    if isinstance(target, Place):
        if isinstance(source, Place):
            _between(source, target, options, progress)
        elif source == "-":
            upload = target.storage.upload_stream
            upload(target.bucket, target.key, standard_input(), progress=progress, **options.for_upload())
        elif not os.path.lexists(source):
            raise LocalFileNotFound(f"{source or repr(source)}: no such file")
        elif os.path.isdir(source) or not os.path.exists(source):
            kind = "link that leads nowhere" if os.path.islink(source) and not os.path.exists(source) else "folder"
            raise LocalFileError(f"{source} is a {kind}, or cannot be read; it is not followed")
        elif not os.path.isfile(source):
            raise LocalFileError(f"{source} is no regular file; 'cloud cp - TARGET' reads a pipe")
        else:
            target.storage.upload_path(target.bucket, target.key, source, progress=progress, **options.for_upload())
    elif isinstance(source, Place):
        _download(source, target, options, progress)
    else:
        raise click.UsageError("one of the two must be a storage URL; for two files use your system's cp")


def _download(source: Place, target: str, options: Options, progress: Any) -> None:
    if options.content_type or options.metadata:
        raise click.UsageError("a file keeps no content type and no metadata; leave these options out")
    if target == "-":
        with source.storage.open_read(source.bucket, source.key) as file:
            shutil.copyfileobj(file, standard_output(), 1024 * 1024)
        return
    if options.no_clobber and os.path.exists(target):
        raise LocalFileError(f"{target} exists, and --no-clobber was given")
    folder = os.path.dirname(os.path.abspath(target))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise LocalFileError(f"{folder} cannot be made a folder: {error.strerror}") from error
    source.storage.download_path(source.bucket, source.key, target, progress=progress)


def _between(source: Place, target: Place, options: Options, progress: Any) -> None:
    """From storage to storage; within one, by its own `copy` unless something is to be changed."""
    if same_service(source.storage, target.storage) and options == Options(None, {}, False):
        source.storage.copy(source.bucket, source.key, target.bucket, target.key)
        return
    info = source.storage.stat(source.bucket, source.key)
    kept = dict(info.metadata) if Capability.METADATA in target.storage.capabilities else {}
    options = options._replace(content_type=options.content_type or info.content_type, metadata=kept | options.metadata)
    with source.storage.open_read(source.bucket, source.key) as file:
        upload = target.storage.upload_stream
        upload(target.bucket, target.key, file, progress=progress, **options.for_upload())

"""A run: actions in batches to an executor, a bounded number at a time, and what became of them."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import blake2b
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypedDict

from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.errors import AuthenticationError, BucketNotFound, CloudError
from codomyrmex.cloud.transfer._batch import Job, batches, run_batch, run_batch_under
from codomyrmex.cloud.transfer._hooks import names_for
from codomyrmex.cloud.transfer._journal import Journal, done_of
from codomyrmex.cloud.transfer._outcome import Outcome
from codomyrmex.cloud.transfer._place import typed
from codomyrmex.cloud.transfer._plan import Action, Sides
from codomyrmex.cloud.transfer._report import Report, Summary
from codomyrmex.cloud.transfer._stream import Stopped, Watch
from codomyrmex.cloud.transfer.errors import DeletionsRefused, TransferFailed

_HOPELESS = (AuthenticationError, BucketNotFound)
"""What is true of all other objects too."""
_DELETED_AT_ONCE = 1000


class Options(TypedDict, total=False):
    """What takes part in a run, and how it goes about its work."""

    include: Iterable[str]
    """Patterns of the keys that take part; default all. See `Filter`."""
    exclude: Iterable[str]
    """Patterns of those that do not."""
    executor: Executor
    """Any: of processes, of Dask, of MPI... Default: threads of its own. Other processes import the hooks that were
    registered in this one; PluginError for those that cannot be imported."""
    threads: int
    """How many of these; default 16."""
    window: int
    """How many batches are under way at most; default twice ``threads``."""
    batch_objects: int
    """How many objects a batch has at most; default 32."""
    batch_bytes: int
    """Bytes at which a batch is full; default 16 MiB. A larger object is one by itself."""
    journal: Path
    """A file that keeps what is done. The same call, with the same journal, goes on where it was."""
    report: Path
    """A file to which every outcome is written, as lines of JSON."""


class Run:
    """Iterate over it, and the work is done; it gives the `Outcome` of each object that took any.

    Interrupted, or left before its end, it lets what is under way end or leave no trace, and what is done
    is in the journal.
    """

    def __init__(
        self,
        operation: str,
        job: Job,
        sides: Sides,
        actions: Callable[[], Iterator[Action]],
        *,
        max_delete: float | None = None,
        options: Options,
    ) -> None:
        self.summary = Summary(operation, job.source.name, job.target.name)
        self._job = job
        self.source, self.target = job.source, job.target
        self._sides = sides
        self._actions = actions
        self._max_delete = max_delete
        self._options = options
        self._hooks: list[str] = []
        threads = options.get("threads", 16)
        self._window = options.get("window", 2 * threads)
        if threads < 1 or self._window < 1:
            raise ValueError("threads and window are at least 1")
        self._threads = threads
        self._watch = Watch()
        self._futures: dict[Future[list[Outcome]], list[Action]] = {}
        self._finished: SimpleQueue[Future[list[Outcome]]] = SimpleQueue()
        self._told: list[Outcome] = []  # of the run itself
        self._report: Report | None = None
        self._journal: Journal | None = None
        self._ending = False
        self._skipped_bytes = 0
        self._at_target = self._extra = 0

    @property
    def bytes_done(self) -> int:
        """Of the source, so far: moved, compared, or found to need neither."""
        return max(self._watch.moved, self.summary.bytes) + self._skipped_bytes

    @property
    def objects_done(self) -> int:
        """Of the source, so far."""
        done = self.summary
        return done.copied + done.same + done.resumed + done.differs + done.missing + done.failed

    def sizes(self) -> Iterator[int]:
        """The bytes of each object of the source that takes part, by a listing of its own: how much there is to do."""
        return (entry.size for entry in self._sides.source_entries(deque()))

    def stop(self) -> None:
        """End soon and cleanly. May be called by a signal handler."""
        self.summary.interrupted = True
        self._end()

    def finish(self) -> Summary:
        """Do all of it. TransferFailed, which has the summary, if anything failed."""
        for _ in self:
            pass
        self.raise_unless_ok()
        return self.summary

    def raise_unless_ok(self) -> None:
        """Raise TransferFailed, which has the summary, unless all is well so far."""
        summary = self.summary
        if summary.ok:
            return
        first = next((o.error for o in summary.failures if o.error), None)
        why = f", the first: {first.resource or summary.source}: {first}" if first else ""
        failure = TransferFailed(
            f"{summary.operation} of {summary.source} to {summary.target}: {summary.failed} failed{why}"
        )
        failure.summary = summary
        raise failure from first

    def __iter__(self) -> Iterator[Outcome]:
        started = monotonic()
        with ExitStack() as opened:
            self._open(opened)
            try:
                yield from self._all()
            except BaseException:
                self.stop()
                raise
            finally:
                for outcome in self._drained():
                    self._count(outcome)
                self.summary.seconds = monotonic() - started
            if self._journal is not None and self.summary.ok:
                self._journal.remove()

    def _open(self, opened: ExitStack) -> None:
        """What a run holds, until its end."""
        job, options = self._job, self._options
        self._hooks = names_for(options.get("executor"))
        opened.callback(job.source.close)
        opened.callback(job.target.close)
        if "report" in options:
            self._report = Report(options["report"])
            opened.callback(self._report.close, self.summary)
        if "journal" in options:
            self._journal = Journal(options["journal"], self._identity())
            opened.callback(self._journal.close)
        if not job.compare_only:
            opened.enter_context(job.target.written(self._id()))
        self._executor = options.get("executor") or opened.enter_context(ThreadPoolExecutor(self._threads))
        job.watch = self._watch  # which stays here: it is not pickled

    def _all(self) -> Iterator[Outcome]:
        objects, size = self._options.get("batch_objects", 32), self._options.get("batch_bytes", 16 << 20)
        yield from self._pumped(batches(self._wanted(), objects, size))
        if self._max_delete is not None and self._extra and not self._ending:
            yield from self._pumped(batches(self._deletions(), _DELETED_AT_ONCE, size))

    # What there is to do

    def _wanted(self) -> Iterator[Action]:
        """What is to be told, or takes work. All else is counted."""
        for action in self._actions():
            self._at_target += action.target is not None
            if action.what == "delete" and not self._job.compare_only:
                self._extra += 1
            elif action.what == "same":
                self.summary.same += 1
                self._skipped_bytes += action.size
            elif self._is_done(action):
                self.summary.resumed += 1
                self._skipped_bytes += action.size
            else:
                yield action

    def _is_done(self, action: Action) -> bool:
        """Whether an earlier run did it. What is no more at the target as it then was, it did not do."""
        source, target = action.source, action.target
        if self._journal is None or source is None or action.reason in ("missing", "size"):
            return False
        return (target is None or target.size == source.size) and self._journal.has(source.key, source.mark)

    def _deletions(self) -> Iterator[Action]:
        """What is still at the target only, now that all is copied, by new listings."""
        assert self._max_delete is not None
        if self.summary.failed:
            self._fail(DeletionsRefused("nothing was deleted, as not all was copied"))
            return
        allowed = self._max_delete * self._at_target
        counts = f"{self._extra:,} of {self._at_target:,} objects at the target are not at the source"
        refused = DeletionsRefused(f"{counts}, which is more than {self._max_delete:.0%}; nothing was deleted")
        if self._extra > allowed:
            self._fail(refused)
            return
        deletions = 0
        for action in self._actions():
            if action.error is not None and action.source is None:  # what cannot be read is not gone
                raise action.error
            if action.what == "delete":
                deletions += 1
                if deletions > allowed:
                    raise DeletionsRefused(f"more than {self._max_delete:.0%} of the objects went from the source")
                yield action

    def _fail(self, error: CloudError) -> None:
        """The run itself failed, rather than an object."""
        error.resource = error.resource or self._job.target.name
        self._told.append(Outcome("", "failed", error=error))

    # Doing it

    def _pumped(self, work: Iterator[list[Action]]) -> Iterator[Outcome]:
        number = 0
        while True:
            while len(self._futures) < self._window and not self._ending and (batch := self._next(work)):
                number += 1
                self._submit(number, batch)
            yield from self._flushed()
            if not self._futures:
                return
            for outcome in self._collected():
                self._count(outcome)
                yield outcome

    def _next(self, work: Iterator[list[Action]]) -> list[Action] | None:
        try:
            return next(work, None)
        except Exception as error:  # nothing more can be known of what there is to do
            self._fail(typed(error))
            self._end()
            return None

    def _submit(self, number: int, batch: list[Action]) -> None:
        try:
            if self._hooks:
                job = pickle.dumps(self._job)
                future = self._executor.submit(run_batch_under, self._hooks, job, number, batch)
            else:
                future = self._executor.submit(run_batch, self._job, number, batch)
        except Exception as error:  # the executor is broken, or the storages do not pickle
            self._fail(typed(error))
            self._end()
            return
        self._futures[future] = batch
        future.add_done_callback(self._finished.put)

    def _collected(self) -> list[Outcome]:
        """What became of the batches that are done, of one at least; it is in the journal."""
        ready = [self._finished.get()]
        while True:
            try:
                ready.append(self._finished.get_nowait())
            except Empty:
                break
        return self._kept(ready)

    def _drained(self) -> list[Outcome]:
        """The same of all that is left. Not by the queue: an interrupt may have lost what was taken from it."""
        return self._kept(list(self._futures))

    def _kept(self, futures: list[Future[list[Outcome]]]) -> list[Outcome]:
        outcomes = [outcome for future in futures for outcome in self._outcomes(future)]
        if self._journal is not None:
            self._journal.add(done_of(outcomes))
        return outcomes

    def _outcomes(self, future: Future[list[Outcome]]) -> list[Outcome]:
        """What became of a batch, for whose end it waits."""
        try:
            error = future.exception()
        except CancelledError:
            error = Stopped()
        batch = self._futures.pop(future)
        if error is None:
            return future.result()
        if isinstance(error, KeyboardInterrupt | Stopped):  # of a worker
            return []
        failure = typed(error)
        return [Outcome(action.key, "failed", error=failure) for action in batch]

    def _flushed(self) -> Iterator[Outcome]:
        """What became of the run itself."""
        while self._told:
            outcome = self._told.pop(0)
            self._count(outcome)
            yield outcome

    def _count(self, outcome: Outcome) -> None:
        self.summary.add(outcome)
        if outcome.result == "same" and not self._job.compare_only:
            self._skipped_bytes += outcome.size
        if self._report is not None:
            self._report.add(outcome)
        if isinstance(outcome.error, _HOPELESS):
            self._end()

    def _end(self) -> None:
        """Begin nothing more, and end what can be."""
        self._ending = True
        if self.summary.interrupted:
            self._watch.stop()
        for future in list(self._futures):
            future.cancel()

    # Which job it is

    def _identity(self) -> dict[str, str]:
        sides = {"source": self._job.source, "target": self._job.target}
        storages = {f"{side}_storage": repr(place) for side, place in sides.items()}
        names = {side: place.name for side, place in sides.items()}
        return {"operation": self.summary.operation, **names, **storages}

    def _id(self) -> str:
        return blake2b(repr(self._identity()).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()

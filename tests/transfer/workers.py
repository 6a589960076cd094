"""What the tests do in processes of their own: ``python workers.py <function> <arguments>``."""

import json
import os
import signal
import sys
from pathlib import Path

from codomyrmex.cloud import get_client
from codomyrmex.cloud.transfer import Folder, Prefix, copying, syncing

sys.path.append(str(Path(__file__).parents[1]))
from support.memory import peak_memory  # found in the folder above


def say(value):
    os.write(1, (json.dumps(value) + "\n").encode())


def place_at(text):
    """``folder:PATH``, ``local:ROOT`` for the bucket ``box`` there, or ``s3:BUCKET``."""
    kind, _, path = text.partition(":")
    if kind == "folder":
        return Folder(path)
    return Prefix(get_client("aws"), path) if kind == "s3" else Prefix(get_client(kind, root=path), "box")


def run(operation, source, target, journal):
    """Says each key that is done, then the summary."""
    make = {"copy": copying, "sync": syncing}[operation]
    job = make(place_at(source), place_at(target), journal=journal, threads=4, window=6, batch_objects=3)
    for outcome in job:
        say([outcome.key, outcome.result])
    say(vars(job.summary) | {"failures": [str(o) for o in job.summary.failures]})


def run_until_signalled(source, target, journal):
    """As a program does that stops on SIGINT; says when it has begun, and then the summary."""
    job = copying(place_at(source), place_at(target), journal=journal, threads=2, batch_objects=2)
    signal.signal(signal.SIGINT, lambda *_: job.stop())
    for outcome in job:
        say([outcome.key, outcome.result])
    say(vars(job.summary) | {"failures": [str(o) for o in job.summary.failures]})


def run_until_interrupted(source, target, journal):
    """As a program does that knows nothing of signals."""
    job = copying(place_at(source), place_at(target), journal=journal, threads=2, batch_objects=2)
    try:
        for outcome in job:
            say([outcome.key, outcome.result])
    except KeyboardInterrupt:
        say(vars(job.summary) | {"failures": [str(o) for o in job.summary.failures]})


def measure(source, target, journal):
    """Says how many were copied, and the peak memory in MiB."""
    summary = copying(place_at(source), place_at(target), journal=journal, batch_objects=100).finish()
    say([summary.copied, peak_memory()])


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

"""Serve a project of OpenStack until SIGTERM: ``python -m lab NAME FOLDER``; with ``--prepare`` make its databases."""

import importlib
import subprocess
import sys
import threading

from lab import sqlite
from lab.context import Context
from lab.tokens import RememberTokens


def main():
    name, folder, *options = sys.argv[1:]
    context = Context(name, folder)
    project = importlib.import_module(f"lab.{name}")
    context.be_configured()
    if options == ["--prepare"]:
        project.prepare(context)
    else:
        serve(project, context)


def serve(project, context):
    context.once("prepared", lambda: subprocess.run([*sys.orig_argv, "--prepare"], check=True))
    if context.name == "octavia":  # which opens two sessions at once: they would wait for each other
        sqlite.begin_at_first_write()
    else:
        sqlite.begin_immediately()
    application = RememberTokens(project.application(context), context.lab_folder)
    if context.name != "keystone":  # which it is in
        context.await_file("catalogue")
    if hasattr(project, "start_workers"):
        project.start_workers(context)
    context.say(f"listens on {context.port}, with {threading.active_count()} threads")
    # Keystone's AuthContextMiddleware keeps the token of a request on itself, which is another's by the next line
    listen(application, context.port, threads=1 if context.name == "keystone" else 8)


def listen(application, port, threads):
    import waitress

    waitress.serve(
        application,
        host="127.0.0.1",
        port=port,
        threads=threads,
        connection_limit=1000,  # all workers of a run keep theirs; of those over the limit none is answered
        ident=None,
        clear_untrusted_proxy_headers=False,
        max_request_body_size=8 << 30,  # images
        channel_timeout=600,
    )


main()

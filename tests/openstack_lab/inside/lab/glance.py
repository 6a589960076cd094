"""Images."""

import sys

from lab import sqlite


def prepare(context):
    from glance.cmd.manage import main

    sqlite.create(context.database())
    sys.argv += ["db", "sync"]
    main()


def application(context):
    from glance.wsgi.api import application

    return application

"""DNS: API, central, worker, producer and mdns in one process. mdns answers real DNS, and nothing else is asked."""

import os
import sys

from lab import sqlite


def prepare(context):
    from designate.cmd.manage import main

    sqlite.create(context.database())
    sys.argv += ["database", "sync"]
    main()


def application(context):
    import designate.cmd  # noqa: F401  # chooses threads, before all else of designate
    from designate.wsgi.api import application

    return application


def start_workers(context):
    """As the commands designate-central, -worker, -producer and -mdns do."""
    from designate.central.service import Service as Central
    from designate.manage.pool import PoolCommands
    from designate.mdns.service import Service as MiniDNS
    from designate.producer.service import Service as Producer
    from designate.worker.service import Service as Worker

    Central().start()
    context.once("pool", lambda: PoolCommands().update(os.path.join(context.folder, "pools.yaml"), False))
    for kind in (Worker, Producer, MiniDNS):
        kind().start()

"""Volumes: API, scheduler, volume and backup in one process, with volumes that are sparse files."""

import shlex
import sys
import threading

from lab import sqlite


def prepare(context):
    from cinder.cmd.manage import main

    sqlite.create(context.database())
    sys.argv += ["db", "sync"]
    main()


def application(context):
    _use_threads()
    from cinder.wsgi.api import application

    return application


def _use_threads():
    """Patch cinder to run without eventlet.

    Its threading backend is young: it still calls eventlet.tpool, which hangs where no hub runs, and then forbids
    eventlet altogether, which its own imports break. The calls become plain ones, and nothing is forbidden.
    """
    import eventlet.tpool
    from cinder import monkey_patch

    eventlet.tpool.execute = lambda function, *args, **options: function(*args, **options)
    eventlet.tpool.Proxy = lambda wrapped, *args, **options: wrapped
    eventlet.tpool.set_num_threads = lambda count: None
    monkey_patch.poison_eventlet = lambda: None
    monkey_patch.patch(backend="threading")


def start_workers(context):
    """As the commands cinder-volume, cinder-backup and cinder-scheduler do; the scheduler last, which waits else."""
    import cinder.cmd.backup  # noqa: F401  # registers its options
    import os_brick
    from cinder import utils
    from oslo_config import cfg
    from oslo_privsep import priv_context

    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(cfg.CONF)
    _keep_privileges()
    start = _one_at_a_time()
    for backend in cfg.CONF.enabled_backends:
        cfg.CONF.register_opt(cfg.StrOpt("backend_host"), group=backend)
        host = f"{cfg.CONF.host}@{backend}"
        start(binary="cinder-volume", host=host, service_name=backend, coordination=True)
    start(binary="cinder-backup", coordination=True, process_number=1)
    start(binary="cinder-scheduler")


def _keep_privileges():
    """Run in this process what cinder and os-brick start helpers for by sudo: files need no privilege."""
    import cinder.privsep
    import os_brick.privileged

    cinder.privsep.sys_admin_pctxt.set_client_mode(False)
    os_brick.privileged.default.set_client_mode(False)


def _one_at_a_time():
    """Patch cinder's service to be one of several in a process; gives what starts one.

    It keeps "the" service's id in an attribute of the class, which is right for one in a process. Each reports its
    state under a lock, with its own id there.
    """
    from cinder.service import Service

    lock = threading.RLock()
    report_state = Service.report_state

    def report_own_state(self):
        with lock:
            Service.service_id = self.origin_service_id
            report_state(self)

    def start(**options):
        with lock:
            Service.create(**options).start()

    Service.report_state = report_own_state
    return start

"""Servers: API, conductor, scheduler and compute in one process, with nova's own fake hypervisor."""

import shlex
import shutil
import sqlite3
import sys
from contextlib import closing

from lab import sqlite
from lab.held import wait_while_held


def _use_threads():
    from nova import monkey_patch

    monkey_patch.patch(backend="threading")  # before all else of nova


def prepare(context):
    """What nova-manage does for an API database, and for two cells: that of the servers, and cell0."""
    _use_threads()
    from nova import config

    config.parse_args(sys.argv)
    from nova.cmd import manage
    from nova.db import migration

    servers, cell0 = context.database(), context.database("nova_cell0")
    sqlite.create(context.database("nova_api"), servers, cell0)
    migration.db_sync(database="api")
    cells = manage.CellV2Commands()
    cells.map_cell0(_url(cell0))
    cells.create_cell(name="cell1", database_connection=_url(servers), transport_url="fake://")
    migration.db_sync(database="main")
    with closing(sqlite3.connect(servers)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(servers, cell0)  # quicker than to migrate it too


def _url(path):
    return f"sqlite:///{path}?timeout=60"


def application(context):
    _use_threads()
    _offer_driver()
    from nova.wsgi.osapi_compute import application

    return application


def _offer_driver():
    """Put the lab's driver into the package ``nova.virt``: nova looks nowhere else for drivers."""
    import nova.virt

    from lab.drivers import hypervisor

    sys.modules["nova.virt.lab"] = nova.virt.lab = hypervisor


def start_workers(context):
    """As the commands nova-conductor, nova-scheduler and nova-compute do."""
    import nova.conf
    import os_brick
    import os_vif
    from nova import context as nova_context
    from nova import objects, service
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.objects import host_mapping
    from nova.scheduler import rpcapi as scheduler
    from oslo_privsep import priv_context

    _hold_faults(context)
    priv_context.init(root_helper=shlex.split("sudo"))
    os_brick.setup(nova.conf.CONF)
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    context.await_service("placement")  # where nova-compute says at once what it has
    service.Service.create(binary="nova-conductor", topic=conductor.RPC_TOPIC).start()
    service.Service.create(binary="nova-scheduler", topic=scheduler.RPC_TOPIC).start()
    service.Service.create(binary="nova-compute", topic=compute.RPC_TOPIC, topic_alt=compute.RPC_TOPIC_ALT).start()
    host_mapping.discover_hosts(nova_context.get_admin_context())


def _hold_faults(context):
    """Have a server be in ERROR without a reason, as it always is for a moment, while "faults" are held."""
    from nova.compute import utils

    add_fault = utils.add_instance_fault_from_exc

    def add_fault_when_released(*arguments, **options):
        wait_while_held(context.folder, "faults")
        return add_fault(*arguments, **options)

    utils.add_instance_fault_from_exc = add_fault_when_released

"""Stacks: API and engine in one process."""

import sys

from lab import sqlite


def _use_threads():
    from oslo_service import backend

    backend.init_backend(backend.BackendType.THREADING)


def prepare(context):
    _use_threads()
    from heat.cmd.manage import main

    sqlite.create(context.database())
    sys.argv += ["db_sync"]
    main()


def application(context):
    _use_threads()
    from heat.wsgi.api import application

    return application


def start_workers(context):
    """As the command heat-engine does."""
    from heat.engine import service, template
    from heat.rpc import api
    from oslo_config import cfg

    template._get_template_extension_manager()  # in one thread, before several ask for it
    service.EngineService(cfg.CONF.host, api.ENGINE_TOPIC).start()

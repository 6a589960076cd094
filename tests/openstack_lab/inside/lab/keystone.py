"""Identity."""

import getpass
import grp
import os

from lab import sqlite


def prepare(context):
    """What an operator does with four calls of keystone-manage, in one interpreter."""
    from keystone.cmd import cli

    sqlite.create(context.database())
    owner = ["--keystone-user", getpass.getuser(), "--keystone-group", grp.getgrgid(os.getgid()).gr_name]
    bootstrap = ["bootstrap", "--bootstrap-password", context.lab["password"]]
    bootstrap += ["--bootstrap-region-id", context.lab["region"]]
    for interface in ("public", "internal", "admin"):
        bootstrap += [f"--bootstrap-{interface}-url", f"{context.url('keystone')}/v3"]
    for command in (["db_sync"], ["fernet_setup", *owner], ["credential_setup", *owner], bootstrap):
        cli.CONF.reset()
        cli.main(["keystone-manage", "--config-file", context.conf, *command])


def application(context):
    from keystone.wsgi.api import application

    return application

"""Networks: the API, on a mechanism driver that binds every port at once. There are no agents."""

from lab import sqlite


def prepare(context):
    """The tables of its models; its migrations are for other databases."""
    import sqlalchemy
    from neutron.db.migration.models import head

    sqlite.create(context.database())
    head.get_metadata().create_all(sqlalchemy.create_engine(f"sqlite:///{context.database()}"))


def application(context):
    from neutron.wsgi.api import application

    return application

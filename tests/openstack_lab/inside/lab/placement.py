"""Placement: what hosts have to give, and who has it."""

from lab import sqlite


def prepare(context):
    """An empty file: ``sync_on_startup`` does the rest."""
    sqlite.create(context.database())


def application(context):
    from placement.wsgi.api import application

    return application

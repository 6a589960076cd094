"""What makes SQLite serve projects that are written for a database server."""

import sqlite3
from contextlib import closing

_WRITES = {"INSERT", "UPDATE", "DELETE", "SAVEPOINT"}
"""What the statements begin with before which a transaction must have the write lock."""


def create(*paths):
    """Make databases whose readers do not wait for the writer."""
    for path in paths:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode = WAL")


def begin_immediately():
    """Take the write lock when a transaction begins, for the whole process.

    SQLAlchemy begins transactions that read first and write later. Of two such, SQLite fails one at once with
    "database is locked", whatever the time-out: five servers booted at once do it. Those that lock first wait for
    each other instead.
    """
    import sqlalchemy
    from sqlalchemy.engine import Engine

    @sqlalchemy.event.listens_for(Engine, "before_cursor_execute", retval=True)
    def lock(connection, cursor, statement, parameters, context, executemany):
        return "BEGIN IMMEDIATE" if statement == "BEGIN" else statement, parameters


def begin_at_first_write():
    """Take the write lock when a transaction first writes, for the whole process.

    For a project that opens two sessions at once, of which only one writes: where both locked first, the second would
    wait for the first. What a transaction reads before it writes may be out of date, but no write fails: see
    `begin_immediately`.
    """
    import sqlalchemy
    from sqlalchemy.engine import Engine

    @sqlalchemy.event.listens_for(Engine, "before_cursor_execute", retval=True)
    def lock(connection, cursor, statement, parameters, context, executemany):
        if statement == "BEGIN":
            return "SELECT 1", parameters
        if statement.split(maxsplit=1)[0] in _WRITES and not cursor.connection.in_transaction:
            cursor.execute("BEGIN IMMEDIATE")
        return statement, parameters

"""Real OpenStack services on loopback: what tests of Infomaniak's services run against.

Ten projects (`services.NEEDS`), unmodified, each in one process with its own workers: their HTTP APIs, policies,
quotas, schemas, state machines and calls of each other are real. Servers have no guests, networks no traffic, volumes
are files, and each database is SQLite: see `inside`.

Tests use the fixture ``openstack_lab``; by hand it is ``tox run -e lab``, or ``python tests/openstack_lab --help``.
"""

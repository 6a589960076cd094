"""How a Swift of one node with one disk is configured."""

from __future__ import annotations

import os
import secrets
from configparser import ConfigParser
from typing import NamedTuple

Settings = dict[str, str | int]


class Ports(NamedTuple):
    """Who listens where."""

    proxy: int
    cache: int
    account: int
    container: int
    object: int


MAKE_RINGS = """
import sys
from swift.common.ring import RingBuilder
for kind, port in zip(("account", "container", "object"), sys.argv[1:]):
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1.0})
    builder.rebalance()
    builder.get_ring().save(f"{kind}.ring.gz")
"""
"""For Swift's Python: the three rings in one process. Each of nine calls of Swift's command takes half a second."""

RUN_UPDATER = """
import sys
from glob import iglob
from swift.common.daemon import run_daemon
from swift.common.utils import parse_options, set_swift_dir
from swift.obj.updater import ObjectUpdater

class Updater(ObjectUpdater):
    def run_once(self, *args, **kwargs):
        if any(iglob(f"{self.devices}/*/async_pending*/*/*")):
            return super().run_once(*args, **kwargs)
        return 0

set_swift_dir(sys.argv.pop(1))
conf_file, options = parse_options(once=True)
run_daemon(Updater, conf_file, section_name="object-updater", **options)
"""
"""For Swift's Python: the updater, which by its own command reads /etc/swift alone, and takes a fifth of a processor
to find that nothing waits."""


def write(folder: str, ports: Ports, *, user: str, auth: dict[str, Settings]) -> None:
    """Everything that Swift's programs read but the rings. ``auth`` are the filters that know users, with `s3api`."""
    os.makedirs(os.path.join(folder, "devices", "d1"))
    os.makedirs(os.path.join(folder, "recon"))
    common: Settings = {
        "bind_ip": "127.0.0.1",
        "bind_timeout": 1,
        "swift_dir": folder,
        "devices": os.path.join(folder, "devices"),
        "recon_cache_path": os.path.join(folder, "recon"),
        "mount_check": "false",
        "fallocate_reserve": 0,
        "disable_fallocate": "true",
        "user": user,
        "workers": 0,  # one process each is fastest on a small machine
        # to the console alone: nobody listens there
        "log_udp_host": "127.0.0.1",
        "log_udp_port": 9,
        # patient: this machine may be busy
        "conn_timeout": 10,
        "node_timeout": 60,
        "client_timeout": 600,
        # an object is in the listing when its PUT is answered, unless that takes so many seconds
        "container_update_timeout": 60,
    }
    prefix, suffix = secrets.token_hex(8), secrets.token_hex(8)
    _write(
        os.path.join(folder, "swift.conf"),
        {
            "swift-hash": {"swift_hash_path_prefix": prefix, "swift_hash_path_suffix": suffix},
            "storage-policy:0": {"name": "default", "default": "yes"},
        },
    )
    for kind, port in (("account", ports.account), ("container", ports.container), ("object", ports.object)):
        sections: dict[str, Settings] = {
            "DEFAULT": {**common, "bind_port": port, "log_level": "WARNING"},
            "pipeline:main": {"pipeline": f"{kind}-server"},
            f"app:{kind}-server": {"use": f"egg:swift#{kind}"},
            f"{kind}-updater": {"interval": 1},
        }
        _write(os.path.join(folder, f"{kind}-server.conf"), sections)
    filters = _filters(ports.cache, auth)
    _write(
        os.path.join(folder, "proxy-server.conf"),
        {
            "DEFAULT": {**common, "bind_port": ports.proxy, "log_level": "INFO"},
            "pipeline:main": {"pipeline": " ".join([*filters, "proxy-server"])},
            "app:proxy-server": {
                "use": "egg:swift#proxy",
                "account_autocreate": "true",
                "error_suppression_limit": 1_000_000,  # never avoid a node: there is no other
            },
            **{f"filter:{name}": {"use": f"egg:swift#{name}", **settings} for name, settings in filters.items()},
        },
    )


def s3api(region: str) -> Settings:
    """Of the filter that is S3."""
    # as S3; 1,000 and 2 if not told
    return {"location": region, "max_upload_part_num": 10_000, "multi_delete_concurrency": 8}


def _filters(cache_port: int, auth: dict[str, Settings]) -> dict[str, Settings]:
    return {
        "catch_errors": {},
        "gatekeeper": {},
        "healthcheck": {},
        "proxy_logging": {
            "log_msg_template": "{method} {path} {status_int} {transaction_id} {request_time} s {log_info}"
        },
        "memcache": {
            "memcache_servers": f"127.0.0.1:{cache_port}",
            # a busy machine is slow; Swift would do without the cache for a minute, and ask Keystone at each request
            "memcache_max_connections": 16,
            "connect_timeout": 10,
            "io_timeout": 10,
            "pool_timeout": 10,
            "error_suppression_interval": 0,
        },
        "listing_formats": {},
        "bulk": {},
        "tempurl": {},
        **auth,
        "copy": {},
        "slo": {"max_manifest_segments": 10_000},
        "dlo": {},
        "versioned_writes": {"allow_versioned_writes": "true", "allow_object_versioning": "true"},
        "symlink": {},
    }


def _write(path: str, sections: dict[str, Settings]) -> None:
    parser = ConfigParser(interpolation=None)
    parser.read_dict(sections)
    with open(path, "w", encoding="utf-8") as file:
        parser.write(file)

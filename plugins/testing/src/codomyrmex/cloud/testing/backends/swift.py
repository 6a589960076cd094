"""The real OpenStack Swift with its S3 API, as OpenStack clouds run it; strict.

One node with one disk, in a folder: proxy, account, container and object server, and the updater that
brings late entries into listings. Users are those of Swift's tempauth.
"""

from __future__ import annotations

import http.client
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile

from codomyrmex.cloud.testing.backends._aws import AwsServer, Keys
from codomyrmex.cloud.testing.backends._server import Program, ServerError

_APT = ("apt-get", "install", "-y", "--no-install-recommends", "memcached")

_COMMON = """
bind_ip = 127.0.0.1
bind_port = {port}
bind_timeout = 1
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
user = {user}
workers = 0
log_level = {log_level}
# to the console alone: nobody listens there
log_udp_host = 127.0.0.1
log_udp_port = 9
# patient: this machine may be busy, and a node that is late once would be avoided for a minute
conn_timeout = 10
node_timeout = 60
client_timeout = 600
container_update_timeout = 60
recon_cache_path = {folder}/recon
"""

_STORAGE = """
[DEFAULT]
{common}
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
[{kind}-updater]
interval = 1
"""

# s3api's own limits are lower: S3 has 10,000 parts
_PROXY = """
[DEFAULT]
{common}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl s3api tempauth copy \
slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
error_suppression_limit = 1000000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:proxy-logging]
use = egg:swift#proxy_logging
log_msg_template = {{method}} {{path}} {{status_int}} {{transaction_id}} {{request_time}} s {{log_info}}
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache_port}
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:tempurl]
use = egg:swift#tempurl
[filter:s3api]
use = egg:swift#s3api
location = {region}
max_upload_part_num = 10000
[filter:tempauth]
use = egg:swift#tempauth
{users}
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
"""

_SWIFT = """
[swift-hash]
swift_hash_path_prefix = {prefix}
swift_hash_path_suffix = {suffix}
[storage-policy:0]
name = default
default = yes
"""

# in one process: each start of Swift's own command takes half a second
_MAKE_RINGS = """
import sys
from swift.common.ring import RingBuilder
for kind, port in zip(("account", "container", "object"), sys.argv[1:]):
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1.0})
    builder.rebalance()
    builder.get_ring().save(f"{kind}.ring.gz")
"""

# unlike the servers, Swift's daemons take no folder of configuration but /etc/swift
_RUN_UPDATER = """
import sys
from swift.common.utils import set_swift_dir
from swift.obj.updater import main
set_swift_dir(sys.argv.pop(1))
main()
"""


class Swift(AwsServer):
    """OpenStack Swift: S3 at ``endpoint_url``, Swift's own API there too, under ``/auth/v1.0`` and ``/v1``."""

    name = "swift"
    requirements = ("swift>=2.38",)
    ports = 5

    access_key = "test:tester"
    """May do everything in its account."""
    reader: Keys
    """May read everything, and is denied all else."""
    stranger: Keys
    """Known, and denied everything."""

    @classmethod
    def missing(cls) -> str | None:
        if sys.platform != "linux":
            return f"{cls.name} needs Linux"
        if not shutil.which("memcached", path=_path()):
            return f"{cls.name} needs memcached; run: {' '.join(_APT)}"
        return super().missing() or _lacks_attributes()

    @classmethod
    def install(cls) -> None:
        """Its packages, and memcached by apt-get where this user may. RuntimeError that says what to do."""
        if not shutil.which("memcached", path=_path()):
            _apt_install()
        super().install()

    def _programs(self, ports: list[int]) -> list[Program]:
        proxy, cache, *storage = ports
        self.endpoint_url = f"http://127.0.0.1:{proxy}"
        self.secret_key = secrets.token_hex(20)
        self.reader = Keys("test:reader", secrets.token_hex(20))
        self.stranger = Keys("test:stranger", secrets.token_hex(20))
        self._ports = ports
        self._write("swift.conf", _SWIFT.format(prefix=secrets.token_hex(8), suffix=secrets.token_hex(8)))
        self._make_rings(storage)
        os.makedirs(os.path.join(self.folder, "devices", "d1"))
        os.makedirs(os.path.join(self.folder, "recon"))
        memcached = ["memcached", "-l", "127.0.0.1", "-p", str(cache), "-u", _user()]
        programs = [Program("memcached", memcached, {"PATH": _path()})]
        for kind, port in zip(("account", "container", "object"), storage, strict=True):
            common = self._common(port, "WARNING")
            self._write(f"{kind}-server.conf", _STORAGE.format(kind=kind, common=common))
            programs.append(self._program(f"{kind}-server"))
        updater = [self.venv().python, "-I", "-c", _RUN_UPDATER, self.folder, f"{self.folder}/object-server.conf", "-v"]
        programs.append(Program("object-updater", updater))
        users = "\n".join(
            [
                f"user_test_tester = {self.secret_key} .admin",
                f"user_test_reader = {self.reader.secret_key} .reseller_reader",
                f"user_test_stranger = {self.stranger.secret_key}",
            ]
        )
        proxy_conf = _PROXY.format(common=self._common(proxy, "INFO"), cache_port=cache, region=self.region, users=users)
        self._write("proxy-server.conf", proxy_conf)
        programs.append(self._program("proxy-server"))
        return programs

    def _answers(self) -> bool:
        # all of them, before the proxy is asked for anything that it needs them for
        for port in self._ports:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=30)
        try:
            # who knows the key is no stranger that took the port
            headers = {"X-Auth-User": self.access_key, "X-Auth-Key": self.secret_key}
            connection.request("GET", "/auth/v1.0", headers=headers)
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def _common(self, port: int, log_level: str) -> str:
        return _COMMON.format(port=port, folder=self.folder, user=_user(), log_level=log_level)

    def _program(self, name: str) -> Program:
        script = os.path.join(self.venv().path, "bin", f"swift-{name}")
        return Program(name, [self.venv().python, "-I", script, os.path.join(self.folder, f"{name}.conf"), "-v"])

    def _make_rings(self, ports: list[int]) -> None:
        command = [self.venv().python, "-I", "-c", _MAKE_RINGS, *map(str, ports)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ServerError(f"swift's rings were not made:\n{done.stderr}")

    def _write(self, name: str, content: str) -> None:
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(content)


def _path() -> str:
    """Where programs are, with the folders of system services, which a user's PATH may lack."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/bin", "/usr/sbin", "/sbin"])


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _lacks_attributes() -> str | None:
    with tempfile.TemporaryFile() as file:
        try:
            os.setxattr(file.fileno(), "user.swift", b"")
        except OSError:
            return f"swift needs a file system with extended attributes; point TMPDIR to one, not {tempfile.gettempdir()}"
    return None


def _apt_install() -> None:
    if os.getuid() or not shutil.which("apt-get"):
        raise RuntimeError(f"swift needs memcached; run as root: {' '.join(_APT)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "-qq"), (*_APT, "-qq")):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}".rstrip())

"""`InfomaniakMeteringClient`: what a project uses, and may use (spec 4.9).

Every number comes from a sum that the service itself keeps, so that a call takes the same few requests
whatever the number of servers, volumes and objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.errors import InfomaniakUnsupportedError
from codomyrmex.cloud.infomaniak.metering._period import period, utc
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient
from keystoneauth1.adapter import Adapter
from openstack.exceptions import raise_from_response

UNLIMITED = -1
"""The quota of what has no limit."""

_COMPUTE_QUOTAS = {
    "instances": "instances",
    "cores": "cores",
    "ram_mb": "ram",
    "key_pairs": "key_pairs",
    "server_groups": "server_groups",
}
_STORAGE_QUOTAS = {
    "volumes": "volumes",
    "gigabytes": "gigabytes",
    "snapshots": "snapshots",
    "backups": "backups",
    "backup_gigabytes": "backup_gigabytes",
}
_NETWORK_QUOTAS = {
    "networks": "network",
    "subnets": "subnet",
    "routers": "router",
    "ports": "port",
    "floating_ips": "floatingip",
    "security_groups": "security_group",
    "security_group_rules": "security_group_rule",
}


class InfomaniakMeteringClient(OpenStackClient):
    """What the project of the credentials uses now, or used in a period, and its quotas.

    Quotas are dicts of limits, -1 for none, with the same keys once more under ``used``.
    """

    service: ClassVar[str] = "metering"

    @lenient({})
    @operation(effect="read")
    def get_all_usage(self) -> dict[str, Any]:
        """Everything now: ``compute, storage, network, object_storage``, and ``timestamp`` (UTC, ISO 8601).

        A service that the project's region does not have is None.
        """
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "compute": self.get_compute_usage,
            "storage": self.get_storage_usage,
            "network": self.get_network_usage,
            "object_storage": self.get_object_storage_usage,
        }
        return {name: _offered(usage) for name, usage in parts.items()} | {"timestamp": utc(datetime.now(UTC))}

    @lenient({})
    @operation(effect="read")
    def get_compute_usage(
        self, start: datetime | str | None = None, end: datetime | str | None = None
    ) -> dict[str, Any]:
        """Servers now, or those of a period (Compute API, ``os-simple-tenant-usage``).

        :param start: aware datetime or ISO 8601 text with its offset; without it, what is there now.
        :param end: likewise; default now.

        ``instance_count, total_vcpus, total_ram_mb, total_disk_gb`` count servers that exist, or existed at some
        time of the period, stopped ones too; ``vcpu_hours, ram_mb_hours, disk_gb_hours`` are of exactly the period
        from ``period_start`` to ``period_end``. Without a period the last five are None.
        """
        asked = period(start, end)
        now = datetime.now(UTC)
        first, last = asked or (now - timedelta(minutes=1), now)
        query = {"start": _naive(first), "end": _naive(last)}
        path = f"/os-simple-tenant-usage/{self.connection.current_project_id}"
        usage = _get(self.connection.compute, path, params=query)["tenant_usage"]
        servers = usage.get("server_usages", [])
        if not asked:
            servers = [server for server in servers if not server["ended_at"]]

        def hours(key: str) -> float | None:
            return float(usage.get(key, 0.0)) if asked else None

        return {
            "instance_count": len(servers),
            "total_vcpus": sum(server["vcpus"] for server in servers),
            "total_ram_mb": sum(server["memory_mb"] for server in servers),
            "total_disk_gb": sum(server["local_gb"] for server in servers),
            "period_start": utc(first) if asked else None,
            "period_end": utc(last) if asked else None,
            "vcpu_hours": hours("total_vcpus_usage"),
            "ram_mb_hours": hours("total_memory_mb_usage"),
            "disk_gb_hours": hours("total_local_gb_usage"),
        }

    @lenient({})
    @operation(effect="read")
    def get_storage_usage(self) -> dict[str, Any]:
        """Volumes: ``volume_count, total_size_gb, attached_count, unattached_count``; and of what was made of them
        ``snapshot_count, backup_count, backup_size_gb``. Sizes are in GiB, as Cinder's are.
        """
        cinder = self.connection.block_storage
        total = _get(cinder, "/volumes/summary", microversion="3.12")["volume-summary"]
        query = {"status": "in-use", "with_count": "true", "limit": "1"}
        attached = _get(cinder, "/volumes", params=query, microversion="3.45")["count"]
        used = _get(cinder, "/limits")["limits"]["absolute"]
        return {
            "volume_count": total["total_count"],
            "total_size_gb": total["total_size"],
            "attached_count": attached,
            "unattached_count": total["total_count"] - attached,
            "snapshot_count": used["totalSnapshotsUsed"],
            "backup_count": used["totalBackupsUsed"],
            "backup_size_gb": used["totalBackupGigabytesUsed"],
        }

    @lenient({})
    @operation(effect="read")
    def get_network_usage(self) -> dict[str, Any]:
        """``network_count, router_count, security_group_count, floating_ip_count, floating_ips_in_use``."""
        used = self._network_quotas()["used"]
        query = {"project_id": self.connection.current_project_id, "fields": "port_id"}
        addresses = _get(self.connection.network, "/floatingips", params=query)["floatingips"]
        return {
            "network_count": used["networks"],
            "router_count": used["routers"],
            "security_group_count": used["security_groups"],
            "floating_ip_count": len(addresses),
            "floating_ips_in_use": sum(1 for address in addresses if address["port_id"]),
        }

    @lenient({})
    @operation(effect="read")
    def get_object_storage_usage(self) -> dict[str, Any]:
        """``container_count, object_count, bytes_used``, as Swift last added them up (some minutes ago)."""
        used: dict[str, Any] = self._account()["used"]
        return used

    @lenient({})
    @operation(effect="read")
    def get_compute_quotas(self) -> dict[str, Any]:
        """``instances, cores, ram_mb, key_pairs, server_groups``; key pairs belong to users, their ``used`` is None."""
        path = f"/os-quota-sets/{self.connection.current_project_id}/detail"
        found = _get(self.connection.compute, path)["quota_set"]
        quotas = _quotas(_COMPUTE_QUOTAS, found, "in_use")
        quotas["used"]["key_pairs"] = None
        return quotas

    @lenient({})
    @operation(effect="read")
    def get_storage_quotas(self) -> dict[str, Any]:
        """``volumes, gigabytes, snapshots, backups, backup_gigabytes`` (GiB)."""
        path = f"/os-quota-sets/{self.connection.current_project_id}"
        found = _get(self.connection.block_storage, path, params={"usage": "true"})["quota_set"]
        return _quotas(_STORAGE_QUOTAS, found, "in_use")

    @lenient({})
    @operation(effect="read")
    def get_network_quotas(self) -> dict[str, Any]:
        """``networks, subnets, routers, ports, floating_ips, security_groups, security_group_rules``."""
        return self._network_quotas()

    @lenient({})
    @operation(effect="read")
    def get_object_storage_quotas(self) -> dict[str, Any]:
        """``bytes`` of the account, of which there is one quota at most."""
        account = self._account()
        return {"bytes": account["quota_bytes"], "used": {"bytes": account["used"]["bytes_used"]}}

    @lenient({})
    @operation(effect="read")
    def get_all_quotas(self) -> dict[str, Any]:
        """The quotas of ``compute, storage, network, object_storage``; None for a service that is not there."""
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "compute": self.get_compute_quotas,
            "storage": self.get_storage_quotas,
            "network": self.get_network_quotas,
            "object_storage": self.get_object_storage_quotas,
        }
        return {name: _offered(quotas) for name, quotas in parts.items()}

    @lenient([])
    @operation(effect="read")
    def get_rating(self, start: datetime | str, end: datetime | str | None = None) -> list[dict[str, Any]]:
        """What a period costs so far, by type of resource: ``type, quantity, rate`` (CloudKitty v2, ``summary``).

        A rate is in Infomaniak's unit ICU, of which 50 are one franc; hours are rated when they are over.
        InfomaniakUnsupportedError where the region has no rating service.
        """
        asked = period(start, end)
        assert asked
        query = {"begin": utc(asked[0]), "end": utc(asked[1]), "groupby": "type", "limit": "1000"}
        rating = Adapter(self.connection.session, service_type="rating", region_name=self.region)
        found = _get(rating, "/v2/summary", params=query)
        rows = [dict(zip(found["columns"], row, strict=True)) for row in found["results"]]
        return [{"type": row["type"], "quantity": row["qty"], "rate": row["rate"]} for row in rows]

    def _network_quotas(self) -> dict[str, Any]:
        path = f"/quotas/{self.connection.current_project_id}/details"
        return _quotas(_NETWORK_QUOTAS, _get(self.connection.network, path)["quota"], "used")

    def _account(self) -> dict[str, Any]:
        answer = self.connection.object_store.head("")
        raise_from_response(answer)
        headers = answer.headers
        return {
            "quota_bytes": int(headers.get("X-Account-Meta-Quota-Bytes", UNLIMITED)),
            "used": {
                "container_count": int(headers["X-Account-Container-Count"]),
                "object_count": int(headers["X-Account-Object-Count"]),
                "bytes_used": int(headers["X-Account-Bytes-Used"]),
            },
        }


def _get(service: Adapter, path: str, **options: Any) -> dict[str, Any]:
    answer = service.get(path, **options)
    raise_from_response(answer)
    found: dict[str, Any] = answer.json()
    return found


def _offered(part: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return part()
    except InfomaniakUnsupportedError:
        return None


def _quotas(names: Mapping[str, str], found: Mapping[str, Any], used: str) -> dict[str, Any]:
    """Limits and what is used of them, by our names; None for what the service does not tell."""
    known = {name: found.get(theirs) or {} for name, theirs in names.items()}
    limits: dict[str, Any] = {name: quota.get("limit") for name, quota in known.items()}
    return limits | {"used": {name: quota.get(used) for name, quota in known.items()}}


def _naive(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()  # Nova reads it as UTC

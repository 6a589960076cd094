"""How each project is configured: what its installation guide says, less what a lab of one process each lacks."""

import os
import shutil
from configparser import ConfigParser

FILES = {
    "glance": ["glance-api-paste.ini"],
    "nova": ["api-paste.ini"],
    "neutron": ["api-paste.ini"],
    "cinder": ["api-paste.ini", "resource_filters.json"],
    "designate": ["api-paste.ini"],
    "heat": ["api-paste.ini", "environment.d", "templates"],
}
"""What is taken as upstream ships it."""

SERVICE_USER, SERVICE_PROJECT = "lab-services", "service"
ZONE = "dc3-a-10"
"""The availability zone of servers and volumes."""

DEFAULT_VOLUME_TYPE = "CEPH_1_perf1"
_POOLS = """
- name: default
  description: The lab's
  attributes: {{}}
  ns_records:
    - {{hostname: ns1.lab.test., priority: 1}}
  nameservers:
    - {{host: 127.0.0.1, port: {port}}}
  targets:
    - type: fake
      description: Takes everything; what is polled is mdns itself
      masters:
        - {{host: 127.0.0.1, port: {port}}}
      options: {{host: 127.0.0.1, port: {port}}}
"""
"""Of designate. A nameserver must answer: its zones go to ERROR without one, after 20 s for each NOTIFY."""


def write(name, places, installed):
    """Write everything that this project reads. ``installed`` is where its distribution put its own files."""
    folder = places.path(name)
    os.makedirs(folder, exist_ok=True)
    for file in FILES.get(name, []):
        source, target = os.path.join(installed, name, file), os.path.join(folder, file)
        if os.path.isdir(source):
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    parser = ConfigParser(interpolation=None)
    parser.read_dict(_SETTINGS[name](places))
    path = os.path.join(folder, "glance-api.conf" if name == "glance" else f"{name}.conf")
    with open(path, "w", encoding="utf-8") as file:
        parser.write(file)
    if name == "designate":
        with open(os.path.join(folder, "pools.yaml"), "w", encoding="utf-8") as file:
            file.write(_POOLS.format(port=places.ports["designate-mdns"]))


def credentials(places):
    """Of the user that all services share, for keystoneauth."""
    return {
        "auth_type": "password",
        "auth_url": places.auth_url,
        "username": SERVICE_USER,
        "password": places.password,
        "project_name": SERVICE_PROJECT,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": places.region,
    }


def token_settings(places):
    """Of keystonemiddleware."""
    return {
        "www_authenticate_uri": places.url("keystone"),
        **credentials(places),
        "service_token_roles": "service",
        "service_token_roles_required": "true",
        "cache": "lab.tokens",  # see inside/lab/tokens.py
    }


def _database(path):
    # what is written need not outlive the machine: none waits for the disk while it holds the lock
    return {"connection": f"sqlite:///{path}?timeout=60", "sqlite_synchronous": "false"}


def _common(places, name, database="database", **more):
    """The sections that almost all have; ``more`` is for DEFAULT."""
    folder = places.path(name)
    return {
        "DEFAULT": {
            "use_stderr": "true",
            "transport_url": "fake://",
            "state_path": folder,
            "host": "lab",
            **more,
        },
        database: _database(os.path.join(folder, f"{name}.db")),
        "keystone_authtoken": token_settings(places),
        "service_user": {"send_service_user_token": "true", **credentials(places)},
        "oslo_concurrency": {"lock_path": os.path.join(folder, "locks")},
        "oslo_messaging_notifications": {"driver": "noop"},
    }


def _keystone(places):
    return {
        "DEFAULT": {"use_stderr": "true"},
        "database": _database(places.path("keystone", "keystone.db")),
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": _folder(places, "keystone", "fernet-keys")},
        "credential": {"key_repository": _folder(places, "keystone", "credential-keys")},
        # Heat makes a trust for whoever makes a stack; this is Keystone's switch for clouds that have Heat
        "security_compliance": {"allow_insecure_application_credential_trust_escalation": True},
        "cache": {"enabled": "true", "backend": "dogpile.cache.memory"},
        "identity": {"password_hash_rounds": 4},  # quick
    }


def _placement(places):
    settings = _common(places, "placement", "placement_database")
    settings["placement_database"]["sync_on_startup"] = "true"
    return settings | {"api": {"auth_strategy": "keystone"}}


def _glance(places):
    return _common(
        places,
        "glance",
        enabled_backends="file:file",
        enabled_import_methods="[glance-direct,web-download]",
        worker_self_reference_url=places.url("glance"),
    ) | {
        "paste_deploy": {"flavor": "keystone", "config_file": places.path("glance", "glance-api-paste.ini")},
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": _folder(places, "glance", "images")},
        "os_glance_staging_store": {"filesystem_store_datadir": _folder(places, "glance", "staging")},
        "os_glance_tasks_store": {"filesystem_store_datadir": _folder(places, "glance", "tasks")},
    }


def _nova(places):
    _folder(places, "nova", "instances")
    account = credentials(places)
    return _common(
        places,
        "nova",
        compute_driver="lab.LabDriver",
        allow_resize_to_same_host="true",  # there is no other
        default_availability_zone=ZONE,
        my_ip="127.0.0.1",
        vif_plugging_is_fatal="false",
        vif_plugging_timeout=0,
        service_down_time=300,
    ) | {
        "api_database": _database(places.path("nova", "nova_api.db")),
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": places.path("nova", "api-paste.ini")},
        "glance": {"api_servers": places.url("glance"), **account},
        "placement": account,
        "neutron": {"service_metadata_proxy": "false", **account},
        "cinder": {"catalog_info": "block-storage:cinder:publicURL", **account},
        "vnc": {"enabled": "true", "server_listen": "127.0.0.1"},
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1},
    }


def _neutron(places):
    account = credentials(places)
    return _common(
        places,
        "neutron",
        core_plugin="ml2",
        service_plugins="router,qos,auto_allocate,timestamp,tag,port_forwarding",
        auth_strategy="keystone",
        notify_nova_on_port_status_changes="false",
        notify_nova_on_port_data_changes="false",
        api_paste_config=places.path("neutron", "api-paste.ini"),
    ) | {
        "nova": account,
        "placement": account,
        "ml2": {
            "type_drivers": "flat,vlan,vxlan",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "lab",
            "extension_drivers": "port_security,qos",
        },
        "ml2_type_flat": {"flat_networks": "*"},
        "ml2_type_vxlan": {"vni_ranges": "1:1000"},
    }


def _cinder(places):
    return _common(
        places,
        "cinder",
        enabled_backends="files",
        default_volume_type=DEFAULT_VOLUME_TYPE,
        storage_availability_zone=ZONE,
        auth_strategy="keystone",
        periodic_interval=10,
        report_interval=10,
        service_down_time=300,
        glance_api_servers=places.url("glance"),
        api_paste_config=places.path("cinder", "api-paste.ini"),
        resource_query_filters_file=places.path("cinder", "resource_filters.json"),
        backup_driver="cinder.backup.drivers.posix.PosixBackupDriver",
        backup_posix_path=_folder(places, "cinder", "backups"),
        backup_workers=1,
        backup_use_same_host="true",
        image_conversion_dir=_folder(places, "cinder", "conversion"),
        allow_availability_zone_fallback="true",
        rootwrap_config="",
    ) | {
        "files": {
            "volume_driver": "lab.drivers.volumes.FileDriver",
            "volume_backend_name": "files",
            "lab_volumes_folder": _folder(places, "cinder", "volumes"),
        },
        "nova": credentials(places),
        "coordination": {"backend_url": f"file://{_folder(places, 'cinder', 'coordination')}"},
    }


def _designate(places):
    return _common(places, "designate", "storage:sqlalchemy") | {
        "service:api": {
            "auth_strategy": "keystone",
            "api_base_uri": places.url("designate"),
            "enable_host_header": "true",
            "api_paste_config": places.path("designate", "api-paste.ini"),
        },
        "producer_task:delayed_notify": {"interval": 1},
        "service:mdns": {"listen": f"127.0.0.1:{places.ports['designate-mdns']}"},
        "service:worker": {"poll_max_retries": 2, "poll_delay": 0, "poll_retry_interval": 1},
    }


def _heat(places):
    return _common(
        places,
        "heat",
        heat_metadata_server_url=places.url("heat"),
        stack_domain_admin="heat_domain_admin",
        stack_domain_admin_password=places.password,
        stack_user_domain_name="heat",
        num_engine_workers=1,
        environment_dir=places.path("heat", "environment.d"),
        template_dir=places.path("heat", "templates"),
        auth_encryption_key=places.password,
    ) | {
        "paste_deploy": {"api_paste_config": places.path("heat", "api-paste.ini")},
        "trustee": credentials(places),
        "clients_keystone": {"auth_uri": places.url("keystone")},
        "heat_api": {"workers": 1},
    }


def _octavia(places):
    return _common(places, "octavia") | {
        "api_settings": {
            "auth_strategy": "keystone",
            "enabled_provider_drivers": "amphora:amphora,noop_driver:noop",
            "default_provider_driver": "amphora",
            "api_base_uri": places.url("octavia"),
        },
        "controller_worker": {
            "amphora_driver": "amphora_noop_driver",
            "compute_driver": "compute_noop_driver",
            "network_driver": "network_noop_driver",
            "volume_driver": "volume_noop_driver",
            "image_driver": "image_noop_driver",
            "distributor_driver": "distributor_noop_driver",
            "amp_image_tag": "amphora",
            "amp_flavor_id": 1,
            "amp_boot_network_list": "00000000-0000-0000-0000-000000000000",
            "loadbalancer_topology": "SINGLE",
            "workers": 1,
            "client_ca": places.path("octavia", "ca.pem"),
        },
        "certificates": {
            "ca_certificate": places.path("octavia", "ca.pem"),
            "ca_private_key": places.path("octavia", "ca.key"),
            "cert_manager": "noop_cert_manager",
            "server_certs_key_passphrase": places.password,
        },
        "health_manager": {"heartbeat_key": places.password},
        "task_flow": {"engine": "parallel"},
        "service_auth": credentials(places),
        "oslo_messaging": {"topic": "octavia"},
        "networking": {"allow_vip_network_id": "true"},
    }


def _folder(places, *names):
    path = places.path(*names)
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


_SETTINGS = {
    "keystone": _keystone,
    "placement": _placement,
    "glance": _glance,
    "nova": _nova,
    "neutron": _neutron,
    "cinder": _cinder,
    "designate": _designate,
    "heat": _heat,
    "octavia": _octavia,
}

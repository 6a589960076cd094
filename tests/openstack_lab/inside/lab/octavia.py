"""Load balancers: API and worker in one process, with octavia's own no-op drivers. No traffic is balanced."""

import os

from lab import sqlite
from lab.held import wait_while_held


def prepare(context):
    """The tables of its models, with the rows that its migrations, which are for MySQL, put there."""
    import sqlalchemy
    import trustme
    from octavia.common import constants
    from octavia.db import base_models, models

    authority = trustme.CA()  # of amphorae
    authority.cert_pem.write_to_path(os.path.join(context.folder, "ca.pem"))
    authority.private_key_pem.write_to_path(os.path.join(context.folder, "ca.key"))
    sqlite.create(context.database())
    engine = sqlalchemy.create_engine(f"sqlite:///{context.database()}")
    base_models.BASE.metadata.create_all(engine)
    names = {
        models.ProvisioningStatus: constants.SUPPORTED_PROVISIONING_STATUSES,
        models.OperatingStatus: constants.SUPPORTED_OPERATING_STATUSES,
        models.HealthMonitorType: constants.SUPPORTED_HEALTH_MONITOR_TYPES,
        models.Algorithm: constants.SUPPORTED_LB_ALGORITHMS,
        models.Protocol: constants.SUPPORTED_PROTOCOLS,
        models.SessionPersistenceType: constants.SUPPORTED_SP_TYPES,
        models.AmphoraRoles: constants.SUPPORTED_AMPHORA_ROLES,
        models.LBTopology: constants.SUPPORTED_LB_TOPOLOGIES,
        models.VRRPAuthMethod: constants.SUPPORTED_VRRP_AUTH,
        models.L7RuleType: constants.SUPPORTED_L7RULE_TYPES,
        models.L7RuleCompareType: constants.SUPPORTED_L7RULE_COMPARE_TYPES,
        models.L7PolicyAction: constants.SUPPORTED_L7POLICY_ACTIONS,
        models.ClientAuthenticationMode: constants.SUPPORTED_CLIENT_AUTH_MODES,
    }
    nil, gone = constants.NIL_UUID, "DELETED-PLACEHOLDER"
    placeholders = {
        models.FlavorProfile: {"id": nil, "name": gone, "provider_name": constants.DELETED, "flavor_data": "{}"},
        models.Flavor: {"id": nil, "flavor_profile_id": nil, "name": gone, "enabled": False, "description": ""},
        models.AvailabilityZoneProfile: {
            "id": nil,
            "name": gone,
            "provider_name": constants.DELETED,
            "availability_zone_data": "{}",
        },
        models.AvailabilityZone: {
            "availability_zone_profile_id": nil,
            "name": gone,
            "enabled": False,
            "description": "",
        },
    }
    with engine.begin() as connection:
        for model, values in names.items():
            connection.execute(sqlalchemy.insert(model.__table__), [{"name": value} for value in values])
        for model, row in placeholders.items():
            connection.execute(sqlalchemy.insert(model.__table__).values(**row))


def application(context):
    from oslo_service import backend

    backend.init_backend(backend.BackendType.THREADING)
    import octavia.common.config  # noqa: F401  # sets a pool_timeout that SQLite's pools do not take
    from oslo_config import cfg

    cfg.CONF.set_default("pool_timeout", None, group="database")
    from octavia.wsgi.api import application

    return application


def start_workers(context):
    """As the command octavia-worker does."""
    from octavia.controller.queue.v2 import consumer
    from oslo_config import cfg

    _hold_load_balancers(context)
    consumer.ConsumerService(0, cfg.CONF).run()


def _hold_load_balancers(context):
    """Have those that are held stay in PENDING_CREATE."""
    from octavia.controller.queue.v2.endpoints import Endpoints

    create = Endpoints.create_load_balancer

    def create_when_released(endpoints, request, loadbalancer, **options):
        wait_while_held(context.folder, loadbalancer["name"])
        return create(endpoints, request, loadbalancer, **options)

    Endpoints.create_load_balancer = create_when_released

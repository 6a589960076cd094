"""For cinder: volumes as sparse raw files in one folder."""

import os
import subprocess
from contextlib import suppress

from cinder import interface
from cinder.image import image_utils
from cinder.volume import configuration, driver, volume_utils
from oslo_config import cfg

from lab.held import wait_while_held

_OPTIONS = [cfg.StrOpt("lab_volumes_folder")]
_GIB = 1 << 30

cfg.CONF.register_opts(_OPTIONS, group=configuration.SHARED_CONF_GROUP)


@interface.volumedriver
class FileDriver(driver.VolumeDriver):
    """Sizes are in GiB, as everywhere in cinder."""

    VERSION = "1.0"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.configuration.append_config_values(_OPTIONS)

    def check_for_setup_error(self):
        os.makedirs(self.configuration.lab_volumes_folder, exist_ok=True)

    def _path(self, volume_or_snapshot):
        return os.path.join(self.configuration.lab_volumes_folder, volume_or_snapshot.name)

    def create_volume(self, volume):
        self._wait_while_held(volume)
        with open(self._path(volume), "wb") as file:
            file.truncate(volume.size * _GIB)

    def _wait_while_held(self, volume):
        wait_while_held(cfg.CONF.state_path, volume.display_name)

    def delete_volume(self, volume):
        with suppress(FileNotFoundError):
            os.unlink(self._path(volume))

    def extend_volume(self, volume, new_size):
        os.truncate(self._path(volume), new_size * _GIB)

    def create_snapshot(self, snapshot):
        self._copy(snapshot.volume, snapshot, snapshot.volume_size)

    def delete_snapshot(self, snapshot):
        self.delete_volume(snapshot)

    def create_volume_from_snapshot(self, volume, snapshot):
        self._copy(snapshot, volume, volume.size)

    def revert_to_snapshot(self, context, volume, snapshot):
        self._copy(snapshot, volume, volume.size)

    def create_cloned_volume(self, volume, source):
        self._copy(source, volume, volume.size)

    def _copy(self, source, target, size):
        self._wait_while_held(target)
        subprocess.run(["cp", "--sparse=always", self._path(source), self._path(target)], check=True)
        os.truncate(self._path(target), size * _GIB)

    def copy_image_to_volume(self, context, volume, image_service, image_id, disable_sparse=False):
        path, block = self._path(volume), self.configuration.volume_dd_blocksize
        image_utils.fetch_to_raw(context, image_service, image_id, path, block, size=volume.size, run_as_root=False)
        self.extend_volume(volume, volume.size)

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        volume_utils.upload_volume(context, image_service, image_meta, self._path(volume), volume, run_as_root=False)

    def initialize_connection(self, volume, connector):
        self._wait_while_held(volume)  # cinder-backup connects those that it restores
        return {"driver_volume_type": "local", "data": {"device_path": self._path(volume)}}

    def terminate_connection(self, volume, connector, **options):
        """Nothing was connected."""

    def ensure_export(self, context, volume):
        """A file is there without being exported."""

    def create_export(self, context, volume, connector):
        """As above."""

    def remove_export(self, context, volume):
        """As above."""

    def get_volume_stats(self, refresh=False):
        """What the scheduler asks: more room than tests need."""
        pool = {
            "pool_name": "files",
            "total_capacity_gb": 10_000,
            "free_capacity_gb": 9_000,
            "reserved_percentage": 0,
            "QoS_support": True,
            "multiattach": True,
            "thin_provisioning_support": True,
            "max_over_subscription_ratio": 20.0,
        }
        return {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "lab",
            "driver_version": self.VERSION,
            "storage_protocol": "local",
            "pools": [pool],
        }

"""For nova: its own fake driver, and what that lacks. No guest runs."""

import io

from nova import conf
from nova.compute import task_states
from nova.image import glance
from nova.virt import fake, node

from lab.held import wait_while_held

_SNAPSHOT = bytes(1 << 20)


class LabDriver(fake.FakeDriver):
    """Holds builds, resizes on the one host there is, uploads snapshots, and is the same host after a restart."""

    capabilities = {**fake.FakeDriver.capabilities, "supports_migrate_to_same_host": True}

    def spawn(self, context, instance, *arguments, **options):
        wait_while_held(conf.CONF.state_path, instance.display_name)
        super().spawn(context, instance, *arguments, **options)

    def snapshot(self, context, instance, image_id, update_task_state):
        """Upload some bytes: upstream's uploads none, so that the image stays queued for ever."""
        super().snapshot(context, instance, image_id, update_task_state)
        uploading = task_states.IMAGE_UPLOADING
        update_task_state(task_state=uploading, expected_state=uploading)
        images = glance.API()
        image = {**images.get(context, image_id), "disk_format": "raw", "container_format": "bare"}
        images.update(context, image_id, image, io.BytesIO(_SNAPSHOT))

    def get_nodenames_by_uuid(self, refresh=False):
        """By the id that nova wrote at its first start: upstream makes a new one, and nova refuses to start with it."""
        return {node.get_local_node_uuid(): name for name in self.get_available_nodes()}

    def get_available_resource(self, nodename):
        return {**super().get_available_resource(nodename), "uuid": node.get_local_node_uuid()}

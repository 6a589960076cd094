"""Servers and volumes that tests hold: see ``Lab.held``."""

import os
import time


def wait_while_held(project_folder, name):
    """Return when nobody holds what has this name, if it has one; ``project_folder`` is one in the lab's."""
    path = os.path.join(os.path.dirname(project_folder), "held", name)
    while os.path.isfile(path):
        time.sleep(0.02)

"""What tests keep from becoming ready: see ``Lab.held``."""

import math
import os
import time


def wait_while_held(project_folder, name):
    """Return when nobody holds what has this name; ``project_folder`` is one in the lab's.

    What was held a minute ago was left by tests that were killed.
    """
    folder = os.path.join(os.path.dirname(project_folder), "held")
    while os.path.isdir(folder) and name in os.listdir(folder) and _age(os.path.join(folder, name)) < 60:
        time.sleep(0.02)


def _age(path):
    """In seconds; that of a file which is gone is not to be waited for."""
    try:
        return time.time() - os.path.getmtime(path)
    except FileNotFoundError:
        return math.inf

"""What the conformance of both APIs has in common."""

from typing import ClassVar

import pytest
from codomyrmex.cloud.testing import Topic


class OnTheLab(Topic):
    """In a project of its own, whose credential the environment has too."""

    unsupported_keys: ClassVar = {"NUL": "Swift takes no path that holds one"}

    @pytest.fixture(scope="class")
    @classmethod
    def member(cls, lab):
        return lab.new_project()

    @pytest.fixture(autouse=True)
    def in_environment(self, no_environment, environment, monkeypatch):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

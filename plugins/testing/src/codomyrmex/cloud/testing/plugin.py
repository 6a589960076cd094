"""The pytest plugin. It is loaded in every run of pytest, so what it needs is imported on use."""

import pytest
from codomyrmex.cloud.testing.report import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_configure", "pytest_plugins"]

pytest_plugins = ["codomyrmex.cloud.testing.fixtures"]
pytest.register_assert_rewrite("codomyrmex.cloud.testing.conformance")

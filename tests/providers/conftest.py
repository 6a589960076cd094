"""What the tests of all providers share."""

import os

import pytest

SERVERS = {"aws": "moto", "gcp": "fake_gcs", "azure": "azurite"}


@pytest.fixture
def settle(request, monkeypatch, tmp_path):
    """Have the environment lead a provider's clients to its back end, and to nothing of this machine's user."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)

    def settle(provider):
        environment = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        if provider in SERVERS:
            environment |= request.getfixturevalue(SERVERS[provider]).environment()
        environment |= {"CLOUD_LOCAL_ROOT": str(tmp_path / "root"), "GOOGLE_CLOUD_PROJECT": "my-project"}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return settle

"""``cloud usage`` against the real services."""

import json

import pytest
from click.testing import CliRunner
from codomyrmex.cloud.cli.app import cloud
from codomyrmex.cloud.infomaniak.metering._gauge import Gauge
from codomyrmex.cloud.infomaniak.metering.command import _bar


@pytest.fixture
def run(new_project, monkeypatch):
    """Run ``cloud`` as the user of a project with quotas of its own."""
    project = new_project(quota={"nova": {"instances": 7, "cores": -1}})
    for variable, value in project.member.environment().items():
        monkeypatch.setenv(variable, value)

    def run(*arguments):
        return CliRunner().invoke(cloud, ["usage", *map(str, arguments)])

    return run


def test_it_shows_bars_against_the_quota(run):
    done = run()
    assert done.exit_code == 0, done.output
    lines = {tuple(line.split()[:2]): line for line in done.output.splitlines()}
    assert lines["compute", "instances"].split()[2:4] == ["0", "7"]
    assert lines["compute", "instances"].rstrip().endswith("0%")
    assert "unlimited" in lines["compute", "cores"]
    assert ("storage", "volumes") in lines
    assert ("network", "ports") in lines


def test_as_json_it_gives_the_quotas(run):
    found = json.loads(run("--json").stdout)
    assert found["compute"]["instances"] == 7
    assert found["compute"]["used"]["instances"] == 0


def test_a_period_shows_its_hours(run):
    done = run("--start", "2026-11-01T00:00:00Z", "--end", "2026-11-02T00:00:00Z", "--json")
    assert json.loads(done.stdout)["vcpu_hours"] == 0.0


@pytest.mark.parametrize(("name", "begins"), [("usage.svg", b"<?xml"), ("usage.png", b"\x89PNG")])
def test_it_writes_a_chart(run, tmp_path, name, begins):
    done = run("--chart", tmp_path / name)
    assert done.exit_code == 0, done.output
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_chart_of_an_unknown_kind_is_refused_by_name(run, tmp_path):
    done = run("--chart", tmp_path / "usage.xyz")
    assert done.exit_code == 2
    assert "xyz" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("used", "limit", "share"), [(0, 10, 0.0), (5, 10, 0.5), (12, 10, 1.2), (0, 0, 0.0), (1, 0, 1.0), (3, None, None)]
)
def test_a_share_is_of_the_quota(used, limit, share):
    assert Gauge("compute", "instances", used, limit).share == share


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999, 1.0, 7.0])
def test_a_bar_is_always_as_long(share):
    assert len(_bar(share)) == 20

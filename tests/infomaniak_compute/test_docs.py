"""What the README says of this distribution is true."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_readmes_example_makes_a_server_and_deletes_it(project, monkeypatch, capsys):
    [example] = [
        b for b in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL) if "ComputeClient" in b
    ]
    credential = project.application_credential()
    for name, value in (
        ("APP_CREDENTIAL_ID", credential.id),
        ("APP_CREDENTIAL_SECRET", credential.secret),
        ("AUTH_URL", project.places.auth_url),
        ("REGION", project.places.region),
    ):
        monkeypatch.setenv(f"INFOMANIAK_{name}", value)
    names = {}
    exec(example.replace("Debian 12 bookworm", "Tiny 1.0").replace("ext-net1", "inside"), names)
    assert capsys.readouterr().out.startswith("ACTIVE {'inside': [{")
    assert [each for each in names["compute"].list_instances() if each["name"] == "web-1"] == []
    names["compute"].close()

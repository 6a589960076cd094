"""What the README says of this distribution is true."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_readmes_example_runs_against_a_store_of_s3(moto, settle, monkeypatch, tmp_path, capsys):
    [example] = [b for b in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL) if "S3Client" in b]
    assert "https://s3.example.org" in example
    settle({"AWS_ACCESS_KEY_ID": moto.access_key, "AWS_SECRET_ACCESS_KEY": moto.secret_key})
    monkeypatch.chdir(tmp_path)
    Path("report.pdf").write_bytes(b"%PDF")
    exec(example.replace("https://s3.example.org", moto.endpoint_url))
    assert capsys.readouterr().out == "['2026/report.pdf']\n"

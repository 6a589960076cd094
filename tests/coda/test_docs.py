"""What the documents of this distribution say is true."""

import re
from datetime import date
from pathlib import Path

import pytest
from codomyrmex.cloud.coda import CodaAPIError, CodaClient, RateLimits, _batches, _rows, _waiting, errors
from codomyrmex.cloud.rest import transport
from codomyrmex.cloud.testing.services.coda import TOKEN, error

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/coda.md").read_text("utf-8")
README = (ROOT / "plugins/coda/README.md").read_text("utf-8")
FIRST_PAGE = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("document", [PAGE, README], ids=["page", "readme"])
def test_the_examples_run(coda, monkeypatch, document, capsys):
    monkeypatch.setenv("CODA_API_TOKEN", TOKEN)
    table = coda.add_table(coda.add_doc(doc_id="AbCDeFGH"), "Tasks", ("Name", "Done", "Due", "Tags"), table_id="grid-2")
    table.add_row({"Name": "Sleep", "Done": False})
    names = {"client": CodaClient(base_url=coda.url, limits=None), "CodaAPIError": CodaAPIError, "date": date}
    names["rows"] = [{"Name": f"task {n}"} for n in range(600)]
    examples = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert examples
    for example in examples:
        if "error.partial" in example:
            coda.fail("upsertRows", error(403))
        exec(example.replace("from_env()", f"from_env(base_url={coda.url!r}, limits=None)"), names)
        names["client"].close()
        names["client"] = CodaClient(base_url=coda.url, limits=None)
    names["client"].close()
    assert "Sleep" in capsys.readouterr().out
    assert len(coda.rows("AbCDeFGH", "grid-2")) > 500


def test_the_example_of_the_first_page_runs(coda, monkeypatch, capsys):
    monkeypatch.setenv("CODA_API_TOKEN", TOKEN)
    coda.add_table(coda.add_doc(doc_id="AbCDeFGH"), "Tasks", ("Name", "Done"))
    [example] = [block for block in re.findall(r"```python\n(.*?)```", FIRST_PAGE, re.DOTALL) if "CodaClient" in block]
    names = {}
    exec(example.replace("from_env()", f"from_env(base_url={coda.url!r})"), names)
    names["coda"].close()
    assert capsys.readouterr().out == "['Write', 'Read']\n"


def test_the_page_names_every_limit():
    for kind, (count, seconds) in RateLimits()._asdict().items():
        assert re.search(rf"\| `{kind}`[^|]*\| {count} in {seconds:g} seconds", PAGE)


def test_the_page_tells_the_numbers_that_hold():
    assert f"reads {_rows._ROWS_PER_PAGE} rows a page" in PAGE
    assert f"at most {_batches.MAX_ROWS} rows and {_batches.MAX_BYTES / 1e6:g} MB" in PAGE
    assert f"after {_waiting.TIMEOUT:g} seconds" in PAGE
    assert ["one", "two", "three", "four"][transport.ATTEMPTS - 2] in re.search(r"up to (\w+) times", PAGE)[1]


def test_the_page_shows_every_error():
    start, end = map(int, re.search(r"coda/errors\.py:(\d+):(\d+)", PAGE).groups())
    shown = Path(errors.__file__).read_text("utf-8").splitlines()[start - 1 : end]
    kinds = [CodaAPIError, *CodaAPIError.__subclasses__(), errors.CodaUnsettledError]
    assert re.findall(r"^\W*(\w+)", "\n".join(shown), re.MULTILINE) == [kind.__name__ for kind in kinds]

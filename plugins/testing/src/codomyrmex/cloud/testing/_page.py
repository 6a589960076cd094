"""A report as a page that needs nothing beside itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import Any

from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.testing._outcomes import Outcome

Entries = list[dict[str, Any]]
_LONGEST_REASON = 2000


def page(document: dict[str, Any]) -> str:
    """The page for what `codomyrmex.cloud.testing.report.Report` describes."""
    storages: Entries = document["storages"]
    failed = sum(storage["summary"].get(Outcome.FAILED, 0) for storage in storages)
    verdict = f"{failed} of the requirements failed" if failed else "no requirement failed"
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    style = files(__package__).joinpath("_page.css").read_text(encoding="utf-8")
    body = [
        f"<h1>Conformance of {_count(len(storages), 'storage')}</h1>",
        f'<p class="quiet">{_text(verdict.capitalize())}. {_text(document["made"])}, {_text(versions)}</p>',
        _matrix(storages),
        *(_storage(number, storage) for number, storage in enumerate(storages)),
    ]
    return _lines(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>Conformance</title><style>{style}</style></head><body>",
        *body,
        "</body></html>",
    )


def _matrix(storages: Entries) -> str:
    """Topics and capabilities down, storages across."""
    names = "".join(f'<th><a href="#s{n}">{_text(storage["name"])}</a></th>' for n, storage in enumerate(storages))
    rows = [f"<thead><tr><th></th>{names}</tr></thead><tbody>"]
    for topic in dict.fromkeys(entry["topic"] for storage in storages for entry in storage["requirements"]):
        cells = (_cell(n, topic, storage["requirements"]) for n, storage in enumerate(storages))
        rows.append(f"<tr><th>{_text(topic)}</th>{''.join(cells)}</tr>")
    rows.append(f'<tr class="part"><th colspan="{len(storages) + 1}">Capabilities claimed</th></tr>')
    for capability in Capability:
        claims = (_claim(capability.name in storage["capabilities"]) for storage in storages)
        rows.append(f"<tr><th><code>{capability.name}</code></th>{''.join(claims)}</tr>")
    return f'<div class="scroll"><table class="matrix">{_lines(*rows)}</tbody></table></div>'


def _cell(number: int, topic: str, requirements: Entries) -> str:
    entries = [entry for entry in requirements if entry["topic"] == topic]
    return f'<td><a href="#{_anchor(number, topic)}">{_marks(entries)}</a></td>'


def _claim(claimed: bool) -> str:
    return f"<td>{_mark(Outcome.PASSED, 'yes') if claimed else '&ndash;'}</td>"


def _storage(number: int, storage: dict[str, Any]) -> str:
    capabilities = "".join(
        f'<span class="mark {"passed" if c.name in storage["capabilities"] else "absent"}"><code>{c.name}</code></span>'
        for c in Capability
    )
    requirements: Entries = storage["requirements"]
    topics = dict.fromkeys(entry["topic"] for entry in requirements)
    parts = "".join(f'<span class="{_class(o)}" style="flex:{n}"></span>' for o, n in _counts(requirements))
    return _lines(
        f'<h2 id="s{number}">{_text(storage["name"])}</h2>',
        f'<div class="quiet"><code>{_text(storage["class"] or "not made")}</code></div>',
        f'<div class="bar">{parts}</div><div>{_marks(requirements, words=True)}</div>',
        f'<div class="capabilities">{capabilities}</div>',
        *(_topic(number, topic, [e for e in requirements if e["topic"] == topic]) for topic in topics),
    )


def _topic(number: int, topic: str, entries: Entries) -> str:
    rows = _lines(*(_requirement(words, list(cases)) for words, cases in groupby(entries, itemgetter("requirement"))))
    opened = " open" if any(entry["outcome"] == Outcome.FAILED for entry in entries) else ""
    return (
        f'<details id="{_anchor(number, topic)}"{opened}><summary>{_text(topic)}'
        f'<span class="marks">{_marks(entries, words=True)}</span></summary>'
        f'<table class="requirements">{rows}</table></details>'
    )


def _requirement(words: str, cases: Entries) -> str:
    """One row for a requirement; what differs from case to case is told for each."""
    named = [case["case"] for case in cases if case["case"] and case["outcome"] == Outcome.PASSED]
    told = f'<div class="cases">{_text(" · ".join(named))}</div>' if named else ""
    return f"<tr><td>{_text(words)}{told}{''.join(_reasons(cases))}</td><td>{_marks(cases, words=True)}</td></tr>"


def _reasons(cases: Entries) -> Iterator[str]:
    """Why cases did not pass; those with one reason together."""
    together: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        if case["outcome"] != Outcome.PASSED:
            together.setdefault((case["outcome"], case["reason"]), []).append(case["case"])
    for (outcome, reason), names in together.items():
        which = f"{_text(' · '.join(names))}: " if any(names) else ""
        if outcome == Outcome.FAILED:
            cut = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]} ..."
            yield f'<div class="reason">{which}</div><pre>{_text(cut)}</pre>'
        else:
            yield f'<div class="reason">{which}{_text(reason)}</div>'


def _marks(entries: Entries, *, words: bool = False) -> str:
    """How many came out in which way. Without words only what is not quiet, unless nothing else is there."""
    counts = _counts(entries)
    loud = [pair for pair in counts if pair[0] in (Outcome.PASSED, Outcome.FAILED, Outcome.KNOWN_DEFECT)]
    shown = counts if words or not loud else loud
    return "".join(_mark(outcome, f"{count} {outcome}") for outcome, count in shown)


def _counts(entries: Iterable[dict[str, Any]]) -> list[tuple[Outcome, int]]:
    counts = Counter(entry["outcome"] for entry in entries)
    return [(outcome, counts[outcome]) for outcome in Outcome if counts[outcome]]


def _mark(outcome: Outcome, text: str) -> str:
    return f'<span class="mark {_class(outcome)}">{_text(text)}</span>'


def _class(outcome: Outcome) -> str:
    return outcome.replace(" ", "-")


def _anchor(number: int, topic: str) -> str:
    return f"s{number}-{topic.lower().replace(' ', '-')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _text(text: object) -> str:
    return escape(str(text))


def _lines(*lines: str) -> str:
    return "\n".join(lines)

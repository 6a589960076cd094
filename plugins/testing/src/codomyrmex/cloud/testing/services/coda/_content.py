"""The content of a page, from one format into the other: headings and paragraphs, and their text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from html.parser import HTMLParser

from codomyrmex.cloud.testing.services.coda._records import Content


def exported(contents: Iterable[Content], output_format: str) -> str:
    """The content in one format. What is in that format already is left as it is."""
    convert = {"html": _to_html, "markdown": _to_markdown}[output_format]
    return "".join(piece.text if piece.format == output_format else convert(piece.text) for piece in contents)


def _to_html(markdown: str) -> str:
    return "".join(_block_to_html(block.strip()) for block in re.split(r"\n\s*\n", markdown) if block.strip())


def _block_to_html(block: str) -> str:
    heading = re.fullmatch("(#{1,6}) +(.*)", block)
    tag, text = (f"h{len(heading[1])}", heading[2]) if heading else ("p", block)
    return f"<{tag}>{html.escape(text, quote=False)}</{tag}>"


def _to_markdown(text: str) -> str:
    parser = _Blocks()
    parser.feed(text)
    parser.close()
    return "\n\n".join(block.strip() for block in parser.blocks if block.strip())


class _Blocks(HTMLParser):
    """The texts of headings and paragraphs."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        heading = re.fullmatch("h([1-6])", tag)
        if heading or tag in ("p", "div", "li"):
            self.blocks.append("#" * int(heading[1]) + " " if heading else "")
        elif tag == "br":
            self.blocks[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if re.fullmatch("h[1-6]|p|div|li", tag):
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        self.blocks[-1] += data

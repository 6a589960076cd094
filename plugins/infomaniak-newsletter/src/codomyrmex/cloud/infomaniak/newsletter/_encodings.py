"""The encoding of a file of contacts: what is certain is taken, what can only be guessed is judged by its words.

No file says in which legacy encoding it was written, and a file of three names is too short for statistics of letters.
But a wrong encoding makes words that no language has: ``Jérôme`` in cp1252 is ``JÈrÙme`` in Mac OS Roman. So each
encoding is judged by how strange its words are, and charset-normalizer decides between those whose words are as good.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
import unicodedata
from functools import lru_cache
from itertools import chain, pairwise
from typing import BinaryIO, NamedTuple

import charset_normalizer

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 1 << 20
_MAX_SAMPLE_BYTES = 64 << 10
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""UTF-32 before UTF-16, whose mark its own begins with."""

_IMPOSSIBLE = 10.0
"""How strange a word is that no language has."""
_MAX_STRANGENESS = 3.6
"""The strangest that the words of a file may be in all, on average: every third is impossible in a common language."""
_CERTAIN = 1.5
"""How much stranger the words are in each other encoding, where charset-normalizer is not asked."""
_CLEARLY = 0.05
"""By how much charset-normalizer must prefer an encoding, of 1.0 from mess to coherence."""

_WESTERN = {
    "äöü": 0.0, "äöüßé": 0.2, "àâæçéèêëîïôœùûüÿ": 0.0, "àèéìíòóù": 0.2, "áéíñóúüïçºª": 0.4, "áâãàçéêíóôõúü": 0.8,
    "åäöéü": 1.0, "æøåéöäü": 1.6, "áéíóúýþðæö": 3.0,
}  # fmt: skip
"""The letters beside a to z of German, French, Italian, Spanish, Portuguese, Swedish, Danish and Norwegian, Icelandic;
and how strange each language is in a Swiss newsletter."""
_UNUSUAL = re.compile(r"õ(?!e)|æ$"), 5.0
"""What words of these languages have not, which are made of Hungarian ő and Croatian ć."""
_CENTRAL = {
    "ąćęłńóśźż": 2.5, "áčďéěíňóřšťúůýž": 2.5, "áäčďéíĺľňóôŕšťúýž": 2.6, "áéíóöőúüű": 2.5, "čćđšž": 2.5,
    "ăâîşţșț": 2.6,
}  # fmt: skip
"""Of Polish, Czech, Slovak, Hungarian, Croatian and Slovenian, Romanian."""
_TURKISH = {"çğ\N{LATIN SMALL LETTER DOTLESS I}iöşüâ": 2.5}
_JAPANESE = {"HIRAGANA", "KATAKANA", "CJK"}
_SCRIPTS = {"CYRILLIC", "GREEK", "HANGUL", *_JAPANESE}
_LATIN = {
    "cp1252": _WESTERN, "iso8859_15": _WESTERN, "mac_roman": _WESTERN, "cp1250": _CENTRAL, "iso8859_2": _CENTRAL,
    "cp1254": _TURKISH,
}  # fmt: skip
"""Encodings by how usual they are among this service's users. Of two with the same words, the first one is taken."""
_OTHER = (
    "cp1251", "koi8_r", "mac_cyrillic", "cp1253", "iso8859_7", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949",
)  # fmt: skip
_TYPOGRAPHY = "'-.!?*+#%&’‘“”„‚«»‹›–—…·•°€\u00a0ºª、。・\uff08\uff09\u3000「」"  # noqa: RUF001 - quotes alike are meant
_APOSTROPHE = re.compile(r"[^\W\d_]’[^\W\d_]")  # noqa: RUF001 - not the one of ASCII
"""As Word writes it, in a name such as O'Neill."""
_BETWEEN_WORDS = re.compile(rb'[\s\x00-\x1f,;:"<>()/=]+')
"""None of these is the second byte of a character."""


def find_encoding(file: BinaryIO, name: str, encoding: str | None) -> str:
    """The encoding of a file, which can be read in it to its end. The file is left at its beginning.

    Raises ValueError for one that is named and does not exist, or has not all the bytes, and where none is named and
    a guess would not be good enough; with the line.

    :param file: one that can be sought.
    :param name: what to call it in messages.
    :param encoding: as the user names it; None to find it.
    """
    start = file.read(_CHUNK_BYTES)
    marked = next((taken for bom, taken in _BOMS if start.startswith(bom)), None)
    likely = _checked(encoding, marked, name) if encoding is not None else marked or _by_zeros(start) or "utf-8"
    bad_line = _first_bad_line(file, likely)
    if bad_line is None:
        return likely
    if encoding is not None or likely != "utf-8":
        raise ValueError(f"{name}, line {bad_line}, cannot be read in {likely}: give another encoding=")
    words = _sample(file)
    if (guessed := guess(words)) is None or _first_bad_line(file, guessed) is not None:
        raise ValueError(
            f"{name} is not in UTF-8, as line {bad_line} shows, and what else it is cannot be told for sure: give "
            "encoding=, such as 'cp1252' for a file that Excel saved on Windows, 'mac_roman' for one of an old Mac"
        )
    _log.warning(
        "%s is not in UTF-8, as line %d shows: it is read in %s; if names come out wrong, give encoding=",
        name, bad_line, guessed,
    )  # fmt: skip
    return guessed


def guess(words: list[bytes]) -> str | None:
    """The legacy encoding in which these words look best, or None where that is not good enough to be trusted."""
    readings = [reading for encoding in (*_LATIN, *_OTHER) if (reading := _Reading.of(words, encoding))]
    best = min(readings, key=lambda reading: sum(reading.strangeness), default=None)
    for reading in readings:
        if best and reading.excess(best)[0] < 0:
            best = reading
    if best is None or sum(best.strangeness) / len(words) > _MAX_STRANGENESS:
        return None
    rivals = [reading.encoding for reading in readings if reading.is_rival(best)]
    return _by_statistics(words, [best.encoding, *rivals]) if rivals else best.encoding


class _Reading(NamedTuple):
    """Words as they are in one encoding."""

    encoding: str
    words: tuple[str, ...]
    strangeness: tuple[float, ...]

    @classmethod
    def of(cls, words: list[bytes], encoding: str) -> _Reading | None:
        try:
            decoded = tuple(word.decode(encoding) for word in words)
        except UnicodeDecodeError:
            return None
        return cls(encoding, decoded, tuple(_strangeness(word, encoding) for word in decoded))

    def excess(self, other: _Reading) -> tuple[float, int]:
        """How much stranger the words are on average that the other one reads otherwise, and how many those are."""
        pairs = zip(self.words, other.words, self.strangeness, other.strangeness, strict=True)
        differences = [ours - theirs for word, others, ours, theirs in pairs if word != others]
        return sum(differences) / len(differences) if differences else 0.0, len(differences)

    def is_rival(self, best: _Reading) -> bool:
        """Whether the words are others than in the best reading, and not clearly stranger."""
        excess, number = self.excess(best)
        return number > 0 and excess < max(_CERTAIN / number**0.5, 0.3)


def _by_statistics(words: list[bytes], encodings: list[str]) -> str | None:
    """The one of these encodings that charset-normalizer prefers clearly."""
    matches = charset_normalizer.from_bytes(
        b"\n".join(words), cp_isolation=encodings, threshold=0.9, language_threshold=0.0, enable_fallback=False
    )
    scores = {name: each.coherence - each.chaos for each in matches for name in each.could_be_from_charset}
    first, second, *_ = sorted(encodings, key=lambda encoding: -scores.get(encoding, -1.0))
    return first if scores.get(first, -1.0) - scores.get(second, -1.0) > _CLEARLY else None


def _strangeness(word: str, encoding: str) -> float:
    """From 0, as a word of a language that many users have, to `_IMPOSSIBLE`: of the strangest part of a word."""
    parts = [part.strip(_TYPOGRAPHY) for part in re.split(r"[|@\\]", word) if not part.isascii()]
    return max((_strangeness_of_part(part, encoding) for part in parts), default=0.0)


def _strangeness_of_part(part: str, encoding: str) -> float:
    letters = {char for char in part if not char.isascii()} - {*_TYPOGRAPHY}
    if not letters:
        return 0.0 if _APOSTROPHE.search(part) else 2.0  # quotes and dashes alone
    if not all(char.isalpha() or char in "ー々" for char in letters):
        return _IMPOSSIBLE
    if not part.isupper() and any(
        before.isalpha() and char.isupper() and not char.isascii() for before, char in pairwise(part)
    ):
        return _IMPOSSIBLE
    if encoding not in _LATIN:
        return _strangeness_of_script(part, letters)
    lower = {char.lower()[0] for char in letters}
    known = min((strange for letters, strange in _LATIN[encoding].items() if lower <= {*letters}), default=_IMPOSSIBLE)
    pattern, strangeness = _UNUSUAL
    is_unusual = _LATIN[encoding] is _WESTERN and pattern.search(part.lower())
    return max(known, strangeness) if is_unusual else known


def _strangeness_of_script(part: str, letters: set[str]) -> float:
    scripts = {_script(char) for char in letters}
    is_mixed = len(scripts) > 1 and not scripts <= _JAPANESE
    is_latin_too = any(char.isascii() and char.isalpha() for char in part)
    return _IMPOSSIBLE if None in scripts or is_mixed or is_latin_too else 2.5


@lru_cache(maxsize=4096)
def _script(char: str) -> str | None:
    return next((script for script in _SCRIPTS if unicodedata.name(char, "").startswith(script)), None)


def _sample(file: BinaryIO) -> list[bytes]:
    """The words of a file with bytes beyond ASCII, each once, as many as tell its encoding."""
    file.seek(0)
    words: dict[bytes, None] = {}
    size = 0
    while size < _MAX_SAMPLE_BYTES and (chunk := file.read(_CHUNK_BYTES)):
        for word in _BETWEEN_WORDS.split(chunk + file.readline(_CHUNK_BYTES)):
            if not word.isascii() and word not in words:
                words[word] = None
                size += len(word)
    return list(words)


def _checked(encoding: str, marked: str | None, name: str) -> str:
    """The encoding that the user names. ValueError if there is none, or if the file says itself that it is another."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding).close()
    except (LookupError, ValueError) as error:
        raise ValueError(f"encoding={encoding!r} is none that Python knows: {error}") from None
    if marked and not codecs.lookup(encoding).name.startswith("utf"):
        raise ValueError(
            f"{name} begins with the mark of {marked.removesuffix('-sig')}: leave out encoding={encoding!r}"
        )
    return marked or encoding


def _by_zeros(start: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: of ASCII characters, as in addresses, all bytes but one are zero."""
    sample = start[: 4096 - 4096 % 4]
    zeros = [sample[at::4].count(0) / max(1, len(sample[at::4])) > 0.4 for at in range(4)]
    by_zeros = {
        (False, True, True, True): "utf-32-le", (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le", (True, False, True, False): "utf-16-be",
    }  # fmt: skip
    return by_zeros.get((zeros[0], zeros[1], zeros[2], zeros[3]))


def _first_bad_line(file: BinaryIO, encoding: str) -> int | None:
    """The number of the first line with bytes that the encoding has not. The file is left at its beginning."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk in chain(iter(lambda: file.read(_CHUNK_BYTES), b""), [b""]):
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            return line + _line_ends(before)
        line += _line_ends(text)
    file.seek(0)
    return None


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")

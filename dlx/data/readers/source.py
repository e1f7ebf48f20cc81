"""The text of a file in UTF-8: compression and encoding are found, files that hold no text are refused."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dlx.errors import ConfigError, nearest
from dlx.files import is_there, special

CHUNK = 1 << 20  # bytes that are looked at at once
PACKED: dict[bytes, tuple[str, Callable[..., BinaryIO]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),  # type: ignore[dict-item]
    b"BZh": ("bzip2", bz2.open),  # type: ignore[dict-item]
    b"\xfd7zXZ": ("xz", lzma.open),  # type: ignore[dict-item]
}
MARKS = {  # byte order marks
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
EXCEL = (
    "is an Excel file or another zip archive; save it as CSV in Excel (File, Save As, CSV UTF-8), or, where openpyxl "
    "is installed: {convert}"
)
OTHERS = {  # what a file begins with: what it is
    b"PK\x03\x04": EXCEL,
    b"\xd0\xcf\x11\xe0": EXCEL.replace("Excel file or another zip archive", "old Excel file"),
    b"PAR1": "is a parquet file; dataset=parquet reads it",
    b"%PDF": "is a PDF document; expected a table as text",
    b"SQLite format 3": "is an SQLite database; expected a table as text: export one as CSV",
    b"\x89PNG": "is an image; expected a table as text",
    b"\x89HDF": "is an HDF5 file; expected a table as text",
    b"\x93NUMPY": "is a NumPy array; expected a table as text",
}


@dataclass(frozen=True)
class Source:
    """The text of a file.

    Attributes:
        path: the file.
        encoding: the encoding of the file.
        packed: how it is compressed, or "".
        text: the text in UTF-8; None if the file itself is that.
    """

    path: Path
    encoding: str
    packed: str
    text: bytes | None

    def open(self) -> BinaryIO:
        """Return the text in UTF-8 as a binary file."""
        return self.path.open("rb") if self.text is None else io.BytesIO(self.text)

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends."""
        with io.TextIOWrapper(self.open(), "utf-8-sig", newline="") as file:
            yield from file

    def holds(self, text: bytes) -> bool:
        """Return whether the text holds some bytes."""
        return any(text in chunk for chunk in chunks(self.open()))


def read_source(path: Path, encoding: str) -> Source:
    """Return the text of a file.

    Args:
        path: the file, which may be compressed by gzip, bzip2 or xz.
        encoding: its encoding; `auto` finds UTF-8, UTF-16, cp949 (Korean) or cp1252 (Latin-1).

    Raises:
        ConfigError: there is no such file, it cannot be read, holds no text, or is not in this encoding.
    """
    if not is_there(path):
        raise ConfigError(f"dataset.path: {no_file(path)}")
    if encoding != "auto":
        check_encoding(encoding)
    try:
        with path.open("rb") as file:
            head = file.read(64)
        packing = next((how for mark, how in PACKED.items() if head.startswith(mark)), None)
        if packing is None:
            found = encoding_of(lambda: path.open("rb"), path) if encoding == "auto" else encoding
            plain = found in ("utf-8", "utf-8-sig") and encoding == "auto"
            return Source(path, found, "", None if plain else in_utf8(path, path.read_bytes(), found))
        with packing[1](path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise ConfigError(f"dataset.path: {path} cannot be read as CSV: {error}") from None
    found = encoding_of(lambda: io.BytesIO(content), path) if encoding == "auto" else encoding
    return Source(path, found, packing[0], in_utf8(path, content, found))


def check_encoding(encoding: str) -> None:
    """Refuse an encoding that Python does not know.

    Raises:
        ConfigError: names common ones.
    """
    try:
        if "".encode(encoding) is not None:
            return
    except (LookupError, ValueError):  # ValueError: a null character
        pass
    common = ("auto", "utf-8", "utf-16", "cp949", "euc-kr", "latin-1", "cp1252", "shift_jis", "gb18030", "big5")
    raise ConfigError(f"dataset.encoding: no such encoding {encoding!r}{nearest(encoding, common)}")


def in_utf8(path: Path, content: bytes, encoding: str) -> bytes:
    """Return a text in UTF-8.

    Raises:
        ConfigError: it is not in this encoding; the message names the line.
    """
    try:
        return content.decode(encoding).encode()
    except UnicodeError as error:
        place = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = content.count(b"\n", 0, place) + 1
        raise ConfigError(
            f"{path}, line {line}: cannot be read as {encoding}; dataset.encoding=auto finds the encoding, "
            "dataset.encoding=cp949 and the like set it"
        ) from None


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces that overlap by a few bytes, and close it."""
    with file:
        tail = b""
        while piece := file.read(CHUNK):
            yield tail + piece
            tail = piece[-8:]


def encoding_of(opened: Callable[[], BinaryIO], path: Path) -> str:
    """Return the encoding of a text: UTF-8 if it can be that, else UTF-16, cp949 or cp1252.

    Raises:
        ConfigError: the file holds no text.
    """
    with opened() as file:
        head = file.read(4096)
    for mark, name in MARKS.items():
        if head.startswith(mark) and not (name != "utf-8-sig" and len(head) % 2):
            return name
    refuse_others(path, head)
    if b"\0" in head:
        halves = head[::2].count(0), head[1::2].count(0)
        if len(head) % 2 == 0 and max(halves) > 0.4 * len(head) / 2 and min(halves) <= 0.1 * max(halves):
            return "utf-16-be" if halves[0] > halves[1] else "utf-16-le"
        raise ConfigError(f"dataset.path: {path} cannot be read as CSV: it holds bytes that are no text")
    if is_utf8(opened()):
        return "utf-8"
    with opened() as file:
        content = file.read()
    if b"\0" in content:
        raise ConfigError(f"dataset.path: {path} cannot be read as CSV: it holds bytes that are no text")
    return korean_or_latin(content, path)


def is_utf8(file: BinaryIO) -> bool:
    """Return whether a file is text in UTF-8, and close it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file:
        try:
            while piece := file.read(CHUNK):
                if not piece.isascii() or decoder.getstate()[0]:  # the first at the speed of memory
                    decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def korean_or_latin(content: bytes, path: Path) -> str:
    """Return cp949 if the letters of a text beyond ASCII are Hangul in it, else cp1252 or Latin-1.

    Raises:
        ConfigError: the bytes are no text.
    """
    try:
        foreign = [letter for letter in content.decode("cp949") if letter > "\x7f"]
        if sum("가" <= letter <= "힣" for letter in foreign) > len(foreign) / 2:
            return "cp949"
    except UnicodeDecodeError:
        pass
    strange = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in content[:CHUNK])
    if strange > 0.01 * min(len(content), CHUNK):
        raise ConfigError(f"dataset.path: {path} cannot be read as CSV: it holds bytes that are no text")
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def refuse_others(path: Path, head: bytes) -> None:
    """Refuse a file of another kind, with what to do about it.

    Raises:
        ConfigError: names the kind.
    """
    target = path.with_suffix(".csv")
    code = f"import pandas; pandas.read_excel({str(path)!r}).to_csv({str(target)!r}, index=False)"
    for mark, what in OTHERS.items():
        if head.startswith(mark):
            raise ConfigError(f"dataset.path: {path} {what.format(convert=f'python -c {shlex.quote(code)}')}")
    start = head.lstrip()[:64].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise ConfigError(f"dataset.path: {path} is a page of HTML or XML; expected a table as text: download the file")
    if start.startswith((b'[{"', b'{"', b"[ {", b"[\n")):
        code = f"import pandas; pandas.read_json({str(path)!r}).to_csv({str(target)!r}, index=False)"
        raise ConfigError(
            f"dataset.path: {path} is JSON; expected a table as CSV, e.g. by: python -c {shlex.quote(code)}"
        )


def no_file(path: Path) -> str:
    """Return why a path cannot be read as a file, with the nearest file beside it."""
    what = special(path)
    return f"{str(path)!r} {what}" if what else f"there is no file {str(path)!r}{nearest(str(path), beside(path))}"


def beside(path: Path) -> list[str]:
    """Return the CSV and parquet files in the folder of a path; none if the folder does not exist."""
    try:
        kinds = ("*.csv", "*.tsv", "*.txt", "*.csv.gz", "*.parquet")
        return [str(other) for kind in kinds for other in sorted(path.parent.glob(kind)) if other.is_file()]
    except OSError:
        return []

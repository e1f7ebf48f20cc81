"""Output that cannot be written: ASCII, a closed or full stream or a closed pipe never change how a command ends."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from typing import TextIO

HANDLER = "dlx"  # the error handler of codecs for signs that a stream cannot hold
SPELLED = {
    "±": "+/-", "·": "-", "–": "-", "—": "-", "…": "...", "→": "->", "←": "<-", "×": "x", "≤": "<=", "≥": ">=",
    "≈": "~", "✓": "ok", "✗": "x", "“": '"', "”": '"', "‘": "'", "’": "'", "−": "-", "━": "-", "╸": "-", "╺": "-",
    "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "%", "█": "#",
    "∂": "d", "⊙": "*", "σ": "sigma", "²": "^2", "ᵀ": "^T",
}  # fmt: skip


class Lenient(io.RawIOBase):
    """A stream of bytes that drops what cannot be written, from the first failure on.

    Args:
        descriptor: the number of the open file.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.lost: OSError | None = None

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the number of the open file."""
        return self.descriptor

    def isatty(self) -> bool:
        """Return True if the file is a terminal."""
        return os.isatty(self.descriptor)

    def write(self, content: object) -> int:
        """Write bytes, or drop them after a failure; return how many were taken."""
        view = memoryview(content).cast("B")  # type: ignore[arg-type]
        if self.lost is None:
            try:
                return os.write(self.descriptor, view)
            except OSError as error:  # a closed pipe, a full disk, a terminal that is gone
                self.lost = error
        return len(view)


def spelled(error: UnicodeError) -> tuple[str, int]:
    """Return signs that a stream cannot hold in ASCII: `±` as `+/-`, `é` as `e`, others as a question mark.

    Raises:
        UnicodeError: The error is not one of encoding.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(SPELLED.get(sign) or plain(sign) for sign in signs), error.end


def plain(sign: str) -> str:
    """Return the letters of a sign without accents, or a question mark if it has none."""
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


def harden() -> None:
    """Let the three standard streams of this process take anything; those that are closed lead nowhere."""
    codecs.register_error(HANDLER, spelled)
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:  # it is closed; without this, the next file that is opened would get the number of stdout
            nowhere = os.open(os.devnull, os.O_RDONLY if descriptor == 0 else os.O_WRONLY)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
            os.set_inheritable(descriptor, True)  # or the workers of a launcher would start with a closed stream
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = lenient(sys.stdout, 1), lenient(sys.stderr, 2)


def lenient(stream: TextIO | None, descriptor: int) -> TextIO:
    """Return a stream of text on an open file in the encoding of another one, which drops what it cannot write."""
    encoding = (stream.encoding if stream is not None else None) or "utf-8"
    if stream is not None:
        stream.flush()
    raw = Lenient(descriptor)
    buffered = io.BufferedWriter(raw)
    by_line = descriptor == 2 or raw.isatty()
    return io.TextIOWrapper(buffered, encoding=encoding, errors=HANDLER, line_buffering=by_line, write_through=False)


def losses() -> str:
    """Flush both streams, and return why stdout could not be written; empty if it could, or if its reader has left."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    raw = sys.stdout.buffer.raw if isinstance(sys.stdout.buffer, io.BufferedWriter) else None
    lost = raw.lost if isinstance(raw, Lenient) else None
    return "" if lost is None or isinstance(lost, BrokenPipeError) else f"{lost.strerror or lost}"

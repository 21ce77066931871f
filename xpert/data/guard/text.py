"""Text files, plain or gzipped, as blocks of whole lines; what they unpack to is bounded while it unpacks."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.csv as pcsv

from xpert.data.guard.limits import MIB
from xpert.data.guard.words import shown, size
from xpert.errors import InputError, UnsafeFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpert.data.guard.limits import Limits

_BLOCK = 8 * MIB
_LONGEST_LINE = 64 * MIB
_BAD_FIELD = re.compile(r"In CSV column #(\d+):.*?CSV conversion error to [^:]*: (.*)", re.DOTALL)
_BAD_WIDTH = re.compile(r"Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)
MISSING = ["", "NA", "N/A", "na", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A"]


class LineReader:
    """Reads one text file from its beginning.

    Parameters
    ----------
    descriptor
        Open file; its position must be at the beginning. It is closed with the reader's end.
    name
        Display name, for messages.
    """

    def __init__(self, descriptor: int, name: str, limits: Limits) -> None:
        raw = os.fdopen(descriptor, "rb")
        self.name = name
        self._limits = limits
        self._stored = os.fstat(descriptor).st_size
        head = raw.read(2)
        if head in {b"\xff\xfe", b"\xfe\xff"}:
            raise InputError(f"{name} is UTF-16 text. Save it as UTF-8.")
        self._is_packed = head == b"\x1f\x8b"
        raw.seek(0)
        self._stream = cast("IO[Any]", gzip.GzipFile(fileobj=raw)) if self._is_packed else raw
        self._rest = b""
        self._done = 0

    @property
    def share(self) -> float:
        """Roughly how much of the file has been read."""
        if self._is_packed:
            return 0.0
        return self._done / max(self._stored, 1)

    def line(self) -> str:
        """The next line without its end; empty at the end of the file."""
        while b"\n" not in self._rest:
            more = self._read()
            if not more:
                break
            self._rest += more
        raw, _, self._rest = self._rest.partition(b"\n")
        try:
            return raw.rstrip(b"\r").decode()
        except UnicodeDecodeError:
            raise InputError(
                f"{self.name}: the line {shown(raw[:80])} is not UTF-8 text. Save the file as UTF-8."
            ) from None

    def blocks(self) -> Iterator[bytes]:
        """The rest of the file, as pieces that end with a line."""
        parts = [self._rest]
        self._rest = b""
        while more := self._read():
            cut = more.rfind(b"\n") + 1
            if not cut:
                parts.append(more)
                if sum(map(len, parts)) > _LONGEST_LINE:
                    raise UnsafeFileError(f"{self.name} has a line of more than {size(_LONGEST_LINE)}.")
                continue
            yield b"".join([*parts, more[:cut]])
            parts = [more[cut:]]
        if last := b"".join(parts):
            yield last

    def _read(self) -> bytes:
        try:
            block = self._stream.read(_BLOCK)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(
                f"{self.name} cannot be unpacked ({shown(error)}): it is damaged or cut off. Copy it again."
            ) from error
        self._done += len(block)
        if len(self._rest) > _LONGEST_LINE:
            raise UnsafeFileError(f"{self.name} has a line of more than {size(_LONGEST_LINE)}.")
        if self._done > self._limits.claimed:
            raise UnsafeFileError(f"{self.name} unpacks to more than {size(self._limits.claimed)}.")
        if self._is_packed and self._done > max(self._limits.small, self._limits.ratio * self._stored):
            raise UnsafeFileError(
                f"{self.name} unpacks to more than {size(self._done)} from {size(self._stored)}: "
                "it would fill the memory with repetition. Unpack and check it first."
            )
        if b"\x00" in block:
            raise InputError(f"{self.name} is no text file: it holds NUL bytes.")
        return block


@dataclass(frozen=True)
class Lines:
    """How the lines of a table are to be read.

    Attributes
    ----------
    where
        The file, for messages.
    headings
        Name of each column, for messages.
    types
        Arrow type of each column.
    delimiter
        Stands between fields.
    is_quoted
        Whether a field may stand in double quotes.
    """

    where: str
    headings: Sequence[str]
    types: Sequence[Any]
    delimiter: str
    is_quoted: bool = True


def parse(block: bytes, lines: Lines) -> pa.Table:
    """Parse whole lines into columns ``0``, ``1`` …

    Raises
    ------
    InputError
        A line has another number of fields, or a field does not fit its type.
    """
    types = lines.types
    names = [str(i) for i in range(len(types))]
    try:
        return pcsv.read_csv(
            pa.BufferReader(block),
            read_options=pcsv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            parse_options=pcsv.ParseOptions(
                delimiter=lines.delimiter, quote_char='"' if lines.is_quoted else False
            ),
            convert_options=pcsv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=MISSING,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(f"{lines.where}: {_explained(str(error), lines.headings)}") from error


def _explained(error: str, headings: Sequence[str]) -> str:
    """What the parser found, with columns by their names."""
    if match := _BAD_FIELD.search(error):
        column = int(match.group(1))
        if "UTF8" in match.group(2):
            return f"column {shown(headings[column])} holds text that is not UTF-8. Save the file as UTF-8."
        return f"column {shown(headings[column])} should hold numbers, but {match.group(2)}."
    if match := _BAD_WIDTH.search(error):
        return f"a line has {match.group(2)} fields where {match.group(1)} are expected: {shown(match.group(3))}."
    return f"it cannot be read as a table ({shown(error, width=200)})."

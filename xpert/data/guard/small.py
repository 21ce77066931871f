"""Short text files that a person wrote, read as a whole: lists of genes, settings."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from xpert.data.guard.limits import MIB
from xpert.data.guard.words import shown, size
from xpert.errors import InputError, UnsafeFileError

if TYPE_CHECKING:
    from pathlib import Path

MOST = MIB


def read_text(path: Path, *, most: int = MOST) -> str:
    """The text of a plain file; a pipe or a device would block or never end and is not opened.

    Parameters
    ----------
    path
        The file.
    most
        Bytes that it may have.

    Raises
    ------
    UnsafeFileError
        When it has more.
    InputError
        When it does not exist, is no plain file, cannot be read, or is no UTF-8 text.
    """
    name = shown(path.name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{name} is no file but a folder, a device or a pipe, which is not read.")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            raw = file.read(most + 1)
    except FileNotFoundError:
        raise InputError(f"{name} does not exist.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not allowed"
        raise InputError(f"{name} cannot be read ({reason}).") from None
    return decoded(raw, path.name, most=most)


def decoded(raw: bytes, name: str, *, most: int = MOST) -> str:
    """Bytes as text.

    Parameters
    ----------
    raw
        What a file holds.
    name
        What the file is called, for messages.
    most
        Bytes that it may have.

    Raises
    ------
    UnsafeFileError
        When there are more bytes.
    InputError
        When they are neither UTF-8 nor UTF-16 text.
    """
    if len(raw) > most:
        raise UnsafeFileError(f"{shown(name)} is larger than {size(most)}, far more than such a list needs.")
    encoding = (
        "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    )  # Excel's "Unicode Text" is the former
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise InputError(f"{shown(name)} is not UTF-8 text. Save the file as UTF-8.") from None
    if "\x00" in text:
        raise InputError(f"{shown(name)} is no text file: it holds NUL bytes.")
    return text

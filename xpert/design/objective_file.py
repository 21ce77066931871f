"""Objectives in files: JSON, TOML, a table with weights, or plain text.

JSON and TOML hold the same::

    {"up": ["STAT1", "IRF1"], "down": ["MYC"]}
    {"up": {"STAT1": 2, "IRF1": 1}, "name": "interferon"}
    {"pathway": "HALLMARK_INTERFERON_GAMMA_RESPONSE", "direction": "down"}

A table (``.csv``, ``.tsv``) has a gene in its first column and beside it a weight, below 0 for a gene that is wanted
down, or ``up`` or ``down``; a first row of headings may stand there. Plain text (``.txt``) lists names under
headings; what stands before any heading is wanted up::

    up: STAT1, IRF1
    down:
    MYC
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from xpert.data.gene_list import words
from xpert.data.guard.small import decoded, read_text
from xpert.data.guard.words import shown
from xpert.design.objective import DIRECTIONS, DOWN, UP, Objective
from xpert.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = (".json", ".toml", ".csv", ".tsv", ".txt")
_HEADING = re.compile(r"\s*(up|down|pathway|direction|name)\s*:(.*)", re.IGNORECASE)
_KEYS = frozenset({"up", "down", "name", "pathway", "direction"})


def read_objective(path: Path) -> Objective:
    """Read a file of at most 1 MiB; its ending says what it holds.

    Raises
    ------
    InputError
        When it cannot be read, or is no objective, with what to mend.
    """
    return objective_of(read_text(path), path.name)


def objective_from_bytes(raw: bytes, name: str) -> Objective:
    """The same for a file that is in memory already."""
    return objective_of(decoded(raw, name), name)


def objective_of(text: str, name: str) -> Objective:
    """Understand a text as the file `name` would be.

    Raises
    ------
    InputError
        When it is no objective, with what to mend.
    """
    ending = "." + name.rpartition(".")[2].lower()
    readers = {
        ".json": _from_json,
        ".toml": _from_toml,
        ".csv": _from_table,
        ".tsv": _from_table,
        ".txt": _from_lines,
    }
    if ending not in readers:
        raise InputError(
            f"{shown(name)} is no objective that is read; it should end in one of {', '.join(ENDINGS)}."
        )
    try:
        return readers[ending](text)
    except InputError as error:
        raise InputError(f"{shown(name)}: {error}") from error


def _from_json(text: str) -> Objective:
    try:
        return _from_keys(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no JSON ({_reason(error)}).") from None


def _from_toml(text: str) -> Objective:
    try:
        return _from_keys(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no TOML ({_reason(error)}).") from None


def _reason(error: Exception) -> str:
    return "too deeply nested" if isinstance(error, RecursionError) else str(error)


def _from_keys(found: object) -> Objective:
    """From the keys of JSON or TOML."""
    if not isinstance(found, dict):
        raise InputError('an objective holds keys, for example {"up": ["STAT1"], "down": ["MYC"]}.')
    if extra := sorted(set(found) - _KEYS):
        raise InputError(
            f"{shown(extra[0])} is no key of an objective; those are {', '.join(sorted(_KEYS))}."
        )
    name = found.get("name", "")
    if not isinstance(name, str):
        raise InputError("the name of an objective is a text.")
    if "pathway" in found:
        return _from_pathway(found)
    if "direction" in found:
        raise InputError("a direction belongs to a pathway; genes stand under up and down.")
    return Objective(_weights(found.get(UP, [])), _weights(found.get(DOWN, [])), name)


def _from_pathway(found: dict[str, Any]) -> Objective:
    if set(found) & set(DIRECTIONS):
        raise InputError("give a pathway or genes, not both.")
    pathway, direction = found["pathway"], found.get("direction", UP)
    if not isinstance(pathway, str) or not isinstance(direction, str):
        raise InputError("a pathway and its direction are texts.")
    return Objective.pathway(pathway.strip(), direction.strip().lower())


def _weights(given: object) -> dict[str, float]:
    if isinstance(given, str):
        return dict.fromkeys(words(given), 1.0)
    if isinstance(given, list) and all(isinstance(gene, str) for gene in given):
        return {gene.strip(): 1.0 for gene in given if gene.strip()}
    if isinstance(given, dict) and all(_is_number(weight) for weight in given.values()):
        return {str(gene).strip(): float(weight) for gene, weight in given.items()}
    raise InputError("genes are a list of names, or names with a number each as their weight.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _from_table(text: str) -> Objective:
    """Gene and signed weight (or direction) in the first two columns."""
    lines = text.splitlines()
    delimiter = "\t" if lines and "\t" in lines[0] else ";" if lines and ";" in lines[0] else ","
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise InputError(f"this is no table ({error}).") from None
    if rows and len(rows[0]) > 1 and _signed(rows[0][1]) is None:
        rows = rows[1:]
    sides: dict[str, dict[str, float]] = {UP: {}, DOWN: {}}
    for number, row in enumerate(rows, 1):
        weight = 1.0 if len(row) == 1 else _signed(row[1])
        if weight is None:
            raise InputError(
                f"row {number} of the table has {shown(row[1])} where a weight, up or down should stand."
            )
        if weight and row[0]:
            sides[UP if weight > 0 else DOWN].setdefault(row[0], abs(weight))
    return Objective(sides[UP], sides[DOWN])


def _signed(cell: str) -> float | None:
    """A weight, or a direction as +1 or −1; None where it is neither."""
    if cell.lower() in DIRECTIONS:
        return 1.0 if cell.lower() == UP else -1.0
    try:
        return float(cell.replace("−", "-"))
    except ValueError:
        return None


def _from_lines(text: str) -> Objective:
    """Names under headings."""
    parts: dict[str, list[str]] = {UP: [], DOWN: [], "pathway": [], "direction": [], "name": []}
    section = UP
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading:
            section, rest = heading[1].lower(), heading[2]
        else:
            rest = "" if line.lstrip().startswith("#") else line
        parts[section].append(rest)
    single = {key: " ".join(" ".join(parts[key]).split()) for key in ("pathway", "direction", "name")}
    found: dict[str, Any] = {key: value for key, value in single.items() if value}
    found |= {
        side: words("\n".join(parts[side])) for side in DIRECTIONS if any(p.strip() for p in parts[side])
    }
    return _from_keys(found)

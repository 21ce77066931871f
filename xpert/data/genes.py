"""Which gene a name means: approved symbol, previous symbol, alias, Ensembl or Entrez id, spoilt by Excel."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from xpert.errors import nearest_names
from xpert.parquet import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLE = Path(__file__).parent / "tables" / "genes.parquet"
Organism = Literal["human", "mouse", "unknown"]

_ENSEMBL = re.compile(r"(ENSG\d{11})(?:\.\d+)?(?:_PAR_Y)?(?:_at)?", re.IGNORECASE)
_ENSEMBL_MOUSE = re.compile(r"ENSMUSG\d{11}", re.IGNORECASE)
_GENOME_PREFIX = re.compile(r"(?:GRCh3[78]|hg19|hg38)_+(?=\w)")
_MONTHS = {"mar": "MARCHF", "sep": "SEPTIN", "sept": "SEPTIN"}
_EXCEL_DATE = re.compile(
    r"(?:(?P<day>\d{1,2})[-/ ](?P<month>[A-Za-z]{3,4})|(?P<month2>[A-Za-z]{3,4})[-/ ](?P<day2>\d{1,2}))"
    r"(?:[-/ ]\d{2,4})?"
)


class MatchKind(StrEnum):
    """How a name was recognised."""

    APPROVED = "approved symbol"
    PREVIOUS = "previous symbol"
    ALIAS = "alias"
    ENSEMBL = "Ensembl id"
    ENTREZ = "Entrez id"
    EXCEL_DATE = "symbol that a spreadsheet turned into a date"


@dataclass(frozen=True, slots=True)
class GeneMatch:
    """What a name was found to mean.

    Attributes
    ----------
    symbol
        Approved symbol, or None where the name is unknown or ambiguous.
    kind
        How it was recognised; None where it was not.
    candidates
        Approved symbols that it may stand for; more than one where it is ambiguous.
    """

    symbol: str | None
    kind: MatchKind | None
    candidates: tuple[str, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        """Whether several genes go by this name."""
        return self.symbol is None and len(self.candidates) > 1


_UNKNOWN = GeneMatch(None, None)


@dataclass(frozen=True, eq=False)
class GeneNames:
    """HGNC's names of human genes; keys are case-folded.

    Attributes
    ----------
    approved, ensembl, entrez
        Name or id to approved symbol.
    previous, aliases
        Name to the approved symbols that carry it, of which there may be several.
    released
        Date of the HGNC table.
    """

    approved: Mapping[str, str]
    previous: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    ensembl: Mapping[str, str] = field(default_factory=dict)
    entrez: Mapping[str, str] = field(default_factory=dict)
    released: str = ""

    @classmethod
    def load(cls) -> GeneNames:
        """The table that ships with the package; read once per process."""
        return _load()

    def resolve(self, name: str) -> str | None:
        """Approved symbol of a symbol, alias, previous symbol or id; None where unknown or ambiguous."""
        return self.match(name).symbol

    def match(self, name: str, *, aliases: bool = True) -> GeneMatch:
        """How a name is understood.

        Parameters
        ----------
        name
            As written in a file or by a person; case does not count.
        aliases
            Whether unofficial names count. They should not for the genes of a measured table: these come
            from an annotation, whose names are approved symbols of some release, so that a name which is
            only an alias here may well be the approved symbol of a later release.
        """
        plain = _GENOME_PREFIX.sub("", name.strip())
        folded = plain.casefold()
        if folded in self.approved:
            return _found(self.approved[folded], MatchKind.APPROVED)
        ensembl = _ENSEMBL.fullmatch(plain)
        if ensembl is not None:
            symbol = self.ensembl.get(ensembl[1].casefold())
            return _found(symbol, MatchKind.ENSEMBL) if symbol else _UNKNOWN
        if folded in self.previous:
            # A symbol that was once approved for one gene and is a nickname of another means the former.
            return _one_of(self.previous[folded], MatchKind.PREVIOUS)
        if aliases and folded in self.aliases:
            return _one_of(self.aliases[folded], MatchKind.ALIAS)
        if plain.isdecimal() and plain in self.entrez:
            return _found(self.entrez[plain], MatchKind.ENTREZ)
        return self._from_date(plain)

    def _from_date(self, name: str) -> GeneMatch:
        """Undo what spreadsheets do to MARCH1, SEPT1 and DEC1.

        ``1-Mar`` may also have been MARC1 (now MTARC1), which is measured far less often; it is named as a
        candidate.
        """
        date = _EXCEL_DATE.fullmatch(name)
        if date is None:
            return _UNKNOWN
        month = (date["month"] or date["month2"]).casefold()
        number = int(date["day"] or date["day2"])
        stem = _MONTHS.get(month)
        symbol = "DELEC1" if (month, number) == ("dec", 1) else f"{stem}{number}"
        if symbol.casefold() not in self.approved:
            return _UNKNOWN
        other = (f"MTARC{number}",) if month == "mar" and f"mtarc{number}" in self.approved else ()
        return GeneMatch(symbol, MatchKind.EXCEL_DATE, (symbol, *other))

    def suggest(self, name: str, *, count: int = 5) -> tuple[str, ...]:
        """Approved symbols that are spelt most like `name`, best first; the genes of an ambiguous name."""
        match = self.match(name)
        if match.candidates:
            return match.candidates
        folded = name.strip().casefold()
        close = [
            symbol
            for key, symbol in self.approved.items()
            if abs(len(key) - len(folded)) <= 2 and key[:1] == folded[:1]
        ]
        return nearest_names(folded, close, count=count)


def looks_like_date(name: str) -> bool:
    """Whether a gene's name was turned into a date by a spreadsheet: ``1-Mar``, ``Sep-02``."""
    months = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"}
    date = _EXCEL_DATE.fullmatch(name.strip())
    return date is not None and (date["month"] or date["month2"]).casefold() in months


def organism_of(names: Iterable[str]) -> Organism:
    """Human or mouse, by Ensembl prefix, or by the capitals of the symbols (``TP53`` against ``Trp53``)."""
    listed = [str(name).strip() for name in names]
    human = sum(
        _ENSEMBL.fullmatch(name) is not None or _GENOME_PREFIX.match(name) is not None for name in listed
    )
    mouse = sum(
        _ENSEMBL_MOUSE.match(name) is not None or name.startswith(("mm10_", "GRCm3")) for name in listed
    )
    if human or mouse:
        return _clear_majority(human, mouse, len(listed))
    words = [name for name in listed if sum(c.isalpha() for c in name) >= 3]
    # Human symbols hold lower case only in open reading frames (C1orf112).
    upper = sum(name.isupper() or "orf" in name for name in words)
    title = sum(name[0].isupper() and name[1:] == name[1:].lower() for name in words)
    return _clear_majority(upper, title, len(words))


def _clear_majority(human: int, mouse: int, total: int) -> Organism:
    if human >= 0.6 * max(total, 1):
        return "human"
    return "mouse" if mouse >= 0.6 * max(total, 1) else "unknown"


def _found(symbol: str, kind: MatchKind) -> GeneMatch:
    return GeneMatch(symbol, kind, (symbol,))


def _one_of(symbols: tuple[str, ...], kind: MatchKind) -> GeneMatch:
    return _found(symbols[0], kind) if len(symbols) == 1 else GeneMatch(None, kind, symbols)


@cache
def _load() -> GeneNames:
    arrow = read_table(TABLE)
    columns = {name: arrow.column(name).to_pylist() for name in arrow.column_names}
    symbols: list[str] = columns["symbol"]
    return GeneNames(
        approved={symbol.casefold(): symbol for symbol in symbols},
        previous=_by_name(symbols, columns["previous"]),
        aliases=_by_name(symbols, columns["aliases"]),
        ensembl={
            key.casefold(): symbol for key, symbol in zip(columns["ensembl"], symbols, strict=True) if key
        },
        entrez={key: symbol for key, symbol in zip(columns["entrez"], symbols, strict=True) if key},
        released=(arrow.schema.metadata or {}).get(b"released", b"").decode(),
    )


def _by_name(symbols: list[str], names: list[str]) -> dict[str, tuple[str, ...]]:
    """Each of the names that are joined by ``|``, with every symbol that carries it."""
    carriers: dict[str, tuple[str, ...]] = {}
    for symbol, joined in zip(symbols, names, strict=True):
        for name in filter(None, joined.split("|")):
            folded = name.casefold()
            if symbol not in carriers.get(folded, ()):
                carriers[folded] = (*carriers.get(folded, ()), symbol)
    return carriers

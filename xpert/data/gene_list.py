"""A list of genes as people paste it, sorted into those that can be used and those that cannot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.data.genes import GeneNames, MatchKind
from xpert.errors import nearest_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

LONGEST = 60_000
_HINTED = 20
_SHOWN = 8
_SPACED_DATE = re.compile(r"\d{1,2} [A-Za-z]{3,4}|[A-Za-z]{3,4} \d{1,2}")


@dataclass(frozen=True)
class GeneList:
    """What became of a list of names.

    Attributes
    ----------
    genes
        Genes that can be used, as they are called among the genes that were offered, each once, in the list's order.
    renamed
        What each name was read as, where that is another name: an alias, a previous symbol, an id, or a date.
    dates
        Names that a spreadsheet had turned into dates, whether their genes can be used or not.
    unused
        Genes that exist but are not among those offered.
    unknown
        Names of no gene, each with the offered genes that are spelt most like it (the first twenty).
    """

    genes: tuple[str, ...]
    renamed: Mapping[str, str]
    dates: tuple[str, ...]
    unused: tuple[str, ...]
    unknown: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, names: Iterable[str], among: Collection[str]) -> GeneList:
        """Sort names.

        Parameters
        ----------
        names
            Symbols in any case, aliases, Ensembl or Entrez ids; at most `LONGEST` are read.
        among
            Genes that can be used.
        """
        offered = {gene.casefold(): gene for gene in among}
        known = GeneNames.load()
        genes: dict[str, None] = {}
        renamed: dict[str, str] = {}
        dates, unused = [], []
        unknown: dict[str, tuple[str, ...]] = {}
        for name in list(dict.fromkeys(names))[:LONGEST]:
            own = offered.get(name.casefold())
            match = known.match(name)
            symbol = own or offered.get((match.symbol or "").casefold())
            dates += [name] if match.kind is MatchKind.EXCEL_DATE and own is None else []
            if symbol is not None:
                genes[symbol] = None
                if symbol.casefold() != name.casefold():
                    renamed[name] = symbol
            elif match.symbol is not None:
                unused.append(name)
            else:
                hinted = len(unknown) < _HINTED
                unknown[name] = match.candidates or (nearest_names(name, among, count=3) if hinted else ())
        return cls(tuple(genes), renamed, tuple(dates), tuple(unused), unknown)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell the person who gave the list; nothing where every name was taken as it is."""
        said = []
        if self.renamed:
            pairs = [f"{name} as {symbol}" for name, symbol in self.renamed.items()]
            said.append(f"Read under another name: {_some(pairs)}.")
        if self.dates:
            said.append(f"A spreadsheet turned gene names into dates: {_some(self.dates)}. Check them.")
        if self.unused:
            said.append(f"Genes that are not measured here: {_some(self.unused)}.")
        if self.unknown:
            hints = [
                f"{name} (did you mean {', '.join(near)}?)" if near else name
                for name, near in self.unknown.items()
            ]
            said.append(f"No gene goes by: {_some(hints)}.")
        return tuple(said)


def words(text: str) -> list[str]:
    """Names in a pasted text, apart by lines, tabs, commas, semicolons or spaces; ``1 Mar`` stays one."""
    found = []
    for part in re.split(r"[\n\r\t,;]+", text):
        plain = part.strip().strip("\"'")
        found += [plain] if _SPACED_DATE.fullmatch(plain) else [w.strip("\"'") for w in plain.split()]
    return [word for word in found if word]


def _some(names: Collection[str]) -> str:
    shown = list(names)[:_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")

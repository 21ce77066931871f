"""Drugs of the measured screens with structure, mechanisms, targets and parent, joined by name as the reference joins them.

The package's own list of compounds (`xpert.features.compounds`) leaves out what may not be shipped and spells names
its own way; a benchmark has to ask about the same drugs with the same labels as the numbers that it is compared with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from xpert.data.collections import file_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from rdkit.Chem import Mol

CONNECTIVITY = 14
_SALTS = frozenset(
    [
        "hydrochloride",
        "dihydrochloride",
        "hydrate",
        "monohydrate",
        "hemihydrate",
        "dihydrate",
        "mesylate",
        "dimesylate",
        "sodium",
        "disodium",
        "potassium",
        "calcium",
        "maleate",
        "tosylate",
        "citrate",
        "acetate",
        "diacetate",
        "isethionate",
        "sulfate",
        "disulfate",
        "phosphate",
        "fumarate",
        "tartrate",
        "succinate",
        "bromide",
        "hydrobromide",
        "chloride",
        "furoate",
        "hcl",
        "diammonium",
        "2s-1",
        "besylate",
    ]
)


@dataclass(frozen=True)
class Drug:
    """A drug of a screen.

    Attributes
    ----------
    name
        As the screen spells it.
    smiles
        Its largest fragment; None where no structure is found.
    mechanisms, targets
        Of the Drug Repurposing Hub.
    parent
        Salts and stereoisomers of one compound share it.
    """

    name: str
    smiles: str | None
    mechanisms: frozenset[str]
    targets: frozenset[str]
    parent: str


def named_drugs(data: Path, names: Sequence[str]) -> tuple[Drug, ...]:
    """Drugs found by their names alone."""
    sources = _sources(data)
    return _drugs(sources, names, [_fragment(sources.structure(name)) for name in names])


def consensus_drugs(data: Path, identifiers: Sequence[str]) -> tuple[Drug, ...]:
    """Drugs of the L1000 consensus signatures, by the identifiers of that file."""
    table = _sources(data).identified.reindex(list(identifiers))
    return _drugs(_sources(data), table["name"].tolist(), [_fragment(s) for s in table["smiles"]])


@dataclass(frozen=True, eq=False)
class _Sources:
    structures: Mapping[str, str]
    mechanisms: Mapping[str, frozenset[str]]
    targets: Mapping[str, frozenset[str]]
    key_names: Mapping[str, str]
    identified: pd.DataFrame

    def structure(self, name: str) -> object:
        """SMILES of the first spelling that is known."""
        for spelling in map(_folded, _spellings(name)):
            if len(spelling) > 2 and spelling in self.structures and spelling not in _SALTS:
                return self.structures[spelling]
        return None


@cache
def _sources(data: Path) -> _Sources:
    import pandas as pd

    hub = pd.read_csv(file_in(data, "priors", "repurposing_info.tsv.gz"), sep="\t", low_memory=False)
    lincs = pd.read_csv(
        file_in(data, "l1000_consensus", "pertinfo.tsv.gz"), sep="\t", low_memory=False
    ).query("pert_type == 'trt_cp'")
    sciplex = pd.read_csv(file_in(data, "priors", "sciplex3_compound_metadata.csv"))
    identified = _identified(data)
    named = (
        (hub.pert_iname, hub.smiles),
        (hub.vendor_name, hub.smiles),
        (lincs.pert_iname, lincs.canonical_smiles),
        (sciplex.drug_name, sciplex.smiles),
        (identified.name, identified.smiles),
    )
    structures: dict[str, str] = {}
    for names, smiles in named:
        for name, text in zip(names, smiles, strict=True):
            if _folded(name) and isinstance(text, str) and text:
                structures.setdefault(_folded(name), text)
    notes = pd.read_csv(
        file_in(data, "priors", "repurposing_drugs_20200324.txt"), sep="\t", comment="!", encoding="latin1"
    )
    key_names: dict[str, str] = {}
    for name, key in zip(hub.pert_iname, hub.InChIKey, strict=True):
        if isinstance(key, str):
            key_names.setdefault(key[:CONNECTIVITY], _folded(name))
    return _Sources(structures, _listed(notes, "moa"), _listed(notes, "target"), key_names, identified)


def _identified(data: Path) -> pd.DataFrame:
    """Name and SMILES of every identifier of the consensus signatures."""
    import pandas as pd
    from rdkit import Chem
    from rdkit.rdBase import BlockLogs

    table = pd.read_csv(file_in(data, "l1000_consensus", "drugbank_structures.tsv"), sep="\t", index_col=0)
    with BlockLogs():
        molecules = [
            Chem.MolFromInchi(text) if isinstance(text, str) else None  # type: ignore[no-untyped-call]
            for text in table["inchi"]
        ]
    table["smiles"] = [Chem.MolToSmiles(m) if m is not None else None for m in molecules]
    return table[["name", "smiles"]]


def _listed(notes: pd.DataFrame, column: str) -> dict[str, frozenset[str]]:
    pairs = zip(notes["pert_iname"], notes[column], strict=True)
    return {_folded(name): frozenset(text.split("|")) for name, text in pairs if isinstance(text, str)}


def _drugs(sources: _Sources, names: Sequence[str], molecules: Sequence[Mol | None]) -> tuple[Drug, ...]:
    from rdkit import Chem

    keys = [_key(molecule) for molecule in molecules]
    parents = _parents(names, keys)
    found = []
    for name, molecule, key, parent in zip(names, molecules, keys, parents, strict=True):
        spellings = [_folded(text) for text in _spellings(name)]
        spellings += [sources.key_names[key]] if key is not None and key in sources.key_names else []
        found.append(
            Drug(
                name=str(name),
                smiles=None if molecule is None else Chem.MolToSmiles(molecule),
                mechanisms=_first(sources.mechanisms, spellings),
                targets=_first(sources.targets, spellings),
                parent=parent,
            )
        )
    return tuple(found)


def _key(molecule: Mol | None) -> str | None:
    from rdkit import Chem

    if molecule is None:
        return None
    key: str = Chem.MolToInchiKey(molecule)  # type: ignore[no-untyped-call]
    return key[:CONNECTIVITY] or None


def _parents(names: Sequence[str], keys: Sequence[str | None]) -> list[str]:
    """Connectivity, or the name's stem; what shares a stem shares a parent."""
    stems = [_folded(list(_spellings(name))[-1]) for name in names]
    parents = [key or stem for key, stem in zip(keys, stems, strict=True)]
    first: dict[str, str] = {}
    for row, stem in enumerate(stems):
        own, known = parents[row], first.setdefault(stem, parents[row])
        if own != known:
            parents = [known if parent == own else parent for parent in parents]
    return parents


def _first(known: Mapping[str, frozenset[str]], spellings: Iterable[str]) -> frozenset[str]:
    return next((known[text] for text in spellings if text in known), frozenset())


def _folded(name: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower().replace("β", "b").replace("α", "a"))


def _spellings(name: object) -> Iterator[str]:
    """A name as written, without brackets, what long brackets hold, without salts, without a chiral prefix."""
    whole = str(name).strip()
    bare = re.sub(r"\(.*?\)", "", whole).strip()
    parent = " ".join(word for word in bare.split() if word.lower() not in _SALTS)
    yield whole
    yield bare
    yield from (text for text in re.findall(r"\((.*?)\)", whole) if len(text) > 3)
    yield parent
    yield re.sub(r"^[RSDL]-", "", parent)


def _fragment(smiles: object) -> Mol | None:
    """The largest fragment of a structure as a molecule; None where there is none."""
    from rdkit import Chem

    molecule = Chem.MolFromSmiles(smiles) if isinstance(smiles, str) else None
    fragments = Chem.GetMolFrags(molecule, asMols=True) if molecule is not None else ()
    return max(fragments, key=lambda part: part.GetNumHeavyAtoms()) if fragments else None

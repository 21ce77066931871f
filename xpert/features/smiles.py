"""Structures typed or uploaded as SMILES: guarded before RDKit sees them, reduced to the active parent.

A short text can stand for a structure that takes minutes to put into canonical form, so length and atoms are
limited first, and RDKit's habit of ignoring everything after a blank is refused instead of half-read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from xpert.errors import InputError

if TYPE_CHECKING:
    from rdkit.Chem import Mol

LONGEST_TEXT = 500
MOST_HEAVY_ATOMS = 150
MOST_FRAGMENTS = 12
_ALLOWED = re.compile(r"[A-Za-z0-9@+\-\[\]()=#$:./\\%*]+")
_BIG_NUMBER = re.compile(r"\[[^\]]*(?:\d{4,}|[+-]\d{2,})[^\]]*\]")
# Everything outside brackets: atoms of the organic subset, bonds, branches and ring numbers.
_ATOMS = re.compile(r"(?:Cl|Br|[BCNOPSFI]|[bcnops]|[-=#$:/\\.()*%0-9])*")
_CODE = re.compile(r"[A-Z]+\d{3,}")

# Acids and bases that stand beside a drug and can have more heavy atoms than it: connectivity block of each.
COUNTER_IONS = frozenset(
    {
        "KRKNYBCHXYNGOX",  # citrate
        "FEWJPZIEWOKRBE",  # tartrate
        "VZCYOOQTPOCHFL",  # maleate, fumarate
        "BJEPYKJPYRNKOW",  # malate
        "WLJNZVDCPSBLRP",  # pamoate
        "RGHNJXZEOKUKBD",  # gluconate
        "JOXIMZWYDAKGHI",  # tosylate
        "SRSXLGNVWSONIS",  # besylate
        "AFVFQIVMOAPDHO",  # mesylate
        "DTQVDTLACAAQTR",  # trifluoroacetate
        "KDYFGRWQOYBRFD",  # succinate
        "WPYMKLBDIGXBTP",  # benzoate
        "MBBZMMPHUWSWHV",  # meglumine
        "LENZDBCJOHFCAS",  # tromethamine
        "QTBSBXVTEAMEQO",  # acetate
        "JVTAAEKCZFNVCJ",  # lactate
        "MUBZPKHOEPUJKR",  # oxalate
        "DSLZVSRJTYRBFB",  # mucate
        "SMMANLSONJQFJC",  # pamoate as some suppliers draw it
        "CMIBUZBMZCBCAT",  # ditoluoyltartrate
        "DCYGAPKNVCQNOE",  # triphenylacetate
        "KDXKERNSBIXSRK",  # lysine
    }
)


def read_molecule(text: str) -> Mol:
    """The molecule that a SMILES text stands for.

    Raises
    ------
    InputError
        When the text is empty, too long, holds a blank or a character that SMILES does not know, an isotope,
        charge or count beyond anything real, more than `MOST_HEAVY_ATOMS` atoms, or is no valid structure.
    """
    from rdkit import Chem, rdBase

    _refuse_unfit_text(text)
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(text, sanitize=False)
        if molecule is None:
            raise InputError(f"{_shown(text)} is not a structure in SMILES; check brackets and ring numbers.")
        if not 0 < molecule.GetNumHeavyAtoms() <= MOST_HEAVY_ATOMS:
            raise InputError(
                f"The structure has {molecule.GetNumHeavyAtoms()} heavy atoms; from 1 to {MOST_HEAVY_ATOMS} can be used."
            )
        try:
            Chem.SanitizeMol(molecule)
        except ValueError as error:
            raise InputError(f"{_shown(text)} is no possible structure: {error}") from error
        Chem.AssignStereochemistry(molecule, cleanIt=True, force=True)
    return molecule


def parent(molecule: Mol) -> Mol:
    """The active compound: its largest part that is no known counter-ion, without formal charges where possible."""
    from rdkit import Chem, rdBase
    from rdkit.Chem.MolStandardize import rdMolStandardize

    with rdBase.BlockLogs():
        parts = Chem.GetMolFrags(molecule, asMols=True)
        if len(parts) > 1:
            organic = [part for part in parts if _has_carbon(part)] or list(parts)
            active = [part for part in organic if connectivity(part) not in COUNTER_IONS] or organic
            molecule = max(active, key=lambda part: (part.GetNumHeavyAtoms(), Chem.MolToSmiles(part)))
        uncharged: Mol = rdMolStandardize.Uncharger().uncharge(molecule)
    return uncharged


def connectivity(molecule: Mol) -> str:
    """First block of the InChIKey: the same for stereoisomers, isotopes and protonation states.

    Raises
    ------
    InputError
        When InChI does not cover the structure, for example with a dummy atom.
    """
    from rdkit import Chem, rdBase
    from rdkit.Chem import rdinchi

    with rdBase.BlockLogs():
        key: str = rdinchi.MolToInchiKey(molecule)
    if not key:
        raise InputError(
            f"{_shown(Chem.MolToSmiles(molecule))} has no InChIKey; a dummy atom cannot be used."
        )
    return key[:14]


def canonical(molecule: Mol) -> str:
    """Canonical SMILES with stereochemistry."""
    from rdkit import Chem

    text: str = Chem.MolToSmiles(molecule)
    return text


def _refuse_unfit_text(text: str) -> None:
    if not text.strip():
        raise InputError("The SMILES text is empty; type the compound's structure or its name.")
    if len(text) > LONGEST_TEXT:
        raise InputError(f"The SMILES text has {len(text)} characters; up to {LONGEST_TEXT} can be used.")
    if not _ALLOWED.fullmatch(text):
        odd = next(i for i, c in enumerate(text) if not _ALLOWED.fullmatch(c))
        raise InputError(
            f"{_shown(text)} holds {text[odd]!r} at character {odd + 1}, which SMILES does not know; "
            "give the structure alone, without blanks or a name behind it."
        )
    if _BIG_NUMBER.search(text):
        raise InputError(f"{_shown(text)} holds an isotope, charge or count that no real atom has.")
    if text.count(".") >= MOST_FRAGMENTS:
        raise InputError(
            f"The SMILES text names {text.count('.') + 1} separate parts; up to {MOST_FRAGMENTS} can be used."
        )


def _has_carbon(molecule: Mol) -> bool:
    atoms: Any = molecule.GetAtoms()
    return any(atom.GetAtomicNum() == 6 for atom in atoms)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


# In front of a structure that would be taken for a name: ``"smiles:CCO"``.
MARK = "smiles:"


def looks_like_smiles(text: str) -> bool:
    """Whether a compound's name is rather a structure: six letters or more, with a bond, branch or ring in it.

    Short acronyms such as ``CCCP`` and code names such as ``IN1451`` are names of compounds.
    """
    if _CODE.fullmatch(text):
        return False
    has_structure = any(c in "=#()[]" for c in text) or re.search(r"[cnosp]\d|[CNO]\d", text) is not None
    if len(text) < 6 or not has_structure or not _ALLOWED.fullmatch(text):
        return False
    return _ATOMS.fullmatch(re.sub(r"\[[^\]]*\]", "", text)) is not None

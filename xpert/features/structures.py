"""Fingerprints and descriptors of structures: read from a shipped table, or computed by RDKit where it has none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.features.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    Integers = npt.NDArray[np.int32]

COUNTED_VIEWS = ("morgan", "feature_morgan", "atom_pair", "torsion", "maccs")
FINGERPRINT_BITS = 2048
DESCRIPTORS = (
    "MolWt", "MolLogP", "TPSA", "NumHDonors", "NumHAcceptors", "NumRotatableBonds", "RingCount",
    "NumAromaticRings", "FractionCSP3", "HeavyAtomCount", "NumHeteroatoms", "LabuteASA",
)  # fmt: skip
TABLE = "fingerprints.npz"


@dataclass(frozen=True)
class Structure:
    """What RDKit computes of one structure.

    Attributes
    ----------
    counts
        Position and count of each fingerprint bit, by view; the MACCS counts are 0 or 1.
    descriptors
        Values of `DESCRIPTORS`.
    """

    counts: dict[str, tuple[Integers, Integers]]
    descriptors: npt.NDArray[np.float64]


@lru_cache(maxsize=16_384)
def structure(smiles: str) -> Structure:
    """Fingerprints and descriptors of a canonical SMILES that has passed the guards of `smiles`.

    Those of the compounds that can be asked for by name are read, which takes microseconds; others take
    milliseconds.
    """
    return _shipped().find(smiles) or computed(smiles)


def computed(smiles: str) -> Structure:
    """As `structure`, by RDKit."""
    from rdkit import Chem, rdBase
    from rdkit.Chem import Descriptors, rdMolDescriptors

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        counts = {
            name: _nonzero(generator.GetCountFingerprint(molecule).GetNonzeroElements())
            for name, generator in _generators().items()
        }
        on = np.array(rdMolDescriptors.GetMACCSKeysFingerprint(molecule).GetOnBits(), dtype=np.int32)
        counts["maccs"] = (on, np.ones_like(on))
        values = [getattr(Descriptors, name)(molecule) for name in DESCRIPTORS]
    return Structure(counts, np.nan_to_num(np.array(values, dtype=np.float64)))


@dataclass(frozen=True, eq=False)
class StoredStructures:
    """Structures by a hash of their SMILES.

    Attributes
    ----------
    keys
        Hashes, sorted, shape ``(structures,)``.
    ends
        By view, where each structure's bits end, shape ``(structures,)``.
    steps
        By view, the distance of each bit from the structure's last one, shape ``(bits,)``.
    counts
        By view, the count of each bit, shape ``(bits,)``.
    descriptors
        Shape ``(structures, descriptors)``.
    """

    keys: npt.NDArray[np.uint64]
    ends: Mapping[str, npt.NDArray[np.uint32]]
    steps: Mapping[str, npt.NDArray[np.uint16]]
    counts: Mapping[str, npt.NDArray[np.uint8]]
    descriptors: npt.NDArray[np.float64]

    @classmethod
    def of(cls, smiles: Iterable[str]) -> StoredStructures:
        """Compute structures and lay them out.

        Raises
        ------
        ValueError
            When two of them share a hash.
        """
        found = sorted((key_of(text), text) for text in set(smiles))
        keys = np.array([key for key, _ in found], dtype=np.uint64)
        if len(np.unique(keys)) < len(keys):
            raise ValueError("two structures share a hash")
        made = [computed(text) for _, text in found]
        ends, steps, counts = {}, {}, {}
        for view in COUNTED_VIEWS:
            bits = [s.counts[view] for s in made]
            ends[view] = np.cumsum([len(positions) for positions, _ in bits]).astype(np.uint32)
            steps[view] = np.concatenate([np.diff(p, prepend=0) for p, _ in bits]).astype(np.uint16)
            counts[view] = np.concatenate([_small(c) for _, c in bits])
        return cls(keys, ends, steps, counts, np.array([s.descriptors for s in made]))

    def find(self, smiles: str) -> Structure | None:
        """The structure of a SMILES as it was given; None where it is not here."""
        key = np.uint64(key_of(smiles))
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return None
        return Structure({view: self._bits(view, place) for view in COUNTED_VIEWS}, self.descriptors[place])

    def _bits(self, view: str, place: int) -> tuple[Integers, Integers]:
        ends = self.ends[view]
        bits = slice(int(ends[place - 1]) if place else 0, int(ends[place]))
        positions = np.cumsum(self.steps[view][bits], dtype=np.int32)
        return positions, self.counts[view][bits].astype(np.int32)

    def write(self, path: Path) -> None:
        """Write the file that `read` reads."""
        arrays: dict[str, Any] = {"keys": self.keys, "descriptors": self.descriptors}
        for view in COUNTED_VIEWS:
            arrays |= {f"{view}.ends": self.ends[view], f"{view}.steps": self.steps[view]}
            arrays[f"{view}.counts"] = self.counts[view]
        np.savez_compressed(path, **arrays)

    @classmethod
    def read(cls, path: Path) -> StoredStructures:
        """Read what `write` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            ends, steps, counts = (
                {view: stored[f"{view}.{part}"] for view in COUNTED_VIEWS}
                for part in ("ends", "steps", "counts")
            )
            return cls(stored["keys"], ends, steps, counts, stored["descriptors"])


def key_of(smiles: str) -> int:
    """64 bits of a hash of a SMILES."""
    return int.from_bytes(hashlib.blake2b(smiles.encode(), digest_size=8).digest(), "big")


@cache
def _shipped() -> StoredStructures:
    return StoredStructures.read(TABLES / TABLE)


@cache
def _generators() -> dict[str, Any]:
    from rdkit.Chem import rdFingerprintGenerator

    features = rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
    size = FINGERPRINT_BITS
    return {
        "morgan": rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=size),
        "feature_morgan": rdFingerprintGenerator.GetMorganGenerator(
            radius=2, fpSize=size, atomInvariantsGenerator=features
        ),
        "atom_pair": rdFingerprintGenerator.GetAtomPairGenerator(fpSize=size),
        "torsion": rdFingerprintGenerator.GetTopologicalTorsionGenerator(fpSize=size),
    }


def _nonzero(counted: Mapping[int, int]) -> tuple[Integers, Integers]:
    elements = sorted(counted.items())
    listed = np.array(elements, dtype=np.int32).reshape(-1, 2)
    return listed[:, 0], listed[:, 1]


def _small(counts: Integers) -> npt.NDArray[np.uint8]:
    if counts.max(initial=0) > np.iinfo(np.uint8).max:
        raise ValueError("a bit is counted too often to be stored")
    return counts.astype(np.uint8)

"""Consensus signatures of drugs over all lines, doses and times (dhimmel/lincs), under names that may be shipped.

The signatures come under identifiers whose own table may not be redistributed. It serves here to find each
identifier's InChIKey; the name is then the one that LINCS or the Drug Repurposing Hub give to that structure, and
a signature whose structure neither names is left out. Identifiers of one parent (stereoisomers, salts) carry one
and the same signature in the source, so they are one condition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from xpert.data.collections import file_in

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from xpert.data.responses import Floats

CONNECTIVITY = 14  # letters of the InChIKey that salts aside stand for the skeleton


class DrugSignatures(NamedTuple):
    """Consensus signatures, one row a parent compound.

    Attributes
    ----------
    names
        Name of each compound.
    entrez
        Gene ids of the columns.
    z
        Consensus z scores, shape ``(compounds, genes)``.
    profiles
        Arrays that LINCS holds of the named compound, shape ``(compounds,)``.
    unnamed
        How many parents were left out for want of a name of their own.
    """

    names: tuple[str, ...]
    entrez: tuple[str, ...]
    z: Floats
    profiles: npt.NDArray[np.int64]
    unnamed: int


def drug_signatures(folder: Path) -> DrugSignatures:
    """Every consensus signature whose structure LINCS or the hub name."""
    table = pd.read_csv(file_in(folder, "l1000_consensus", "consensi-drugbank.tsv.gz"), sep="\t", index_col=0)
    structures = pd.read_csv(
        file_in(folder, "l1000_consensus", "drugbank_structures.tsv"),
        sep="\t",
        usecols=["drugbank_id", "inchikey"],
        index_col=0,
    )
    parents = structures["inchikey"].map(_key).reindex(table.index)
    table = table[~parents.duplicated().to_numpy()]
    parents = parents[table.index]
    names = _names(folder)
    is_named = parents.isin(names.index).to_numpy()
    # The acid of one salt and its base have one signature: nobody can tell whose it is.
    is_shared = table[is_named].duplicated(keep=False).reindex(table.index, fill_value=False).to_numpy()
    is_named &= ~is_shared
    kept = names.loc[parents[is_named]]
    return DrugSignatures(
        names=tuple(kept["name"]),
        entrez=tuple(map(str, table.columns)),
        z=table.to_numpy(np.float32)[is_named],
        profiles=kept["profiles"].to_numpy(np.int64),
        unnamed=int((~is_named).sum()),
    )


def _names(folder: Path) -> pd.DataFrame:
    """Name and number of profiles of each parent: the most profiled LINCS name, or else the hub's.

    A name that stands for several structures means the hub's, or else the most profiled of them, alone: the
    same one that the features of a compound of that name describe.
    """
    hub_file = file_in(folder, "priors", "repurposing_samples_20200324.txt.gz")
    hub = pd.read_csv(hub_file, sep="\t", comment="!", encoding="latin1", usecols=["pert_iname", "InChIKey"])
    hub = hub.dropna()
    hub_names = pd.DataFrame({"parent": hub["InChIKey"].map(_key), "name": hub["pert_iname"], "profiles": 0})
    listed = pd.concat([lincs_compounds(folder), hub_names])
    table = listed.groupby(["name", "parent"])["profiles"].sum().clip(lower=1).reset_index()
    hub_pairs = set(zip(hub_names["name"], hub_names["parent"], strict=True))
    table["in_hub"] = [pair in hub_pairs for pair in zip(table["name"], table["parent"], strict=True)]
    table = table.sort_values(["in_hub", "profiles", "name", "parent"], ascending=[False, False, True, True])
    return table.drop_duplicates("name").drop_duplicates("parent").set_index("parent")


def lincs_compounds(folder: Path) -> pd.DataFrame:
    """Named compounds of LINCS: columns ``name, parent, profiles``."""
    table = pd.read_csv(file_in(folder, "l1000_consensus", "pertinfo.tsv.gz"), sep="\t", low_memory=False)
    is_named = table["pert_type"].eq("trt_cp") & ~table["pert_iname"].str.startswith("BRD-")
    table = table[is_named & table["inchi_key"].notna()]
    profiles = table[["num_inst", "num_sig"]].max(axis=1).clip(lower=1).astype(int)
    return pd.DataFrame(
        {"name": table["pert_iname"], "parent": table["inchi_key"].map(_key), "profiles": profiles}
    )


def _key(inchikey: str) -> str:
    return inchikey.removeprefix("InChIKey=")[:CONNECTIVITY]

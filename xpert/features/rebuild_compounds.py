"""Compound names, structures and annotations as compact tables, one file a source; see `rebuild`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.genes import GeneNames
from xpert.errors import InputError
from xpert.features.compound_library import SOURCES, as_table, merged
from xpert.features.compounds import SEPARATOR, TABLE
from xpert.features.rebuild_genes import approved
from xpert.features.smiles import canonical, connectivity, parent, read_molecule
from xpert.features.structures import TABLE as FINGERPRINTS
from xpert.features.structures import StoredStructures, computed
from xpert.parquet import read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rdkit.Chem import Mol


def write_compounds(folder: Path, out: Path) -> None:
    """Write ``compounds_hub.parquet``, ``compounds_lincs.parquet`` and ``compounds_sciplex.parquet``, then all in one."""
    tables = {"hub": _hub(folder), "lincs": _lincs(folder), "sciplex": _sciplex(folder)}
    for source, table in tables.items():
        structures = [_structure(text) for text in table["smiles"]]
        table["smiles"] = [smiles for smiles, _ in structures]
        table["key"] = [key for _, key in structures]
        sorted_table = table.sort_values("name", ignore_index=True)
        sorted_table.to_parquet(out / f"compounds_{source}.parquet", compression="zstd", index=False)
    write_library(out)


def write_library(out: Path) -> None:
    """Write ``compounds.parquet``: the three tables of compounds joined, with folded spellings."""
    tables = {source: read_frame(out / f"compounds_{source}.parquet") for source in SOURCES}
    as_table(merged(tables)).to_parquet(out / TABLE, compression="zstd", index=False)


def _hub(folder: Path) -> pd.DataFrame:
    """Drug Repurposing Hub: one row a name, with the suppliers' spellings as synonyms."""
    drugs = _hub_table(folder / "priors" / "repurposing_drugs_20200324.txt")
    samples = _hub_table(folder / "priors" / "repurposing_samples_20200324.txt.gz")
    samples = samples.sort_values(["pert_iname", "broad_id"])
    samples["batchless"] = samples["broad_id"].str[:13]
    grouped = samples.groupby("pert_iname")
    table = pd.DataFrame(
        {
            "smiles": grouped["smiles"].first(),
            "synonyms": grouped["vendor_name"].agg(list) + grouped["batchless"].agg(list),
        }
    )
    table["synonyms"] = table["synonyms"].map(_joined)
    table = drugs.set_index("pert_iname")[["target", "moa"]].join(table, how="left")
    table = table.rename(columns={"target": "targets", "moa": "mechanisms"}).rename_axis("name").reset_index()
    names = GeneNames.load()
    table["targets"] = [
        _joined(approved(gene, names) or gene for gene in _parts(listed)) for listed in table["targets"]
    ]
    table["mechanisms"] = [_joined(_parts(listed)) for listed in table["mechanisms"]]
    return table.fillna({"synonyms": ""})


def _hub_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", comment="!", encoding="latin1")


def _lincs(folder: Path) -> pd.DataFrame:
    """LINCS compounds that have a name; where a name has several structures, the most profiled one."""
    table = pd.read_csv(folder / "l1000_consensus" / "pertinfo.tsv.gz", sep="\t", low_memory=False)
    is_named = table["pert_type"].eq("trt_cp") & ~table["pert_iname"].str.startswith("BRD-")
    table = table[is_named & table["canonical_smiles"].notna() & table["canonical_smiles"].ne("-666")]
    table = table.sort_values(["pert_iname", "num_inst", "pert_id"], ascending=[True, False, True])
    grouped = table.groupby("pert_iname")
    named = pd.DataFrame(
        {"smiles": grouped["canonical_smiles"].first(), "synonyms": grouped["pert_id"].agg(_joined)}
    )
    return named.rename_axis("name").reset_index()


def _sciplex(folder: Path) -> pd.DataFrame:
    table = pd.read_csv(folder / "priors" / "sciplex3_compound_metadata.csv")
    table["name"] = table["drug_name"].str.strip()
    # Files of this screen that passed through R spell (+)-JQ1 so.
    table["synonyms"] = ["g(+)-JQ1" if name == "(+)-JQ1" else "" for name in table["name"]]
    return table[["name", "smiles", "synonyms"]].drop_duplicates("name")


def _structure(text: object) -> tuple[str, str]:
    """Parent structure and its connectivity; both empty where the source states none that can be used."""
    if not isinstance(text, str):
        return "", ""
    listed = re.split(r"[\s,]", text.strip(), maxsplit=1)[0]  # remarks and alternative forms follow
    try:
        molecule: Mol = parent(read_molecule(listed))
        return canonical(molecule), connectivity(molecule)
    except InputError:
        return "", ""


def _joined(names: Iterable[object]) -> str:
    kept = sorted({name.strip().replace(SEPARATOR, " ") for name in names if isinstance(name, str)} - {""})
    return SEPARATOR.join(kept)


def _parts(listed: object) -> list[str]:
    """The entries of a list as the source writes it."""
    return listed.split(SEPARATOR) if isinstance(listed, str) else []


def write_descriptor_scale(out: Path) -> None:
    """Write ``descriptor_scale.npz``: median and spread of each descriptor over the hub's structures."""
    smiles = read_frame(out / "compounds_hub.parquet", columns=["smiles"])["smiles"]
    values = np.array([computed(text).descriptors for text in smiles if text])
    low, centre, high = np.percentile(values, [25, 50, 75], axis=0)
    spread = np.maximum((high - low) / 1.349, 1e-3)  # the standard deviation, were they normal
    np.savez(
        out / "descriptor_scale.npz", centre=centre, scale=np.where(high > low, spread, values.std(axis=0))
    )


def write_fingerprints(out: Path) -> None:
    """Write ``fingerprints.npz``: what RDKit computes of every structure in the tables of compounds."""
    tables = [read_frame(path, columns=["smiles"]) for path in sorted(out.glob("compounds_*.parquet"))]
    StoredStructures.of(text for table in tables for text in table["smiles"] if text).write(
        out / FINGERPRINTS
    )

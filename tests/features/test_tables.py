"""The shipped tables: small, made by the committed code, and free of what may not be redistributed."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from xpert.features import rebuild
from xpert.features.compound_library import SOURCES, merged
from xpert.features.compounds import CompoundKnowledge
from xpert.features.tables import TABLES

RESTRICTED_ID = re.compile(rb"DB\d{5}")


def shipped_compounds() -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(TABLES.glob("compounds_*.parquet"))])


def test_together_they_stay_small():
    assert sum(path.stat().st_size for path in TABLES.iterdir() if path.is_file()) < 8e6


def test_every_table_has_its_source_and_terms_stated():
    text = (TABLES / "README.md").read_text()
    tables = [path.name for path in TABLES.iterdir() if path.suffix in {".npz", ".parquet"}]
    assert len(tables) == 8
    assert all(f"`{name}`" in text for name in tables)


def test_no_restricted_identifier_is_in_them():
    table = shipped_compounds()
    for column in table.columns:
        assert not RESTRICTED_ID.search("\n".join(table[column].dropna()).encode()), column


@pytest.mark.data
def test_no_name_is_in_them_that_only_the_restricted_table_has(shared_data):
    consensus = shared_data / "l1000_consensus"
    restricted = pd.read_csv(consensus / "drugbank_structures.tsv", sep="\t")
    table = shipped_compounds()
    shipped = set(table["name"]) | {s for listed in table["synonyms"] for s in listed.split("|")}
    allowed = set(pd.read_csv(consensus / "pertinfo.tsv.gz", sep="\t", low_memory=False)["pert_iname"])
    for file in ("repurposing_drugs_20200324.txt", "repurposing_samples_20200324.txt.gz"):
        listed = pd.read_csv(shared_data / "priors" / file, sep="\t", comment="!", encoding="latin1")
        for column in ("pert_iname", "vendor_name"):
            allowed |= {str(name).strip() for name in listed.get(column, [])}
    allowed |= {
        str(name).strip()
        for name in pd.read_csv(shared_data / "priors" / "sciplex3_compound_metadata.csv")["drug_name"]
    }
    assert shipped & set(restricted["name"]) <= allowed
    assert not shipped & (set(restricted["drugbank_id"]) | set(restricted["inchi"].dropna()))


def test_the_joined_table_is_what_the_sources_say():
    tables = {source: pd.read_parquet(TABLES / f"compounds_{source}.parquet") for source in SOURCES}
    joined, shipped = merged(tables), CompoundKnowledge.load()
    assert shipped.compounds == joined.compounds
    assert shipped.synonyms == joined.synonyms


@pytest.mark.data
@pytest.mark.slow
def test_a_rebuild_gives_the_shipped_tables_byte_for_byte(shared_data, tmp_path):
    assert rebuild.main([str(shared_data), "--out", str(tmp_path)]) == 0
    for made in tmp_path.iterdir():
        shipped = TABLES / made.name
        if made.suffix == ".parquet":
            pd.testing.assert_frame_equal(pd.read_parquet(made), pd.read_parquet(shipped))
        else:
            assert made.read_bytes() == shipped.read_bytes(), made.name

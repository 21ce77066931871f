"""Make ``tables/genes.parquet`` from HGNC's complete set (CC0).

Run as ``python -m xpert.data.rebuild_genes hgnc_complete_set.txt.gz``. The file is HGNC's tab-separated
download; only what resolves a name is kept: approved symbol, previous symbols, aliases, Ensembl and Entrez
ids and the locus type. Withdrawn entries are left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

TABLE = Path(__file__).parent / "tables" / "genes.parquet"
COLUMNS = {
    "symbol": "symbol",
    "prev_symbol": "previous",
    "alias_symbol": "aliases",
    "ensembl_gene_id": "ensembl",
    "entrez_id": "entrez",
    "locus_type": "locus_type",
}


def compact(source: Path) -> pd.DataFrame:
    """One row per approved gene, sorted by symbol; several names in one cell are joined by ``|``."""
    table = pd.read_csv(
        source,
        sep="\t",
        dtype=str,
        keep_default_na=False,
        usecols=[*COLUMNS, "status", "date_modified"],
    )
    approved = table[table["status"] == "Approved"]
    slim = approved[list(COLUMNS)].rename(columns=COLUMNS).sort_values("symbol").reset_index(drop=True)
    slim["locus_type"] = slim["locus_type"].astype("category")
    slim.attrs["released"] = str(table["date_modified"].max())
    return slim


def write(table: pd.DataFrame, target: Path = TABLE) -> None:
    """Write the table with the date of its source in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    about = {b"source": b"HGNC complete set, CC0", b"released": table.attrs["released"].encode()}
    pq.write_table(arrow.replace_schema_metadata(about), target, compression="zstd", compression_level=19)


def main(arguments: list[str]) -> int:
    """Read the file that is named first and write the table."""
    if len(arguments) != 1:
        sys.stderr.write("Name HGNC's complete set: python -m xpert.data.rebuild_genes FILE.txt.gz\n")
        return 2
    table = compact(Path(arguments[0]))
    write(table)
    sys.stdout.write(f"{len(table):,} genes written to {TABLE.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

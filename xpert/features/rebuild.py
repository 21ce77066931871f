"""Make the shipped prior-knowledge tables anew: ``python -m xpert.features.rebuild FOLDER``.

FOLDER holds ``priors/`` and ``l1000_consensus/`` as they were downloaded; `tables/README.md` names the source
and licence of each. The output is a function of these files alone, so a second run gives the same tables.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from xpert.errors import InputError
from xpert.features.rebuild_compounds import write_compounds, write_descriptor_scale, write_fingerprints
from xpert.features.rebuild_genes import write_gene_sets, write_regulons

TABLES = Path(__file__).parent / "tables"


def main(arguments: list[str] | None = None) -> int:
    """Write every table beside this module and say how large each is."""
    parser = argparse.ArgumentParser(description="Make the shipped prior-knowledge tables anew.")
    parser.add_argument("folder", type=Path, help="holds priors/ and l1000_consensus/")
    parser.add_argument(
        "--out", type=Path, default=TABLES, help="where to write; the package's own by default"
    )
    parsed = parser.parse_args(arguments)
    if not (parsed.folder / "priors").is_dir():
        raise InputError(f"{parsed.folder} holds no folder named priors.")
    parsed.out.mkdir(parents=True, exist_ok=True)
    write_gene_sets(parsed.folder / "priors", parsed.out)
    write_regulons(parsed.folder / "priors", parsed.out)
    write_compounds(parsed.folder, parsed.out)
    write_descriptor_scale(parsed.out)
    write_fingerprints(parsed.out)
    for path in sorted(parsed.out.iterdir()):
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

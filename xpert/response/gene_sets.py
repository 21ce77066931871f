"""Gene sets that ship with the package, and which of them a list of genes is full of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError, nearest_names
from xpert.features.knowledge import GeneKnowledge
from xpert.response.differential import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

COLLECTIONS = {"HALLMARK": "Hallmark", "REACTOME": "Reactome", "GO_BP": "GO biological process"}
COLUMNS = ("set", "size", "shared", "expected", "fold", "p_value", "q_value", "genes")
FEWEST, MOST = 5, 500


def gene_sets(collection: str = "HALLMARK") -> Mapping[str, tuple[str, ...]]:
    """Genes of each set of a collection, by the set's name; one of `COLLECTIONS`."""
    return GeneKnowledge.load().sets(collection)


def gene_set(name: str) -> tuple[str, ...]:
    """Genes of one set of any collection, by its name regardless of case.

    Raises
    ------
    InputError
        When there is none, naming those that are spelt most like it.
    """
    by_name: dict[str, str] = {}
    for collection in COLLECTIONS:
        for found, genes in gene_sets(collection).items():
            if found.casefold() == name.casefold():
                return genes
            by_name[found] = collection
    near = nearest_names(name, by_name, count=3)
    raise InputError(f"There is no gene set {name!r}; the nearest are: {', '.join(near) or 'none'}.")


def enriched(
    chosen: Collection[str], background: Collection[str], collection: str = "HALLMARK"
) -> pd.DataFrame:
    """Gene sets that hold more of the chosen genes than chance would.

    One-sided hypergeometric test of each set with 5 to 500 genes of the background, adjusted over all of them
    (Benjamini and Hochberg 1995).

    Parameters
    ----------
    chosen
        Genes of interest; those outside the background do not count.
    background
        Every gene that was measured and could have been chosen.
    collection
        One of `COLLECTIONS`.

    Returns
    -------
    Columns `COLUMNS`, the smallest p value first: ``expected`` is the number of shared genes by chance, ``fold`` is
    shared over expected, ``genes`` names the shared ones. Sets that share none are left out.
    """
    import pandas as pd
    from scipy.stats import hypergeom

    everything, wanted = frozenset(background), frozenset(chosen) & frozenset(background)
    rows = []
    for name, genes in gene_sets(collection).items():
        inside = everything.intersection(genes)
        if FEWEST <= len(inside) <= MOST:
            shared = sorted(wanted & inside)
            expected = len(wanted) * len(inside) / len(everything)
            p_value = hypergeom.sf(len(shared) - 1, len(everything), len(inside), len(wanted))
            fold = len(shared) / expected if expected else 0.0
            rows.append((name, len(inside), len(shared), expected, fold, float(p_value), ", ".join(shared)))
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "q_value"])
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(float))
    table = table[table["shared"] > 0].sort_values(["p_value", "set"], ignore_index=True)
    return table[list(COLUMNS)]

"""What a group of treatments has in common: genes that most of them move the same way, and words that many share."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from xpert.errors import InputError
from xpert.response.differential import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.responses import Floats

GENE_COLUMNS = ("gene", "direction", "treatments", "share", "mean")
LABEL_COLUMNS = ("label", "in_map", "shared", "expected", "fold", "p_value", "q_value")
UP, DOWN = "up", "down"


def moved_in_common(
    shifts: Floats, genes: Sequence[str], *, top: int = 50, share: float = 0.5
) -> pd.DataFrame:
    """Genes that stand among the `top` most raised, or most lowered, of at least a `share` of the treatments.

    Parameters
    ----------
    shifts
        Shape ``(treatments, genes)``.
    genes
        Their names.
    top
        How many genes of each treatment and direction count.
    share
        Of the treatments, above 0 and at most 1; never fewer than two of them.

    Returns
    -------
    Columns `GENE_COLUMNS`: those of most treatments first, then the largest mean shift over all treatments.

    Raises
    ------
    InputError
        For fewer than two treatments.
    """
    import pandas as pd

    if len(shifts) < 2:
        raise InputError("Select at least two treatments to see what they have in common.")
    mean = np.nanmean(shifts, axis=0)
    least, rows = needed(len(shifts), share), []
    for direction, sign in ((UP, 1.0), (DOWN, -1.0)):
        counts = _among_top(np.nan_to_num(shifts) * sign, top).sum(axis=0)
        rows += [
            (genes[i], direction, int(counts[i]), counts[i] / len(shifts), float(mean[i]))
            for i in np.flatnonzero(counts >= least).tolist()
        ]
    table = pd.DataFrame(rows, columns=list(GENE_COLUMNS))
    order = table.assign(size=table["mean"].abs()).sort_values(
        ["treatments", "size"], ascending=False, kind="stable"
    )
    return order[list(GENE_COLUMNS)].reset_index(drop=True)


def needed(treatments: int, share: float) -> int:
    """How many treatments a share of them is, at least two."""
    return max(2, ceil(share * treatments - 1e-9))


def in_common_by_chance(treatments: int, genes: int, *, top: int, share: float) -> float:
    """How many genes to expect in common, both ways together, if each treatment moved genes of its own at random."""
    from scipy.stats import binom

    return 2 * genes * float(binom.sf(needed(treatments, share) - 1, treatments, min(top / genes, 1.0)))


def overrepresented(chosen: Sequence[Collection[str]], everyone: Sequence[Collection[str]]) -> pd.DataFrame:
    """Labels that stand on more of the chosen treatments than chance would put there.

    One-sided hypergeometric test of each label on at least two treatments of the map, among the treatments that have
    any label; adjusted over all of these labels (Benjamini and Hochberg 1995).

    Parameters
    ----------
    chosen
        Labels of each chosen treatment.
    everyone
        Labels of each treatment of the map, the chosen ones among them.

    Returns
    -------
    Columns `LABEL_COLUMNS`, the smallest p value first; labels that no chosen treatment has are left out.
    """
    import pandas as pd
    from scipy.stats import hypergeom

    every, wanted = [set(labels) for labels in everyone if labels], [set(s) for s in chosen if s]
    rows = []
    for label in sorted({label for labels in every for label in labels}):
        size = sum(label in labels for labels in every)
        if size > 1:
            shared = sum(label in labels for labels in wanted)
            expected = len(wanted) * size / len(every)
            p_value = float(hypergeom.sf(shared - 1, len(every), size, len(wanted)))
            rows.append((label, size, shared, expected, shared / expected if expected else 0.0, p_value))
    table = pd.DataFrame(rows, columns=[c for c in LABEL_COLUMNS if c != "q_value"])
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(float))
    return table[table["shared"] > 0].sort_values(["p_value", "label"], ignore_index=True)


def _among_top(values: Floats, top: int) -> npt.NDArray[np.bool_]:
    """Which genes are among each treatment's `top` highest and above zero."""
    count = min(top, values.shape[1])
    border = np.partition(values, values.shape[1] - count, axis=1)[:, values.shape[1] - count, None]
    return (values >= border) & (values > 0)

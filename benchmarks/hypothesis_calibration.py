"""Whether a hypothesis that is called 80 % probable holds in 80 % of cases, on conditions of which nothing was seen.

    python benchmarks/hypothesis_calibration.py DATA [--seed 1] [--out docs/benchmarks]

DATA holds one folder per data set. For every refit of each task, the shipped simple model and its calibration are learned
inside the training part; each gene and each Hallmark set of a held-out condition is then a hypothesis in the predicted
direction. Measured conditions are asked too: half of the cells are learned from, the other half is the truth. Prints
tables and writes OUT/hypothesis.md.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from xpert.data.collections import norman_mcfaline, papalexi
from xpert.design.chance import LOG_ODDS_KEPT, errors_together, set_half_width, sign_probability
from xpert.evaluation.confidence import calibrated
from xpert.evaluation.tasks import task as find_task
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.recalled import Recalled
from xpert.model.calibration import LEVELS, Asked, Calibration
from xpert.model.metrics import pearson
from xpert.model.question import Question
from xpert.prediction.sentences import NO_SIGNAL
from xpert.response.gene_sets import gene_sets
from xpert.training.bootstrap import interval
from xpert.training.calibration import LIKENESS, Likeness
from xpert.training.halves import half_responses

TASKS = ("norman_doubles", "papalexi_unseen_gene", "tggates_unseen_drug", "tggates_dose_interpolation")
# Data sets whose measured conditions are asked too, by context: in some no measurement repeats.
SEEN = {"norman_mcfaline": norman_mcfaline, "papalexi": papalexi}
GENE, SET = "gene", "set"
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PARTS = 5
FEWEST = 5
# A task with a thousand conditions would outweigh all others in time, not in what it tells.
MOST_CONDITIONS = 300
HEAD = """# Is a probable hypothesis probably right?

Written by `python benchmarks/hypothesis_calibration.py`. For every held-out condition, each gene and each Hallmark set with at
least {fewest} measured genes is a hypothesis in the direction that the shipped simple model predicts; its probability is told
from intervals that were learned inside the training part alone. *Right* means that the measured shift has the predicted sign; the 95 %
interval draws conditions anew. A condition's own targets, genes that no control cell or no cell of the held-out condition's experiment shows, and hypotheses of which
the model says “no change” (probability 0.5) are left out. “Measured” asks about measured conditions: half of the cells are
learned from, the other half is the truth; contexts whose halves do not agree (mean correlation under {silent}) are left out, since the
models say “no change” there.

Taken at their word the intervals are too sure of the sign, so the log odds are multiplied by **{kept:g}** in the product. The factor learned
here is {learned:.2f} from all rows together, each condition and each data set counting alike; in the tables, each data set is judged by the factor
learned from the others.

"""


def main():
    options = _options()
    rows = pd.concat(
        [task_rows(name, options) for name in TASKS]
        + [seen_rows(name, module, options) for name, module in SEEN.items()],
        ignore_index=True,
    )
    for name in rows["task"].unique():
        others = rows["task"] != name
        rows.loc[~others, "kept"] = learned_factor(rows[others])
    rows["claimed"] = shrunk(rows["raw"], rows["kept"])
    text = HEAD.format(
        fewest=FEWEST, silent=NO_SIGNAL, kept=LOG_ODDS_KEPT, learned=learned_factor(rows)
    ) + tables(rows)
    print(text)
    (options.out / "hypothesis.md").write_text(text, encoding="utf-8")


def task_rows(name, options):
    task = find_task(name)
    contest = task.prepare(options.data, task.deal(options.data, options.seed))
    found = []
    for part in calibrated(contest):
        half = np.array([part.calibration.half_width(part.asked, level=level) for level in LEVELS])
        learned = contest.learned.take(part.ask.train)
        rows = _some(len(part.asked), options.seed + part.ask.fold, len(contest.asks))
        found += [
            hypotheses(
                contest.observed,
                int(part.ask.test[i]),
                (part.asked.shift[i], half[:, i]),
                part.observed[i],
                learned,
            )
            for i in rows
        ]
    return pd.concat(found, ignore_index=True).assign(task=name)


def seen_rows(name, module, options):
    """Each measured condition from half of its cells against the other half; calibrated on other treatments."""
    cells, whole = module.dataset(options.data), module.load(options.data)
    first, second = half_responses(
        whole,
        cells.expression(slice(None)),
        [(cells.rows(c), c.context) for c in whole.conditions],
        {context: cells.control_rows(context) for context in whole.context},
        seed=options.seed,
    )
    shift = np.asarray(Recalled().fit(first).predict(first.conditions, first.context), dtype=float)
    likeness = Likeness.of(first.conditions, PriorKnowledge(), LIKENESS)
    asked = Asked(
        (Question.SEEN,) * len(first), tuple(c.context for c in first.conditions), shift, np.zeros(len(first)),
        likeness.cosine[likeness.own], likeness.own,
    )  # fmt: skip
    part = np.random.default_rng(options.seed).permutation(likeness.own.max() + 1)[likeness.own] % PARTS
    found = []
    for number in range(PARTS):
        rest, held_out = np.flatnonzero(part != number), np.flatnonzero(part == number)
        calibration = Calibration.fit(asked.take(rest), second.delta[rest])
        half = np.array([calibration.half_width(asked.take(held_out), level=level) for level in LEVELS])
        found += [
            hypotheses(second, int(row), (shift[row], half[:, i]), second.delta[row], first.take(rest))
            for i, row in enumerate(held_out)
        ]
    rows = pd.concat(found, ignore_index=True)
    rows = rows[rows["condition"].str.split(" | ", regex=False).str[0].isin(repeating(first, second))]
    return rows.assign(
        task=f"{name} in " + rows["condition"].str.split(" | ", regex=False).str[0] + ", measured"
    )


def repeating(first, second):
    """Contexts in which one half of the cells says something of the other; in others the models say “no change”."""
    agreement = pd.DataFrame(
        {"context": [c.context for c in first.conditions], "r": pearson(first.delta, second.delta)}
    )
    means = agreement.groupby("context")["r"].mean()
    return set(means[means >= NO_SIGNAL].index)


def hypotheses(observed, row, answer, truth, learned):
    """One row per gene and per set of one condition: ``kind, condition, raw, right, inside``."""
    (shift, half), condition, genes = answer, observed.conditions[row], np.array(observed.genes)
    silent = (observed.context[condition.context].control <= 0) & (not observed.readout.is_differential)
    counted = np.isfinite(truth) & (truth != 0) & ~silent & ~np.isin(genes, list(condition.treatment.targets))
    single = np.flatnonzero(counted & (shift != 0))
    parts = [_rows(GENE, shift[single], half[:, single], truth[single])]
    for members in gene_sets("HALLMARK").values():
        own = np.flatnonzero(np.isin(genes, members) & counted)
        mean = shift[own].mean() if len(own) >= FEWEST else 0.0
        if mean != 0:
            together = errors_together(learned.conditions, learned.delta, own, condition.context)
            width = set_half_width(half[:, own], together)
            parts.append(_rows(SET, np.array([mean]), width[:, None], np.array([truth[own].mean()])))
    return pd.concat(parts, ignore_index=True).assign(condition=str(condition))


def learned_factor(rows):
    """The factor on the log odds with the greatest likelihood; conditions count alike, and so do data sets."""
    size = rows.groupby(["task", "kind", "condition"])["raw"].transform("size")
    count = rows.groupby(["task", "kind"])["condition"].transform("nunique")
    weight = 1 / (size * count)
    factors = np.arange(0.3, 1.31, 0.01)

    def surprise(factor):
        probability = np.clip(shrunk(rows["raw"], factor), 1e-6, 1 - 1e-6)
        return -float((weight * np.log(np.where(rows["right"] > 0, probability, 1 - probability))).sum())

    return float(factors[np.argmin([surprise(factor) for factor in factors])])


def shrunk(probability, factor):
    odds = (probability / (1 - probability)) ** factor
    return odds / (1 + odds)


def tables(rows):
    """Markdown: a reliability table per kind, for all data sets together and each alone; then the intervals of sets."""
    text = ""
    for kind, title in ((GENE, "Single genes"), (SET, "Sets: the mean of their genes")):
        text += f"## {title}\n\n| data | claimed | mean claimed | right | 95 % interval | hypotheses | conditions | taken at their word |\n"
        text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        for name in ("all", *rows["task"].unique()):
            part = rows[(rows["kind"] == kind) & ((rows["task"] == name) | (name == "all"))]
            text += "".join(_line(name, part, low, high) for low, high in pairwise(EDGES))
        text += "\n"
    inside = rows[rows["kind"] == SET].groupby("task", sort=False)["inside"].mean()
    return text + (
        "## Intervals of sets\n\nShare of measured set means inside the 90 % interval: "
        + ", ".join(f"{name} {share:.0%}" for name, share in inside.items())
        + ".\n"
    )


def _line(name, part, low, high):
    here = part[(part["claimed"] >= low) & (part["claimed"] < high)]
    if here["condition"].nunique() < 3:
        return ""
    right, claimed, raw = here["right"], here["claimed"].mean(), here["raw"].mean()
    ends = interval(right.to_numpy(float), (here["task"] + here["condition"]).tolist(), level=0.95)
    count = here["condition"].nunique()
    return (
        f"| {name} | {low:.0%} – {high:.0%} | {claimed:.1%} | {right.mean():.1%} | {ends[0]:.1%} – {ends[1]:.1%} "
        f"| {len(here):,} | {count:,} | {raw:.1%} |\n"
    )


def _rows(kind, shift, half, truth):
    return pd.DataFrame(
        {
            "kind": kind,
            "raw": sign_probability(shift, half, kept=1.0),
            "right": (np.sign(shift) == np.sign(truth)).astype(float),
            "inside": np.abs(truth - shift) <= half[LEVELS.index(0.9)],
        }
    )


def _some(count, seed, asks):
    most = max(MOST_CONDITIONS // asks, 1)
    rows = np.arange(count)
    return rows if count <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()

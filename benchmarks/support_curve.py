"""How much measured treatments of a context help: skill over their number, against the same models without them.

    python benchmarks/support_curve.py DATA [--seeds 1 2 3] [--out docs/benchmarks]

DATA holds one folder per data set. Every context that is asked about is left out of the training data; a few of its
treatments are then given as a support set, and the rest is scored. The treatments that are asked stay the same for
every size of the support set. Prints tables; writes them to OUT/support.md and the figure OUT/support.svg.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from xpert.data.collections import load_responses
from xpert.data.collections.norman_mcfaline import load as load_norman
from xpert.data.collections.papalexi import load as load_papalexi
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.features.compounds import CompoundKnowledge
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.factors import Factors
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.no_change import NoChange
from xpert.model.elsewhere import Elsewhere
from xpert.model.metrics import partial_pearson, pearson, spearman
from xpert.model.support import Correction, Support, SupportSettings
from xpert.model.supported import MIXTURE
from xpert.perturbation import Modality, Perturbation, Treatment

WITHOUT, MEAN, GENERAL, OWN = "without", "their mean", "support set", "factors' own"


def main():
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    found = []
    for task in (papalexi, doubles, tahoe, neurips):
        rows = pd.concat([task(options.data, seed).assign(seed=seed) for seed in options.seeds])
        found.append(rows)
        print(table(rows).to_string(), flush=True)
        everything = pd.concat(found, ignore_index=True)
        (options.out / "support.md").write_text(page(everything, options.seeds), encoding="utf-8")
        draw(everything, options.out / "support.svg")


def tahoe(data, seed):
    """Four cell lines that were never measured, 109 drugs; 400 of the 4,000 genes, drawn at random."""
    responses = load_responses("tahoe", data)
    rng = np.random.default_rng(seed)
    genes = np.sort(rng.choice(len(responses.genes), 400, replace=False))
    responses = on_genes(responses, genes)
    lines = sorted({c.context for c in responses.conditions})
    new = rng.permutation(lines)[:4].tolist()
    return unseen_contexts("Tahoe: cell line never measured", responses, new, (0, 1, 5, 20), rng)


def neurips(data, seed):
    """Each of four cell types in turn, 27 of the drugs offered as support."""
    responses = neurips_responses(data)
    rng = np.random.default_rng(seed)
    types = sorted({c.context for c in responses.conditions})
    parts = [
        unseen_contexts("NeurIPS 2023: cell type never measured", responses, [name], (0, 1, 5, 10, 27), rng)
        for name in types
    ]
    return pd.concat(parts)


def doubles(data, seed):
    """Norman's doubles in K562 from its singles; nothing else is known of the cells."""
    responses = load_norman(data)
    own = responses.take([i for i, c in enumerate(responses.conditions) if c.context.casefold() == "k562"])
    sizes = np.array([len(c.treatment) for c in own.conditions])
    rng = np.random.default_rng(seed)
    singles = rng.permutation(np.flatnonzero(sizes == 1))
    counts = (0, 1, 5, 10, len(singles))
    return alone("K562: doubles from measured singles", own, np.flatnonzero(sizes == 2), singles, counts)


def papalexi(data, seed):
    """A fifth of Papalexi's targets at a time, from the others; nothing else is known of the cells."""
    own = load_papalexi(data)
    order = np.random.default_rng(seed).permutation(len(own))
    parts = []
    for asked in np.array_split(order, 5):
        rest = np.setdiff1d(order, asked)
        rest = np.random.default_rng(seed).permutation(rest)
        parts.append(alone("Papalexi: gene never measured", own, asked, rest, (0, 1, 5, 10, len(rest))))
    return pd.concat(parts)


def unseen_contexts(title, responses, new, counts, rng):
    """Contexts without training data: two models, each with support sets of several sizes."""
    where = np.array([c.context for c in responses.conditions])
    full = responses.take(np.flatnonzero(~np.isin(where, new)))
    models = {"mean over contexts": ContextMean().fit(full), "factors": Factors().fit(full)}
    elsewhere = Elsewhere(full.conditions, full.delta, PriorKnowledge(), MIXTURE)
    reference = np.nanmean(full.delta, axis=0)
    parts = []
    for name in new:
        order = rng.permutation(np.flatnonzero(where == name))
        offered, asked = order[: max(counts)], order[max(counts) :]
        for count in counts:
            given = responses.take(offered[:count])
            for model, fitted in models.items():
                answers = corrected(fitted, responses, given, asked, elsewhere)
                if isinstance(fitted, Factors) and count:
                    conditions = [responses.conditions[i] for i in asked]
                    answers[OWN] = fitted.with_support(given).predict(conditions, responses.context)
                for way, answer in answers.items():
                    parts.append(
                        scored(responses.delta[asked], answer, reference).assign(
                            data=title, measured=count, model=f"{model}, {way}"
                        )
                    )
    return pd.concat(parts, ignore_index=True)


def alone(title, own, asked, offered, counts):
    """A context about which nothing but its support set is known."""
    base = NoChange().fit(own.take(offered))
    elsewhere = Elsewhere((), np.zeros((0, len(own.genes))), PriorKnowledge(), MIXTURE)
    reference = own.delta[offered].mean(axis=0)
    parts = []
    for count in counts:
        for way, answer in corrected(base, own, own.take(offered[:count]), asked, elsewhere).items():
            parts.append(
                scored(own.delta[asked], answer, reference).assign(
                    data=title, measured=count, model=f"no change, {way}"
                )
            )
    return pd.concat(parts, ignore_index=True)


def corrected(fitted, responses, given, asked, elsewhere):
    """Answers without the support, shifted by its mean residual, and corrected by it."""
    conditions = [responses.conditions[i] for i in asked]
    own = np.asarray(fitted.predict(conditions, responses.context), dtype=float)
    if not len(given):
        return dict.fromkeys((WITHOUT, MEAN, GENERAL), own)
    predicted = np.asarray(fitted.predict(given.conditions, responses.context), dtype=float)
    treatments = tuple(c.treatment.active for c in given.conditions)
    support = Support(given.conditions[0].context, treatments, given.delta, given.cells)
    correction = Correction.of(support, predicted, elsewhere, SupportSettings())
    offset = np.nan_to_num(np.nanmean(given.delta - predicted, axis=0))
    added = correction.added([c.treatment for c in conditions], own)
    return {WITHOUT: own, MEAN: own + offset, GENERAL: own + added}


def scored(truth, answer, reference):
    """One row per condition and metric; an answer without any shift has no correlation and scores 0."""
    columns = {"spearman": [], "pearson": [], "partial r": []}
    for own, said in zip(truth, answer, strict=True):
        known = np.isfinite(own)
        pair = said[None, known], own[None, known]
        columns["spearman"].append(spearman(*pair)[0])
        columns["pearson"].append(pearson(*pair)[0])
        columns["partial r"].append(partial_pearson(*pair, reference[None, known])[0])
    wide = pd.DataFrame(columns).fillna(0.0)
    return wide.melt(var_name="metric", value_name="value")


def on_genes(responses, places):
    """The same on some genes."""
    genes = tuple(responses.genes[i] for i in places)
    return Responses(
        responses.readout,
        genes,
        tuple(c.aligned(genes) for c in responses.contexts),
        responses.conditions,
        responses.delta[:, places],
        responses.spread[:, places],
        responses.cells,
    )


def neurips_responses(data):
    """Signed ranks of the drugs in four cell types of blood; every tenth gene."""
    table = pd.read_csv(data / "neurips2023" / "signatures.csv")
    with np.load(data / "neurips2023" / "rank_matrix.npz", allow_pickle=False) as stored:
        delta = (stored["rank"] / np.float32(32767)).astype(np.float32)[:, ::10]
    genes = tuple(f"gene {i}" for i in range(delta.shape[1]))
    # A code such as IN1451 must not be read as a structure.
    known = CompoundKnowledge.load()
    names = {d: d.strip() if known.find(d.strip()) else f"compound {d.strip()}" for d in set(table["drug"])}
    conditions = tuple(
        Condition(kind, Treatment.of(Perturbation(names[drug], Modality.COMPOUND)))
        for kind, drug in zip(table["cell_type"], table["drug"], strict=True)
    )
    nothing = np.zeros(len(genes))
    contexts = tuple(
        Context(k, genes, nothing, np.full(len(genes), np.nan)) for k in sorted(set(table["cell_type"]))
    )
    unknown = np.full_like(delta, np.nan)
    ones = np.ones(len(delta), dtype=int)
    return Responses(Readout.SIGNED_RANK, genes, contexts, conditions, delta, unknown, ones)


def table(rows):
    """Mean score by data set, model and number of measured treatments."""
    means = rows.groupby(["data", "metric", "model", "measured"], sort=False)["value"].mean()
    return means.unstack("measured").round(3)


def page(rows, seeds):
    """The tables as Markdown."""
    told = [
        "# What measured treatments are worth",
        "",
        "Skill on conditions of a context that the model has never seen, over the number of treatments that were",
        "measured there and given as a support set. Each number is the mean over conditions and deals",
        f"(seeds: {', '.join(map(str, seeds))}); the asked conditions are the same in every column. “Their mean” adds the mean of",
        "what the model leaves of the measured treatments; “factors' own” is the correction that belongs to that model.",
        "Partial r is the correlation with the mean response projected out. Printed by `benchmarks/support_curve.py`.",
        "",
        "![Skill over the number of measured treatments](support.svg)",
    ]
    for title, part in rows.groupby("data", sort=False):
        told += ["", f"## {title}"]
        for metric in metrics_of(title):
            wide = table(part[part["metric"] == metric]).droplevel(["data", "metric"])
            told += ["", f"| {metric} | " + " | ".join(f"{n} measured" for n in wide.columns) + " |"]
            told += ["|---" * (len(wide.columns) + 1) + "|"]
            for model, values in wide.iterrows():
                shown = (" " if np.isnan(v) else f"{v:.3f}" for v in values)
                told += [f"| {model} | " + " | ".join(shown) + " |"]
    return "\n".join(told) + "\n"


def metrics_of(title):
    """What is told of a data set: ranks where responses are ranks."""
    return ("spearman", "partial r") if title.startswith(("Tahoe", "NeurIPS")) else ("pearson",)


def draw(rows, path):
    """One panel per data set."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    from xpert.plots.palette import OKABE_ITO

    titles = list(dict.fromkeys(rows["data"]))
    figure, axes = plt.subplots(
        1, len(titles), figsize=(3.6 * len(titles), 3.4), layout="constrained", squeeze=False
    )
    for axis, title in zip(axes[0], titles, strict=True):
        metric = metrics_of(title)[0]
        wide = table(rows[(rows["data"] == title) & (rows["metric"] == metric)]).droplevel(["data", "metric"])
        for color, (model, values) in zip(OKABE_ITO, wide.iterrows(), strict=False):
            axis.plot(range(len(values)), values, marker="o", ms=4, color=color, label=model)
        axis.set(title=title, xlabel="measured treatments", ylabel=metric)
        axis.title.set_fontsize(9)
        axis.set_xticks(range(wide.shape[1]), wide.columns)
        axis.legend(fontsize=6, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()

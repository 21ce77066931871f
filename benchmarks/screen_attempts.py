"""Simple models that were tried on the two tasks of genetic screens, beside what is shipped.

``python benchmarks/screen_attempts.py ../shared/data`` prints the tables of `docs/benchmarks/tried`. Doubles of
Norman's screen can be left out in one way only, so nothing may be chosen by them: a change counts where it also helps on
questions made of the doubles with both singles measured, from which one single, or both, were taken away.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from xpert.evaluation.response_contest import Ask, Contestant
from xpert.evaluation.task import Role
from xpert.evaluation.tasks import norman_doubles, papalexi_unseen_gene
from xpert.model.baselines.additive import Additive
from xpert.model.baselines.bilinear_ridge import BILINEAR, BilinearRidge
from xpert.model.baselines.blend import Blend
from xpert.model.baselines.kernel_ridge import ONE_HOT, RIDGES, KernelRidge
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.registry import UNSEEN_PRIOR, screen_predictor

METRICS = ("L2", "pearson_delta", "pds_cosine_centred")
SEEDS = (11, 12, 13, 14)


def one_hot(**changes):
    return KernelRidge(settings=replace(ONE_HOT, **changes))


def prior(**changes):
    return KernelRidge(PriorKnowledge(), replace(UNSEEN_PRIOR, **changes))


def doubles_models():
    kernel, shrunk = KernelRidge(), one_hot(response_ridge=0.03)
    bilinear = BilinearRidge(settings=replace(BILINEAR, weighted=True))
    with_sets = {"identity": 1.0, "gene_prior": 0.1}
    return {
        "shipped": screen_predictor(),
        "kernel ridge": kernel,
        "… five components": one_hot(rank=5),
        "… all components": one_hot(rank=None),
        "… weak components shrunk": shrunk,
        "… averaged with itself shrunk": Blend((kernel, shrunk)),
        "… with a common part": one_hot(mixtures=({"identity": 1.0, "common": 0.1},)),
        "… with gene sets at weight 0.1": KernelRidge(
            PriorKnowledge(), replace(ONE_HOT, mixtures=(with_sets,))
        ),
        "bilinear ridge": bilinear,
        "additive": Additive(),
        "kernel ridge, additive": Blend((kernel, Additive())),
        "kernel ridge, bilinear ridge": Blend((kernel, bilinear)),
        "kernel ridge, bilinear ridge, additive": Blend((kernel, bilinear, Additive())),
    }


def unseen_models():
    zero = prior(centred=False)
    return {
        "shipped": screen_predictor(),
        "no mean added": zero,
        "… averaged with shipped": Blend((zero, prior())),
        "ridge 0.1": prior(ridges=(0.1,)),
        "ridge 0.3": prior(ridges=(0.3,)),
        "three components": prior(rank=3),
        "one component": prior(rank=1),
        "weak components shrunk": prior(response_ridge=0.1),
        "cell numbers not weighed": prior(weighted=False),
        "larger ridges only": prior(ridges=RIDGES[3:]),
    }


def made_up(contest):
    """Doubles with both singles measured, without one single or without both."""
    targets = [frozenset(c.treatment.targets) for c in contest.observed.conditions]
    single = {next(iter(t)): i for i, t in enumerate(targets) if len(t) == 1}
    for row, pair in enumerate(targets):
        if len(pair) != 2 or not pair <= single.keys():
            continue
        for kind, gone in [("one single taken", {single[t]}) for t in sorted(pair)] + [
            ("both singles taken", {single[t] for t in pair})
        ]:
            train = np.array([i for i in range(len(targets)) if i != row and i not in gone])
            yield Ask(len(gone), train, np.array([row]), kind)


def measured(contest, models, subsets):
    contest = replace(contest, models={n: Contestant(Role.SIMPLE, m) for n, m in models.items()})
    found = {name: contest.run(name).fillna({"value": 0.0}) for name in models}
    return {
        name: {
            subset: [
                rows.loc[(rows["subset"] == subset) & (rows["metric"] == m), "value"].mean() for m in METRICS
            ]
            for subset in subsets
        }
        for name, rows in found.items()
    }


def show(title, subsets, scores):
    print(f"\n{title}\n\n| tried | " + " | ".join(subsets) + " |")
    print("|" + " --- |" * (len(subsets) + 1))
    for name, by_subset in scores.items():
        cells = [" · ".join(f"{v:.3f}" for v in by_subset[subset]) for subset in subsets]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main():
    data = Path(sys.argv[1])
    contest = norman_doubles.TASK.prepare(data, norman_doubles.TASK.deal(data, SEEDS[0]))
    subsets = ("all", *norman_doubles.SUBSETS.values())
    show("Scored doubles", subsets, measured(contest, doubles_models(), subsets))
    kinds = ("one single taken", "both singles taken")
    asked = replace(contest, asks=tuple(made_up(contest)))
    show("Made-up questions", kinds, measured(asked, doubles_models(), kinds))
    task, subsets = papalexi_unseen_gene.TASK, (papalexi_unseen_gene.STRONG, "all")
    runs = [measured(task.prepare(data, task.deal(data, s)), unseen_models(), subsets) for s in SEEDS]
    means = {name: {s: np.mean([run[name][s] for run in runs], axis=0) for s in subsets} for name in runs[0]}
    show(f"Unseen genes, mean over seeds {SEEDS}", subsets, means)


if __name__ == "__main__":
    main()

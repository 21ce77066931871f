"""What each part of the network gives: skill without it, and the time that a refit takes.

    python benchmarks/ablation.py --data ../shared/data [--doubles 15] [--folds 1] [--epochs 15] [--write]

Doubles of Norman 2019 are left out one at a time, and drugs of L1000 a fifth at a time. The network stands on the mean shift
alone, not on the strongest simple model, so that what it says is its own. Every variant is trained on the same folds from the
same seed, turn by turn. ``--write`` puts the tables into docs/benchmarks/ablation.md.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd
import torch
from torch import nn

from xpert.evaluation.task import ALL
from xpert.evaluation.tasks import task
from xpert.features.compound_vectors import COMPOUND_FLAGS, FOLDED_BITS, MECHANISM_WIDTH
from xpert.features.structures import DESCRIPTORS
from xpert.features.treatments import TreatmentFeatures
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.encode import Vocabulary
from xpert.model.trained import TrainedNetwork
from xpert.training.fit import Run, fit_network
from xpert.training.fold import folds_of, out_of_fold
from xpert.training.network_predictor import network_config, new_network
from xpert.training.recipe import NetworkSection, TrainingSection
from xpert.training.rows import HeldOut, TrainingRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpert.model.network import XPert

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks" / "ablation.md"
SEED, HELD_OUT_PARTS, BASE_FOLDS = 1, 6, 5
BLOCKS = NetworkSection(exact_up_to=1)
BOTTLENECK = NetworkSection(exact_up_to=1, bottleneck=True, gene_latents=16)
FULL = NetworkSection(exact_up_to=1_000_000)


class PlainMean(nn.Module):
    """In place of attention: every query gets the weighted mean of the perturbations."""

    def forward(self, queries, tokens, log_weight):
        """Shape ``(conditions, queries, width)``."""
        share = log_weight.softmax(dim=1)[..., None]
        return (share * tokens).sum(dim=1, keepdim=True).expand(-1, queries.shape[-2], -1)


def without_resampler(network: XPert) -> None:
    for part in network.perceiver.rounds:
        part.attend = PlainMean()


def without_cross_attention(network: XPert) -> None:
    for block in network.cell_encoder.blocks:
        block.gate.data.zero_()
        block.gate.requires_grad_(requires_grad=False)


def without_impact(network: XPert) -> None:
    _silence(network.cell_encoder.tokens.from_impact)


def without_gene_priors(network: XPert) -> None:
    _silence(network.cell_encoder.tokens.from_prior)


def without_target_knowledge(network: XPert) -> None:
    first = network.perceiver.encode.gene[1]
    first.register_forward_pre_hook(_strength_only)


def without_gene_identity(network: XPert) -> None:
    _silence(network.cell_encoder.tokens.identity)


def untouched(network: XPert) -> None:
    """Nothing is taken away."""


def _silence(layer: nn.Module) -> None:
    layer.weight.data.zero_()
    layer.weight.requires_grad_(requires_grad=False)


def _strength_only(_, inputs):
    vectors = inputs[0].clone()
    vectors[..., :-1] = 0
    return (vectors,)


STRUCTURE = slice(0, FOLDED_BITS + len(DESCRIPTORS))
MECHANISMS = slice(STRUCTURE.stop, STRUCTURE.stop + MECHANISM_WIDTH)
TARGETS = slice(MECHANISMS.stop + len(COMPOUND_FLAGS), -1)  # after the flags, before the strength


def without_columns(*columns: slice) -> Callable[[XPert], None]:
    """Part of what is known of compounds is zero, in training and when asked."""

    def silence(_, inputs):
        vectors = inputs[0].clone()
        for part in columns:
            vectors[..., part] = 0
        return (vectors,)

    def change(network: XPert) -> None:
        network.perceiver.encode.compound[1].register_forward_pre_hook(silence)

    return change


@dataclass(frozen=True)
class Variant:
    """The network with a part taken away or exchanged."""

    name: str
    sizes: NetworkSection = BOTTLENECK
    change: Callable[[XPert], None] = untouched


SHARED = (
    Variant("whole network, bottleneck"),
    Variant("latents in every block", BLOCKS),
    Variant("attention between all genes", FULL),
    Variant("without resampler (mean of perturbations)", change=without_resampler),
    Variant("without gated cross-attention", change=without_cross_attention),
    Variant("without impact channels", change=without_impact),
    Variant("without priors of measured genes", change=without_gene_priors),
    Variant("without identities of measured genes", change=without_gene_identity),
)


@dataclass(frozen=True)
class Study:
    """A task on which every variant is trained.

    Attributes
    ----------
    task, title, label
        Name of the task, head of its table, and what one left-out part is.
    metrics
        Columns of the table.
    shape_weight
        How much the direction counts in the loss.
    variants
        What is trained.
    """

    task: str
    title: str
    label: str
    metrics: tuple[str, ...]
    shape_weight: float
    variants: tuple[Variant, ...]


DOUBLES = Study(
    "norman_doubles",
    "Doubles of Norman 2019",
    "doubles",
    ("pearson_delta", "L2"),
    TrainingSection().shape_weight,
    (*SHARED, Variant("without knowledge of the perturbed genes", change=without_target_knowledge)),
)
DRUGS = Study(
    "l1000_unseen_drug_random",
    "Unseen drugs of L1000",
    "fifths of the drugs",
    ("pearson", "pearson_partial", "pds_cosine_centred"),
    1.0,
    (
        *SHARED,
        Variant("without structures", change=without_columns(STRUCTURE)),
        Variant("without mechanisms", change=without_columns(MECHANISMS)),
        Variant("without known targets", change=without_columns(TARGETS)),
        Variant(
            "without structures, mechanisms and targets",
            change=without_columns(STRUCTURE, MECHANISMS, TARGETS),
        ),
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--doubles", type=int, default=15)
    parser.add_argument("--folds", type=int, default=1, help="fifths of the L1000 drugs that are left out")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    parts = [head(args)]
    for study, count in ((DOUBLES, args.doubles), (DRUGS, args.folds)):
        if count:
            parts.append(table(study, measure(study, args.data, count, args.epochs), count))
    text = "\n".join([*parts, TAIL])
    print(text)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")


def measure(study: Study, data: Path, count: int, epochs: int) -> pd.DataFrame:
    """One row per variant and left-out part."""
    posed = task(study.task)
    contest = posed.prepare(data, posed.deal(data, SEED))
    step = max(1, len(contest.asks) // count)
    found = []
    for ask in contest.asks[::step][:count]:
        responses = contest.learned.take(ask.train)
        fold = Prepared(responses, epochs, study.shape_weight)
        asked = [contest.observed.conditions[i] for i in ask.test]
        base = MeanShift().fit(responses).predict(asked, contest.observed.context)
        mean = {"variant": "without the network (mean shift)", "seconds": 0.0}
        found.append({**mean, **scores(study, contest, ask, base)})
        for variant in study.variants:
            trained, seconds = fold.train(variant)
            shift = trained.answer(asked, contest.observed.context, base.astype("float32")).shift
            found.append({"variant": variant.name, "seconds": seconds, **scores(study, contest, ask, shift)})
            print(found[-1], flush=True)
    return pd.DataFrame(found)


class Prepared:
    """What all variants of a fold share."""

    def __init__(self, responses, epochs: int, shape_weight: float) -> None:
        self.responses = responses
        self.settings = TrainingSection(epochs=epochs, patience=epochs, shape_weight=shape_weight)
        self.vocabulary = Vocabulary.of(responses, TreatmentFeatures.load())
        base = out_of_fold(MeanShift(), responses, BASE_FOLDS, 0)
        self.held_out = HeldOut(base, base)
        parts = folds_of(responses.conditions, HELD_OUT_PARTS, 1)
        self.is_held_out = torch.from_numpy(parts == 0)

    def train(self, variant: Variant) -> tuple[TrainedNetwork, float]:
        """A trained network, and the seconds of processor time that it took."""
        config = network_config(self.vocabulary, variant.sizes)
        rows = TrainingRows.of(self.responses, self.held_out, self.vocabulary, config.signature_rank)
        network = new_network(config, self.responses, self.vocabulary, seed=0)
        variant.change(network)
        started = time.process_time()
        with TemporaryDirectory() as folder:
            run = Run(Path(folder), None)
            network = fit_network(network, rows, self.is_held_out, self.settings, run)
        return TrainedNetwork(network, self.vocabulary), time.process_time() - started


def scores(study: Study, contest, ask, shift) -> dict[str, float]:
    found = contest.score(ask, shift)
    kept = found[(found["subset"] == ALL) & found["metric"].isin(study.metrics)]
    return kept.groupby("metric")["value"].mean().fillna(0.0).to_dict()


def head(args: argparse.Namespace) -> str:
    return (
        "# What each part of the network gives\n\n"
        f"`python benchmarks/ablation.py --data … --doubles {args.doubles} --folds {args.folds} --epochs {args.epochs} "
        f"--write` prints this: {args.epochs} passes, one seed, so that differences of a few hundredths mean nothing. The "
        "network stands on the mean shift, not on the strongest simple model, and its answer counts in full.\n"
    )


def table(study: Study, rows: pd.DataFrame, count: int) -> str:
    named = {metric.name: metric.label for metric in task(study.task).metrics}
    means = rows.groupby("variant", sort=False)[[*study.metrics, "seconds"]].mean()
    heads = " | ".join(named[metric] for metric in study.metrics)
    lines = [
        f"## {study.title}\n",
        f"Means over {count} {study.label}, left out in turn.\n",
        f"| variant | {heads} | processor seconds a refit |",
        f"|:--{'|--:' * (len(study.metrics) + 1)}|",
    ]
    for name, row in means.iterrows():
        values = " | ".join(f"{row[metric]:.3f}" for metric in study.metrics)
        lines.append(f"| {name} | {values} | {row.seconds:.1f} |")
    return "\n".join([*lines, ""])


TAIL = """Support sets are no input of the network: treatments measured in the same context correct its simple model. What they
give stands in [what measured treatments are worth](support.md).
"""


if __name__ == "__main__":
    main()

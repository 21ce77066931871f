"""The card of a bundle: data, split, skill beside every baseline, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert import __version__
from xpert.model.bundle import NETWORK
from xpert.model.choices import EVERYWHERE
from xpert.model.metrics import METRICS
from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from xpert.training.choice import Decision, Decisions
    from xpert.training.recipe import Recipe
    from xpert.training.skill import SkillReport
    from xpert.training.sources import TrainingData

SHOWN = ("l2", "pearson", "partial_pearson", "pds_cosine")
NOT_FOR = (
    "decisions about the treatment of patients",
    "claims about a single gene without an experiment; intervals are wide, and correct on average only",
)


@dataclass(frozen=True, eq=False)
class CardFacts:
    """What was measured while a bundle was made.

    Attributes
    ----------
    data
        What it was trained on.
    report
        Skill on held-out conditions.
    decisions
        Which predictor answers what, and on what ground.
    calibration
        How well the intervals hold; columns of `CalibrationReport.table`.
    base
        Name of the predictor that the network stands on.
    spread
        Error of the spread on held-out conditions: of the network and of its starting point; None without cells.
    """

    data: TrainingData
    report: SkillReport
    decisions: Decisions
    calibration: pd.DataFrame
    base: str
    spread: tuple[float, float] | None


def write_card(recipe: Recipe, facts: CardFacts) -> str:
    """The card in Markdown."""
    parts = [
        f"# {recipe.name}",
        recipe.card.summary or _summary(facts.data),
        "## Data",
        "\n".join(_data(recipe, facts.data)),
        "## How skill was measured",
        _split(recipe, facts.report),
        "## Skill",
        "\n\n".join(_skill(facts)),
        "## Does the network add anything?",
        "\n".join(_network(facts)),
        "## Intervals and spread",
        "\n".join(_intervals(facts)),
        "## Not for",
        "\n".join(f"- {line}" for line in (*recipe.card.not_for, *NOT_FOR)),
        f"Made by xpert {__version__}, seed {recipe.training.seed}; the recipe lies beside this card.",
    ]
    return "\n\n".join(parts) + "\n"


def skill_tables(table: pd.DataFrame) -> str:
    """Skill on every kind of question that was posed, each a title and a Markdown table."""
    posed = set(table["question"])
    return "\n\n".join(
        f"{question.label}\n\n{skill_text(table, question)}"
        for question in Question
        if question.value in posed
    )


def skill_text(table: pd.DataFrame, question: Question) -> str:
    """Skill on one kind of question as a Markdown table, the best value of each metric in bold."""
    rows = table[(table["question"] == question.value) & (table["context"] == EVERYWHERE)]
    metrics = [metric for metric in SHOWN if rows.loc[rows["metric"] == metric, "value"].notna().any()]
    values = {m: rows[rows["metric"] == m].set_index("predictor") for m in metrics}
    lines = ["| predictor | " + " | ".join(_heading(m) for m in metrics) + " |"]
    lines.append("|---|" + "---|" * len(metrics))
    for predictor in dict.fromkeys(rows["predictor"]):
        cells = [_cell(values[m], predictor, higher=METRICS[m].higher_is_better) for m in metrics]
        lines.append(f"| {predictor} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _heading(metric: str) -> str:
    return f"{metric} {'↑' if METRICS[metric].higher_is_better else '↓'}"


def _cell(values: pd.DataFrame, predictor: str, *, higher: bool) -> str:
    value, lower, upper = values.loc[predictor, ["value", "lower", "upper"]].to_numpy(dtype=float).tolist()
    best = values["value"].max() if higher else values["value"].min()
    text = f"{value:.3f}" + (f" ({lower:.3f} … {upper:.3f})" if np.isfinite([lower, upper]).all() else "")
    return f"**{text}**" if np.isclose(value, best, rtol=0, atol=5e-4) else text


def _summary(data: TrainingData) -> str:
    responses = data.responses
    return (
        f"Predicts {len(responses.genes):,} genes in {responses.readout.label} for {data.organism} cells; trained on "
        f"{len(responses):,} conditions in {len(responses.contexts)} contexts."
    )


def _data(recipe: Recipe, data: TrainingData) -> Iterator[str]:
    for source in recipe.card.sources:
        link = f" <{source.link}>" if source.link else ""
        yield f"- {source.name}. Licence: {source.licence}.{link}"
    if not recipe.card.sources:
        yield "- The source and the licence of the data were not stated in the recipe."
    responses = data.responses
    combinations = sum(len(c.treatment) > 1 for c in responses.conditions)
    yield (
        f"- {len(responses):,} conditions ({combinations:,} of them combinations) on {len(responses.genes):,} genes, "
        f"in {responses.readout.label}; contexts: {', '.join(c.name for c in responses.contexts)}."
    )
    yield from (f"- {note}" for note in data.notes)
    known = data.reliability[np.isfinite(data.reliability)]
    if len(known):
        yield (
            f"- Two halves of the cells of a condition correlate at {np.median(known):.2f} (median); "
            f"at {np.mean(known < 0.3):.0%} of the conditions below 0.3, where there is little to predict."
        )
        for context in responses.contexts:
            here = np.array([c.context == context.name for c in responses.conditions])
            if np.isfinite(data.reliability[here]).any():
                yield f"  - {context.name}: {np.nanmedian(data.reliability[here]):.2f}"


def _split(recipe: Recipe, report: SkillReport) -> str:
    counts = report.trials["question"].value_counts()
    listed = "; ".join(f"{Question(str(q)).label}: {n:,}" for q, n in counts.items())
    return (
        "Every predictor was fitted anew without the conditions that it was then asked about: combinations, targets "
        "(with everything that touches them; salts and stereoisomers of one parent together), contexts and doses in "
        f"turn, dealt with seed {recipe.training.seed}. Held-out conditions: {listed}. The genes that a treatment "
        "targets itself do not count. In brackets: 90 % bootstrap interval over treatments. A metric's arrow says "
        "which way is better."
    )


def _skill(facts: CardFacts) -> Iterator[str]:
    for question in facts.report.questions:
        yield f"### {question.label[0].upper()}{question.label[1:]}"
        yield skill_text(facts.report.table, question)
        yield "\n".join(_answers(facts, question))
    silent = [q.label for q in Question if q not in facts.report.questions]
    if silent:
        yield f"Not measured, since the data pose no such question: {'; '.join(silent)}."


def _answers(facts: CardFacts, question: Question) -> Iterator[str]:
    """Who answers, in each context that has a decision of its own and elsewhere."""
    contexts = [d.context for d in facts.decisions.made if d.question is question and d.context != EVERYWHERE]
    for context in [*contexts, EVERYWHERE]:
        decision = facts.decisions.of(question, context)
        where = f"In {context}" if context else ("Elsewhere" if contexts else "Everywhere")
        yield f"- {where}, answered by **{decision.predictor}**. {_ground(decision)}"


def _ground(decision: Decision) -> str:
    if not decision.has_signal:
        return "Its measurements do not replicate, so there is nothing to predict."
    if decision.has_skill:
        return f"It beats no change on {decision.conditions:,} held-out conditions with its whole interval."
    if decision.lower > 0:
        return "Decided on kin of this question, since it was never posed there."
    return f"No predictor was surely better than no change on {decision.conditions:,} held-out conditions."


def _network(facts: CardFacts) -> Iterator[str]:
    scores = facts.report.scores
    if NETWORK not in scores:
        yield "It was not scored on held-out conditions, so it answers nothing; the baselines answer."
        return
    for question in facts.report.questions:
        rows = (facts.report.trials["question"] == question.value).to_numpy()
        difference = {
            metric: float(np.nanmean(scores[NETWORK][metric][rows] - scores[facts.base][metric][rows]))
            for metric in ("l2", "pearson")
        }
        answers = any(d.predictor == NETWORK for d in facts.decisions.made if d.question is question)
        verdict = "answers" if answers else "does not answer"
        yield (
            f"- {question.label}: against its base, Pearson {difference['pearson']:+.3f}, Euclidean error "
            f"{difference['l2']:+.3f}; it {verdict}."
        )


def _intervals(facts: CardFacts) -> Iterator[str]:
    for _, row in facts.calibration.iterrows():
        label = "all" if row["question"] == "all" else Question(str(row["question"])).label
        yield (
            f"- {label}: intervals of 90 % held {row['coverage']:.0%} of the gene values of "
            f"{int(row['conditions']):,} held-out conditions."
        )
    if facts.spread is not None:
        network, start = facts.spread
        yield (
            f"- Spread over cells: root mean squared error of its logarithm {network:.3f} by the network, "
            f"{start:.3f} by the context's mean–spread trend; the {'network' if network < start else 'trend'} is used."
        )

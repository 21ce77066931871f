"""A verdict in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.design.hypothesis import Verdict
    from xpert.design.measured import MeasuredShift

# From which probability the words are used, of the hypothesis or of its opposite.
LIKELY, LEANS = 0.85, 0.65
CANNOT_TELL = "The model cannot tell"


def says(probability: float, *, can_tell: bool, repeats: bool) -> str:
    """The verdict in a few words."""
    if not can_tell:
        return CANNOT_TELL
    if repeats:
        went = {1: "it went that way", -1: "it went the other way"}.get(_sure(probability))
        return f"Measured before: {went}" if went else "Measured before, but too weak to tell"
    if _sure(probability):
        return "The model expects it" if probability > 0.5 else "The model expects the opposite"
    if max(probability, 1 - probability) >= LEANS:
        return f"The model leans {'towards' if probability > 0.5 else 'against'} it"
    return "Too close to call"


def _sure(probability: float) -> int:
    """+1 where the hypothesis is likely, −1 where its opposite is, else 0."""
    return int(probability >= LIKELY) - int(probability <= 1 - LIKELY)


def sentences_of(verdict: Verdict) -> tuple[str, ...]:
    """The verdict, what it rests on and what limits it."""
    said = [_first(verdict), *_limits(verdict)]
    if verdict.together is not None and verdict.can_tell:
        said.append(verdict.together.sentence)
    own = [m for m in verdict.measured if m.relation.value.startswith("this treatment")]
    said += [_measured(verdict, own[0])] if own else []
    said.append(verdict.knowledge.sentence(verdict.hypothesis.direction.sign))
    said.append(verdict.power.sentence)
    return tuple(said)


def _first(verdict: Verdict) -> str:
    asked, unit = verdict.hypothesis, verdict.prediction.readout.delta_label
    if verdict.shift == 0:
        why = (
            "on held-out questions of this kind nothing did better than that"
            if (verdict.prediction.evidence.predictor == "no change")
            else f"so says “{verdict.prediction.evidence.predictor}”, which answers questions of this kind"
        )
        return f"The model predicts no change of {asked.subject} ({why}), so it cannot tell the direction: probability 50 %."
    kind = (
        "an experiment of the same kind, done again,"
        if verdict.repeats
        else "an experiment like the model's own"
    )
    return (
        f"Predicted shift of {asked.subject}: {signed(verdict.shift)} ({unit}), 90 % interval {signed(verdict.lower)} to "
        f"{signed(verdict.upper)}. The probability that {kind} shows a shift {asked.direction.value} is "
        f"{chance(verdict.probability)}."
    )


def signed(value: float) -> str:
    """A shift as text, with its sign."""
    return f"{value:+.3g}".replace("-", "−")


def chance(probability: float) -> str:
    """A probability as a person reads it: never 0 % or 100 %."""
    if probability > 0.99:
        return "over 99 %"
    if probability < 0.01:
        return "under 1 %"
    return f"{probability:.0%}".replace("%", " %")


def _limits(verdict: Verdict) -> list[str]:
    """What the reader must know before trusting the number."""
    said = []
    if verdict.repeats and verdict.shift != 0:
        said.append(
            "This very condition was measured and the model has learned from it: the answer repeats that measurement, less "
            "its noise, and is no independent proof."
        )
    if verdict.repeats and verdict.can_tell and not _sure(verdict.probability):
        said.append(
            "Of repeated measurements that are as weak as this one fewer went the stated way than the probability says, so "
            "take it as undecided."
        )
    hit = [g for g in verdict.knowledge.own if g in verdict.genes]
    if hit:
        said.append(
            f"{', '.join(hit)} is perturbed itself: its own change shows that the perturbation worked, not a response."
        )
    if verdict.own:
        said.append(
            f"{', '.join(verdict.own)} is perturbed itself and left out of the set: that is no response."
        )
    if verdict.silent:
        names = _some(verdict.silent)
        rest = "left out of the set" if verdict.hypothesis.is_set else "no probability was calibrated for it"
        said.append(f"Not expressed in control cells, so {rest}: {names}.")
    if verdict.missing:
        total = len(verdict.hypothesis.genes)
        said.append(
            f"The model does not predict {len(verdict.missing)} of the {total} genes: {_some(verdict.missing)}."
        )
    return said


def _measured(verdict: Verdict, found: MeasuredShift) -> str:
    unit = verdict.prediction.readout.delta_label
    agrees = found.shift * verdict.hypothesis.direction.sign > 0
    beyond = ""
    if found.beyond == found.beyond:
        beyond = f", further than {found.beyond:.0%} of the other treatments there".replace("%", " %")
    return (
        f"Measured: {found.label} ({found.relation.value}) moved it by {signed(found.shift)} ({unit}){beyond}; "
        f"that {'agrees with' if agrees else 'speaks against'} the hypothesis."
    )


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

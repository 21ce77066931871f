"""Evidence in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.readout import Readout
    from xpert.data.responses import Condition
    from xpert.prediction.nearest import Neighbour
    from xpert.prediction.skill import Score
    from xpert.prediction.support import Supporting

NO_SIGNAL, WEAK_SIGNAL = 0.1, 0.3
FAR = 0.9
NOTHING_DONE = "Nothing is done to the cells, so every shift is exactly zero."


def about_question(condition: Condition, question: Question, elsewhere: Sequence[str]) -> str:
    """Whether the condition was measured, and where else."""
    treatment, context = condition.treatment, condition.context
    match question:
        case Question.SEEN:
            return (
                f"{treatment} was measured in {context} and is part of the training data: "
                "this repeats a measurement rather than predicting one."
            )
        case Question.NEW_PAIR:
            return (
                f"{treatment} was measured in {_and(elsewhere)}; {context} was measured with other treatments only: "
                "the answer is put together from both."
            )
        case Question.SEEN_TREATMENT_NEW_CONTEXT:
            return (
                f"{treatment} was measured in {_and(elsewhere)}, and nothing was measured in {context}: "
                "the answer is carried over from there."
            )
        case Question.NEW_DOSE:
            return f"{treatment} was measured in {context} at another strength only."
        case Question.BOTH_SINGLES_SEEN:
            return f"{treatment} was never measured together in {context}, but each of its parts was measured alone there."
        case Question.ONE_SINGLE_SEEN:
            return f"{treatment} was never measured in {context}, and only some of its parts were measured alone there."
        case Question.NO_SINGLE_SEEN | Question.UNSEEN_MIXED:
            return f"{treatment} was never measured in {context}: it is a new combination for this model."
        case Question.UNSEEN_GENE | Question.UNSEEN_COMPOUND:
            known_by = (
                "pathways and regulators" if question is Question.UNSEEN_GENE else "structure and targets"
            )
            return f"{treatment} was never measured: its {known_by} are all there is to go by."


def about_stillness(question: Question) -> str:
    """Why no gene moves, although something is done to the cells."""
    if question is Question.SEEN:
        return "No shift is given because the measured one is no larger than its own noise."
    return (
        "No shift is predicted because nothing that is known supports one. "
        "That means “unknown”, not “no effect”."
    )


def about_context(context: str, known: Sequence[str]) -> str:
    """That nothing was measured in this context."""
    return (
        f"The model has seen no treatment in {context}; it was trained on {_and(known)}, "
        "and its error in a new context may be larger than stated."
    )


def about_nearest(nearest: Sequence[Neighbour]) -> str:
    """The nearest measured treatments, or that there is none near."""
    if not nearest or nearest[0].distance >= FAR:
        return (
            "No measured treatment is similar to it by what is known of its targets: this is extrapolation."
        )
    shown = [f"{n.treatment} ({n.context}, {n.distance:.2f})" for n in nearest[:3] if n.distance < FAR]
    return f"Nearest measured treatments, with distance from 0 (same targets) to 1 (nothing in common): {'; '.join(shown)}."


def about_error(score: Score | None, correlation: Score | None, question: Question, readout: Readout) -> str:
    """The error on held-out conditions of this kind."""
    if score is None:
        return f"No held-out measurement tells how well this model does on a {question.label}."
    where = f" in {score.context}" if score.context else ""
    agreed = (
        "" if correlation is None else f" and correlated with the observed shift at {correlation.value:.2f}"
    )
    return (
        f"On {score.conditions} held-out conditions of this kind{where} ({question.label}), "
        f"“{score.predictor}” was off by "
        f"{score.value:.3g} on average (Euclidean distance over all genes, {readout.delta_label}){agreed}."
    )


def about_baseline(score: Score | None, baseline: Score | None) -> str | None:
    """Whether the network beat the simple baselines there."""
    if score is None or baseline is None:
        return None
    verdict = "That beats" if score.value < baseline.value else "That does not beat"
    return f"{verdict} the best simple baseline, “{baseline.predictor}” ({baseline.value:.3g})."


def about_own_baseline(predictor: str, own: Score | None, network: Score | None) -> str:
    """That the answer is a simple baseline's, and why not the network's."""
    answer = f"the answer is that of a simple baseline, “{predictor}”"
    if network is None:
        return f"{answer[0].upper()}{answer[1:]}; no network was measured on such conditions."
    if own is not None and network.value < own.value:
        return (
            f"The network's error there was smaller ({network.value:.3g}), but not beyond doubt, so {answer}."
        )
    return f"The network did no better there ({network.value:.3g}), so {answer}."


def about_silence(predictor: str) -> str:
    """That nobody can win where the measurements do not replicate."""
    return (
        f"Where measurements do not replicate no predictor can be shown to be right, so “{predictor}” answers; "
        "a smaller error of another would be noise that it shares with one control."
    )


def about_reliability(context: str, reliability: float, conditions: int) -> str:
    """Whether the measurements in this context can be trusted."""
    opening = (
        f"In {context} the replicate correlation of {conditions} measured treatments is {reliability:.2f}"
    )
    if reliability < NO_SIGNAL:
        return f"{opening}: there is no measurable signal to learn from, and an agreement would be chance."
    if reliability < WEAK_SIGNAL:
        return (
            f"{opening}: a weak signal, so that even a perfect model would agree poorly with one experiment."
        )
    return f"{opening}."


def about_control(context: str, cells: int, missing: Sequence[str], genes: int) -> str | None:
    """That control cells came from the reader, and what they lack."""
    opening = f"Control is the mean of {cells:,} control cells of your file ({context})"
    if not missing:
        return f"{opening}."
    more = ", …" if len(missing) > 3 else ""
    return (
        f"{opening}, which lacks {len(missing):,} of the model's {genes:,} genes "
        f"({', '.join(missing[:3])}{more}): these are left out."
    )


def about_unknown(targets: Sequence[str]) -> str:
    """That nothing is known of a valid target."""
    return (
        f"Nothing is known of {_and(targets)} beyond the name (no pathway, regulon or structure): "
        "do not rely on this prediction."
    )


def about_support(context: str, support: Supporting) -> str:
    """Which measured conditions corrected the answer."""
    treatments = "treatment" if support.measured == 1 else "treatments"
    opening = f"Corrected by {support.measured:,} {treatments} that you measured in {context}"
    by = [f"{i.treatment} ({i.share:.0%})" for i in support.corrected_by if i.share >= 0.01]
    most = f"; most by {_and(by)}" if by else ""
    if not support.is_measured:
        return f"{opening}{most}."
    return f"{opening}{most}. It is one of them itself, so the answer repeats your own measurement, less its noise."


def about_interval(support: Supporting) -> str:
    """Whether the interval is the model's own, and that the stated errors are."""
    opening = "The errors stated here are those of the model without your measurements, which are no proof"
    if not support.left_out:
        return f"{opening}; the interval is the model's own, too, since too few conditions could be left out to test it."
    return (
        f"{opening}. The interval is {support.width:.2f} times the model's, as wide as was needed when "
        f"{support.left_out} of your conditions were left out in turn."
    )


def _and(names: Sequence[str]) -> str:
    names = list(names)
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

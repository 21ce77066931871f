"""Put a hypothesis to a model: what it expects, how sure it is, what was measured, what would refute it, and the cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xpert.data.responses import Condition
from xpert.design.chance import errors_together, set_half_width, sign_probability
from xpert.design.measured import measured_shifts
from xpert.design.paths import known_paths
from xpert.design.power import power
from xpert.design.question import FEWEST_GENES, Direction, Hypothesis, named_genes
from xpert.design.readouts import Aimed, telling_readouts
from xpert.design.said import says, sentences_of
from xpert.errors import InputError
from xpert.model.calibration import LEVELS, Asked
from xpert.model.own_names import OwnNames
from xpert.model.question import Question
from xpert.prediction.controls import placed
from xpert.prediction.predict import known_context, predict

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Context, Floats, Responses
    from xpert.design.chance import Together
    from xpert.design.measured import MeasuredShift
    from xpert.design.paths import Knowledge
    from xpert.design.power import Power
    from xpert.model.bundle import Bundle
    from xpert.prediction.controls import PlacedContext
    from xpert.prediction.prediction import Prediction
    from xpert.prediction.support import SupportSet

__all__ = ["Direction", "Hypothesis", "Verdict", "weigh"]

_NINETY = LEVELS.index(0.9)


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a model makes of a hypothesis.

    Attributes
    ----------
    hypothesis
        What was asked.
    prediction
        The model's whole answer, with its evidence.
    genes
        Genes of the hypothesis that count, as the model calls them.
    missing
        Names of those that it does not.
    silent
        Genes that no control cell expresses: no probability was calibrated for them, so they are left out of a set.
    own
        Genes of a set that are perturbed themselves, which is no response; left out too.
    shift, lower, upper
        Predicted shift of the gene, or mean shift of the set, with its 90 % interval.
    probability
        That an experiment like the model's own shows a shift in the direction of the hypothesis: calibrated on held-out
        conditions, 0.5 where the model cannot tell.
    together
        How the errors of a set's genes were taken together; None for one gene.
    measured
        What was measured of the same genes, under this treatment and near ones.
    knowledge
        Known paths from what is perturbed to the genes.
    readouts
        Genes that would confirm or refute it; see `xpert.design.readouts.telling_readouts`.
    power
        How many cells would show it.
    each
        One row per gene of the hypothesis: ``gene, control, delta, lower, upper, probability`` (of the asked direction).
    """

    hypothesis: Hypothesis
    prediction: Prediction
    genes: tuple[str, ...]
    missing: tuple[str, ...]
    silent: tuple[str, ...]
    own: tuple[str, ...]
    shift: float
    lower: float
    upper: float
    probability: float
    together: Together | None
    measured: tuple[MeasuredShift, ...]
    knowledge: Knowledge
    readouts: pd.DataFrame
    power: Power
    each: pd.DataFrame

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"a probability of {self.probability}")
        if not self.lower <= self.shift <= self.upper:
            raise ValueError("the shift lies outside its own interval")

    @property
    def can_tell(self) -> bool:
        """Whether the model says anything of the direction."""
        return self.shift != 0 and not set(self.genes) <= set(self.silent)

    @property
    def repeats(self) -> bool:
        """Whether the answer repeats a measurement that the model was trained on."""
        return self.prediction.evidence.question is Question.SEEN

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        return says(self.probability, can_tell=self.can_tell, repeats=self.repeats)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict in plain words, the most important first."""
        return sentences_of(self)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        asked = self.hypothesis
        return {
            "hypothesis": str(asked),
            "treatment": str(asked.treatment),
            "context": asked.context,
            "direction": asked.direction.value,
            "set": asked.name,
            "genes": list(self.genes),
            "genes_not_predicted": list(self.missing),
            "model": self.prediction.model,
            "readout": self.prediction.readout.value,
            "shift": self.shift,
            "lower": self.lower,
            "upper": self.upper,
            "probability": round(self.probability, 4),
            "can_tell": self.can_tell,
            "verdict": self.headline,
            "sentences": list(self.sentences),
            "evidence": self.prediction.evidence.to_dict(),
        }


def weigh(
    bundle: Bundle,
    hypothesis: Hypothesis,
    context: str | Context | None = None,
    support: Responses | PerturbationDataset | SupportSet | None = None,
) -> Verdict:
    """Put a hypothesis to a model.

    Parameters
    ----------
    bundle
        The model.
    hypothesis
        What is asked.
    context
        The cells, where they were measured by the reader (`xpert.context_from_dataset`); by default the model's own
        context of the name that the hypothesis gives.
    support
        Treatments measured in these cells; see `xpert.predict`.

    Raises
    ------
    InputError
        Where the model knows nothing of the treatment or the context, or predicts too few of the genes.
    """
    where = hypothesis.context if context is None else context
    (made,) = predict(bundle, [where], [hypothesis.treatment], support)
    counted = _counted(bundle, hypothesis, made)
    genes, places = counted.genes, _places(made.genes, counted.genes)
    at = _Answered(bundle, made, placed(known_context(where, bundle, support), bundle))
    half = at.half_widths()
    together = _together(bundle, genes, made.context)
    width = half[:, places[0]] if together is None else set_half_width(half[:, places], together)
    shift, sign = float(made.delta[places].mean()), hypothesis.direction.sign
    lower = max(shift - float(width[_NINETY]), _floor(made, places))
    upper = shift + float(width[_NINETY])
    signs = sign_probability(made.delta, half)
    chance = _asked(shift, float(sign_probability(np.array(shift), width)), sign)
    control = at.control_spread()
    return Verdict(
        hypothesis=hypothesis,
        prediction=made,
        genes=genes,
        missing=counted.missing,
        silent=counted.silent,
        own=counted.own,
        shift=shift,
        lower=min(lower, shift),
        upper=upper,
        probability=0.5 if set(genes) <= set(counted.silent) else chance,
        together=together,
        measured=measured_shifts(bundle, made, genes),
        knowledge=known_paths(bundle, hypothesis.treatment, genes),
        readouts=telling_readouts(bundle, Aimed(made, places, sign, signs), control),
        power=power(shift, lower, upper, (control[places], made.spread[places]), made),
        each=_each(made, places, signs, sign),
    )


class _Counted(NamedTuple):
    """Genes of a hypothesis that count, and why others do not."""

    genes: tuple[str, ...]
    missing: tuple[str, ...]
    silent: tuple[str, ...]
    own: tuple[str, ...]


def _counted(bundle: Bundle, hypothesis: Hypothesis, made: Prediction) -> _Counted:
    """Genes that the model predicts; of a set neither those that are perturbed nor those that no control cell expresses.

    Raises
    ------
    InputError
        Where too few are left to speak of a set.
    """
    found, missing = named_genes(hypothesis.genes, made.genes)
    control = dict(zip(made.genes, made.control.tolist(), strict=True))
    silent = () if made.readout.is_differential else tuple(g for g in found if control[g] <= 0)
    if not hypothesis.is_set:
        return _Counted(found, missing, silent, ())
    hit = set(OwnNames.of(bundle).treatment(made.treatment).targets)
    own = tuple(g for g in found if g in hit)
    genes = tuple(g for g in found if g not in hit and g not in silent)
    if len(genes) < FEWEST_GENES:
        left_out = [f"{len(missing)} are not predicted by this model"] if missing else []
        left_out += [f"{len(silent)} are not expressed in control cells"] if silent else []
        left_out += [f"{len(own)} are perturbed themselves"] if own else []
        raise InputError(
            f"Of the {len(hypothesis.genes)} genes only {len(genes)} can be counted ({', '.join(genes) or 'none'}): "
            f"{', '.join(left_out) or 'the list is too short'}. At least {FEWEST_GENES} are needed to speak of a set. "
            "Ask about a single gene, or choose another model."
        )
    return _Counted(genes, missing, silent, own)


def _together(bundle: Bundle, genes: tuple[str, ...], context: str) -> Together | None:
    if len(genes) < 2:
        return None
    training = bundle.training
    return errors_together(training.conditions, training.delta, _places(bundle.genes, genes), context)


def _floor(made: Prediction, places: npt.NDArray[np.intp]) -> float:
    """No mean falls below zero expression, where the readout cannot be negative."""
    clipped = made.lower[places] > 2 * made.delta[places] - made.upper[places] + 1e-9
    return float(-made.control[places].mean()) if clipped.any() else -np.inf


@dataclass(frozen=True, eq=False)
class _Answered:
    """A prediction and where it stands."""

    bundle: Bundle
    made: Prediction
    place: PlacedContext

    def half_widths(self) -> Floats:
        """Half width of each gene's interval at every level, shape ``(levels, genes)``.

        The model's calibration says how the levels stand to one another; the prediction, which measured treatments of the
        reader may have changed, how wide they are.
        """
        bundle, made, context = self.bundle, self.made, self.place.context
        treatment = OwnNames.of(bundle).treatment(made.treatment.active)
        condition = Condition(context.name, treatment)
        asked = Asked(
            (bundle.known.classify(condition),),
            (context.name,),
            bundle.mean_shift([condition], {context.name: context}),
            bundle.novelty.distance([condition]),
            bundle.novelty.cosine([treatment]),
        )
        levels = np.array([bundle.calibration.half_width(asked, level=level)[0] for level in LEVELS])
        kept = levels[:, self.place.is_measured].astype(float)
        stated, own = made.upper - made.delta, kept[_NINETY]
        half: Floats = kept * np.divide(stated, own, out=np.zeros_like(stated), where=own > 0)
        half[_NINETY] = stated
        return half

    def control_spread(self) -> Floats:
        """Standard deviation over control cells, on the prediction's genes."""
        spread: Floats = np.asarray(self.place.context.spread, dtype=float)[self.place.is_measured]
        return spread


def _asked(shift: float, right: float, sign: int) -> float:
    """Probability of the asked direction from that of the predicted one."""
    if shift == 0:
        return 0.5
    return right if np.sign(shift) == sign else 1 - right


def _each(made: Prediction, places: npt.NDArray[np.intp], signs: Floats, sign: int) -> pd.DataFrame:
    """One row per gene of the hypothesis, the largest shift first."""
    table = made.table.iloc[places].reset_index(drop=True)
    table["probability"] = [_asked(float(made.delta[i]), float(signs[i]), sign) for i in places]
    columns = ["gene", "control", "delta", "lower", "upper", "probability"]
    order = table["delta"].abs().sort_values(ascending=False).index
    return table.loc[order, columns].reset_index(drop=True)


def _places(among: tuple[str, ...], genes: tuple[str, ...]) -> npt.NDArray[np.intp]:
    place = {gene: i for i, gene in enumerate(among)}
    return np.array([place[gene] for gene in genes], dtype=np.intp)

"""What a compound does over doses: a curve for a gene or a signature, with its interval and its half maximum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from xpert.design.chance import errors_together, set_half_width
from xpert.design.doses import asked_doses, at_doses, seen_doses
from xpert.design.hill import Fit, fit_hill
from xpert.errors import InputError
from xpert.prediction.predict import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from xpert.data.readout import Readout
    from xpert.data.responses import Context, Floats
    from xpert.design.chance import Together
    from xpert.design.doses import SeenDoses
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Dose, Perturbation
    from xpert.prediction.prediction import Prediction


class Signature(NamedTuple):
    """Genes whose shifts are averaged; those of `down` count with the opposite sign.

    Attributes
    ----------
    name
        To show.
    up, down
        Gene names.
    """

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...] = ()

    @classmethod
    def of_gene(cls, gene: str) -> Self:
        """One gene by itself."""
        return cls(gene, (gene,))


@dataclass(frozen=True, eq=False)
class Curve:
    """One gene or signature over doses.

    Attributes
    ----------
    signature
        What is shown.
    table
        One row per dose, vehicle first: ``dose, delta, lower, upper`` (predicted), ``seen`` (whether this dose was
        measured here) and ``inside`` (whether it lies inside the doses measured).
    measured
        Measured here: ``dose`` and ``delta``, one row per dose, in rising order.
    fit
        Its Hill curve, or why there is none.
    span
        The lowest and the highest dose measured; None where none was.
    """

    signature: Signature
    table: pd.DataFrame
    measured: pd.DataFrame
    fit: Fit
    span: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class DoseResponse:
    """Predictions of one compound over doses in one context.

    Attributes
    ----------
    seen
        At which doses it was measured.
    predictions
        In rising dose, all above zero.
    doses
        Of each prediction.
    model
        The bundle that answered.
    """

    seen: SeenDoses
    predictions: tuple[Prediction, ...]
    doses: tuple[Dose, ...]
    model: Bundle

    @property
    def readout(self) -> Readout:
        """Unit of every shift."""
        return self.predictions[0].readout

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes of every prediction."""
        return self.predictions[0].genes

    @property
    def context(self) -> str:
        """Where it is asked."""
        return self.predictions[0].context

    @cached_property
    def shared_shape(self) -> bool:
        """Whether all genes follow one and the same curve between the measured doses: a shape that is assumed."""
        between = [p.delta for p, seen in zip(self.predictions, self._is_seen, strict=True) if not seen]
        if len(between) < 2:
            return False
        weight = np.linalg.svd(np.array(between), compute_uv=False)
        return bool(weight[0] > 0 and weight[1] < 1e-4 * weight[0])

    def strongest(self, count: int = 4) -> tuple[str, ...]:
        """The genes that stand furthest out of their interval at any dose inside the measured ones."""
        rows = [i for i, inside in enumerate(self._inside) if inside] or list(range(len(self.predictions)))
        half = np.array([(self.predictions[i].upper - self.predictions[i].lower) / 2 for i in rows])
        delta = np.array([self.predictions[i].delta for i in rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            signal = np.nan_to_num(np.abs(delta) / half, nan=0.0, posinf=0.0).max(axis=0)
        order = np.argsort(-(signal if signal.any() else np.abs(delta).max(axis=0)), kind="stable")
        return tuple(self.genes[i] for i in order[:count])

    def curve(self, signature: Signature | str) -> Curve:
        """The curve of a gene by its name, or of a signature.

        The interval of a signature counts how far the errors of its genes go together, as measured conditions tell.

        Raises
        ------
        InputError
            When none of its genes is in the model.
        """
        import pandas as pd

        wanted = Signature.of_gene(signature) if isinstance(signature, str) else signature
        columns, sign = self._columns(wanted)
        delta = np.array([(p.delta[columns] * sign).mean() for p in self.predictions])
        half = set_half_width(
            np.array([(p.upper - p.lower)[columns] / 2 for p in self.predictions]),
            self._together(columns, sign),
        )
        numbers = np.array([d.value for d in self.doses])
        table = pd.DataFrame(
            {
                "dose": numbers,
                "delta": delta,
                "lower": delta - half,
                "upper": delta + half,
                "seen": self._is_seen,
                "inside": self._inside,
            }
        )
        vehicle = pd.DataFrame([[0.0, 0.0, 0.0, 0.0, True, False]], columns=list(table.columns)).astype(
            table.dtypes
        )
        whole = pd.concat([vehicle, table], ignore_index=True)
        span = (self.seen.doses[0].value, self.seen.doses[-1].value) if self.seen.doses else None
        measured = self._measured(columns, sign)
        return Curve(wanted, whole, measured, self._fit(numbers, delta, half), span)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader must know of the curve."""
        said = []
        if not self.seen.doses:
            said.append(
                f"{self.seen.target} was not measured with a dose in this model: every dose is an extrapolation."
            )
        else:
            names = ", ".join(str(d) for d in self.seen.doses)
            where = "here" if self.seen.here else "in other contexts only"
            said.append(f"Measured at {names} {where}; what lies outside is shaded.")
        by: dict[str, list[str]] = {}
        for prediction, dose in zip(self.predictions, self.doses, strict=True):
            by.setdefault(prediction.evidence.predictor, []).append(str(dose))
        if len(by) == 1:
            said.append(f"Answered at every dose by: {next(iter(by))}.")
        else:
            said.append(
                "Answered by " + "; ".join(f"{name} at {', '.join(at)}" for name, at in by.items()) + "."
            )
        if self.shared_shape:
            said.append(
                "Between the measured doses every gene follows one and the same curve, which this model assumes for "
                "all compounds: its half maximum is no property of this one."
            )
        return tuple(said)

    def _fit(self, doses: Floats, delta: Floats, half: Floats) -> Fit:
        if self.shared_shape:
            return Fit(None, "No EC50: the shape of the curve is the model's assumption for every compound.")
        inside, seen = np.array(self._inside), np.array(self._is_seen)
        # What is answered at a measured dose is another kind of question than between: one curve holds one kind.
        chosen = inside & ~seen if (inside & ~seen).any() else inside
        return fit_hill(
            doses[chosen],
            delta[chosen],
            half[chosen],
            measured=len(self.seen.doses) if self.seen.here else 0,
            span=(self.seen.doses[0].value, self.seen.doses[-1].value) if self.seen.doses else (0.0, 0.0),
            unit=str(self.doses[0].unit),
        )

    @cached_property
    def _is_seen(self) -> list[bool]:
        return [self.seen.here and d in self.seen.doses for d in self.doses]

    @cached_property
    def _inside(self) -> list[bool]:
        if not self.seen.doses:
            return [False] * len(self.doses)
        return [self.seen.doses[0] <= d <= self.seen.doses[-1] for d in self.doses]

    @cached_property
    def _rows(self) -> dict[Dose, int]:
        """Row of the model's measurements of each dose in this context."""
        return {
            p.dose: row
            for row, condition in enumerate(self.model.training.conditions)
            if condition.context == self.context and len(condition.treatment) == 1
            for p in condition.treatment.perturbations
            if p.target == self.seen.target and p.dose is not None
        }

    def _columns(self, wanted: Signature) -> tuple[list[int], Floats]:
        place = {gene: i for i, gene in enumerate(self.genes)}
        signed = [
            (place[g], s) for genes, s in ((wanted.up, 1.0), (wanted.down, -1.0)) for g in genes if g in place
        ]
        if not signed:
            raise InputError(f"None of the genes of {wanted.name} is in this model.")
        return [column for column, _ in signed], np.array([s for _, s in signed])

    def _own_columns(self, columns: list[int]) -> list[int]:
        place = {gene: i for i, gene in enumerate(self.model.genes)}
        return [place[self.genes[i]] for i in columns]

    def _together(self, columns: list[int], sign: Floats) -> Together:
        training = self.model.training
        signed, own = training.delta.copy(), self._own_columns(columns)
        signed[:, own] *= sign
        return errors_together(training.conditions, signed, np.array(own), self.context)

    def _measured(self, columns: list[int], sign: Floats) -> pd.DataFrame:
        import pandas as pd

        own = self._own_columns(columns)
        rows = [self._rows[dose] for dose in self.seen.doses if dose in self._rows]
        values = np.asarray(self.model.training.delta[rows][:, own], dtype=float) * sign
        doses = [dose.value for dose in self.seen.doses if dose in self._rows]
        return pd.DataFrame({"dose": doses, "delta": values.mean(axis=1) if rows else []})


def dose_response(
    model: Bundle, context: str | Context, perturbation: Perturbation, doses: Sequence[Dose] = ()
) -> DoseResponse:
    """Predict a compound over doses.

    Parameters
    ----------
    model
        The bundle that answers.
    context
        One of its contexts by name, or one of the reader's own.
    perturbation
        The compound; its own dose does not count.
    doses
        Up to twelve, above zero; without any, those of `dose_grid`.

    Raises
    ------
    InputError
        For a gene, for too many doses, or for what `predict` cannot take.
    """
    name = context if isinstance(context, str) else context.name
    seen = seen_doses(model, name, perturbation)
    wanted = asked_doses(seen, doses)
    predictions = predict(model, [context], at_doses(perturbation, wanted))
    return DoseResponse(seen, tuple(predictions), wanted, model)

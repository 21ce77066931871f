"""One page about a hypothesis for a lab notebook: what it holds, whatever it is drawn with."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from xpert import __version__
from xpert.design.said import chance, signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.design.hypothesis import Verdict
    from xpert.model.bundle import Bundle

MOST_MARKS, MOST_READOUTS, MOST_LINES = 8, 6, 3
LONGEST = 90


@dataclass(frozen=True)
class Origin:
    """Where a report comes from.

    Attributes
    ----------
    made
        Date and time, as it should stand on the page.
    data
        Name of the reader's file; empty where the model's own cells were asked about.
    sha256
        Hash of that file's bytes.
    settings
        What else was set, by name.
    model_hash
        What the model is known by: see `fingerprint`.
    """

    made: str
    data: str = ""
    sha256: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    model_hash: str = ""

    def __post_init__(self) -> None:
        if not self.made.strip():
            raise ValueError("a report needs its date")
        if bool(self.data) != bool(self.sha256):
            raise ValueError("a file is named together with its hash")


class Mark(NamedTuple):
    """One row of the figure: a shift with its interval."""

    label: str
    shift: float
    lower: float
    upper: float
    is_predicted: bool


class Row(NamedTuple):
    """A name and what it is."""

    name: str
    text: str


@dataclass(frozen=True)
class Page:
    """The words and numbers of a report, as plain text.

    Attributes
    ----------
    statement, headline, chance
        The hypothesis, the verdict in a few words, and the probability in words.
    probability
        From 0 to 1.
    sentences
        The verdict in plain words.
    evidence
        What the model says of its own answer.
    marks, unit, sign
        Rows of the figure, the unit of its axis, and the direction of the hypothesis.
    readouts
        Name, what confirms, what refutes, what is expected, cells per arm.
    paths, cells, origin
        Known paths; cells needed; where everything comes from.
    """

    statement: str
    headline: str
    chance: str
    probability: float
    sentences: tuple[str, ...]
    evidence: tuple[str, ...]
    marks: tuple[Mark, ...]
    unit: str
    sign: int
    readouts: tuple[tuple[str, ...], ...]
    paths: tuple[str, ...]
    cells: tuple[Row, ...]
    origin: tuple[Row, ...]


READOUT_HEAD = ("readout", "confirms", "refutes", "predicted (90 % interval)", "per arm")
LIMITS = (
    "A probability is that of the model, calibrated on held-out conditions of other experiments; it is no p value and no proof. "
    "Not a medical device and no clinical recommendation."
)


def page(verdict: Verdict, origin: Origin) -> Page:
    """What a report of a verdict holds."""
    asked, made = verdict.hypothesis, verdict.prediction
    return Page(
        statement=str(asked),
        headline=verdict.headline,
        chance=f"Probability that it goes {asked.direction.value}: {chance(verdict.probability)}",
        probability=verdict.probability,
        sentences=verdict.sentences,
        evidence=made.evidence.sentences,
        marks=marks(verdict),
        unit=made.readout.delta_label,
        sign=asked.direction.sign,
        readouts=_readouts(verdict),
        paths=_paths(verdict),
        cells=_cells(verdict),
        origin=_origin(verdict, origin),
    )


def marks(verdict: Verdict, *, most: int = MOST_MARKS) -> tuple[Mark, ...]:
    """The predicted shift first, then the measured ones."""
    made = verdict.prediction
    first = Mark(
        f"{made.treatment} in {made.context}, predicted",
        verdict.shift,
        verdict.lower,
        verdict.upper,
        is_predicted=True,
    )
    others = [
        Mark(m.label, m.shift, *_ends(m.shift, m.half_width), is_predicted=False)
        for m in verdict.measured[: most - 1]
    ]
    return (first, *others)


def fingerprint(bundle: Bundle) -> str:
    """What a model is known by: a hash of what it was trained on and how."""
    found = hashlib.sha256(bundle.recipe.encode())
    for part in (bundle.training.delta, bundle.latents):
        found.update(part.tobytes())
    found.update(json.dumps([str(c) for c in bundle.training.conditions]).encode())
    return found.hexdigest()[:16]


def _ends(shift: float, half: float) -> tuple[float, float]:
    return (shift - half, shift + half) if math.isfinite(half) else (shift, shift)


def _readouts(verdict: Verdict) -> tuple[tuple[str, ...], ...]:
    rows = []
    for row in verdict.readouts.head(MOST_READOUTS).to_dict("records"):
        cells = "–" if math.isnan(row["cells"]) else f"{row['cells']:,.0f}"
        interval = " to ".join(signed(row[end]) for end in ("lower", "upper"))
        rows.append(
            (
                str(row["gene"]),
                str(row["confirms"]),
                str(row["refutes"]),
                f"{signed(row['predicted'])} ({interval})",
                cells,
            )
        )
    return tuple(rows)


def _paths(verdict: Verdict) -> tuple[str, ...]:
    known = verdict.knowledge
    said = [path.sentence for path in known.paths[:MOST_LINES]]
    said += [
        f"{', '.join(found.perturbed[:3])} shares “{found.name}” ({found.source}, {found.size} genes) with "
        f"{_some(found.shared)}."
        for found in known.sets[:2]
    ]
    return tuple(said)


def _cells(verdict: Verdict) -> tuple[Row, ...]:
    power = verdict.power
    return (
        Row("predicted shift", power.expected.label),
        Row("end of its interval nearest to nothing", power.cautious.label),
        Row(f"predicted shift, corrected for {power.tests:,} genes", power.expected_corrected.label),
    )


def _origin(verdict: Verdict, origin: Origin) -> tuple[Row, ...]:
    asked, made = verdict.hypothesis, verdict.prediction
    own = (Row("data", origin.data), Row("sha256", origin.sha256)) if origin.data else ()
    cells = own or (Row("data", "none of the reader's: the model's own control cells"),)
    hashed = f" (fingerprint {origin.model_hash})" if origin.model_hash else ""
    return (
        *cells,
        Row("model", f"{made.model}{hashed}; answered by “{made.evidence.predictor}”"),
        Row("X-Pert", f"version {__version__}"),
        Row("treatment", str(asked.treatment)),
        Row("context", made.context),
        Row("genes", _some(verdict.genes, most=12)),
        *(Row(name, text) for name, text in origin.settings.items()),
        Row("made", origin.made),
    )


def _some(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

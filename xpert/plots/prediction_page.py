"""One page about a prediction, as HTML that stands alone: for a lab notebook, or to be printed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xpert import __version__
from xpert.plots.activity import furthest, readable
from xpert.plots.labels import plain
from xpert.plots.palette import DOWN, UP
from xpert.plots.ranked import most_moved
from xpert.response.activity import rests_on_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from xpert.prediction.doubts import Doubt
    from xpert.prediction.prediction import Prediction

_GENES, _SETS = 15, 5
_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#18222C;background:#fff;max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.12rem .5rem .12rem 0;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{position:relative;height:.8rem;width:16rem;background:linear-gradient(#808A96,#808A96) 50%/1px 100% no-repeat}
.bar i{position:absolute;top:.1rem;bottom:.1rem}.small{color:#505A66;font-size:.85rem}
pre{background:#f3f4f6;padding:.6rem;white-space:pre-wrap;font-size:.8rem}
@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}
"""


@dataclass(frozen=True, eq=False)
class PageParts:
    """What the page is made of.

    Attributes
    ----------
    prediction
        What it is about.
    reasons
        Why it may be wrong.
    activities
        By the collection's name, what `xpert.response.activity.activity` gave.
    python
        Lines that give the prediction.
    address
        Query of the app's page that shows it.
    observed
        Agreement with what was measured, in a sentence; empty where nothing was.
    """

    prediction: Prediction
    reasons: Sequence[Doubt]
    activities: Mapping[str, pd.DataFrame]
    python: str
    address: str = ""
    observed: str = ""


def prediction_page(parts: PageParts, *, now: datetime | None = None) -> str:
    """Write the page.

    Parameters
    ----------
    parts
        What it is made of.
    now
        When it was made; the present without it.
    """
    prediction = parts.prediction
    made = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    title = f"{prediction.treatment} in {prediction.context}"
    body = [
        f"<h1>{_text(title, 300)}</h1>",
        f'<p class="small">{_text(prediction.readout.delta_label)} of {len(prediction.genes):,} genes, predicted by the '
        f"model {_text(prediction.model)} with X-Pert {_text(__version__)}, {made}</p>",
        "<h2>What stands behind it</h2>",
        _list(_text(sentence, 900) for sentence in prediction.evidence.sentences),
        _errors(prediction),
        "<h2>Why this may be wrong</h2>",
        _reasons(parts.reasons),
        f"<h2>Genes that move most</h2>{_genes(prediction)}",
        *(f"<h2>{_text(name)}</h2>{_activity(table)}" for name, table in parts.activities.items()),
        f"<h2>Observed</h2><p>{_text(parts.observed, 400)}</p>" if parts.observed else "",
        "<h2>To make it again</h2>",
        f'<p class="small">In the app: {_text(parts.address, 2_000)}</p>' if parts.address else "",
        f"<pre>{html.escape(parts.python)}</pre>",
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_text(title, 300)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )


def _errors(prediction: Prediction) -> str:
    evidence = prediction.evidence
    rows = {
        f"Expected error, by “{evidence.predictor}”": evidence.expected_error,
        f"Error of the best simple baseline, “{evidence.baseline_name}”": evidence.baseline_error,
        "Expected correlation with the observed shift": evidence.expected_correlation,
    }
    known = {name: value for name, value in rows.items() if value is not None}
    cells = "".join(
        f'<tr><td>{_text(name, 200)}</td><td class="n">{value:.3g}</td></tr>' for name, value in known.items()
    )
    return f"<table>{cells}</table>" if cells else ""


def _reasons(reasons: Sequence[Doubt]) -> str:
    if not reasons:
        return "<p>Nothing in the evidence speaks against it. That is no proof.</p>"
    return _list(
        f"{'<b>Serious:</b> ' if r.is_serious else ''}{_text(r.reason, 600)} <i>{_text(r.advice, 600)}</i>"
        for r in reasons
    )


def _genes(prediction: Prediction) -> str:
    table = most_moved(prediction.table, _GENES)
    end = float(table["delta"].abs().max()) if len(table) else 0.0
    if not end:
        return "<p>No gene is predicted to move.</p>"
    values = zip(table["gene"], *(table[c].to_numpy(float) for c in ("delta", "lower", "upper")), strict=True)
    rows = "".join(
        f'<tr><td>{_text(gene)}</td><td class="n">{delta:+.3f}</td>'
        f'<td class="n">{lower:+.3f} … {upper:+.3f}</td><td>{_bar(delta / end)}</td></tr>'
        for gene, delta, lower, upper in values
    )
    head = f'<th>Gene</th><th class="n">{_text(prediction.readout.delta_label)}</th><th class="n">90 % interval</th><th></th>'
    return f"<table><tr>{head}</tr>{rows}</table>"


def _activity(table: pd.DataFrame) -> str:
    shown = furthest(table, _SETS)
    if shown.empty:
        return "<p>No set moves.</p>"
    end = float(shown["score"].abs().max())
    values = zip(
        shown["set"], shown["score"].to_numpy(float), shown["agreeing"], shown["genes"], rests_on_one(shown),
        strict=True,
    )  # fmt: skip
    rows = "".join(
        f'<tr><td>{_text(readable(name))}{" (one gene alone)" if alone else ""}</td><td class="n">{score:+.2f}</td>'
        f'<td class="n">{agreeing} of {genes}</td><td>{_bar(score / end)}</td></tr>'
        for name, score, agreeing, genes, alone in values
    )
    head = '<th>Set</th><th class="n">score</th><th class="n">genes that agree</th><th></th>'
    said = (
        "Score: t statistic over genes of the predicted shift (univariate linear model). No test over cells."
    )
    return f'<table><tr>{head}</tr>{rows}</table><p class="small">{said}</p>'


def _bar(share: float) -> str:
    """A bar from the middle, as long as its share of the longest one."""
    width = 50 * abs(share)
    side, color = ("left", UP) if share > 0 else ("right", DOWN)
    return f'<div class="bar"><i style="{side}:50%;width:{width:.1f}%;background:{color}"></i></div>'


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _text(value: object, longest: int = 120) -> str:
    return html.escape(plain(value, longest=longest))

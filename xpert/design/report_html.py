"""A report as one HTML file that asks nothing of any other place."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xpert.design.report import LIMITS, READOUT_HEAD, page
from xpert.design.report_scale import GREY, INK, Scale, color, short, tick_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xpert.design.hypothesis import Verdict
    from xpert.design.report import Mark, Origin, Page

_ROW, _LEFT, _WIDTH = 22, 300, 760
_STYLE = """
body {font: 13px/1.42 "DejaVu Sans", system-ui, sans-serif; color: #18222C; background: #fff; max-width: 780px; margin: 24px auto;
 padding: 0 16px}
h1 {font-size: 20px; margin: 0 0 2px} h2 {font-size: 14px; margin: 16px 0 4px; border-bottom: 1px solid #D3DAE0}
.statement {font-size: 16px; margin: 6px 0} .verdict {background: #F2F5F7; border-left: 4px solid #0B5F8F; padding: 8px 12px}
.verdict b {font-size: 15px} table {border-collapse: collapse; width: 100%} td, th {text-align: left; padding: 2px 8px 2px 0;
 vertical-align: top; border-bottom: 1px solid #E6EAEE; overflow-wrap: anywhere} ul {margin: 4px 0; padding-left: 18px}
.origin td:first-child {white-space: nowrap; color: #4A5661} .small {color: #4A5661; font-size: 11.5px}
svg {max-width: 100%; height: auto} @media print {body {margin: 0; font-size: 11px}}
"""


def report_html(verdict: Verdict, origin: Origin) -> str:
    """The report as HTML; every word of a file or a person is escaped.

    Parameters
    ----------
    verdict
        What is reported.
    origin
        Date, data and settings.
    """
    held = page(verdict, origin)
    parts = [
        "<h1>Hypothesis report</h1>",
        f'<p class="statement">{_text(held.statement)}</p>',
        f'<div class="verdict"><b>{_text(held.headline)}</b><br>{_text(held.chance)}.{_bar(held.probability)}</div>',
        _listed(held.sentences),
        "<h2>Predicted and measured shift</h2>",
        figure_svg(held),
        *_readouts(held),
        "<h2>Needed to show it</h2>",
        _table(held.cells),
        "<h2>What is known of a way there</h2>",
        _listed(held.paths) if held.paths else "<p>No path is known, which says nothing against it.</p>",
        "<h2>What stands behind the prediction</h2>",
        _listed(held.evidence),
        "<h2>Where this comes from</h2>",
        f'<div class="origin">{_table(held.origin)}</div>',
        f'<p class="small">{_text(LIMITS)}</p>',
    ]
    guard = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{guard}">'
        f"<title>{_text(short(held.statement, 80))}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def figure_svg(held: Page) -> str:
    """The predicted shift beside the measured ones, drawn as SVG."""
    height = _ROW * len(held.marks) + 44
    scale = Scale.of(held.marks, _LEFT, _WIDTH - 14)
    bottom = _ROW * len(held.marks) + 6
    zero = scale.at(0)
    start, end = sorted((zero, scale.right if held.sign > 0 else scale.left))
    drawn = [
        f'<rect x="{start:.1f}" y="0" width="{end - start:.1f}" height="{bottom}" fill="#0B5F8F" fill-opacity="0.07"/>',
        f'<line x1="{zero:.1f}" y1="0" x2="{zero:.1f}" y2="{bottom}" stroke="{GREY}"/>',
        *(_svg_tick(scale.at(tick), bottom, tick) for tick in scale.ticks),
        *(_svg_mark(mark, scale, _ROW * i + _ROW / 2 + 2) for i, mark in enumerate(held.marks)),
        f'<text x="{(scale.left + scale.right) / 2:.1f}" y="{height - 4}" text-anchor="middle">{_text(held.unit)}</text>',
    ]
    said = f"{held.marks[0].shift:+.3g} predicted, 90 % interval {held.marks[0].lower:+.3g} to {held.marks[0].upper:+.3g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        f'aria-label="{_text(said)}" font-size="11.5" fill="{INK}">{"".join(drawn)}</svg>'
        '<p class="small">Diamond: predicted, with its 90 % interval. Circles: measured, with the 90 % interval of the mean where '
        "the spread over cells is known. Shaded: where the hypothesis holds.</p>"
    )


def _svg_mark(mark: Mark, scale: Scale, y: float) -> str:
    x, shade = scale.at(mark.shift), color(mark)
    weight = ' font-weight="bold"' if mark.is_predicted else ""
    shape = (
        f'<path d="M{x:.1f} {y - 6:.1f} l6 6 l-6 6 l-6 -6 z" fill="{shade}"/>'
        if mark.is_predicted
        else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#fff" stroke="{shade}" stroke-width="2"/>'
    )
    return (
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end"{weight}>{_text(short(mark.label, 44))}</text>'
        f'<line x1="{scale.at(mark.lower):.1f}" y1="{y:.1f}" x2="{scale.at(mark.upper):.1f}" y2="{y:.1f}" '
        f'stroke="{shade}" stroke-width="2"/>{shape}'
    )


def _svg_tick(x: float, bottom: float, value: float) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 4}" stroke="{GREY}"/>'
        f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick_text(value)}</text>'
    )


def _bar(probability: float) -> str:
    filled = 100 * probability
    return (
        '<svg viewBox="0 0 200 8" width="200" height="8" style="display:block;margin-top:6px" aria-hidden="true">'
        '<rect width="200" height="8" fill="#D3DAE0"/>'
        f'<rect width="{2 * filled:.1f}" height="8" fill="#0B5F8F"/><rect x="99.5" width="1" height="8" fill="#fff"/></svg>'
    )


def _readouts(held: Page) -> list[str]:
    if not held.readouts:
        return []
    head = "".join(f"<th>{_text(name)}</th>" for name in READOUT_HEAD)
    rows = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in held.readouts)
    return ["<h2>Readouts that would confirm or refute it</h2>", f"<table><tr>{head}</tr>{rows}</table>"]


def _table(rows: Iterable[Sequence[str]]) -> str:
    return f"<table>{''.join(f'<tr><td>{_text(name)}</td><td>{_text(text)}</td></tr>' for name, text in rows)}</table>"


def _listed(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(s)}</li>' for s in sentences)}</ul>"


def _text(text: str) -> str:
    return escape(short(str(text), 600))

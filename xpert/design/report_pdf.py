"""A report as one page of PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xpert.design.report import LIMITS, READOUT_HEAD, page
from xpert.design.report_scale import GREY, INK, Scale, color, short, tick_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fpdf import FPDF

    from xpert.design.hypothesis import Verdict
    from xpert.design.report import Mark, Origin, Page

FONT = "DejaVu"
_MARGIN, _WIDTH = 14.0, 182.0
_BLUE, _PALE, _DIM = "#0B5F8F", "#F2F5F7", "#4A5661"
_LINE = 3.7
_LEFT = 78.0
# A sentence is cut at this length, and of the model's own evidence so many are shown: the page is one page.
_LONGEST, _MOST_EVIDENCE = 260, 3


def report_pdf(verdict: Verdict, origin: Origin) -> bytes:
    """The report as PDF, A4, one page.

    Parameters
    ----------
    verdict
        What is reported.
    origin
        Date, data and settings.
    """
    held, sheet = page(verdict, origin), _sheet(str(verdict.hypothesis))
    _head(sheet, held)
    _listed(sheet, held.sentences[1:])
    _title(sheet, "Predicted and measured shift")
    _figure(sheet, held)
    if held.readouts:
        _title(sheet, "Readouts that would confirm or refute it")
        _grid(sheet, (READOUT_HEAD, *held.readouts), (34, 26, 26, 62, 34))
    _title(sheet, "Needed to show it")
    _rows(sheet, held.cells, 74)
    if held.paths:
        _title(sheet, "What is known of a way there")
        _listed(sheet, held.paths[:4])
    _title(sheet, "What stands behind the prediction")
    _listed(sheet, held.evidence[:_MOST_EVIDENCE])
    _title(sheet, "Where this comes from")
    _rows(sheet, held.origin, 40)
    sheet.ln(1)
    _words(sheet, LIMITS, size=6.2, color=_DIM)
    return bytes(sheet.output())


def _sheet(title: str) -> FPDF:
    import matplotlib as mpl
    from fpdf import FPDF

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    sheet = FPDF(format="A4")
    sheet.set_auto_page_break(auto=False)
    sheet.set_margin(_MARGIN)
    sheet.add_font(FONT, "", fonts / "DejaVuSans.ttf")
    sheet.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
    sheet.set_title(short(title, 120))
    sheet.set_lang("en")
    sheet.add_page()
    return sheet


def _head(sheet: FPDF, held: Page) -> None:
    _words(sheet, "Hypothesis report", size=15, bold=True, height=7)
    _words(sheet, held.statement, size=10.5, height=5.2)
    sheet.ln(1)
    top = sheet.get_y()
    first = held.sentences[0]
    sheet.set_x(_MARGIN + 4)
    lines = len(_split(sheet, first, 7.6, _WIDTH - 8))
    height = 13.5 + lines * _LINE + 2
    sheet.set_fill_color(_PALE)
    sheet.rect(_MARGIN, top, _WIDTH, height, style="F")
    sheet.set_fill_color(_BLUE)
    sheet.rect(_MARGIN, top, 1.2, height, style="F")
    sheet.set_y(top + 1.5)
    _words(sheet, held.headline, size=11, bold=True, left=4, height=5)
    _words(sheet, held.chance, size=8.5, left=4, height=4.2)
    _bar(sheet, held.probability, sheet.get_y() + 0.4)
    sheet.ln(3.2)
    _words(sheet, first, size=7.6, left=4)
    sheet.set_y(top + height + 1.5)


def _bar(sheet: FPDF, probability: float, y: float) -> None:
    sheet.set_fill_color("#D3DAE0")
    sheet.rect(_MARGIN + 4, y, 60, 1.8, style="F")
    sheet.set_fill_color(_BLUE)
    sheet.rect(_MARGIN + 4, y, 60 * probability, 1.8, style="F")
    sheet.set_fill_color("#FFFFFF")
    sheet.rect(_MARGIN + 33.9, y, 0.2, 1.8, style="F")


def _figure(sheet: FPDF, held: Page) -> None:
    """Rows of marks over one axis."""
    step, top = 4.9, sheet.get_y() + 0.5
    scale = Scale.of(held.marks, _MARGIN + _LEFT, _MARGIN + _WIDTH)
    bottom, zero = top + step * len(held.marks) + 1, scale.at(0)
    start, end = sorted((zero, scale.right if held.sign > 0 else scale.left))
    sheet.set_fill_color("#ECF2F7")
    sheet.rect(start, top, end - start, bottom - top, style="F")
    sheet.set_draw_color(GREY)
    sheet.set_line_width(0.2)
    sheet.line(zero, top, zero, bottom)
    for number, mark in enumerate(held.marks):
        _mark(sheet, mark, scale, top + step * (number + 0.5) + 0.5)
    sheet.set_font(FONT, "", 6.5)
    sheet.set_text_color(INK)
    sheet.set_draw_color(GREY)
    for tick in scale.ticks:
        sheet.line(scale.at(tick), bottom, scale.at(tick), bottom + 1)
        sheet.set_xy(scale.at(tick) - 10, bottom + 1.1)
        sheet.cell(20, 2.8, tick_text(tick), align="C")
    sheet.set_xy(scale.left, bottom + 3.9)
    sheet.cell(scale.right - scale.left, 3, short(held.unit, 60), align="C")
    sheet.set_xy(_MARGIN, bottom + 3.9)
    sheet.set_text_color(_DIM)
    sheet.cell(_LEFT, 3, "diamond: predicted · circle: measured · bars: 90 %")
    sheet.set_y(bottom + 7.4)


def _mark(sheet: FPDF, mark: Mark, scale: Scale, y: float) -> None:
    sheet.set_font(FONT, "B" if mark.is_predicted else "", 7)
    sheet.set_text_color(INK)
    sheet.set_xy(_MARGIN, y - 1.7)
    sheet.cell(_LEFT - 2, 3.4, short(mark.label, 50), align="R")
    shade, x = color(mark), scale.at(mark.shift)
    sheet.set_draw_color(shade)
    sheet.set_line_width(0.5)
    sheet.line(scale.at(mark.lower), y, scale.at(mark.upper), y)
    if mark.is_predicted:
        sheet.set_fill_color(shade)
        sheet.polygon([(x, y - 1.6), (x + 1.6, y), (x, y + 1.6), (x - 1.6, y)], style="F")
    else:
        sheet.set_fill_color("#FFFFFF")
        sheet.ellipse(x - 1.1, y - 1.1, 2.2, 2.2, style="DF")
    sheet.set_line_width(0.2)


def _title(sheet: FPDF, text: str) -> None:
    sheet.ln(1.3)
    _words(sheet, text, size=8.6, bold=True, height=4.4, color=_BLUE)
    sheet.set_draw_color("#D3DAE0")
    sheet.line(_MARGIN, sheet.get_y(), _MARGIN + _WIDTH, sheet.get_y())
    sheet.ln(0.8)


def _listed(sheet: FPDF, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        y = sheet.get_y()
        sheet.set_xy(_MARGIN + 0.5, y)
        sheet.set_font(FONT, "", 7.4)
        sheet.set_text_color(INK)
        sheet.cell(3, _LINE, "•")
        sheet.set_y(y)
        _words(sheet, short(sentence, _LONGEST), size=7.4, left=3.5)


def _rows(sheet: FPDF, rows: Iterable[Sequence[str]], width: float) -> None:
    for name, text in rows:
        y = sheet.get_y()
        sheet.set_font(FONT, "", 7.2)
        sheet.set_text_color(_DIM)
        sheet.set_x(_MARGIN)
        sheet.cell(width, 3.5, short(name, 60))
        sheet.set_y(y)
        _words(sheet, short(text, 150), size=7.2, left=width, height=3.5)


def _grid(sheet: FPDF, rows: Iterable[Sequence[str]], widths: Sequence[float]) -> None:
    for number, row in enumerate(rows):
        sheet.set_font(FONT, "B" if number == 0 else "", 7)
        sheet.set_text_color(INK)
        sheet.set_x(_MARGIN)
        for cell, width in zip(row, widths, strict=True):
            sheet.cell(width, 3.6, short(cell, 44))
        sheet.ln(3.6)


def _words(
    sheet: FPDF,
    text: str,
    *,
    size: float,
    bold: bool = False,
    left: float = 0,
    height: float = _LINE,
    color: str = INK,
) -> None:
    """A paragraph from the left margin to the right one."""
    sheet.set_font(FONT, "B" if bold else "", size)
    sheet.set_text_color(color)
    sheet.set_x(_MARGIN + left)
    sheet.multi_cell(_WIDTH - left, height, short(text, 600), align="L", new_x="LMARGIN", new_y="NEXT")


def _split(sheet: FPDF, text: str, size: float, width: float) -> list[str]:
    sheet.set_font(FONT, "", size)
    found = sheet.multi_cell(width, _LINE, short(text, 600), align="L", dry_run=True, output="LINES")
    return [str(line) for line in found] if isinstance(found, list) else []

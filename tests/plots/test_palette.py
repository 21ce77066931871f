"""Colours: apart for every eye, never alone."""

from __future__ import annotations

from xpert.perturbation import Modality
from xpert.plots.palette import DOWN, MODALITY_MARKS, OTHER, UP, marks


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_modality_has_a_mark_of_its_own():
    assert set(MODALITY_MARKS) == {m.value for m in Modality}
    assert len(set(MODALITY_MARKS.values())) == len(Modality)


def test_up_and_down_stand_out_from_a_white_and_a_dark_page():
    for color in (UP, DOWN):
        on_white = 1.05 / (luminance(color) + 0.05)
        on_dark = (luminance(color) + 0.05) / (luminance("#0F1720") + 0.05)
        assert on_white >= 3
        assert on_dark >= 3


def test_classes_beyond_the_palette_share_the_grey_rest():
    chosen = marks([f"class {i}" for i in range(30)])
    assert len(chosen) == 8
    assert list(chosen)[-1] == OTHER
    assert len({m.color for m in chosen.values()}) == 8
    assert len({m.symbol for m in chosen.values()}) == 8


def test_modalities_look_the_same_whatever_their_order():
    assert marks(["crispri", "compound"])["compound"] == marks(["compound"])["compound"]

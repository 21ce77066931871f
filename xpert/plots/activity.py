"""Activity of pathways and transcription factors as bars that point up or down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from xpert.plots.labels import plain
from xpert.plots.palette import DOWN, UP
from xpert.plots.style import bars_height, name_axis
from xpert.response.activity import rests_on_one

if TYPE_CHECKING:
    from collections.abc import Sequence

UP_WORD, DOWN_WORD, ALONE = "▲ up", "▼ down", "by one gene alone"
_COLORS = {
    UP_WORD: UP,
    DOWN_WORD: DOWN,
    f"{UP_WORD} {ALONE}": "#F0B98E",
    f"{DOWN_WORD} {ALONE}": "#8FC0DE",
}
SCORE_LABEL = "activity score (t statistic over genes)"


def furthest(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The `count` sets furthest up and the `count` furthest down, from the most up to the most down.

    Parameters
    ----------
    table
        As `xpert.response.activity.activity` gives it.
    count
        Sets in each direction.
    """
    up = table[table["score"] > 0].nlargest(count, "score")
    down = table[table["score"] < 0].nsmallest(count, "score")
    return pd.concat([up, down.iloc[::-1]])


def readable(name: object) -> str:
    """A set's name without its collection: ``HALLMARK_G2M_CHECKPOINT`` is ``G2M checkpoint``."""
    text = str(name).removeprefix("HALLMARK_") if str(name).startswith("HALLMARK_") else str(name)
    if text == str(name):
        return plain(text)
    words = [w if any(c.isdigit() for c in w) or w in _ABBREVIATIONS else w.lower() for w in text.split("_")]
    sentence = " ".join(words)
    return plain(sentence[0].upper() + sentence[1:])


def activity_bars(table: pd.DataFrame, *, count: int = 10) -> alt.Chart:
    """Draw a bar per set, most up at the top; pale where the score rests on one gene alone.

    Parameters
    ----------
    table
        As `xpert.response.activity.activity` gives it.
    count
        Sets in each direction.
    """
    shown = furthest(table, count)
    shown = shown.assign(
        set=_distinct([readable(name) for name in shown["set"]]),
        direction=[
            (UP_WORD if score > 0 else DOWN_WORD) + (f" {ALONE}" if alone else "")
            for score, alone in zip(shown["score"], rests_on_one(shown), strict=True)
        ],
    )
    kinds = [kind for kind in _COLORS if kind in set(shown["direction"])]
    chart: alt.Chart = (
        alt.Chart(shown[["set", "score", "direction", "genes", "agreeing", "strongest"]])
        .mark_bar(height={"band": 0.72})
        .encode(
            x=alt.X(field="score", type="quantitative", title=SCORE_LABEL),
            y=alt.Y(
                field="set", type="nominal", sort=list(shown["set"]), title=None, axis=name_axis(limit=260)
            ),
            color=alt.Color(
                field="direction",
                type="nominal",
                scale=alt.Scale(domain=kinds, range=[_COLORS[kind] for kind in kinds]),
                legend=alt.Legend(title=None, orient="top", columns=2, labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip(field="set", type="nominal"),
                alt.Tooltip(field="score", type="quantitative", format="+.2f"),
                alt.Tooltip(field="genes", type="quantitative", title="measured genes"),
                alt.Tooltip(field="agreeing", type="quantitative", title="that shift this way"),
                alt.Tooltip(field="strongest", type="nominal", title="strongest"),
            ],
        )
        .properties(height=bars_height(len(shown)))
    )
    return chart


def activity_alt(table: pd.DataFrame, treatment: str, *, count: int = 10) -> str:
    """A sentence that says what the figure shows."""
    shown = furthest(table, count)
    if shown.empty:
        return f"Activity behind {treatment}: no set moves."
    up = ", ".join(readable(s) for s in shown[shown["score"] > 0]["set"].head(3))
    down = ", ".join(readable(s) for s in shown[shown["score"] < 0]["set"][::-1].head(3))
    return f"Activity behind {treatment}: most up {up or 'none'}; most down {down or 'none'}."


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that were cut to the same text are told apart, since each has its own bar."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return made


_ABBREVIATIONS = frozenset(
    {"DNA", "UV", "TNFA", "NFKB", "KRAS", "MYC", "MTORC1", "PI3K", "AKT", "MTOR", "TGF", "WNT", "JAK"}
)

"""What stands behind a verdict: each a table with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from xpert.design.paths import COMPOUNDS, REGULONS
from xpert.design.readouts import readout_sentence
from xpert.plots.labels import plain
from xpert.ui import evidence_panel
from xpert.ui.text import escaped, listed

if TYPE_CHECKING:
    from xpert.design.hypothesis import Verdict
    from xpert.design.power import Cells

_SHIFT = "%+.3f"


def measured(verdict: Verdict) -> None:
    """What was measured of the same genes."""
    unit = verdict.prediction.readout.delta_label
    if not verdict.measured:
        st.info(
            "None of these genes was measured under this treatment or a near one.", icon=":material/info:"
        )
        return
    sign = verdict.hypothesis.direction.sign
    table = pd.DataFrame(
        {
            "treatment": [plain(m.treatment) for m in verdict.measured],
            "in": [plain(m.context) for m in verdict.measured],
            "how it relates": [m.relation.value for m in verdict.measured],
            "distance": [m.distance for m in verdict.measured],
            "shift": [m.shift for m in verdict.measured],
            "half": [m.half_width for m in verdict.measured],
            "speaks": [_speaks(m.shift * sign, m.half_width) for m in verdict.measured],
            "beyond": [100 * m.beyond for m in verdict.measured],
            "cells": [m.cells for m in verdict.measured],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "distance": st.column_config.NumberColumn(
                "distance", format="%.2f", help="0 same targets, 1 nothing in common"
            ),
            "shift": st.column_config.NumberColumn(f"measured shift, {unit}", format=_SHIFT),
            "half": st.column_config.NumberColumn("± (90 %)", format="%.3f", help="By the spread over cells"),
            "beyond": st.column_config.NumberColumn(
                "further than",
                format="%.0f %%",
                help="Share of the other treatments in these cells that moved it less far",
            ),
            "cells": st.column_config.NumberColumn("cells or arrays"),
        },
        alt=f"{len(table)} measured treatments with their shift; {(table['speaks'] == 'for it').sum()} speak for it.",
    )
    st.caption(
        "A near treatment shares pathways, targets or structure with yours; that is no measurement of yours. "
        f"Measurements are those that {escaped(verdict.prediction.model)} was trained on."
    )


def paths(verdict: Verdict) -> None:
    """What is known of a way there."""
    known, sign = verdict.knowledge, verdict.hypothesis.direction.sign
    st.markdown(escaped(known.sentence(sign), longest=600))
    if any(not p.modality.is_genetic for p in verdict.hypothesis.treatment.perturbations) and known.targets:
        st.caption(f"Known targets: {escaped(listed(known.targets, most=12))}. Source: {escaped(COMPOUNDS)}.")
    if known.unknown and known.targets:
        st.caption(f"No target is known of {escaped(listed(known.unknown))}.")
    if known.paths:
        table = pd.DataFrame(
            {
                "speaks": [_stance(path.sign, sign) for path in known.paths],
                "path": [path.sentence for path in known.paths],
                "genes reached": [len(path.reached) for path in known.paths],
                "source": [REGULONS.split(" (")[0] for _ in known.paths],
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            column_config={"path": st.column_config.TextColumn(width="large")},
            alt=f"{len(table)} known paths of regulation in one or two steps.",
        )
    if known.sets:
        st.markdown("**Gene sets that hold both**")
        table = pd.DataFrame(
            {
                "set": [found.name for found in known.sets],
                "source": [found.source for found in known.sets],
                "genes in it": [found.size for found in known.sets],
                "perturbed": [listed(found.perturbed) for found in known.sets],
                "of the hypothesis": [listed(found.shared) for found in known.sets],
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            alt=f"{len(table)} gene sets that hold a perturbed gene and one of these genes.",
        )
    st.caption(
        "Links are collected from many cell types; a path says how it may work, not that it does in these cells. "
        "Signalling between proteins is not in the regulons."
    )


def readouts(verdict: Verdict) -> None:
    """Which genes to look at."""
    table, unit = verdict.readouts, verdict.prediction.readout.delta_label
    st.markdown(escaped(readout_sentence(table), longest=800))
    if table.empty:
        return
    st.dataframe(
        table.assign(probability=100 * table["probability"], interval=_interval(table)),
        hide_index=True,
        column_order=[
            "gene", "role", "confirms", "refutes", "expects", "predicted", "interval", "probability", "goes_with", "cells",
        ],
        column_config={
            "confirms": st.column_config.TextColumn("confirms it"),
            "refutes": st.column_config.TextColumn("refutes it"),
            "expects": st.column_config.TextColumn("model expects", help="Which of the two the model predicts"),
            "predicted": st.column_config.NumberColumn(f"predicted, {unit}", format=_SHIFT),
            "interval": st.column_config.TextColumn("90 % interval"),
            "probability": st.column_config.NumberColumn("sure", help="Probability that the predicted direction is right", format="%.0f %%"),
            "goes_with": st.column_config.NumberColumn(
                "goes with it", format="%.2f", help="Correlation with the hypothesis over measured treatments"
            ),
            "cells": st.column_config.NumberColumn(
                verdict.power.expected.unit, format="%.0f", help="Per arm, for 80 % power on the predicted shift"
            ),
        },
        alt=f"{len(table)} readouts, the most telling first: {', '.join(table['gene'].head(3))}.",
    )  # fmt: skip
    st.caption(
        "Ranked by the size of the predicted shift over its interval, times how closely the gene's measured shift goes with the "
        "hypothesis. Perturbed genes are left out: their change shows that the perturbation worked."
    )


def cells(verdict: Verdict) -> None:
    """How many cells would show it."""
    power = verdict.power
    table = pd.DataFrame(
        [
            _needed("predicted shift", "this one test", power.expected),
            _needed("end of its interval nearest to nothing", "this one test", power.cautious),
            _needed("predicted shift", f"{power.tests:,} genes (Bonferroni)", power.expected_corrected),
            _needed(
                "end of its interval nearest to nothing",
                f"{power.tests:,} genes (Bonferroni)",
                power.cautious_corrected,
            ),
        ],
        columns=["to show", "corrected for", "shift", "per arm"],
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "shift": st.column_config.NumberColumn(verdict.prediction.readout.delta_label, format=_SHIFT),
            "per arm": st.column_config.TextColumn(width="large"),
        },
        alt=f"Cells needed: {power.expected.label} for the predicted shift.",
    )
    several = (
        " Of a set the smaller number holds where its genes vary independently from cell to cell, the larger one where they vary "
        "together."
        if len(verdict.genes) > 1
        else ""
    )
    st.caption(
        "Per arm, treated and control alike, for 80 % power at two\\-sided α = 0\\.05, from the spread over control cells and the "
        f"model's spread over treated ones.{several} Cells of one well or animal are not independent: spread them over several, "
        "and take more."
    )


def genes(verdict: Verdict) -> None:
    """Each gene of the hypothesis."""
    unit = verdict.prediction.readout.delta_label
    st.dataframe(
        verdict.each.assign(probability=100 * verdict.each["probability"]),
        hide_index=True,
        column_config={
            "control": st.column_config.NumberColumn("control", format="%.3f"),
            "delta": st.column_config.NumberColumn(f"predicted, {unit}", format=_SHIFT),
            "lower": st.column_config.NumberColumn("90 % from", format=_SHIFT),
            "upper": st.column_config.NumberColumn("to", format=_SHIFT),
            "probability": st.column_config.NumberColumn(
                f"goes {verdict.hypothesis.direction.value}", format="%.0f %%"
            ),
        },
        alt=f"{len(verdict.each)} genes of the hypothesis with their predicted shift.",
    )
    for names, why in (
        (verdict.missing, "Not predicted by this model"),
        (verdict.silent, "Not expressed in control cells"),
        (verdict.own, "Perturbed themselves"),
    ):
        if names:
            st.caption(f"{why}: {escaped(listed(names, most=12))}.")


def behind(verdict: Verdict) -> None:
    """The model's own evidence."""
    evidence_panel.draw(verdict.prediction)


def _interval(table: pd.DataFrame) -> list[str]:
    ends = zip(table["lower"], table["upper"], strict=True)
    return [f"{low:+.2f} to {high:+.2f}".replace("-", "−") for low, high in ends]


def _needed(what: str, corrected: str, found: Cells) -> tuple[str, str, float, str]:
    return what, corrected, found.effect, found.label


def _speaks(shift: float, half_width: float) -> str:
    """What a measured shift in the direction of the hypothesis says; nothing within its own interval of zero."""
    if abs(shift) <= half_width:
        return "for neither"
    return "for it" if shift > 0 else "against it"


def _stance(path: int, sign: int) -> str:
    return {0: "direction unknown", sign: "for it", -sign: "against it"}[path]

"""Measured treatments nearest to any other, also one that was never measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.perturbation import Treatment
from xpert.plots.labels import plain
from xpert.ui import load, session
from xpert.ui.files import table_buttons
from xpert.ui.frame import fragment
from xpert.ui.links import predict_link
from xpert.ui.look_up.lines import neighbour_lines
from xpert.ui.text import escaped

if TYPE_CHECKING:
    import pandas as pd

MODEL, TREATMENT, WAY = "neighbours model", "neighbours treatment", "neighbours way"
_SHOWN = 25
_EXAMPLES = {
    "l1000": '"CC1=C(CC(=O)O)c2cc(F)ccc2C1=Cc1ccc(S(C)=O)cc1"@10uM',
    "perturbseq": "KLF1:crispra + MAP2K3:crispra",
}


@fragment
def draw() -> None:
    """Draw the choice and the table."""
    names = [info.name for info in load.installed()]
    model, text, way = st.columns([2, 5, 3], vertical_alignment="bottom")
    model.selectbox("Model", names, key=MODEL)
    name = session.value(MODEL)
    text.text_input(
        "Any treatment, measured or not",
        key=TREATMENT,
        placeholder=_EXAMPLES.get(name, "a gene, a compound, a structure or a combination"),
        help="In the text form: KLF1:crispra, vorinostat@1uM, two joined by +, or a structure (SMILES) in double quotes",
    )
    asked = (session.value(TREATMENT) or "").strip()
    if not asked:
        st.info(
            "Write a treatment, also a combination or a structure that nobody has measured.",
            icon=":material/touch_app:",
        )
        return
    treatment = Treatment.parse(asked)
    bundle = load.bundle(name)
    from xpert.perturbverse.embed import standing
    from xpert.perturbverse.neighbours import ways
    from xpert.perturbverse.quality import default_by

    possible = [by.value for by in ways(bundle, treatment)]
    best = default_by(name).value
    with way:
        chosen = st.segmented_control(
            "Near by",
            possible,
            default=best if best in possible else possible[0],
            required=True,
            key=f"{WAY} {possible}",
        )
    st.caption(escaped(standing(bundle, treatment)))
    _draw_table(name, treatment, str(chosen or possible[0]))


def _draw_table(name: str, treatment: Treatment, way: str) -> None:
    from xpert.perturbverse.neighbours import neighbours

    bundle = load.bundle(name)
    table: pd.DataFrame = neighbours(bundle, treatment, by=way, k=_SHOWN)
    number = st.column_config.NumberColumn
    event = st.dataframe(
        table,
        key=f"neighbours {name} {treatment} {way}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=480,
        column_order=[c for c in table.columns if table[c].replace("", None).notna().any()],
        column_config={
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "context": "Context",
            "modality": "Kind",
            "mechanism": "Mechanism",
            "shared_mechanism": st.column_config.CheckboxColumn("Same mechanism"),
            "distance": number("Distance", format="%.3f", help="One minus the cosine, from 0 to 2"),
            "p_value": number(
                "p", format="%.2g", help="Share of random pairs of these kinds that are as near"
            ),
            "evidence": "Evidence",
        },
        alt=f"Nearest to {plain(treatment)}: {', '.join(map(plain, table['treatment'].head(5)))}",
    )
    rows = [row for row in event["selection"]["rows"] if row < len(table)]
    if rows:
        row = int(table.index[rows[0]])
        point = bundle.perturbverse.iloc[row]
        predict_link(name, str(point["treatment"]), str(point["context"]))
    with st.container(horizontal=True):
        table_buttons(table, "xpert-nearest")
    with st.expander("Show the Python lines", icon=":material/code:"):
        st.code(neighbour_lines(name, str(treatment), way, _SHOWN), language="python")

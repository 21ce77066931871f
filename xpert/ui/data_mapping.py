"""What each column means: shown with the reason for it, changed by choosing, used once it is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.plots.labels import plain
from xpert.ui import session
from xpert.ui.mapping_fields import FIELDS, NONE, Field, Kind, changes, current, heading
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from xpert.data.schema import ObsSchema
    from xpert.ui.upload import Upload

_MOST_LABELS = 500


def draw(upload: Upload) -> None:
    """Draw the mapping, its reasons, and the button that confirms it."""
    st.header("What the columns mean")
    st.caption(f"Convention: {escaped(upload.report.proposal.convention)}")
    _draw_reasons(upload)
    is_usable = upload.report.is_usable
    with st.expander("Change the mapping", icon=":material/edit:", expanded=not is_usable):
        _draw_form(upload)
    if upload.is_confirmed:
        st.success(
            "Confirmed: its contexts can be chosen on the Predict page.", icon=":material/check_circle:"
        )
        st.page_link("pages/2_Predict.py", label="**Go to Predict**", icon=":material/genetics:")
        return
    if st.button(
        "Confirm this mapping",
        type="primary",
        icon=":material/check:",
        disabled=not is_usable,
        help=None if is_usable else "The report below names errors; change the mapping first.",
    ):
        session.current().use(upload.confirmed())
        st.rerun()


def _draw_reasons(upload: Upload) -> None:
    """One row for each thing that was found; names from the file stand in cells, where nothing is markup."""
    schema = upload.report.proposal.schema
    answers = {name: current(schema, field) for field in FIELDS.values() for name in field.fields}
    rows = [
        {
            "Meaning": heading(name),
            "Taken from": plain(answers.get(name, ""), longest=80),
            "Why": plain(reason, longest=240),
        }
        for name, reason in upload.report.proposal.reasons.items()
    ]
    if rows:
        st.dataframe(
            rows,
            hide_index=True,
            column_config={
                "Meaning": st.column_config.TextColumn(width="medium"),
                "Taken from": st.column_config.TextColumn(width="small"),
                "Why": st.column_config.TextColumn(width="large"),
            },
            alt="What each column means: " + "; ".join(f"{r['Meaning']}: {r['Taken from']}" for r in rows),
        )


def _draw_form(upload: Upload) -> None:
    schema = upload.report.proposal.schema
    with st.form(f"mapping {upload.sha256[:12]}"):
        places = st.columns(3)
        answers = {
            key: _ask(places[number % len(places)], field, schema, upload)
            for number, (key, field) in enumerate(FIELDS.items())
        }
        if st.form_submit_button("Use these", icon=":material/sync:"):
            session.current().use(upload.mapped(changes(schema, upload.mapping, answers)))
            st.rerun()


def _ask(place: DeltaGenerator, field: Field, schema: ObsSchema, upload: Upload) -> str:
    """Draw one question, and give its answer as the mapping writes it."""
    now = current(schema, field)
    if field.kind is Kind.TEXT:
        return (place.text_input(field.heading, "" if now == NONE else now) or "").strip() or NONE
    obs = [str(column) for column in upload.table.obs.columns]
    if field.kind in {Kind.COLUMNS, Kind.LABELS}:
        chosen = list(getattr(schema, field.fields[0]))
        options = obs if field.kind is Kind.COLUMNS else _labels(schema, upload)
        options = list(dict.fromkeys([*chosen, *options]))
        several = place.multiselect(
            field.heading,
            options,
            default=chosen,
            accept_new_options=field.kind is Kind.LABELS,
            select_all=False,
        )
        return ",".join(map(str, several)) or NONE
    columns = {Kind.COLUMN: obs, Kind.GENE_COLUMN: [str(c) for c in upload.table.var.columns]}
    return _choose(place, field, now, columns.get(field.kind, []))


def _choose(place: DeltaGenerator, field: Field, now: str, columns: Sequence[str]) -> str:
    """Choose a column, a value that holds for every cell, or neither."""
    options = list(dict.fromkeys([NONE, *columns, *field.values, now]))
    words = {NONE: "as detected" if field.kind is Kind.CHOICE else NONE}
    if field.kind is Kind.COLUMN:
        words |= {value: f"{value}, for every cell" for value in field.values if value not in columns}
    chosen = place.selectbox(
        field.heading,
        options,
        options.index(now),
        format_func=lambda option: plain(words.get(option, option)),
    )
    return str(chosen)


def _labels(schema: ObsSchema, upload: Upload) -> list[str]:
    """Values that a control label may be chosen from, the most frequent first."""
    where = schema.control_key or schema.perturbation_key
    if where is None:
        return []
    return [str(label) for label in upload.table.obs[where].astype(str).value_counts().index[:_MOST_LABELS]]

"""What each column means: shown with the reason for it, changed by choosing, used once it is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.data.readout import Readout
from xpert.perturbation import DoseUnit, Modality
from xpert.plots.labels import plain
from xpert.ui import session
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.schema import ObsSchema
    from xpert.ui.upload import Upload

NONE = "none"
_MOST_LABELS = 500

# Key of the mapping → heading, the fields of the schema that it sets, and what else may be chosen beside a column.
_COLUMN_KEYS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "perturbation": ("What is perturbed", ("perturbation_key",), ()),
    "modality": ("How it is perturbed", ("modality_key", "modality"), tuple(m.value for m in Modality)),
    "dose": ("Dose", ("dose_key",), ()),
    "dose_unit": ("Unit of the dose", ("dose_unit_key", "dose_unit"), tuple(u.value for u in DoseUnit)),
    "efficacy": ("Efficacy of a gene's perturbation", ("efficacy_key",), ()),
    "guide": ("Guide", ("guide_key",), ()),
    "purity": ("Purity of the guide", ("purity_key",), ()),
    "batch": ("Batch", ("batch_key",), ()),
}
_READOUTS = tuple(r.value for r in Readout)


def draw(upload: Upload) -> None:
    """Draw the mapping, its reasons, and the button that confirms it."""
    st.subheader("What the columns mean")
    confirmed = upload.is_confirmed
    st.caption(f"Convention: {escaped(upload.report.proposal.convention)}")
    _draw_reasons(upload)
    with st.expander("Change the mapping", icon=":material/edit:", expanded=not upload.report.is_usable):
        _draw_form(upload)
    if confirmed:
        st.success(
            "Confirmed: its contexts can be chosen on the Predict page.", icon=":material/check_circle:"
        )
        st.page_link("pages/2_Predict.py", label="**Go to Predict**", icon=":material/genetics:")
        return
    if st.button(
        "Confirm this mapping",
        type="primary",
        icon=":material/check:",
        disabled=not upload.report.is_usable,
        help=None if upload.report.is_usable else "The report below names errors; change the mapping first.",
    ):
        session.current().use(upload.confirmed())
        st.rerun()


def _draw_reasons(upload: Upload) -> None:
    """One row for each thing that was found; names from the file stand in cells, where nothing is markup."""
    set_fields = upload.report.proposal.schema.to_mapping()
    rows = [
        {
            "Meaning": _heading(name),
            "Taken from": plain(_shown(set_fields.get(name)), longest=80),
            "Why": plain(reason, longest=240),
        }
        for name, reason in upload.report.proposal.reasons.items()
    ]
    if rows:
        st.dataframe(
            rows,
            hide_index=True,
            column_config={
                "Meaning": st.column_config.TextColumn(width="small"),
                "Taken from": st.column_config.TextColumn(width="small"),
                "Why": st.column_config.TextColumn(width="large"),
            },
            alt="What each column means: " + "; ".join(f"{r['Meaning']}: {r['Taken from']}" for r in rows),
        )


def _draw_form(upload: Upload) -> None:
    schema = upload.report.proposal.schema
    columns = [str(c) for c in upload.table.obs.columns]
    with st.form(f"mapping {upload.sha256[:12]}"):
        chosen: dict[str, str] = {}
        places = st.columns(3)
        for number, (key, (heading, fields, constants)) in enumerate(_COLUMN_KEYS.items()):
            now = _current(schema, fields)
            chosen[key] = _select(places[number % 3], heading, now, columns, constants)
        labels = _labels(upload, chosen["perturbation"])
        given = st.multiselect(
            "Labels that mean control", labels, default=[c for c in schema.control_labels if c in labels],
            accept_new_options=True, select_all=False,
        )  # fmt: skip
        contexts = st.multiselect(
            "Columns that name the cell state (cell type, time …)", columns, default=list(schema.context_keys),
            select_all=False,
        )  # fmt: skip
        left, right = st.columns(2)
        var = [str(c) for c in upload.table.var.columns]
        chosen["genes"] = _select(left, "Names of the genes", schema.gene_key or NONE, var, ())
        now = schema.readout.value if schema.readout else NONE
        chosen["readout"] = _select(right, "Unit of the values, where the file misleads", now, (), _READOUTS)
        if st.form_submit_button("Use these", icon=":material/sync:"):
            session.current().use(upload.mapped(_changes(upload, chosen, given, contexts)))
            st.rerun()


def _select(
    place: st.delta_generator.DeltaGenerator,
    heading: str,
    now: str,
    columns: Sequence[str],
    constants: Sequence[str],
) -> str:
    """Choose a column, a value that holds for every cell, or neither."""
    options = list(dict.fromkeys([NONE, *columns, *constants, now]))
    fixed = set(constants) - set(columns)
    words = {NONE: "none" if columns else "as detected"} | {c: f"{c}, for every cell" for c in fixed}
    if not columns:
        words = {NONE: "as detected"}
    return place.selectbox(heading, options, options.index(now), format_func=lambda o: plain(words.get(o, o)))


def _current(schema: ObsSchema, fields: Sequence[str]) -> str:
    return next((str(v) for v in (getattr(schema, name) for name in fields) if v is not None), NONE)


def _labels(upload: Upload, column: str) -> list[str]:
    """Values that a control label may be chosen from."""
    schema = upload.report.proposal.schema
    where = schema.control_key or column
    if where == NONE:
        return list(schema.control_labels)
    found = upload.table.obs[where].astype(str).value_counts().index[:_MOST_LABELS]
    return list(dict.fromkeys([*schema.control_labels, *map(str, found)]))


def _changes(
    upload: Upload, chosen: Mapping[str, str], controls: Sequence[str], contexts: Sequence[str]
) -> dict[str, str]:
    """The reader's mapping so far, and what differs now from the proposal; the rest stays detected."""
    schema = upload.report.proposal.schema
    changed = dict(upload.mapping)
    for key, value in chosen.items():
        fields = _COLUMN_KEYS[key][1] if key in _COLUMN_KEYS else {"genes": ("gene_key",)}.get(key, (key,))
        if value != _current(schema, fields):
            changed[key] = value
    if tuple(controls) != schema.control_labels and controls:
        changed["control"] = ",".join(controls)
    if tuple(contexts) != schema.context_keys:
        changed["context"] = ",".join(contexts) or NONE
    if changed.get("readout") == NONE:
        changed.pop("readout")
    return changed


def _heading(field: str) -> str:
    words = {name: heading for heading, names, _ in _COLUMN_KEYS.values() for name in names}
    return words.get(field, field.removesuffix("_key").removesuffix("_keys").replace("_", " ").capitalize())


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

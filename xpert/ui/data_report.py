"""What is wrong with the data, or good to know, and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from xpert.plots.composition import cells_per_condition, composition_alt, conditions_per_context
from xpert.ui.frame import fragment
from xpert.ui.mapping_fields import in_words_of_the_form
from xpert.ui.text import escaped, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.check import CheckReport
    from xpert.data.dataset import PerturbationDataset
    from xpert.data.problem import Problem
    from xpert.ui.upload import Upload

_UNFOLDED = 8


def draw(upload: Upload) -> None:
    """Draw the report and the composition."""
    st.header("Report")
    _draw_facts(upload.report)
    _draw_problems(upload.report.problems)
    _draw_composition(composition(upload.report.dataset))


def _draw_problems(problems: Sequence[Problem]) -> None:
    """Every problem in full, the gravest first; many of one kind are folded."""
    if not problems:
        st.success("Nothing is wrong with this file.", icon=":material/check_circle:")
        return
    for problem in problems[:_UNFOLDED]:
        _draw_problem(problem)
    if problems[_UNFOLDED:]:
        with st.expander(f"{len(problems) - _UNFOLDED:,} more"):
            for problem in problems[_UNFOLDED:]:
                _draw_problem(problem)


def _draw_problem(problem: Problem) -> None:
    show, icon, word = {
        "error": (st.error, ":material/error:", "Error"),
        "warning": (st.warning, ":material/warning:", "Warning"),
        "info": (st.info, ":material/info:", "Good to know"),
    }[problem.severity]
    do = escaped(in_words_of_the_form(problem.do))
    show(f"**{word} · {escaped(problem.where, longest=60)}:** {escaped(problem.what)}  \n→ {do}", icon=icon)


def _draw_facts(report: CheckReport) -> None:
    dataset = report.dataset
    facts = {
        "Cells": dataset.table.shape[0],
        "Genes": len(dataset.genes),
        "Contexts": len(dataset.contexts),
        "Treatments": len(report.treatments),
        "Combinations": report.combinations,
    }
    for column, (heading, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        column.metric(heading, f"{value:,}", border=True)
    steps = "; ".join(dataset.normalisation)
    steps = f"What is done to them: {steps}." if steps else "They are used as they are."
    st.caption(
        f"Values: {escaped(dataset.file_readout.label)} ({escaped(dataset.found_readout.reason)}) "
        f"{escaped(steps)} Organism: {escaped(dataset.organism)}. Contexts: {escaped(listed(dataset.contexts))}. "
        f"Control: {escaped(report.control or 'none found')}."
    )


def composition(dataset: PerturbationDataset) -> pd.DataFrame:
    """Cells of each condition: ``treatment``, ``context``, ``cells``, ``perturbations``."""
    return pd.DataFrame(
        {
            "treatment": [str(c.treatment) for c in dataset.conditions],
            "context": [c.context for c in dataset.conditions],
            "cells": [dataset.counts[c] for c in dataset.conditions],
            "perturbations": [len(c.treatment) for c in dataset.conditions],
        }
    )


@fragment
def _draw_composition(counts: pd.DataFrame) -> None:
    st.header("What it is made of")
    if counts.empty:
        st.info(
            "There are control cells only: good for predicting, with nothing to compare.",
            icon=":material/info:",
        )
        return
    cells, contexts = st.columns([3, 2], gap="medium")
    with cells:
        st.markdown("### Cells per treatment")
        treatments = counts["treatment"].nunique()
        top = st.slider(
            "Treatments shown", 5, max(10, min(100, treatments)), min(30, max(5, treatments)), key="top"
        )
        st.altair_chart(cells_per_condition(counts, top=top), alt=composition_alt(counts))
    with contexts:
        st.markdown("### Treatments per context")
        st.altair_chart(conditions_per_context(counts), alt=composition_alt(counts))
        st.dataframe(
            counts.groupby("context", as_index=False).agg(
                treatments=("cells", "size"), cells=("cells", "sum")
            ),
            hide_index=True,
            column_config={
                "context": "Context",
                "treatments": "Treatments",
                "cells": st.column_config.NumberColumn("Treated cells", format="localized"),
            },
            alt="Treatments and treated cells of each context.",
        )

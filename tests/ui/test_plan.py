"""The state of a prediction in a URL."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert.errors import InputError
from xpert.perturbation import Dose, DoseUnit, Modality, Perturbation, Treatment
from xpert.ui.plan import MOST_TREATMENTS, Plan

names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20).map(
    str.strip
)
compounds = st.builds(
    Perturbation,
    names.filter(bool),
    st.just(Modality.COMPOUND),
    st.none() | st.builds(Dose, st.floats(0, 1e4), st.sampled_from(DoseUnit)),
)
genes = st.builds(
    Perturbation,
    names.filter(bool),
    st.sampled_from([m for m in Modality if m.is_genetic]),
    st.floats(0, 1),
)
treatments = st.lists(compounds | genes, max_size=3, unique_by=lambda p: (p.target, p.modality)).map(
    lambda parts: Treatment.of(*parts)
)


@given(st.lists(treatments, min_size=1, max_size=5), names.filter(bool), names.filter(bool))
def test_a_plan_survives_the_way_through_a_url(asked, model, context):
    plan = Plan(model, context, tuple(asked), "a" * 64)
    read = Plan.from_query(parse_qs(urlencode(plan.query, doseq=True)))
    assert read == plan


def test_only_the_first_letters_of_the_hash_are_told():
    plan = Plan("m", "c", (Treatment(),), "0123456789abcdef" * 4)
    assert plan.query["data"] == "0123456789abcdef"


def test_a_url_without_treatments_asks_for_nothing():
    assert Plan.from_query({"model": ["m"], "context": ["c"]}) is None


@pytest.mark.parametrize(
    "query",
    [
        {"treat": ["KLF1:crispra"]},
        {"treat": ["KLF1:crispra"], "model": ["m"]},
        {"treat": ["KLF1"], "model": ["m"], "context": ["c"]},
        {"treat": ["x" * 1_000], "model": ["m"], "context": ["c"]},
        {"treat": ["A:ko"] * (MOST_TREATMENTS + 1), "model": ["m"], "context": ["c"]},
    ],
)
def test_a_broken_link_is_said_in_words(query):
    with pytest.raises(InputError):
        Plan.from_query(query)


def test_a_treatment_that_stands_twice_is_predicted_once():
    plan = Plan("m", "c", (Treatment.parse("A:ko + B:ko"), Treatment.parse("B:ko + A:ko")))
    assert len(plan.treatments) == 1

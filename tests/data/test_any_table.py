"""Whatever the columns of a file hold, it is understood or refused with a message; nothing else happens."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpert import InputError
from xpert.data.check import check_table
from xpert.data.detect_context import BATCHES, IDENTITIES, PURITIES, TIMES
from xpert.data.detect_strength import DOSES, MODALITIES, UNITS
from xpert.data.mapping import KEYS

NAMES = [
    "perturbation", "condition", "target_gene", "treatment", "product_name", "pert_iname", "pert_type", "feature_call",
    "drugname_drugconc", "target", "guide", "control", "xptype", "treatmentid", "nperts",
    *IDENTITIES[:4], *TIMES[:2], *BATCHES[:3], *PURITIES[:2], *DOSES, *MODALITIES, *UNITS,
]  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(
        ["control", "ctrl", "DMSO", "NT", "KLF1", "MYC+KLF1", "KLF1+ctrl", "KLF1_MYC", "JQ1", "g(+)-JQ1", "1 uM", "10", "0",
         "-666", "nan", "", "uM", "CRISPRi", "drug", "trt_cp", "ctl_vehicle", "KLF1:ko", "JQ1@1uM", "+", "++", "|", "1-Mar",
         "[('JQ1', 1.0, 'uM')]", "[('", "KLF1g1", "KLF1-1|MYC-2", "K562", "True", "1e999", "😀", "a\u2028b"]
    ),
    st.text(max_size=6),
)  # fmt: skip
CELLS = 14
columns = st.one_of(
    st.lists(WORDS, min_size=CELLS, max_size=CELLS),
    st.lists(st.one_of(st.none(), WORDS), min_size=CELLS, max_size=CELLS),
    st.lists(st.floats(allow_nan=True), min_size=CELLS, max_size=CELLS),
    st.lists(st.integers(-3, 3), min_size=CELLS, max_size=CELLS),
    st.lists(st.booleans(), min_size=CELLS, max_size=CELLS),
    st.lists(WORDS, min_size=CELLS, max_size=CELLS).map(pd.Categorical),
    st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=CELLS, max_size=CELLS).map(
        lambda values: pd.array(values, dtype="Int64")
    ),
)
annotations = st.dictionaries(st.sampled_from(NAMES), columns, min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(annotations, st.integers(0, 2**32 - 1))
def test_any_annotation_is_understood_or_refused(table_of, obs, seed):
    random = np.random.default_rng(seed)
    values = random.choice([random.poisson(2, (CELLS, 5)), random.normal(0, 2, (CELLS, 5))])
    table = table_of(obs, values)
    report = check_table(table)
    json.dumps(report.to_dict(), allow_nan=False)
    assert report.to_text()
    assert sum(report.dataset.counts.values()) + sum(report.dataset.left_out.values()) == CELLS


CONSTANTS = ["none", "uM", "ko", "compound", "log1p", "+", "0.8", "guide", "text", "control"]
mapped = annotations.flatmap(
    lambda obs: st.tuples(
        st.just(obs),
        st.dictionaries(st.sampled_from(list(KEYS)), st.sampled_from([*obs, *CONSTANTS]), max_size=4),
    )
)


@settings(max_examples=400, deadline=None)
@given(mapped)
def test_any_mapping_is_followed_or_refused(table_of, obs_and_mapping):
    obs, mapping = obs_and_mapping
    with contextlib.suppress(InputError):
        report = check_table(table_of(obs), mapping)
        json.dumps(report.to_dict(), allow_nan=False)
        assert set(report.proposal.reasons) == set(report.proposal.schema.to_mapping())


@pytest.mark.parametrize("cells", [0, 1, 2])
@pytest.mark.parametrize("column", ["perturbation", "n_counts"])
def test_a_table_of_hardly_any_cells_is_understood(table_of, cells, column):
    report = check_table(table_of({column: ["KLF1", "control"][:cells]}, np.ones((cells, 5))))
    assert report.to_dict()["cells"] == cells


def test_a_table_without_genes_is_understood(table_of):
    report = check_table(table_of({"perturbation": ["KLF1", "control"]}, np.ones((2, 0)), []))
    assert report.to_dict()["genes"] == 0


def test_a_table_without_columns_is_understood(table_of):
    table = table_of({"x": [1, 2]})
    report = check_table(type(table)(**{**table.__dict__, "obs": table.obs[[]]}))
    assert report.to_dict()["conditions"] == []

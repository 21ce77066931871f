"""Gene sets of a prediction: what stands out of its interval, in the form that other programs read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.prediction.gmt import clear_genes, gmt
from xpert.prediction.predict import predict


@pytest.fixture
def predictions(bundle):
    return predict(bundle, ["k562"], [Treatment.parse("KLF1:crispra"), Treatment.parse("MAP2K6:crispra")])


def test_sets_hold_the_genes_beyond_their_interval_the_largest_first(predictions):
    lines = [line.split("\t") for line in gmt(predictions).splitlines()]
    sets = {fields[0]: fields[2:] for fields in lines}
    for prediction in predictions:
        for up, word in ((True, "up"), (False, "down")):
            clear = prediction.lower > 0 if up else prediction.upper < 0
            order = np.argsort(-np.abs(prediction.delta), kind="stable")
            expected = [prediction.genes[i] for i in order if clear[i]]
            assert list(clear_genes(prediction, up=up)) == expected
            assert sets.get(f"{prediction.treatment} in k562 {word}", []) == expected
    assert sets["KLF1:crispra in k562 up"][:2] == ["KLF1", "HBB"]
    assert all("interval of the shift leaves zero out" in fields[1] for fields in lines)


def test_the_furthest_genes_say_that_their_intervals_do_not_count(predictions):
    first = gmt(predictions, furthest=1).splitlines()[0].split("\t")
    assert first[2:] == ["KLF1"]
    assert "whatever their intervals" in first[1]


def test_names_break_no_field(predictions):
    odd = replace(predictions[0], context="my\tcells\nhere")
    for line in gmt([odd]).splitlines():
        assert line.split("\t")[0].startswith("KLF1:crispra in my cells here")


def test_without_any_clear_gene_there_is_no_set(predictions):
    wide = replace(predictions[0], lower=predictions[0].delta - 9, upper=predictions[0].delta + 9)
    with pytest.raises(InputError, match="No gene's interval"):
        gmt([wide])

"""Reasons why a prediction may be wrong come from its evidence, each with what to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.perturbation import Treatment
from xpert.prediction.doubts import doubts
from xpert.prediction.predict import predict


def said(bundle, context, text, **more):
    (prediction,) = predict(bundle, [context], [Treatment.parse(text)])
    found = doubts(prediction, bundle, **more)
    assert all(d.reason and d.advice for d in found)
    assert [d.is_serious for d in found] == sorted((d.is_serious for d in found), reverse=True)
    return " | ".join(f"{'!' if d.is_serious else ''}{d.reason}" for d in found)


def test_nothing_speaks_against_nothing(bundle):
    assert said(bundle, "k562", "control") == ""
    assert said(bundle, "k562", "KLF1:crispra@0") == ""


def test_a_measured_treatment_repeats_its_own_noise(bundle):
    text = said(bundle, "k562", "KLF1:crispra")
    assert "repeats a measurement" in text
    assert "!" not in text


def test_an_unmeasured_gene_and_a_gene_of_which_nothing_is_known_are_serious(bundle):
    text = said(bundle, "k562", "GATA1:crispra")
    assert "!It was never perturbed" in text
    assert "“unknown” and not “no effect”" in text


def test_replicates_that_agree_by_chance_are_serious(bundle):
    assert "!Replicates of treatments in A172 agree no better than chance (correlation 0.03)" in said(
        bundle, "A172", "JAK2:crispri"
    )


def test_an_error_no_smaller_than_that_of_no_change_is_serious(bundle):
    worse = bundle.skill.copy()
    worse.loc[(worse["predictor"] == "no change") & (worse["metric"] == "l2"), "value"] = 1.0
    assert "!On held-out treatments like this one its error (1.1) is no smaller" in said(
        replace(bundle, skill=worse), "k562", "KLF1:crispra"
    )
    assert "its error is 55% of that" in said(bundle, "k562", "KLF1:crispra")


def test_without_a_held_out_measurement_nobody_knows(bundle):
    assert "!No held-out measurement" in said(
        replace(bundle, skill=bundle.skill.head(0)), "k562", "KLF1:crispra"
    )


def test_few_cells_are_told(bundle):
    assert "mean of 12 cells only" in said(bundle, "k562", "KLF1:crispra", control_cells=12)
    assert "cells only" not in said(bundle, "k562", "KLF1:crispra", control_cells=500)
    bundle.training.cells[:] = 9
    assert "had 9 cells only" in said(bundle, "k562", "KLF1:crispra")


def test_an_interval_that_covers_zero_everywhere_is_told(bundle):
    (prediction,) = predict(bundle, ["k562"], [Treatment.parse("KLF1:crispra")])
    wide = replace(prediction, lower=prediction.delta - 9, upper=prediction.delta + 9)
    assert any("leaves zero out for no gene" in d.reason for d in doubts(wide, bundle))
    none = np.full(len(prediction.genes), np.nan)
    assert any("No interval" in d.reason for d in doubts(replace(wide, lower=none, upper=none), bundle))


@pytest.mark.parametrize("question", ["KLF1:crispra + JAK2:crispri", "KLF1:crispra + GATA1:crispra"])
def test_a_combination_with_parts_that_were_not_measured_is_serious(bundle, question):
    assert "!It is a new combination" in said(bundle, "k562", question)

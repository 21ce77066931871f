"""A half maximum only where the doses support one."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.design.hill import fit_hill

DOSES = np.geomspace(0.02, 50, 10)
SPAN = (0.01, 100.0)


def hill(doses, top=2.0, ec50=1.0, slope=1.0):
    return top * doses**slope / (doses**slope + ec50**slope)


def fit(shift, half=0.1, doses=DOSES, measured=6, span=SPAN):
    return fit_hill(doses, shift, np.full(len(doses), half), measured=measured, span=span, unit="uM")


@pytest.mark.parametrize(("ec50", "slope", "top"), [(1.0, 1.0, 2.0), (0.5, 2.0, -3.0), (3.0, 1.5, 1.5)])
def test_a_known_curve_is_found_inside_its_interval(ec50, slope, top):
    found = fit(hill(DOSES, top, ec50, slope)).hill
    assert found.lower < ec50 < found.upper
    assert found.ec50 == pytest.approx(ec50, rel=0.1)
    assert found.top == pytest.approx(top, rel=0.1)
    assert found.explained > 0.99
    assert found.at(np.array([0.0, found.ec50])) == pytest.approx([0, found.top / 2])


def test_wider_intervals_of_the_shifts_widen_the_interval_of_the_dose():
    narrow, wide = (fit(hill(DOSES), half).hill for half in (0.05, 0.2))
    assert wide.upper / wide.lower > narrow.upper / narrow.lower


def test_doses_between_measured_ones_bring_no_certainty():
    few, many = (np.geomspace(0.02, 50, n) for n in (8, 80))
    a, b = (fit(hill(d), doses=d, measured=5).hill for d in (few, many))
    assert a.upper / a.lower == pytest.approx(b.upper / b.lower, rel=0.3)


def test_the_interval_covers_as_often_as_it_says():
    draw = np.random.default_rng(1)
    doses = np.geomspace(0.05, 20, 8)
    inside = []
    for _ in range(150):
        noisy = hill(doses, slope=1.2) + draw.normal(0, 0.1 / 1.645, len(doses))
        found = fit(noisy, doses=doses, measured=8).hill
        inside += [] if found is None else [found.lower <= 1.0 <= found.upper]
    assert len(inside) > 100
    assert 0.82 < np.mean(inside) < 0.97


@pytest.mark.parametrize(
    ("shift", "options", "words"),
    [
        (np.full(10, 2.0), {}, "no rising or falling curve"),
        (hill(DOSES), {"half": 5.0}, "no rising or falling curve"),
        (hill(DOSES, ec50=0.001), {"half": 0.001}, "below the lowest dose"),
        (
            hill(DOSES, ec50=5000, slope=1.0) * 100,
            {},
            "not levelled off at the highest dose measured, 100 uM",
        ),
        (hill(DOSES) - 2 * hill(DOSES, ec50=20, slope=3), {"half": 0.2}, "No EC50"),
        (hill(DOSES)[:3], {"doses": DOSES[:3]}, "at least 4 doses"),
        (hill(DOSES), {"measured": 1}, "not measured at several doses"),
        (hill(DOSES), {"half": 0.0}, "no interval"),
    ],
)
def test_where_no_dose_can_be_given_it_is_said_why(shift, options, words):
    found = fit(shift, **options)
    assert found.hill is None
    assert words in found.reason

from __future__ import annotations

import numpy as np
import pytest

from xpert.errors import InputError
from xpert.model.efficacy import Guide, GuideCells, estimate_efficacy, expected_shift, scale_from_cells

GENES = tuple(f"G{i}" for i in range(20))
SCALES = {"A": {"A1": 1.0, "A2": 1.0, "A3": 0.1}, "B": {"B1": 1.0, "B2": 1.0}, "C": {"C1": 0.0, "C2": 0.0}}


def screen() -> GuideCells:
    """Guides of three targets, sixty cells each; A3 hardly works, C does nothing."""
    draw = np.random.default_rng(0)
    values, targets, guides = [draw.normal(size=(300, 20))], [""] * 300, ["none"] * 300
    for target, scales in SCALES.items():
        direction = 3 * draw.normal(size=20)
        for guide, scale in scales.items():
            values.append(scale * direction + draw.normal(size=(60, 20)))
            targets += [target] * 60
            guides += [guide] * 60
    return GuideCells(np.vstack(values), GENES, np.array(targets), np.array(guides))


def test_a_guide_that_hardly_works_is_told():
    table = estimate_efficacy(screen()).set_index("guide")
    assert table.loc["A3", "efficacy"] < 0.3 < 0.8 < table.loc["B1", "efficacy"]
    assert table.loc["A1", "efficacy"] > 1
    assert (table["cells"] == 60).all()


def test_a_target_whose_guides_are_noise_is_expected_to_do_little():
    cells = screen()
    nothing, something = (
        np.linalg.norm(expected_shift(cells, Guide(*g))) for g in (("C", "C1"), ("B", "B1"))
    )
    assert nothing < 0.1 * something


def test_own_cells_set_the_scale():
    cells = screen()
    expected = expected_shift(cells, Guide("A", "A3"))
    own = cells.values[cells.rows[Guide("A", "A3")][:20]]
    assert scale_from_cells(expected, own, cells.control) < 0.4
    assert scale_from_cells(expected, own[:1], cells.control) == 1


def test_a_single_guide_has_nothing_to_be_compared_with():
    cells = screen()
    only = GuideCells(cells.values[:360], GENES, cells.target[:360], cells.guide[:360])
    with pytest.raises(InputError):
        expected_shift(only, Guide("A", "A1"))
    with pytest.raises(InputError):
        GuideCells(cells.values[300:], GENES, cells.target[300:], cells.guide[300:])

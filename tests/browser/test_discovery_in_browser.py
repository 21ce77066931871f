"""The pages of discovery in a real browser, light and dark: each shows the numbers that Python gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from xpert.data.signature_file import Signature
from xpert.design.combination import combine
from xpert.design.hypothesis import Hypothesis, weigh
from xpert.design.said import chance
from xpert.perturbation import Treatment
from xpert.perturbverse.associate import associate
from xpert.perturbverse.query import Direction, query
from xpert.plots.labels import plain
from xpert.ui import load

sys.path.insert(0, str(Path(__file__).parent))
from visitor import PATIENCE, Visitor

pytestmark = pytest.mark.browser

DOUBLE = "KLF1:crispra + MAP2K6:crispra"
COMBINATION = (
    "/Compare?view=combination&model=perturbseq&context=k562&treat=KLF1%3Acrispra+%2B+MAP2K6%3Acrispra"
)
SET = "HALLMARK_INTERFERON_GAMMA_RESPONSE"
HYPOTHESIS = f"/Hypothesis?model=papalexi&context=all+cells&treat=STAT1%3Ako&direction=down&what={SET}"
SCREEN = f"/Screen?model=papalexi&context=all+cells&candidates=measured&pathway={SET}&direction=down"


@pytest.fixture(params=["light", "dark"])
def visitor(chromium, server, request):
    """A fresh tab; whatever it complained about fails the test at its end."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 1000}, color_scheme=request.param, accept_downloads=True
    )
    someone = Visitor(context.new_page(), server)
    someone.theme = request.param
    yield someone
    context.close()
    assert someone.complaints == []
    assert someone.hosts <= {"127.0.0.1"}, "the app asked another host"


def wait_for(visitor, text):
    visitor.tab.get_by_text(text).first.wait_for(timeout=PATIENCE)
    visitor.settle()


def alt(visitor, start):
    found = visitor.tab.locator(f"[aria-label^='{start}']").first
    found.wait_for(state="attached", timeout=PATIENCE)
    return found.get_attribute("aria-label")


def test_a_signature_finds_its_knockouts(visitor, output):
    bundle = load.bundle("papalexi")
    order = np.argsort(bundle.signatures.values[list(bundle.perturbverse["treatment"]).index("IFNGR1:ko")])
    signature = Signature.of_lists(
        [bundle.genes[i] for i in order[::-1][:20]], [bundle.genes[i] for i in order[:20]]
    )
    bundles = [load.bundle(info.name) for info in load.bundle_infos()]
    expected = query(bundles, signature, Direction.MIMIC)
    visitor.go("/Look_up")
    visitor.press("Fill in an example")
    visitor.press("Search")
    listed = alt(visitor, "Treatments by how well they mimic")
    assert listed.split(": ", 1)[1] == ", ".join(map(plain, expected["treatment"][:5]))
    assert f"scores {expected['score'][0]:.2f} with {expected['treatment'][0]}" in alt(
        visitor, "Your signature"
    )
    visitor.shoot(output / f"look-up-{visitor.theme}-1280.png")


def test_a_compound_finds_its_targets(visitor, output):
    expected = associate(load.bundle("l1000"), Treatment.parse("gefitinib:compound"))
    visitor.go("/Look_up")
    visitor.tab.get_by_role("tab", name="A compound or a gene").click()
    visitor.settle()
    box = visitor.tab.get_by_role("combobox", name="A compound or a gene")
    box.click()
    box.fill("gefitinib")
    visitor.tab.get_by_role("option", name="gefitinib", exact=True).first.click()
    wait_for(visitor, "Genes that may be acted on by")
    listed = alt(visitor, "The first of")
    assert listed == f"The first of {len(expected)}: {', '.join(expected['target'][:5])}"
    visitor.shoot(output / f"associate-{visitor.theme}-1280.png")


def test_a_combination_stands_beside_the_sum_of_its_parts(visitor, output):
    expected = combine(load.bundle("perturbseq"), "k562", Treatment.parse(DOUBLE))
    visitor.go(COMBINATION)
    visitor.figure()
    slope = expected.coefficient
    assert slope is not None
    assert f"{slope.value:.2f}" in visitor.text()
    visitor.shoot(output / f"combination-{visitor.theme}-1280.png")


def test_a_hypothesis_gets_the_chance_that_python_gives(visitor, output):
    expected = weigh(load.bundle("papalexi"), Hypothesis.about("STAT1:ko", "all cells", "down", SET))
    visitor.go(HYPOTHESIS)
    wait_for(visitor, "per arm to show it")
    assert visitor.metric("Probability that it goes") == chance(expected.probability)
    visitor.shoot(output / f"hypothesis-{visitor.theme}-1280.png")


def test_a_screen_runs_and_stays_when_the_page_is_left(visitor, output):
    visitor.go(SCREEN)
    visitor.press("Rank the treatments")
    wait_for(visitor, "Take it away")
    ranked = alt(visitor, "Treatments by rank").split(": ", 1)[1].split(", ")
    assert {"IFNGR1:ko", "JAK2:ko", "STAT1:ko"} & set(ranked[:4])
    visitor.shoot(output / f"screen-{visitor.theme}-1280.png")
    visitor.link("Start")
    visitor.link("Screen")
    assert alt(visitor, "Treatments by rank").split(": ", 1)[1].split(", ") == ranked

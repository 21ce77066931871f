"""Places of treatments: likeness becomes distance, and new treatments stand among those that they are like."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.responses import Condition
from xpert.model.likeness import Damped, Likeness, scale, unit
from xpert.model.signatures import Signatures, kind
from xpert.model.space import Space
from xpert.perturbation import Treatment

GROUPS, EACH = 8, 6


def clusters(seed: int = 0):
    """Prior likeness and responses of treatments in groups that share both."""
    draw = np.random.default_rng(seed)
    group = np.repeat(np.arange(GROUPS), EACH)
    features = np.eye(GROUPS)[group] + 0.3 * draw.standard_normal((len(group), GROUPS))
    responses = draw.standard_normal((GROUPS, 60))[group] + 0.5 * draw.standard_normal((len(group), 60))
    return group, unit(features) @ unit(features).T, responses, features


def nearest(latents, row):
    cosine = unit(latents) @ unit(latents[row][None])[0]
    cosine[row] = -2
    return int(cosine.argmax())


def test_treatments_of_one_group_stand_together():
    group, prior, responses, _ = clusters()
    latents = Space.fit(prior, responses).latents
    assert np.mean([group[nearest(latents, row)] == group[row] for row in range(len(group))]) > 0.95


def test_a_new_treatment_stands_in_its_group_also_where_no_response_is_known():
    group, _, responses, features = clusters()
    old, new = np.arange(len(group)) % EACH > 0, np.arange(len(group)) % EACH == 0
    cosine = unit(features) @ unit(features).T
    space = Space.fit(cosine[np.ix_(old, old)], responses[old])
    for signatures in (responses[new], np.zeros_like(responses[new])):
        placed = space.place(cosine[np.ix_(new, old)], signatures)
        found = (unit(placed) @ unit(space.latents).T).argmax(axis=1)
        assert np.mean(group[old][found] == group[new]) > 0.8


def test_what_was_kept_of_a_space_places_as_the_fit_did():
    _, prior, responses, _ = clusters()
    space = Space.fit(prior, responses)
    again = Space.restore(responses, space.latents, space.scales)
    assert np.allclose(
        again.place(prior[:3], responses[:3]), space.place(prior[:3], responses[:3]), atol=1e-5
    )


def test_few_treatments_have_places_too():
    prior = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.1], [0.0, 0.1, 1.0]])
    latents = Space.fit(prior, np.random.default_rng(0).standard_normal((3, 10))).latents
    assert latents.shape == (3, 3)
    assert np.isfinite(latents).all()


def test_the_scale_of_equal_likenesses_divides_by_one():
    assert scale(np.ones((3, 3))) == (1.0, 1.0)
    assert scale(np.ones((1, 1))) == (0.0, 1.0)


def test_components_of_responses_that_are_all_zero_are_none():
    damped = Damped.fit(np.zeros((4, 6)))
    assert damped.coordinates(np.zeros((2, 6))).shape == (2, 0)


def test_signatures_take_off_what_everything_does_in_a_context():
    treatments = [Treatment.parse(t) for t in ("A1BG:ko", "TP53:ko", "MYC:ko")]
    own = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    conditions = [Condition(c, t) for c in ("x", "y") for t in treatments]
    delta = np.vstack([own + 5.0, own - np.array([3, 0, 0])])
    found = Signatures.of(conditions, delta)
    assert found.treatments == tuple(treatments)
    assert np.allclose(found.values, own - own.mean(axis=0), atol=1e-6)


def test_a_gene_that_was_measured_in_one_context_counts_there_alone():
    treatments = [Treatment.parse(t) for t in ("A1BG:ko", "TP53:ko")]
    conditions = [Condition(c, t) for c in ("x", "y") for t in treatments]
    delta = np.array([[2.0, np.nan], [1.0, 1.0], [4.0, 6.0], [np.nan, np.nan]])
    values = Signatures.of(conditions, delta).values  # two treatments are too few for a centre
    assert np.allclose(values, [[3.0, 6.0], [1.0, 1.0]])


def test_kinds_are_modalities_whatever_the_order():
    assert kind(Treatment.parse("JAK2:ko + ruxolitinib@1uM")) == "compound+knockout"


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_beyond_its_range_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        Likeness(response=share)

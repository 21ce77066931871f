"""Conditions are held out by rule, and nothing of what is held out is trained on."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert import CONTROL, Dose, DoseUnit, InputError, Modality, Perturbation, Treatment
from xpert.data.holdout import (
    Draw,
    hold_out_combinations,
    hold_out_compounds,
    hold_out_contexts,
    hold_out_doses,
    hold_out_perturbations,
    hold_out_scaffolds,
)
from xpert.data.responses import Condition
from xpert.data.split import PARTS, Rule, Split

GENES = ["A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1"]
DRUGS = ["imatinib", "imatinib mesylate", "JQ1", "vorinostat", "trametinib", "aspirin"]
PARENTS = {"imatinib mesylate": "imatinib"}
SCAFFOLDS = {
    "imatinib": "s1",
    "imatinib mesylate": "s2",
    "JQ1": "s3",
    "vorinostat": "",
    "trametinib": "s3",
    "aspirin": "",
}


def gene(name):
    return Perturbation(name, Modality.CRISPRA)


def drug(name, dose=1.0):
    return Perturbation(name, Modality.COMPOUND, Dose(dose, DoseUnit.MICROMOLAR))


pairs = st.tuples(st.sampled_from(GENES), st.sampled_from(GENES)).filter(lambda p: p[0] < p[1])
treatments = st.one_of(
    st.sampled_from(GENES).map(lambda g: Treatment.of(gene(g))),
    pairs.map(lambda p: Treatment.of(*map(gene, p))),
    st.builds(
        lambda d, dose: Treatment.of(drug(d, dose)), st.sampled_from(DRUGS), st.sampled_from([0.1, 1.0, 10.0])
    ),
    st.builds(lambda g, d: Treatment.of(gene(g), drug(d)), st.sampled_from(GENES), st.sampled_from(DRUGS)),
    st.just(CONTROL),
)
conditions = st.lists(
    st.builds(Condition, st.sampled_from(["K562", "A549", "MCF7"]), treatments),
    min_size=12,
    max_size=60,
    unique=True,
)
draws = st.builds(Draw, st.sampled_from([0.1, 0.25, 0.4]), st.sampled_from([0.0, 0.2]), st.integers(0, 99))


def attempt(rule, *args, **more):
    """The split, or None where the conditions are too few for the rule."""
    try:
        return rule(*args, **more)
    except InputError:
        return None


def whole(split, listed):
    """Every treated condition stands in exactly one part."""
    parts = [condition for part in PARTS for condition in getattr(split, part)]
    assert sorted(map(str, parts)) == sorted(str(c) for c in listed if c.treatment != CONTROL)
    assert len(set(parts)) == len(parts)


def targets(part):
    return {name for condition in part for name in condition.treatment.targets}


def compounds(part):
    return {p.target for c in part for p in c.treatment.perturbations if p.modality is Modality.COMPOUND}


@given(conditions, draws)
def test_a_target_that_is_held_out_is_in_no_training_condition(listed, draw):
    split = attempt(hold_out_perturbations, listed, draw)
    if split:
        whole(split, listed)
        held = set(split.settings["held_out"])
        assert not targets(split.train) & held
        assert all(targets([condition]) & held for condition in split.test)
        assert not targets(split.validation) & held


@given(conditions, draws)
def test_a_compound_and_its_salts_are_on_one_side(listed, draw):
    split = attempt(hold_out_compounds, listed, draw, parents=PARENTS)
    if split:
        whole(split, listed)
        parents = [
            {PARENTS.get(n, n) for n in compounds(p)} for p in (split.train, split.validation, split.test)
        ]
        held = set(split.settings["held_out"])
        assert not parents[0] & held
        assert not parents[1] & held
        assert all({PARENTS.get(n, n) for n in compounds([condition])} & held for condition in split.test)


@given(conditions, draws)
def test_a_scaffold_is_on_one_side_and_so_are_the_forms_of_a_parent(listed, draw):
    split = attempt(hold_out_scaffolds, listed, SCAFFOLDS, draw, parents=PARENTS)
    if split:
        whole(split, listed)
        trained, tested = compounds(split.train), set(split.settings["held_out"])
        group = {"imatinib mesylate": "imatinib", "trametinib": "JQ1"}
        held = {name for name in DRUGS if name in tested or group.get(name) in tested}
        held |= {name for name in DRUGS for other in held if group.get(other) == name}
        assert not trained & held
        assert not {SCAFFOLDS[n] for n in trained} & {SCAFFOLDS[n] for n in held} - {""}


def test_compounds_without_rings_are_no_group():
    listed = [Condition("K562", Treatment.of(drug(name))) for name in DRUGS]
    tested = [
        compounds(hold_out_scaffolds(listed, SCAFFOLDS, Draw(0.2, seed=seed)).test) for seed in range(20)
    ]
    assert {"vorinostat"} in tested
    assert {"aspirin"} in tested
    assert {"JQ1", "trametinib"} in tested


def test_a_compound_without_a_scaffold_is_an_error():
    listed = [Condition("K562", Treatment.of(drug(name))) for name in DRUGS]
    with pytest.raises(InputError, match="JQ1"):
        hold_out_scaffolds(listed, {name: "s" for name in DRUGS if name != "JQ1"})


@given(conditions, draws)
def test_a_context_that_is_held_out_is_not_trained_in(listed, draw):
    split = attempt(hold_out_contexts, listed, draw)
    if split:
        whole(split, listed)
        held = {condition.context for condition in split.test}
        assert not held & {condition.context for condition in (*split.train, *split.validation)}


def test_contexts_can_be_named():
    listed = [Condition(line, Treatment.of(gene(name))) for line in ("K562", "A549") for name in GENES]
    split = hold_out_contexts(listed, contexts=["A549"])
    assert {condition.context for condition in split.test} == {"A549"}
    with pytest.raises(InputError, match="HeLa"):
        hold_out_contexts(listed, contexts=["HeLa"])


@pytest.mark.parametrize("between", [False, True])
@given(listed=conditions, draw=draws)
def test_a_dose_that_is_held_out_is_not_trained_on_while_its_compound_is(listed, draw, between):
    split = attempt(hold_out_doses, listed, draw, between=between)
    if split:
        whole(split, listed)

        def steps(part):
            return {(p.target, p.dose) for c in part for p in c.treatment.perturbations if p.dose is not None}

        held = set(split.settings["held_out"])
        hidden = {(name, dose) for name, dose in steps(split.test) if name in held} - steps(split.train)
        assert {name for name, _ in hidden} == held
        assert all(steps([condition]) & hidden for condition in split.test)
        if between:
            for name, dose in hidden:
                ladder = [d for n, d in steps(listed) if n == name]
                assert min(ladder) < dose < max(ladder)


def test_equal_doses_in_other_units_are_one_dose():
    half = Perturbation("JQ1", Modality.COMPOUND, Dose(500, DoseUnit.NANOMOLAR))
    listed = [Condition("A", Treatment.of(drug("JQ1", d))) for d in (0.1, 0.5, 5)] + [
        Condition("B", Treatment.of(half))
    ]
    split = hold_out_doses(listed, between=True)
    assert {str(c) for c in split.test} == {"A | JQ1@0.5uM", "B | JQ1@500nM"}


@pytest.mark.parametrize("seen", [0, 1, 2])
@given(listed=conditions, draw=draws)
def test_of_a_pair_that_is_held_out_so_many_members_are_trained_on(listed, draw, seen):
    split = attempt(hold_out_combinations, listed, draw, singles_seen=seen)
    if split:
        whole(split, listed)
        hits = {(p.target, p.modality) for c in split.train for p in c.treatment.perturbations}
        alone = {
            (c.context, p.target, p.modality)
            for c in split.train if len(c.treatment) == 1 for p in c.treatment.perturbations
        }  # fmt: skip
        for condition in (*split.test, *split.validation):
            members = [(p.target, p.modality) for p in condition.treatment.perturbations]
            assert len(members) == 2
            trained = [m for m in members if (condition.context, *m) in alone]
            assert len(trained) == seen
            assert all(m not in hits for m in members if m not in trained)
        held = [c.treatment.perturbations for c in (*split.test, *split.validation)]
        assert not any(pair <= c.treatment.perturbations for c in split.train for pair in held)


def test_the_three_kinds_of_pair_exist_where_singles_are_measured():
    listed = [Condition("K562", Treatment.of(gene(name))) for name in GENES]
    listed += [Condition("K562", Treatment.of(gene(a), gene(b))) for a, b in itertools.combinations(GENES, 2)]
    for seen in (0, 1, 2):
        split = hold_out_combinations(listed, Draw(0.1), singles_seen=seen)
        assert split.test
        assert split.rule is Rule.UNSEEN_COMBINATION
    assert not hold_out_combinations(listed, Draw(0.1), singles_seen=2).unused


def test_too_few_pairs_are_an_error():
    listed = [
        Condition("K562", Treatment.of(gene("A1"), gene("B1"))),
        Condition("K562", Treatment.of(gene("A1"))),
    ]
    with pytest.raises(InputError, match="Too few pairs"):
        hold_out_combinations(listed)
    with pytest.raises(InputError, match="0, 1 or 2"):
        hold_out_combinations(listed, singles_seen=3)


@given(conditions, draws, st.randoms())
def test_the_order_of_the_conditions_does_not_matter(listed, draw, random):
    shuffled = random.sample(listed, len(listed))
    for rule in (hold_out_perturbations, hold_out_contexts, hold_out_combinations, hold_out_doses):
        one, other = attempt(rule, listed, draw), attempt(rule, shuffled, draw)
        assert (one is None) == (other is None)
        if one and other:
            assert all(set(getattr(one, part)) == set(getattr(other, part)) for part in PARTS)


def test_another_seed_is_another_split():
    listed = [Condition("K562", Treatment.of(gene(f"G{i}"))) for i in range(50)]
    tests = {hold_out_perturbations(listed, Draw(seed=seed)).test for seed in range(5)}
    assert len(tests) == 5


def test_the_share_is_that_of_the_groups():
    listed = [Condition(line, Treatment.of(gene(f"G{i}"))) for i in range(50) for line in ("A", "B")]
    split = hold_out_perturbations(listed, Draw(0.2, 0.1))
    assert (len(split.test), len(split.validation), len(split.train)) == (20, 10, 70)


@pytest.mark.parametrize("shares", [(0, 0), (1, 0), (0.6, 0.5), (-0.1, 0)])
def test_a_share_leaves_something_on_both_sides(shares):
    with pytest.raises(InputError, match="Shares"):
        Draw(*shares)


@given(conditions, draws)
def test_a_file_names_every_condition_and_reads_back(tmp_path_factory, listed, draw):
    split = attempt(hold_out_perturbations, listed, draw)
    if split:
        path = tmp_path_factory.getbasetemp() / "split.json"
        split.save(path)
        assert Split.load(path) == split
        named = json.loads(path.read_text())
        texts = {(c["context"], c["treatment"]) for part in PARTS for c in named[part]}
        assert texts == {(c.context, str(c.treatment)) for c in listed if c.treatment != CONTROL}


def test_rows_of_a_part_are_found_by_condition():
    listed = [Condition("K562", Treatment.of(gene(name))) for name in GENES]
    split = hold_out_perturbations(listed)
    rows = split.rows("test", list(reversed(listed)))
    assert {list(reversed(listed))[row] for row in rows} == set(split.test)
    with pytest.raises(ValueError, match="nothing"):
        split.rows("nothing", listed)


def test_a_condition_stands_in_one_part():
    one = Condition("K562", Treatment.of(gene("A1")))
    with pytest.raises(ValueError, match="twice"):
        Split(Rule.UNSEEN_PERTURBATION, 0, train=(one,), test=(one,))
    with pytest.raises(InputError, match="test"):
        Split(Rule.UNSEEN_PERTURBATION, 0, train=(one,), test=())


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": "xpert split 1"}', '{"format": "xpert split 1", "rule": "x", "seed": 0}',
     '{"format": "xpert split 1", "rule": "unseen dose", "seed": 0, "train": [{"context": "a", "treatment": "?"}]}',
     '{"format": "xpert split 1", "rule": "unseen dose", "seed": 0, "train": [1]}'],
)  # fmt: skip
def test_a_damaged_file_is_refused_with_a_message(tmp_path, content):
    path = tmp_path / "split.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"split\.json"):
        Split.load(path)


def test_a_missing_file_is_refused_with_a_message(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Split.load(tmp_path / "none.json")

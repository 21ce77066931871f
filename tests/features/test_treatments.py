"""Treatments: the invariants of their similarities, vectors and impact."""

from __future__ import annotations

import numpy as np
import pytest

from xpert import CONTROL, Modality, Perturbation, Treatment, UnknownTargetError
from xpert.features.similarity import compound_direction
from xpert.features.treatments import (
    IMPACT_CHANNELS,
    KERNEL_PARTS,
    MODALITIES,
    KernelWeights,
    TreatmentFeatures,
)

MEASURED = ("STAT1", "IRF1", "JAK2", "SOCS3", "GAPDH", "PTGS2", "HBG1")


@pytest.fixture(scope="module")
def features() -> TreatmentFeatures:
    return TreatmentFeatures.load()


def treatments(*texts: str) -> list[Treatment]:
    return [Treatment.parse(text) for text in texts]


MIXED = treatments(
    "control", "KLF1:crispra", "KLF1:crispri", "KLF1:ko@0.4", "MAP2K6:crispra", "KLF1:crispra + MAP2K6:crispra",
    "JAK2:ko", "JAK2:oe", "ruxolitinib@1uM", "ruxolitinib@100nM", "tofacitinib:compound", "aspirin@2uM",
    "JAK2:ko + ruxolitinib@500nM", "NOSUCHGENE1:ko", '"no such drug"@1uM',
)  # fmt: skip


def test_control_and_zero_strength_are_exactly_nothing(features):
    nothing = treatments("control", "KLF1:crispra@0", "ruxolitinib@0nM", "KLF1:ko@0 + aspirin@0uM")
    assert not features.kernel(nothing, MIXED).any()
    for treatment in nothing:
        assert not features.impact(treatment, MEASURED).any()


def test_the_order_of_perturbations_does_not_matter(features):
    one, other = treatments(
        "KLF1:crispra + JAK2:ko@0.5 + aspirin@1uM", "aspirin@1uM + JAK2:ko@0.5 + KLF1:crispra"
    )
    assert np.array_equal(features.kernel([one], MIXED), features.kernel([other], MIXED))
    assert np.array_equal(features.impact(one, MEASURED), features.impact(other, MEASURED))


def test_similarity_does_not_depend_on_who_else_is_asked_for(features):
    whole = features.kernel(MIXED, MIXED)
    for i, treatment in enumerate(MIXED):
        assert features.kernel([treatment], MIXED)[0] == pytest.approx(whole[i], abs=1e-5)


def test_every_part_is_symmetric_and_positive_semi_definite(features):
    parts = features.kernel_parts(MIXED, MIXED)
    assert tuple(parts) == KERNEL_PARTS
    for name, part in parts.items():
        assert part == pytest.approx(part.T, abs=1e-5), name
        assert np.linalg.eigvalsh(part.astype(float)).min() > -1e-5, name


def test_the_kernel_is_the_weighted_sum_of_its_parts(features):
    parts = features.kernel_parts(MIXED, MIXED[:4])
    expected = sum(getattr(features.weights, name) * values for name, values in parts.items())
    assert features.kernel(MIXED, MIXED[:4]) == pytest.approx(expected, abs=1e-6)


def test_a_combination_is_the_sum_of_its_parts(features):
    double, first, second = treatments("KLF1:crispra + MAP2K6:crispra", "KLF1:crispra", "MAP2K6:crispra")
    summed = features.kernel([first], MIXED) + features.kernel([second], MIXED)
    assert features.kernel([double], MIXED) == pytest.approx(summed, abs=1e-5)


def test_strength_scales_the_similarity(features):
    full, half = treatments("KLF1:crispra", "KLF1:crispra@0.5")
    assert features.kernel([half], MIXED) == pytest.approx(features.kernel([full], MIXED) / 2, abs=1e-6)


def test_opposite_modalities_of_one_gene_are_unlike(features):
    up, down, loss = treatments("KLF1:crispra", "KLF1:crispri", "KLF1:ko")
    target = features.kernel_parts([up, down, loss], [up, down, loss])["target"]
    assert target[0, 1] == pytest.approx(-features.weights.cross_modality)
    assert target[1, 2] == pytest.approx(features.weights.same_direction)


def test_an_inhibitor_resembles_the_knockout_of_its_target(features):
    drug, own, other, raised = treatments("ruxolitinib@100uM", "JAK2:ko", "RPL3:ko", "JAK2:oe")
    part = features.kernel_parts([drug], [own, other, raised])["target_of_compound"][0]
    assert part[0] > 0.2 > abs(part[1])
    assert part[2] == pytest.approx(-part[0])


def test_names_of_one_compound_or_gene_are_the_same_treatment(features):
    pairs = [("vorinostat@1uM", "SAHA@1uM"), ("MAP3K21:crispra", "KIAA1804:crispra")]
    for one, other in pairs:
        a, b = treatments(one, other)
        assert np.array_equal(features.kernel([a], [a, b])[0], features.kernel([b], [b, a])[0])
        assert features.kernel([a], [b]) == pytest.approx(features.kernel([a], [a]))


def test_a_structure_can_stand_for_a_name(features):
    typed = Treatment.of(Perturbation("CC(=O)Oc1ccccc1C(=O)O", Modality.COMPOUND))
    named = Treatment.of(Perturbation("aspirin", Modality.COMPOUND))
    features.check(typed)
    assert features.kernel([typed], [named]) == pytest.approx(features.kernel([named], [named]), abs=1e-6)


def test_a_structure_that_looks_like_a_name_is_marked(features):
    marked = features.compound("smiles:CCO")
    assert marked is not None
    assert marked.smiles == "CCO"
    assert features.compound("CCO") is None
    with pytest.raises(UnknownTargetError, match="smiles:CCO"):
        features.check(Treatment.parse("CCCCCCCCCCCC@10uM"))
    features.check(Treatment.parse('"smiles:CCCCCCCCCCCC"@10uM'))


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("KLF11X:ko", "KLF11"), ("MAPK3K1:crispra", "MAP3K1"), ("vorinostatt@1uM", "vorinostat")],
)
def test_an_unknown_target_is_an_error_that_names_the_nearest(features, text, nearest):
    with pytest.raises(UnknownTargetError) as caught:
        features.check(Treatment.parse(text))
    assert nearest in caught.value.nearest
    with pytest.raises(UnknownTargetError):
        features.encode(Treatment.parse(text).ordered)


def test_what_a_model_was_trained_on_is_known_to_it(features):
    asked = Treatment.parse('"in-house 7"@1uM')
    features.check(asked, extra_known=["in-house 7"])
    encoded = features.encode(asked.ordered, extra_known=["in-house 7"])
    assert not encoded.is_known[0]
    assert not encoded.compound.any()


def test_control_passes_the_check_that_refuses_an_unknown_target(features):
    unknown = Treatment.parse('"no such thing"@1uM')
    refused = []
    for treatment in (CONTROL, unknown):
        try:
            features.check(treatment)
        except UnknownTargetError:
            refused.append(treatment)
    assert refused == [unknown]


def test_a_valid_gene_without_gene_sets_is_flagged_and_borrows_nothing(features):
    unknown = next(s for s in features.gene_names.approved.values() if not features.genes.known(s))
    features.check(Treatment.parse(f"{unknown}:ko"))
    encoded = features.encode(
        [Perturbation(unknown, Modality.KNOCKOUT), Perturbation("STAT1", Modality.KNOCKOUT)]
    )
    assert encoded.is_known.tolist() == [False, True]
    assert not encoded.gene[0, : features.gene_projection].any()


def test_vectors_stand_in_the_order_asked_and_in_their_family(features):
    listed = [p for t in MIXED[1:13] for p in t.ordered]
    encoded = features.encode(listed)
    assert encoded.gene.shape == (len(listed), features.gene_width)
    assert encoded.compound.shape == (len(listed), features.compound_width)
    assert encoded.is_gene.tolist() == [p.modality.is_genetic for p in listed]
    assert [MODALITIES[i] for i in encoded.modality_index] == [p.modality for p in listed]
    assert encoded.strength == pytest.approx([features.strength(p) for p in listed])
    assert not encoded.gene[~encoded.is_gene].any()
    assert not encoded.compound[encoded.is_gene].any()
    alone = features.encode(listed[5:6])
    assert np.array_equal(alone.gene[0], encoded.gene[5])


def test_nothing_to_encode_is_an_empty_table(features):
    assert len(features.encode([])) == 0
    assert features.kernel([], MIXED).shape == (0, len(MIXED))


def test_a_mass_dose_uses_the_structure(features):
    (dose,) = Treatment.parse("aspirin@180.16ng/mL").ordered
    assert features.strength(dose) == pytest.approx(0.5, abs=1e-3)


def channel(features, text: str, name: str) -> dict[str, float]:
    values = features.impact(Treatment.parse(text), MEASURED)[:, IMPACT_CHANNELS.index(name)]
    return dict(zip(MEASURED, values.tolist(), strict=True))


def test_impact_of_a_gene(features):
    assert channel(features, "JAK2:ko@0.5", "is_target") == {**dict.fromkeys(MEASURED, 0.0), "JAK2": 0.5}
    assert channel(features, "JAK2:ko@0.5", "target_direction")["JAK2"] == -0.5
    assert channel(features, "STAT1:ko", "regulated_by_target")["IRF1"] == -1
    assert channel(features, "STAT1:crispra", "regulated_by_target")["IRF1"] == 1
    assert channel(features, "IRF1:ko", "regulates_target")["STAT1"] == 1
    shared = channel(features, "JAK2:ko", "shared_pathway")
    assert shared["STAT1"] > 0.1 > shared["HBG1"]
    assert shared["JAK2"] == 0


def test_impact_of_a_compound(features):
    hit = channel(features, "ruxolitinib@1uM", "compound_target")
    assert hit == {**dict.fromkeys(MEASURED, 0.0), "JAK2": 0.5}
    assert channel(features, "ruxolitinib@1uM", "compound_direction")["JAK2"] == -0.5
    assert channel(features, "ruxolitinib@1uM", "compound_shared_pathway")["STAT1"] > 0
    assert not any(channel(features, "ruxolitinib@1uM", "is_target").values())


def test_impact_follows_genes_by_name(features):
    order = [6, 2, 0, 4, 1, 3, 5]
    shuffled = features.impact(MIXED[12], [MEASURED[i] for i in order])
    assert np.array_equal(shuffled, features.impact(MIXED[12], MEASURED)[order])


@pytest.mark.parametrize(
    ("mechanism", "expected"),
    [
        ("JAK inhibitor", -1),
        ("dopamine receptor antagonist", -1),
        ("dopamine receptor agonist", 1),
        ("inverse agonist", -1),
        ("potassium channel activator", 1),
        ("antioxidant", 0),
    ],
)
def test_the_direction_of_a_mechanism(mechanism, expected):
    assert compound_direction([mechanism]) == expected


def test_mechanisms_that_disagree_say_nothing():
    assert compound_direction(["estrogen receptor agonist", "estrogen receptor antagonist"]) == 0


@pytest.mark.parametrize("wrong", [{"target": -1.0}, {"cross_modality": 0.9}, {"same_direction": 1.2}])
def test_weights_that_break_the_kernel_are_refused(wrong):
    with pytest.raises(ValueError, match=r"cross_modality|negative"):
        KernelWeights(**wrong)

"""The text form: parsing and printing are inverse, and an error points at its character."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xpert import CONTROL, Dose, DoseUnit, Modality, Perturbation, Treatment
from xpert.errors import TreatmentSyntaxError
from xpert.perturbation import RESERVED, quote

FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}


def _is_name(text: str) -> bool:
    return bool(text) and text == text.strip() and not any(unicodedata.category(c) in FORBIDDEN for c in text)


names = st.one_of(
    st.sampled_from(
        [
            "KLF1",
            "HLA-A",
            "g(+)-JQ1",
            "2',5'-dideoxyadenosine",
            "control",
            "Control",
            "a:b@c",
            'say "x"',
            "\\",
        ]
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(_is_name),
    st.text(RESERVED + " aB1", min_size=1, max_size=8).filter(_is_name),
)
doses = st.builds(Dose, st.floats(0, 1e30, allow_nan=False), st.sampled_from(DoseUnit))
genetic = st.sampled_from([m for m in Modality if m.is_genetic])
perturbations = st.one_of(
    st.builds(Perturbation, names, genetic, st.one_of(st.none(), st.floats(0, 1))),
    st.builds(Perturbation, names, st.just(Modality.COMPOUND), st.one_of(st.none(), doses)),
)
listed = st.lists(perturbations, max_size=4, unique_by=lambda p: (p.target, p.modality))


@given(listed)
def test_what_is_printed_reads_back(members):
    treatment = Treatment.of(*members)
    assert Treatment.parse(str(treatment)) == treatment
    assert str(Treatment.parse(str(treatment))) == str(treatment)


@given(listed.flatmap(lambda members: st.tuples(st.just(members), st.permutations(members))))
def test_order_does_not_matter(pair):
    members, shuffled = pair
    assert str(Treatment.of(*members)) == str(Treatment.of(*shuffled))
    assert Treatment.parse(" + ".join(map(str, shuffled)) or "control") == Treatment.of(*members)


@given(perturbations, st.text(" \t", max_size=3), st.text(" \t", max_size=3))
def test_spaces_around_a_perturbation_do_not_matter(perturbation, before, after):
    assert Treatment.parse(f"{before}{perturbation}{after}") == Treatment.of(perturbation)


@given(names)
def test_a_quoted_name_reads_back(name):
    assert Treatment.parse(f"{quote(name)}:ko").targets == (name,)


@given(st.one_of(st.text(), st.text('AB1:@+"\\ .eu-Mk'), st.text('KLF1:ko +@0.5"')))
@example("")
@example('"')
@example('"\\')
@example("A:ko + ")
@example("a@1e999uM")
@example("a:ko@1uM")
def test_any_text_is_read_or_its_error_points_into_it(text):
    read = _read(text)
    if isinstance(read, Treatment):
        assert Treatment.parse(str(read)) == read
    else:
        assert 0 <= read.position <= len(read.text)
        assert read.text == text
        assert read.reason


def _read(text: str) -> Treatment | TreatmentSyntaxError:
    try:
        return Treatment.parse(text)
    except TreatmentSyntaxError as error:
        return error


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 3),
        ("KLF1", 4),
        (":ko", 0),
        ("KLF1:", 5),
        ("KLF1:magic", 5),
        ("KLF1:ko@", 8),
        ("KLF1:ko@2", 8),
        ("KLF1:ko@-1", 8),
        ("KLF1:ko@0.5uM", 11),
        ("JQ1@1", 5),
        ("JQ1@uM", 4),
        ("JQ1@1parsec", 5),
        ("JQ1@-1uM", 4),
        ("KLF1:ko +", 9),
        ("KLF1:ko + + MYC:ko", 10),
        ("KLF1:ko MYC:ko", 5),
        ('"JQ1@1uM', 0),
        ('"" @1uM', 0),
        ('"JQ1"x@1uM', 5),
        ("control + KLF1:ko", 0),
        ("KLF1:ko + control", 10),
        ("KLF1:ko + MYC:ko + KLF1:ko@0.5", 19),
        ('"A+B":ko + "A+B":ko', 11),
        ("JQ1@1e+3uM + JQ1@2uM", 13),
    ],
)
def test_an_error_points_at_the_character(text, position):
    with pytest.raises(TreatmentSyntaxError) as caught:
        Treatment.parse(text)
    assert caught.value.position == position
    assert str(caught.value).splitlines()[-1] == "  " + " " * position + "^"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("control", "control"),
        (" CONTROL ", "control"),
        ("KLF1:CRISPRa", "KLF1:crispra"),
        ("KLF1:crispra@1.0", "KLF1:crispra"),
        ("KLF1:crispra@.7", "KLF1:crispra@0.7"),
        ("MAP2K6:crispra+KLF1:crispra", "KLF1:crispra + MAP2K6:crispra"),
        ("vorinostat @ 1 µM", "vorinostat@1uM"),
        ("ruxolitinib@500nM + JAK2:knockout", "JAK2:ko + ruxolitinib@500nM"),
        ('"g(+)-JQ1"@1uM', '"g(+)-JQ1"@1uM'),
        ("vorinostat:drug", "vorinostat:compound"),
        ("vorinostat:compound@1uM", "vorinostat@1uM"),
        ('"control":ko', '"control":ko'),
    ],
)
def test_the_forms_that_people_type(text, printed):
    assert str(Treatment.parse(text)) == printed


def test_the_empty_treatment_is_control():
    assert Treatment.parse("control") == CONTROL
    assert str(CONTROL) == "control"


def test_a_text_without_end_is_refused_before_it_is_read():
    with pytest.raises(TreatmentSyntaxError, match="at most"):
        Treatment.parse("A:ko + " * 100_000)

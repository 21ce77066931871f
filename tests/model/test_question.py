from __future__ import annotations

import pytest

from xpert.data.responses import Condition
from xpert.model.question import Known, Question, classify
from xpert.perturbation import CONTROL, Treatment


def condition(text: str, context: str = "K562") -> Condition:
    return Condition(context, Treatment.parse(text))


TRAINING = [
    condition("A:crispra"),
    condition("B:crispra"),
    condition("A:crispra + C:crispra"),
    condition("drug@1uM"),
    condition("D:crispri", "A172"),
    condition("A:crispri", "A172"),
]


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        (condition("A:crispra"), Question.SEEN),
        (condition("C:crispra + A:crispra"), Question.SEEN),
        (condition("A:crispra + C:crispra", "A172"), Question.NEW_PAIR),
        (condition("D:crispri"), Question.NEW_PAIR),
        (condition("D:crispri", "T98G"), Question.SEEN_TREATMENT_NEW_CONTEXT),
        (condition("drug@2uM"), Question.NEW_DOSE),
        (condition("A:crispra@0.5"), Question.NEW_DOSE),
        (condition("drug@1000nM"), Question.SEEN),
        (condition("drug@2uM", "A172"), Question.NEW_PAIR),
        (condition("drug@2uM", "T98G"), Question.SEEN_TREATMENT_NEW_CONTEXT),
        (condition("A:crispra + B:crispra"), Question.BOTH_SINGLES_SEEN),
        (condition("B:crispra + C:crispra"), Question.ONE_SINGLE_SEEN),
        (condition("C:crispra + E:crispra"), Question.NO_SINGLE_SEEN),
        (condition("C:crispra"), Question.UNSEEN_GENE),
        (condition("A:ko"), Question.UNSEEN_GENE),
        (condition("other@1uM"), Question.UNSEEN_COMPOUND),
        (condition("drug@1uM + B:crispra"), Question.UNSEEN_MIXED),
        (condition("drug@1uM + other@1uM"), Question.ONE_SINGLE_SEEN),
    ],
)
def test_every_kind_of_question_is_told_apart(asked, question):
    assert classify(asked, TRAINING) is question


def test_singles_of_another_context_do_not_count_as_measured():
    assert classify(condition("A:crispra + B:crispra", "A172"), TRAINING) is Question.NO_SINGLE_SEEN


def test_control_and_zero_strength_are_known_even_without_training_data():
    assert classify(Condition("K562", CONTROL), []) is Question.SEEN
    assert classify(condition("drug@0uM"), []) is Question.SEEN


def test_a_part_of_zero_strength_does_not_make_a_combination():
    assert classify(condition("A:crispra + Z:crispra@0"), TRAINING) is Question.SEEN


def test_many_conditions_get_the_same_answers_as_one_by_one():
    known = Known.of(TRAINING)
    asked = [condition("A:crispra + B:crispra"), condition("drug@2uM")]
    assert [known.classify(c) for c in asked] == [classify(c, TRAINING) for c in asked]


def test_every_kind_has_words_for_people():
    assert len({question.label for question in Question}) == len(Question)

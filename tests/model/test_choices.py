"""Who answers what."""

from __future__ import annotations

import pytest

from xpert.model.choices import Choices
from xpert.model.question import Question

EVERYWHERE = dict.fromkeys(Question, "base")


def test_a_context_of_its_own_comes_before_what_holds_everywhere():
    choices = Choices(EVERYWHERE, {(Question.SEEN, "A549"): "no change"})
    assert choices.answering(Question.SEEN, "A549") == "no change"
    assert choices.answering(Question.SEEN, "K562") == "base"
    assert choices.answering(Question.UNSEEN_GENE, "A549") == "base"
    assert choices.names == {"base", "no change"}


def test_choices_come_back_as_they_were_written():
    choices = Choices(EVERYWHERE, {(Question.SEEN, "A549"): "no change"})
    assert Choices.restore(choices.config()) == choices


def test_every_kind_of_question_needs_an_answer():
    with pytest.raises(ValueError, match="no predictor answers"):
        Choices({Question.SEEN: "base"})


def test_every_answer_is_listed_with_whether_it_was_measured():
    choices = Choices(EVERYWHERE, {(Question.SEEN, "A549"): "no change"})
    listed = [(a.question, a.context, a.predictor, a.measured) for a in choices.answers([Question.SEEN])]
    assert listed[:2] == [(Question.SEEN, "", "base", True), (Question.SEEN, "A549", "no change", True)]
    assert len(listed) == len(Question) + 1
    assert not any(measured for question, _, _, measured in listed if question is not Question.SEEN)
    assert choices.answers([])[0].to_dict() == {
        "question": "seen",
        "label": Question.SEEN.label,
        "context": "",
        "predictor": "base",
        "measured": False,
    }

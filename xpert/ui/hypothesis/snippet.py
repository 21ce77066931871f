"""The Python lines that give the same verdict as the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.ui.hypothesis.asked import Asked

_BUNDLED = """\
from xpert.design.hypothesis import Hypothesis, weigh
from xpert.model.bundle import load_bundle

model = load_bundle({model})
hypothesis = Hypothesis.about({treatment}, {context}, {direction}, {what})
verdict = weigh(model, hypothesis)
verdict.sentences
"""

_OWN_DATA = """\
from xpert.data.open import open_dataset
from xpert.design.hypothesis import Hypothesis, weigh
from xpert.model.bundle import load_bundle
from xpert.prediction.controls import context_from_dataset

model = load_bundle({model})
dataset = open_dataset({file}, mapping={mapping})
cells = context_from_dataset(dataset, model, {context})
hypothesis = Hypothesis.about({treatment}, {context}, {direction}, {what})
verdict = weigh(model, hypothesis, cells{support})
verdict.sentences
"""


def python_lines(asked: Asked, *, file: str = "", mapping: Mapping[str, object] | None = None) -> str:
    """The lines for what is asked.

    Parameters
    ----------
    asked
        What the page shows.
    file
        Name of the reader's file, where it is about one.
    mapping
        Its confirmed mapping.
    """
    said = {
        "model": asked.model,
        "treatment": asked.treatment,
        "context": asked.context,
        "direction": asked.direction,
        "what": asked.what,
        "file": file,
    }
    quoted = {name: json.dumps(text, ensure_ascii=False) for name, text in said.items()}
    if not asked.data:
        return _BUNDLED.format(**quoted)
    support = ", support=dataset" if asked.support else ""
    return _OWN_DATA.format(**quoted, mapping=repr(dict(mapping or {})), support=support)

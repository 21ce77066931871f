"""What one reader's session holds; the only module that knows the keys of ``st.session_state``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.ui.plan import Plan

if TYPE_CHECKING:
    from xpert.prediction.prediction import Prediction
    from xpert.ui.upload import Upload

_STATE = "xpert"
_KEPT_RESULTS = 8


@dataclass
class Session:
    """One browser tab's data and choices; nobody else's, and gone when the tab is closed.

    Attributes
    ----------
    upload
        The reader's own data, or a simulated sample.
    plan
        What was asked last.
    shown
        Query of the plan that the controls show, so that a link or the back button resets them.
    results
        Predictions by plan, the latest last.
    basket
        Text forms of treatments to predict beside the one in the builder.
    computed
        What was computed from the reader's data.
    uploads
        How many files were offered; a new number empties the upload box.
    """

    upload: Upload | None = None
    plan: Plan | None = None
    shown: Plan | None = None
    results: dict[Plan, list[Prediction]] = field(default_factory=dict)
    basket: list[str] = field(default_factory=list)
    computed: dict[tuple[str, ...], Any] = field(default_factory=dict)
    uploads: int = 0

    def keep_result(self, plan: Plan, predictions: list[Prediction]) -> None:
        """Remember predictions, and drop the oldest beyond a few."""
        self.results[plan] = predictions
        while len(self.results) > _KEPT_RESULTS:
            self.results.pop(next(iter(self.results)))

    def use(self, upload: Upload) -> None:
        """Take other data in the place of the present ones."""
        self.forget_data()
        self.upload = upload

    def forget_data(self) -> None:
        """Drop the reader's data and everything that was computed from them."""
        self.upload = None
        self.uploads += 1
        self.computed = {}
        self.results = {plan: kept for plan, kept in self.results.items() if not plan.data}
        if self.plan is not None and self.plan.data:
            self.plan = None


def current() -> Session:
    """The session of the reader who asks."""
    if _STATE not in st.session_state:
        st.session_state[_STATE] = Session()
    found: Session = st.session_state[_STATE]
    return found


def asked() -> Plan | None:
    """The plan that stands in the page's URL.

    Raises
    ------
    InputError
        When the URL cannot be read.
    """
    names = ("model", "context", "treat", "data", "support")
    return Plan.from_query({name: st.query_params.get_all(name) for name in names})


def ask(plan: Plan) -> None:
    """Write a plan into the page's URL, and remember it as the one that the controls show."""
    current().plan = current().shown = plan
    st.query_params.from_dict(plan.query)


def value(key: str, default: Any = None) -> Any:  # noqa: ANN401 - each widget has its own type
    """The value of the widget `key`, or `default` where it has none yet."""
    return st.session_state.get(key, default)


def put(key: str, new: Any) -> None:  # noqa: ANN401
    """Set the widget `key`; only before it is drawn, or in a callback."""
    st.session_state[key] = new


def has(key: str) -> bool:
    """Whether the widget `key` has a value."""
    return key in st.session_state

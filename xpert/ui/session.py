"""What one reader's session holds; the only module that knows the keys of ``st.session_state``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.ui.plan import Plan
from xpert.ui.sweep import watch

if TYPE_CHECKING:
    from xpert.prediction.prediction import Prediction
    from xpert.ui.project.schema import Query, SavedFile
    from xpert.ui.screen.jobs import Job
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
    page
        Name of the page in the browser.
    addresses
        Query of each page that was visited, as it was last drawn.
    restored
        Query of each page of a reopened project that was not visited since.
    awaited
        The file that a reopened project was made with and does not hold.
    told
        What was to be said of the project that was reopened last.
    is_tour_hidden
        Whether the guided tour was put away.
    screen
        The screen that was asked for last.
    ranked
        The last one that has a result.
    """

    upload: Upload | None = None
    plan: Plan | None = None
    shown: Plan | None = None
    results: dict[Plan, list[Prediction]] = field(default_factory=dict)
    basket: list[str] = field(default_factory=list)
    computed: dict[tuple[str, ...], Any] = field(default_factory=dict)
    uploads: int = 0
    page: str = ""
    addresses: dict[str, Query] = field(default_factory=dict)
    restored: dict[str, Query] = field(default_factory=dict)
    awaited: SavedFile | None = None
    told: tuple[str, ...] = ()
    is_tour_hidden: bool = False
    screen: Job | None = None
    ranked: Job | None = None

    def visit(self, page: str, query: Query) -> None:
        """Remember how a page was last drawn."""
        self.addresses[page] = query
        self.restored.pop(page, None)

    def keep_result(self, plan: Plan, predictions: list[Prediction]) -> None:
        """Remember predictions, and drop the oldest beyond a few."""
        self.results[plan] = predictions
        while len(self.results) > _KEPT_RESULTS:
            self.results.pop(next(iter(self.results)))

    def use(self, upload: Upload) -> None:
        """Take other data in the place of the present ones."""
        awaited, plan, restored = self.awaited, self.plan, dict(self.restored)
        self.forget_data()
        self.upload = upload
        if awaited is not None and awaited.sha256 == upload.sha256:
            self.plan, self.restored = plan, restored
        else:
            self.awaited = awaited

    def forget_data(self) -> None:
        """Drop the reader's data and everything that was computed from them."""
        self.upload = None
        self.uploads += 1
        self.computed = {}
        self.results = {plan: kept for plan, kept in self.results.items() if not plan.data}
        self.awaited = None
        self.plan, self.shown = (None if p is not None and p.data else p for p in (self.plan, self.shown))
        for queries in (self.addresses, self.restored):
            for page in [page for page, query in queries.items() if "data" in query]:
                queries[page] = {}

    def forget_all(self) -> None:
        """Drop everything, as at the end of the session."""
        self.forget_data()
        self.results, self.basket, self.plan, self.shown = {}, [], None, None
        self.addresses, self.restored, self.told = {}, {}, ()
        if self.screen is not None:
            self.screen.cancel()
            self.screen = None


def current() -> Session:
    """The session of the reader who asks."""
    if _STATE not in st.session_state:
        st.session_state[_STATE] = Session()
        watch(st.session_state[_STATE])
    found: Session = st.session_state[_STATE]
    return found


def begin(new: Session) -> None:
    """Put another session in the place of the present one: of the controls too, nothing is left."""
    old = current()
    old.forget_all()
    new.uploads = old.uploads + 1  # or the upload boxes would still hold their files
    st.session_state.clear()
    st.session_state[_STATE] = new
    watch(new)


def note(page: str = "") -> None:
    """Remember how `page`, or else the page in the browser, was last drawn."""
    found = current()
    found.page = page or found.page
    found.visit(found.page, {name: st.query_params.get_all(name) for name in st.query_params})


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


def drop(key: str) -> None:
    """Forget the widget `key`, so that it starts afresh; only before it is drawn, or in a callback."""
    st.session_state.pop(key, None)

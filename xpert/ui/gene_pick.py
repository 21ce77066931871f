"""The genes that a reader wants to see: typed with completion, by any of their names, or pasted as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.data.gene_list import LONGEST, GeneList, words
from xpert.ui import session
from xpert.ui.frame import guarded
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_TYPED = 60


def typed_key(plan: str) -> str:
    """Key of the field with completion."""
    return f"genes typed {plan}"


def paste_key(plan: str) -> str:
    """Key of the field for a list."""
    return f"genes to paste {plan}"


def _list_key(plan: str) -> str:
    return f"genes pasted {plan}"


def _told_key(plan: str) -> str:
    return f"genes told {plan}"


def draw(plan: str, genes: Sequence[str]) -> None:
    """Draw both fields, and what was not found.

    Parameters
    ----------
    plan
        A name for what is shown; the choice stays while its treatments are looked at in turn.
    genes
        Genes that can be shown.
    """
    known = sorted(genes)
    field, button = st.columns([5, 2], vertical_alignment="bottom")
    field.multiselect(
        "Find genes",
        known,
        key=typed_key(plan),
        accept_new_options=True,
        select_all=False,
        max_selections=_MOST_TYPED,
        placeholder="GATA1, p53, HBG*",
        on_change=_take_typed,
        args=(plan, known),
        help="Type a symbol; aliases, older symbols and Ensembl ids are understood, and HBG* finds all that begin so.",
    )
    with button.popover("Paste", icon=":material/content_paste:", width="stretch"):
        st.text_area(
            "Genes, apart by lines, commas or spaces", key=paste_key(plan), height=160, max_chars=200_000
        )
        st.button("Show these genes", on_click=_take_pasted, args=(plan, known), key=f"show {plan}")
    for sentence in session.value(_told_key(plan), ()):
        st.caption(escaped(sentence, longest=700))


def chosen(plan: str) -> list[str]:
    """The genes that were asked for, in the order in which they were."""
    return list(dict.fromkeys([*session.value(typed_key(plan), []), *session.value(_list_key(plan), [])]))


def label(plan: str) -> str:
    """How many genes were pasted, for the line over a narrowed table; empty without any."""
    pasted = session.value(_list_key(plan), [])
    return f"{counted(len(pasted), 'gene')} from your list" if pasted else ""


def clear(plan: str) -> None:
    """Forget every choice; in a callback."""
    session.put(typed_key(plan), [])
    session.put(_list_key(plan), [])
    session.put(_told_key(plan), ())


def read(names: Sequence[str], genes: Sequence[str]) -> GeneList:
    """Sort names; one that ends in ``*`` stands for every gene that begins so."""
    spread: list[str] = []
    for name in names[:LONGEST]:
        stem = name.rstrip("*").casefold()
        hits = [g for g in genes if g.casefold().startswith(stem)] if name.endswith("*") and stem else []
        spread += hits or [name]
    return GeneList.read(spread, genes)


@guarded
def _take_typed(plan: str, genes: Sequence[str]) -> None:
    """Take other names for the genes that they mean, and put away what means none."""
    found = read(session.value(typed_key(plan), []), genes)
    session.put(typed_key(plan), list(found.genes[:_MOST_TYPED]))
    session.put(_told_key(plan), found.sentences)


@guarded
def _take_pasted(plan: str, genes: Sequence[str]) -> None:
    """Show the genes of the list, and say which were not found."""
    found = read(words(str(session.value(paste_key(plan), ""))), genes)
    session.put(_list_key(plan), list(found.genes))
    told = (f"{counted(len(found.genes), 'gene')} of your list found.", *found.sentences)
    session.put(_told_key(plan), told)

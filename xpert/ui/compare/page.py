"""What the page shows, from top to bottom."""

from __future__ import annotations

import streamlit as st


def draw() -> None:
    """Draw the page."""
    st.info("This page is being built.")

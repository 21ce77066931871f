"""Everything that imports streamlit: pages are put together from these parts."""

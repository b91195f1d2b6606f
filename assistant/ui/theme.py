"""The product's own look beyond Streamlit's theme: logo, icon, style sheet."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

STATIC = Path(__file__).parent / "static"
ICON = str(STATIC / "icon.svg")


def apply_theme() -> None:
    """Show the logo and load the style sheet."""
    st.logo(str(STATIC / "logo.svg"), size="large", icon_image=ICON)
    st.html(STATIC / "app.css")

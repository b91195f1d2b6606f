"""The way back of an edited Excel."""

from __future__ import annotations

from assistant.ui.assessments_data import Opened


def show_import(opened: Opened) -> None:
    """Upload, preview, apply."""

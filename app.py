"""The web app: page, language, pages. What they show is in assistant/ui."""

from __future__ import annotations

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import FIRST, explain, tr
from assistant.ui import session, theme
from assistant.ui.pages import all_pages
from assistant.ui.sidebar import show_sidebar


def main() -> None:
    """Configure the page, then run the one that the address names; what goes wrong is said in words."""
    st.set_page_config(page_title=tr("app.name", FIRST), page_icon=theme.ICON, layout="centered")
    theme.apply_theme()
    try:
        session.language()
        page = st.navigation(all_pages())
        show_sidebar()
        page.run()
    except AssistantError as error:
        st.error(explain(error, st.session_state.get("language", FIRST)))


main()

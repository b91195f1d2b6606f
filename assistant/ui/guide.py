"""The guide page: browse by category, search, or read one topic."""

from __future__ import annotations

import streamlit as st

from assistant.i18n import tr
from assistant.models import Topic
from assistant.ui.browser import land_on
from assistant.ui.citations import written_in
from assistant.ui.guide_search import SEARCH_PARAM, show_search
from assistant.ui.guide_topic import show_topic
from assistant.ui.markup import label
from assistant.ui.pages import SECTION_PARAM, TOPIC_PARAM, guide_page
from assistant.ui.session import language, words
from assistant.ui.topics import by_category, category_name, topics


def show_guide() -> None:
    """One topic where the address names it, else the way to all of them."""
    wanted = st.query_params.get(TOPIC_PARAM)
    restate_address((TOPIC_PARAM, SECTION_PARAM) if wanted else (SEARCH_PARAM,))
    if not wanted:
        land_on("", "contents")
        show_contents()
        return
    st.page_link(guide_page(), label=words("guide.back"), icon=":material/arrow_back:")
    topic = topics().get(wanted)
    if topic is None:
        land_on("", "unknown")
        st.warning(words("guide.unknown"))
    else:
        st.set_page_config(page_title=f"{topic.title} · {tr('app.name', language())}")
        show_topic(topic, st.query_params.get(SECTION_PARAM, ""))


def restate_address(names: tuple[str, ...]) -> None:
    """Write the parameters named, and no others, into the address: a link from this page to itself does not change it by itself."""
    st.query_params.from_dict({name: st.query_params[name] for name in names if name in st.query_params})


def show_contents() -> None:
    """Search, and every topic under its categories."""
    st.title(words("guide.title"), anchor=False)
    st.markdown(words("guide.line", topics=len(topics())))
    if show_search():
        return
    with st.container(key="categories"):
        for category, group in by_category().items():
            with st.container(border=True, gap="xxsmall", key=f"category-{category}"):
                st.html(f'<h2 class="category">{category_name(category)}</h2>')
                show_links(group)


def show_links(group: list[Topic]) -> None:
    """Topics as links."""
    for topic in group:
        st.page_link(guide_page(), label=label(written_in(topic.title, topic.language)), icon="", query_params={TOPIC_PARAM: topic.id})

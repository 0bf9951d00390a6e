"""The application: run as a script for each view of its first page, Inspect, and imported once by the server."""

import streamlit as st

if __name__ == "__main__":
    from ui.inspect.page import inspect_page

    inspect_page()
else:
    from ui.server import lifespan, show_failure

    app = st.App(__file__, lifespan=lifespan, on_script_error=show_failure)

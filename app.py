"""The application: run as a script for each view of its first page, Inspect, and imported once by the server."""

import streamlit as st

if __name__ == "__main__":
    from ui.inspect.page import inspect_page

    inspect_page()
else:
    from starlette.middleware import Middleware

    from ui.access import Access
    from ui.server import lifespan, show_failure

    app = st.App(__file__, lifespan=lifespan, middleware=[Middleware(Access)], on_script_error=show_failure)

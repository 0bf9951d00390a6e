"""The application: run as a script for each view of its first page, Inspect, and imported once by the server."""

import streamlit as st

if __name__ == "__main__":
    from ui.inspect.page import inspect_page

    inspect_page()
else:
    from starlette.middleware import Middleware

    from ui.access import Access
    from ui.server import AfterImports, lifespan, show_failure

    middleware = [Middleware(Access), Middleware(AfterImports)]
    app = st.App(__file__, lifespan=lifespan, middleware=middleware, on_script_error=show_failure)

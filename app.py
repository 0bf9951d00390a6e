"""The application: run for every view of its first page, Inspect; imported once by the server that it declares."""

import streamlit as st

if __name__ == "__main__":
    from ui.inspect.page import inspect_page

    inspect_page()
else:
    from ui.server import say_failed, starting

    app = st.App(__file__, lifespan=starting, on_script_error=say_failed)

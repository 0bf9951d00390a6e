"""The parts of the pages: one folder per page, and the folders that pages share.

A page is a file in `pages/` that calls `open_page` first, a line in `shared/menu.py`, and a row in `shared/fields.py`
for each entry of its address. Imports go one way: a page's folder → `arithmetic`, `matrices` → `shared` →
`words` → `components` → `attention_core`.
"""

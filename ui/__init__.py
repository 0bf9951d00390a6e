"""What pages are made of: one folder a page, and the folders that pages share.

A page is a file in `pages/` that calls `open_page` first, a line in `shared/menu.py`, and a row in `shared/fields.py`
for each thing that its address holds. Imports go one way: a page's folder → `arithmetic`, `matrices` → `shared` →
`words` → `components` → `attention_core`.
"""

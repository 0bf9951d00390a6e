"""What every page needs: its address and menu, the model and its input, and the parts that several pages show.

- The address: `fields` is the table of what it holds, `readers` clean it, `selection` is what is chosen now, `trail`
  the numbers that are opened.
- The page: `menu`, `page`, `palette`.
- The model: `offer` says which there may be, `shelf` keeps those that are loaded, `models` chooses one.
- What it reads: `controls`, `pictures`, `image_box`, `continuation`; what is shown of it: `shown`, `tokens_box`.
"""

"""What every page needs: its address and menu, the model and its input, and the parts that several pages show.

- The address: `fields` is the table of its entries, `readers` parse them, `selection` is the current choice, `trail`
  the numbers that are opened.
- The page: `menu`, `page`, `palette`.
- The model: `offer` lists the models a page may load, `model_cache` keeps the loaded ones, `models` chooses one.
- The model's input: `controls`, `pictures`, `image_box`, `continuation`.
- Its run: `runs`, kept in `run_cache`; the queue of `long_runs`, and their `product_threads`; the part on screen:
  `shown`, `tokens_box`.
"""

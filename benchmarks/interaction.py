"""How long the pages take to respond, in Chromium on this machine: medians compared with limits."""

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import numpy as np

from attention_core.lessons.lesson import Lesson
from attention_core.lessons.lesson_file import to_address
from ui.components.heatmap import Tokens, heatmap_payload

RUNS = 7
BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


def sentence_of(tokens: int) -> str:
    """A sentence of this many tokens, [CLS] and [SEP] included."""
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "two", "old", "men", "talk", "of", "rain"]
    return " ".join(words[i % len(words)] for i in range(tokens - 2))


def wait_for_server(port: int) -> None:
    """Wait until a server listens, without keeping the browser busy."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)


def wait_for_page(page: Any) -> None:
    """Wait until heatmap, graph and arithmetic are shown."""
    page.locator(".heatmap[data-weight]").wait_for()
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for()
    page.get_by_role("region", name="Arithmetic").wait_for()


def median(act: Callable[[int], None], runs: int = RUNS) -> float:
    """The median time of an action, in milliseconds."""
    times = []
    for i in range(runs):
        start = time.perf_counter()
        act(i)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


# Measured in the page, to exclude the driver's round trips: from the click to the frame after the arithmetic changed.
WATCH = """() => {
    const roots = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
    const root = roots.find((one) => one?.querySelector('section[data-weight]'))
    window.lab = {}
    document.addEventListener('click', () => { lab.start = performance.now(); lab.took = null }, true)
    new MutationObserver(() => requestAnimationFrame(() => { lab.took ??= performance.now() - lab.start }))
        .observe(root, { childList: true })
}"""


def clicks(page: Any, n: int) -> float:
    """The median time from a click on a cell to its arithmetic, in milliseconds."""
    root = page.locator(".heatmap")
    left, top, cell = (float(root.get_attribute(f"data-{name}")) for name in ("left", "top", "cell"))
    box = page.locator(".heatmap canvas.cells").bounding_box()
    page.evaluate(WATCH)
    times = []
    for i in range(RUNS):
        position = 3 + (5 * i) % (n - 6)
        page.mouse.click(box["x"] + left + (position + 0.5) * cell, box["y"] + top + (position + 1.5) * cell)
        page.wait_for_function("window.lab.took")
        times.append(page.evaluate("window.lab.took"))
        time.sleep(0.3)  # as a person pauses before the next click
    return statistics.median(times)


# The same for an edited number: until the last cell of the output has changed.
WATCH_EDIT = """() => {
    const roots = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
    const root = roots.find((one) => one?.querySelector('figure[data-name]'))
    window.lab = {}
    const began = (e) => { if (e.key === 'Enter') { lab.start = performance.now(); lab.took = null } }
    document.addEventListener('keydown', began, true)
    new MutationObserver(() => requestAnimationFrame(() => { lab.took ??= performance.now() - lab.start }))
        .observe(root.querySelector('figure[data-name=out] td[data-row="11"][data-column="7"]'),
                 { childList: true, characterData: true, subtree: true })
}"""


def edits(page: Any) -> float:
    """The median time from Enter in a cell of the largest worked example to its new output, in milliseconds."""
    page.evaluate(WATCH_EDIT)
    times = []
    for i in range(RUNS):
        cell = page.locator('figure[data-name="x"] td[data-row="11"][data-column="3"]')
        cell.focus()
        page.keyboard.press("Enter")
        page.keyboard.type(f"{1 + i / 8}")
        page.keyboard.press("Enter")
        page.wait_for_function("window.lab.took")
        times.append(page.evaluate("window.lab.took"))
        time.sleep(0.4)
    return statistics.median(times)


def largest_lesson() -> str:
    """The address of a worked example of 12 words and 8 dimensions, from X to the output."""
    rng = np.random.default_rng(3)
    sizes = {"X": (12, 8)} | dict.fromkeys(("W_Q", "W_K", "W_V", "W_O"), (8, 8))
    numbers = {name: tuple(map(tuple, rng.normal(size=size).round(2).tolist())) for name, size in sizes.items()}
    return to_address(Lesson(words=tuple(map(str, range(12))), entry="x", n_heads=1, numbers=numbers))


def main() -> int:
    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, results = f"http://127.0.0.1:{port}", []

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=BROWSER_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        start = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for_server(port)
            page.goto(url)
            wait_for_page(page)
            results.append(("server start to painted page", 1000 * (time.perf_counter() - start), 4000, "ms"))

            def load(_: int) -> None:
                page.goto(url)
                wait_for_page(page)

            results.append(("page load", median(load), 1500, "ms"))
            for n, limit in ((64, 200), (256, 300)):
                page.goto(f"{url}/?text={urllib.parse.quote(sentence_of(n))}")
                wait_for_page(page)
                results.append((f"click on a cell, {n} tokens", clicks(page, n), limit, "ms"))

            def retype(i: int) -> None:
                n = 63 + i % 2
                page.get_by_label("Sentence").fill(sentence_of(n))
                page.get_by_label("Sentence").press("Enter")
                page.locator(f".heatmap[data-n='{n}']").wait_for()
                wait_for_page(page)

            results.append(("new sentence, 64 tokens", median(retype), 500, "ms"))
            page.goto(f"{url}/worked_example?lesson={largest_lesson()}")
            page.locator('figure[data-name="out"]').wait_for()
            page.get_by_role("region", name="Arithmetic").wait_for()
            results.append(("edit of a 12 × 8 example", edits(page), 150, "ms"))
        finally:
            server.terminate()
            browser.close()
    for n, limit in ((128, 220), (256, 850)):
        pattern = np.full((12, n, n), 1 / n, np.float32)
        tokens = Tokens(["token"] * n, [False] * n)
        size = len(heatmap_payload(pattern, tokens, None, [str(h) for h in range(12)])) / 1000
        results.append((f"twelve heads, {n} tokens", size, limit, "KB"))
    missed = 0
    for name, value, most, unit in results:
        missed += value > most
        print(f"{name:32} {value:8.0f} {unit} (limit {most}){'  MISSED' if value > most else ''}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())

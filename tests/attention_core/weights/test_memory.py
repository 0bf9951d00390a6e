"""The memory that weights may take."""

import gc

import pytest

from attention_core.errors import SettingError
from attention_core.weights import memory
from attention_core.weights.memory import SETTING, MemoryBudget, limit, machine_memory, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("2GB", 2 * 10**9), ("1.5 gb", 15 * 10**8), ("512MiB", 512 << 20), ("3K", 3000), ("7 B", 7),
     ("1TiB", 1 << 40), (" 12345 ", 12345)],
)  # fmt: skip
def test_sizes_are_parsed(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["lots", "-1", "2 XB", "1,5GB", "GB", "1e9", "nan", "2GB 3", "٣GB", "9" * 400, "9" * 400 + "TB"]
)
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(SettingError, match=f"{SETTING} = .* is not an amount of memory.*such as 512MB or 2GB"):
        parse_size(text)


def test_the_environment_sets_the_limit(monkeypatch):
    monkeypatch.setenv(SETTING, "3MB")
    assert limit() == 3_000_000


@pytest.mark.parametrize("said", [None, "", " "])
def test_the_default_is_half_of_the_machines_memory(monkeypatch, said):
    monkeypatch.delenv(SETTING, raising=False)
    if said is not None:
        monkeypatch.setenv(SETTING, said)
    assert limit() == machine_memory() // 2 > 1 << 28


@pytest.mark.parametrize(("text", "size"), [("1000000\n", 1_000_000), ("max\n", 1 << 33)])
def test_a_container_has_less_than_its_machine(monkeypatch, tmp_path, text, size):
    monkeypatch.setattr(memory.os, "sysconf", lambda name: 1 << (12 if name == "SC_PAGE_SIZE" else 21))
    monkeypatch.setattr(memory, "CONTAINER_LIMIT", tmp_path / "memory.max")
    assert machine_memory() == 1 << 33
    memory.CONTAINER_LIMIT.write_text(text)
    assert machine_memory() == size


def test_memory_is_freed_with_its_owner(monkeypatch):
    class Owner:
        pass

    monkeypatch.setenv(SETTING, "100")
    shared, first, second = MemoryBudget(), Owner(), Owner()
    assert shared.take(70, first)
    assert not shared.take(31, second)
    assert shared.take(30, second)
    del first
    gc.collect()
    assert shared.take(70, Owner())

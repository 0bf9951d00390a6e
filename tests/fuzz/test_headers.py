"""Headers and indices of checkpoints with any content: read, or refused by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import attention_core as ac
from attention_core.weights.tensors import INDEX, WEIGHTS, Tensors
from tests.fuzz.bounded import JSON, bounded, examples, mutated
from tests.gguf_files import write_variant

NUMBERS = bytes(range(48))


def header():
    """A header of four tensors in 48 bytes."""
    tensors = {"a": ("F32", [2, 3], 24), "b": ("BF16", [4], 8), "c": ("F16", [2, 1, 2], 8), "d": ("F32", [2], 8)}
    entries, end = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, size) in tensors.items():
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    return entries


def read_all(folder):
    tensors = Tensors(folder)
    for name in tensors:
        assert tensors.read(name).nbytes <= 2 * len(NUMBERS)
        for other in tensors:
            tensors.same(name, other)


@examples(60, 1500)
@given(data=st.data(), cut=st.integers(0, 60), more=st.binary(max_size=3))
def test_a_header(tmp_path_factory, data, cut, more):
    folder = tmp_path_factory.mktemp("header")
    raw = json.dumps(mutated(data.draw, header())).encode()
    content = len(raw).to_bytes(8, "little") + raw + NUMBERS
    (folder / WEIGHTS).write_bytes(content[: len(content) - cut * data.draw(st.booleans())] + more)
    with bounded():
        read_all(folder)


@examples(30, 800)
@given(data=st.data())
def test_the_bytes_of_a_header(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("header")
    raw = json.dumps(header()).encode()
    content = bytearray(len(raw).to_bytes(8, "little") + raw + NUMBERS)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[at] = data.draw(st.integers(0, 255))
    (folder / WEIGHTS).write_bytes(content)
    with bounded():
        read_all(folder)


@pytest.fixture(scope="module")
def gguf_bytes(tmp_path_factory):
    return write_variant(tmp_path_factory.mktemp("gguf"), "llama-32")[1].read_bytes()


@examples(40, 1500)
@given(data=st.data())
def test_the_bytes_of_a_gguf_header(tmp_path_factory, gguf_bytes, data):
    path, content = tmp_path_factory.mktemp("gguf") / "model.gguf", bytearray(gguf_bytes)
    for at in data.draw(st.lists(st.integers(0, 6_500), max_size=5)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.one_of(st.none(), st.integers(0, len(content))))])
    with bounded():
        ac.load(path).trace(ids=[1, 2, 3])


@examples(30, 500)
@given(data=st.data())
def test_an_index(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("index")
    raw = json.dumps(header()).encode()
    (folder / "x.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw + NUMBERS)
    index = {"metadata": {"total_size": 48}, "weight_map": dict.fromkeys("abcd", "x.safetensors")}
    names = st.sampled_from(["../x.safetensors", "y.safetensors", "x"])
    (folder / INDEX).write_text(json.dumps(mutated(data.draw, index, JSON | names)))
    with bounded():
        read_all(folder)

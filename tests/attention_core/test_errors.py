"""Messages: long names and values from a model's files are shortened."""

import pytest

from attention_core.config.model_config import ModelConfig
from attention_core.errors import MAX_MESSAGE, CheckpointError, UnsupportedConfigError, is_panic, shorten_middle
from attention_core.families.reading.configuration import read_config
from attention_core.families.registry import family_of
from tests.attention_core.configurations import BERT


def test_a_text_keeps_its_beginning_and_end():
    assert shorten_middle("a" * 30, 30) == "a" * 30
    assert shorten_middle("a" * 30 + "b" * 31, 30) == "a" * 20 + " … " + "b" * 10


def test_long_words_and_long_messages_are_shortened():
    short = "y" * 199
    assert str(CheckpointError(f"'{'x' * 10**6}' has no {short}.")) == f"'{'x' * 39} … {'x' * 19}' has no {short}."
    assert len(str(CheckpointError("x " * 10**6))) == MAX_MESSAGE + 3


def test_a_message_can_always_be_written():
    assert str(CheckpointError("There is no 'a\ud800b\udfff'.")).encode().decode() == "There is no 'a\ufffdb\ufffd'."


def test_a_panic_is_known_by_its_class():
    assert is_panic(type("PanicException", (BaseException,), {})("oops"))
    others = KeyboardInterrupt(), SystemExit(), ValueError(), type("PanicException", (Exception,), {})()
    assert not any(map(is_panic, others))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "x" * 10**6}, r"^Models of type 'x+ … x+' are not supported\. Supported: albert,.*\. Use"),
        ({"auto_map": {str(i): f"a.A{i:05}" for i in range(20_000)}}, r"a\.A00000, .*a\.A00002 and 19997 more\. It"),
        ({"hidden_act": "x" * 10**6}, r"^hidden_act = 'x+ … x+' is not supported; supported: 'gelu'"),
        ({"hidden_size": int("9" * 4000)}, r"^d_model must be a whole number from 1 to 2147483648, got 9+ … 9+\. Use"),
    ],
)
def test_long_values_of_a_configuration_are_shortened(change, said):
    raw = BERT | change
    with pytest.raises(UnsupportedConfigError, match=said) as raised:
        read_config(family_of(raw), raw)
    assert len(str(raised.value)) < 700


def test_the_errors_of_a_configuration_are_shortened_too():
    with pytest.raises(UnsupportedConfigError, match=r"activation must be one of gelu.* … "):
        ModelConfig(
            n_layers=1, n_heads=1, d_model=2, d_head=2, d_mlp=2, d_vocab=2, n_ctx=2, causal=True, norm_eps=1e-5,
            activation="x" * 10**6,
        )  # fmt: skip

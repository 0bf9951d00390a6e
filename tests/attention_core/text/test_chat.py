"""A conversation in a model's chat template has the tokens that transformers gives it."""

import pytest

import attention_core as ac
from attention_core.errors import InputError
from tests.paths import BERT
from tests.random_model import GPT2, write_model
from tests.small_tokenizers import byte_level, sentencepiece, write_tokenizer

TEMPLATE = (
    "{{ bos }}{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('No tools.') }}{% endif %}"
    "<|endoftext|>{{ m.role }}\n{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant\n{% endif %}"
)
MESSAGES = [{"role": "system", "content": "The cat."}, {"role": "user", "content": "  ran, 猫?\n\nThe"}]


def with_template(folder, backend, **settings):
    write_model(folder, GPT2 | {"vocab_size": backend.get_vocab_size(), "n_positions": 300})
    write_tokenizer(folder, backend.to_str(), **settings)
    return ac.load(folder)


@pytest.mark.parametrize(
    ("backend", "settings"),
    [
        (byte_level, {"chat_template": TEMPLATE}),
        (sentencepiece, {"chat_template": TEMPLATE.replace("{{ bos }}", "<s>")}),
    ],
)
def test_a_conversation_has_the_tokens_of_transformers(tmp_path, backend, settings):
    from transformers import AutoTokenizer

    model = with_template(tmp_path, backend(), **settings)
    text = model.chat_text(MESSAGES)
    reference = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    expected = reference.apply_chat_template(MESSAGES, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert model.trace(text).ids == expected
    assert text.endswith("assistant\n")
    assert "system\nThe cat.\n<|endoftext|>user\n" in text


def test_a_template_in_its_own_file_is_read(tmp_path):
    model = with_template(tmp_path, byte_level())
    with pytest.raises(InputError, match="no chat template"):
        model.chat_text(MESSAGES)
    (tmp_path / "chat_template.jinja").write_text(TEMPLATE)
    assert ac.load(tmp_path).chat_text(MESSAGES).startswith("<|endoftext|>system")


def test_messages_that_a_template_refuses(tmp_path):
    model = with_template(tmp_path, byte_level(), chat_template=TEMPLATE)
    with pytest.raises(InputError, match=r"refuses these messages: No tools\."):
        model.chat_text([{"role": "tool", "content": "x"}])


def test_a_template_without_the_start_that_every_text_gets_is_refused(tmp_path):
    model = with_template(tmp_path, sentencepiece(), chat_template=TEMPLATE)
    with pytest.raises(InputError, match="leaves out special tokens"):
        model.chat_text(MESSAGES)


def test_models_without_a_template_say_so(minilm):
    for model in (minilm, ac.load(BERT)):
        with pytest.raises(InputError, match="no chat template"):
            model.chat_text(MESSAGES)

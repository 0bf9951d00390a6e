"""Ids, pieces and offsets are those of transformers, for every kind of tokenizer and every setting."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from tokenizers import Tokenizer as Backend

from attention_core.errors import MissingPackageError, TokenizerError
from attention_core.hub.catalogue import CATALOGUE
from attention_core.loading import local_entry_folder
from attention_core.text import auto_tokenizer as module
from attention_core.text.auto_tokenizer import read_tokenizer, target_tokenizer
from attention_core.text.tokenizer import read_tokenizer_json
from attention_core.text.tokenizer_limits import PARTS
from tests.paths import BERT, ROOT
from tests.small_tokenizers import KINDS, write_tokenizer
from tests.tokenizer_folders import BERT as BERT_CONFIG
from tests.tokenizer_folders import FAST, HARD, SLOW, lowercasing, trained, words, write

pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")


def reference(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def pieces(folder, text):
    return [token.piece for token in read_tokenizer(folder).encode(text)]


@pytest.mark.parametrize("kind", FAST)
def test_a_fast_tokenizer_is_that_of_transformers(tmp_path, kind):
    expected, tokenizer = reference(FAST[kind](tmp_path)), read_tokenizer(tmp_path)
    assert expected.is_fast
    for text in HARD:
        read = expected(text, return_offsets_mapping=True)
        tokens = tokenizer.encode(text)
        assert [token.id for token in tokens] == read["input_ids"], text
        assert [token.piece for token in tokens] == read.tokens()
        assert [(token.start, token.end) for token in tokens] == read["offset_mapping"], text
        assert all(token.placed for token in tokens)
    assert tokenizer.special_ids >= set(expected.all_special_ids)


@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_tokenizer_is_that_of_transformers_without_positions(tmp_path, kind):
    expected, tokenizer = reference(SLOW[kind](tmp_path)), read_tokenizer(tmp_path)
    for text in HARD:
        ids = expected(text)["input_ids"]
        tokens = tokenizer.encode(text)
        assert [token.id for token in tokens] == ids, text
        assert [token.piece for token in tokens] == expected.convert_ids_to_tokens(ids)
        assert {(token.start, token.end, token.placed) for token in tokens if not token.special} <= {(0, 0, False)}
        assert tokenizer.decode(ids)[0] == expected.decode(ids, skip_special_tokens=True)


def test_marian_reads_a_target_with_its_other_model(tmp_path):
    expected, tokenizer = reference(SLOW["marian"](tmp_path)), read_tokenizer(tmp_path)
    target = target_tokenizer(tokenizer)
    text = "The animal did not cross the street."
    ids = [[token.id for token in each.encode(text)] for each in (tokenizer, target, tokenizer)]
    assert ids[1] == expected(text_target=text)["input_ids"]
    assert ids[0] == ids[2] == expected(text)["input_ids"] != ids[1]


def test_the_settings_change_what_a_text_becomes(tmp_path):
    """The values that transformers 5.23 gives."""
    text = "The cat<new>"
    found = {}
    for kind in ("bert", "bert, cased", "bert, no post-processor", "bert, added", "words"):
        (tmp_path / kind).mkdir()
        found[kind] = pieces(FAST[kind](tmp_path / kind), text)
    split = ["[UNK]", "n", "##e", "##w", "[UNK]"]
    assert found["bert"] == found["bert, no post-processor"] == ["[CLS]", "the", "cat", *split, "[SEP]"]
    assert found["words"] == found["bert"]
    assert found["bert, cased"] == ["[CLS]", "[UNK]", "cat", *split, "[SEP]"]
    assert found["bert, added"] == ["[CLS]", "the", "cat", "<new>", "[SEP]"]
    for kind in ("gpt2", "gpt2, prefix"):
        (tmp_path / kind).mkdir()
        found[kind] = pieces(FAST[kind](tmp_path / kind), "cat ran")
    assert (found["gpt2"][0], found["gpt2, prefix"][0]) == ("cat", "Ġcat")


def test_the_default_model_takes_the_short_way_to_the_same_tokens():
    folder = local_entry_folder(CATALOGUE["minilm"])
    short, whole = read_tokenizer_json(folder / "tokenizer.json"), read_tokenizer(folder)
    assert len(HARD) >= 40
    for text in HARD:
        assert short.encode(text) == whole.encode(text)
    assert short.special_ids == whole.special_ids


def test_a_tokenizer_is_read_without_torch(tmp_path):
    FAST["words"](tmp_path)
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from attention_core.text.auto_tokenizer import read_tokenizer\n"
        f"print(*(token.piece for token in read_tokenizer(Path({str(tmp_path)!r})).encode('the cat')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.stdout, done.stderr) == ("[CLS] the cat [SEP]\n", "")


@pytest.mark.parametrize("absent", ["sentencepiece", "google.protobuf"])
def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, absent):
    FAST["t5"](tmp_path)
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == absent else find_spec(name))
    name = absent.replace("google.", "")
    with pytest.raises(MissingPackageError, match=rf"as spiece\.model, and reading it takes {name}: pip install"):
        read_tokenizer(tmp_path)


def test_files_of_another_class_are_named(tmp_path):
    write(tmp_path, BERT_CONFIG, {"merges.txt": "a b\n"})
    with pytest.raises(TokenizerError, match=r"merges\.txt is not a tokenizer: BertTokenizer reads .* or vocab\.txt"):
        read_tokenizer(tmp_path)


def test_code_of_a_repository_is_never_run(tmp_path):
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Mine: pass\n")
    write(tmp_path, {"model_type": "bert"}, words(), tokenizer_class="Mine",
          auto_map={"AutoTokenizer": ["mine.Mine", None]})  # fmt: skip
    with pytest.raises(TokenizerError, match=r"vocab\.txt is not a tokenizer"):
        read_tokenizer(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("files", "settings", "said"),
    [
        ({"tokenizer.json": b"\xff"}, {}, r"tokenizer\.json is not valid JSON"),
        ({"tokenizer_config.json": "[1]"} | words(), {}, r"tokenizer_config\.json must be a JSON object"),
        ({"added_tokens.json": "{"} | lowercasing(), {}, r"added_tokens\.json is not valid JSON"),
        (lowercasing(normalizer={"type": "Prepend", "prepend": "a" * 2001}), {}, "more than 2,000 characters of one"),
        (lowercasing(), {"added_tokens_decoder": {"70": {"content": "b" * 12_000_000}}}, "added tokens can have more"),
        (lowercasing(), {"fast_tokenizer_files": ["../x/tokenizer.4.0.json"]}, "names a tokenizer file"),
        ({"spiece.model": b"no model"}, {"tokenizer_class": "T5Tokenizer"}, r"spiece\.model is not a tokenizer"),
        (lowercasing(), {"tokenizer_class": 5}, r"tokenizer\.json is not a tokenizer"),
        ({"spiece.model": trained(), "config.json": '{"model_type": "t5"}'},
         {"added_tokens_decoder": {"5": {"content": 7}}}, r"spiece\.model is not a tokenizer"),
    ],
)  # fmt: skip
def test_a_broken_or_hostile_file_is_a_tokenizer_error(tmp_path, files, settings, said):
    write(tmp_path, BERT_CONFIG, files, **settings)
    with pytest.raises(TokenizerError, match=said):
        read_tokenizer(tmp_path)


def test_a_long_piece_of_sentencepiece_is_refused(tmp_path, monkeypatch):
    FAST["albert"](tmp_path)
    monkeypatch.setattr("attention_core.text.tokenizer_limits.MAX_UNIGRAM", 2)
    with pytest.raises(TokenizerError, match=r"has a piece of \d+ characters; the limit is 2"):
        read_tokenizer(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_of_a_backend_is_that_of_its_file(kind):
    backend = KINDS[kind]()
    content, expected = module.backend_content(backend), json.loads(backend.to_str())
    assert {part: content.get(part) for part in PARTS} == {part: expected[part] for part in PARTS}
    assert [token["content"] for token in content["added_tokens"]] == [
        token["content"] for token in expected["added_tokens"]
    ]


def test_the_stored_tokenizer_is_taken_as_it_is(tmp_path):
    text = (BERT / "tokenizer.json").read_text()
    write_tokenizer(tmp_path, text)
    (tmp_path / "config.json").write_text((BERT / "config.json").read_text())
    ids = [token.id for token in read_tokenizer(tmp_path).encode("w7 w9")]
    assert ids == Backend.from_str(text).encode("w7 w9").ids

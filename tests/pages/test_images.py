"""The pages with an image model, without a browser: every image, every step, uploads, and unusual addresses."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import attention_core as ac
from tests.images import write_vit
from tests.mounted import mounted
from tests.paths import APP
from ui.shared.pictures import DRAWN_PICTURES, resized


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_vit(tmp_path_factory.mktemp("vit"))


@pytest.fixture
def opened(monkeypatch, folder):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", f"small ViT={folder}")

    def go(page="app.py", **query):
        app = AppTest.from_file(APP, default_timeout=60)
        if page != "app.py":
            app.switch_page(page)
        for key, value in ({"model": "small ViT"} | query).items():
            app.query_params[key] = str(value)
        app.run()
        assert not app.exception
        return app

    return go


def overlay(app):
    """The header, the weights over the image, and its pixels."""
    for each in app.get("bidi_component"):
        sent = each.proto.bytes
        if each.proto.component_name == "attention_patches":
            (length,) = struct.unpack("<I", sent[:4])
            header = json.loads(sent[4 : 4 + length])
            n = len(header["tokens"])
            end = 4 + length + 4 * n * n
            weights = np.frombuffer(sent[4 + length : end], "<f4").reshape(n, n)
            pixels = np.frombuffer(sent[end:], np.uint8).reshape(header["height"], header["width"], 3)
            return header, weights, pixels
    raise AssertionError("no image is shown")


def arithmetic(app):
    return next(data for data in mounted(app) if "steps" in data)


@pytest.mark.parametrize("name", DRAWN_PICTURES)
def test_every_drawn_image_is_shown_with_the_models_own_weights(opened, folder, name):
    model = ac.load(folder)
    app = opened(image=name, layer=1, head=3, q=9, k=4)
    header, weights, pixels = overlay(app)
    expected = resized(DRAWN_PICTURES[name][1](), model.image)
    np.testing.assert_array_equal(pixels, expected)
    trace = model.trace(expected)
    np.testing.assert_allclose(weights, trace.pattern(1)[3], atol=1e-6)
    assert (header["rows"], header["columns"], header["query"], header["key"]) == (4, 7, 9, 4)
    assert float(arithmetic(app)["weight"]) == pytest.approx(float(trace.pattern(1)[3, 9, 4]), abs=1e-6)
    assert not app.text_area


def test_an_unlisted_model_is_not_called_trained(opened):
    badge = next(each.proto.body for each in opened().get("html") if "badge" in each.proto.body)
    assert "small ViT" in badge
    assert "trained" not in badge


def test_an_opened_pixel_says_where_it_is(opened):
    said = " ".join(arithmetic(opened(open="normalized.9.100~pixel.9.100"))["opened"]["words"])
    assert "The green channel of the pixel in row 12, column 20 of the image." in said
    assert "0 to 255" in said


@pytest.mark.parametrize("query", [{"hide": 1}, {"hide": 1, "renorm": 1, "q": 0}, {"head": "mean"}, {"graph": "all"}])
def test_every_display_option(opened, query):
    header, weights, _ = overlay(opened(**query))
    assert header["before"] == (0 if "hide" in query else 1)
    assert len(weights) == 28 + header["before"]


def test_an_address_with_an_uploaded_image_says_so_and_shows_another(opened, folder):
    app = opened(image="upload")
    assert any("an address cannot contain" in each.value for each in app.info)
    np.testing.assert_array_equal(overlay(app)[2], resized(DRAWN_PICTURES["shapes"][1](), ac.load(folder).image))


def test_junk_in_the_address(opened):
    app = opened(image="../etc/passwd")
    assert any("not valid" in each.value for each in app.info)
    overlay(app)


def test_an_uploaded_image_is_shown_and_a_broken_one_leaves_it(opened, folder):
    app, out = opened(), io.BytesIO()
    pixels = np.random.default_rng(4).integers(0, 256, (33, 21, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    app.file_uploader[0].upload("mine.png", out.getvalue(), "image/png").run()
    assert not app.exception
    expected = resized(pixels, ac.load(folder).image)
    np.testing.assert_array_equal(overlay(app)[2], expected)
    assert any("the address of this page does not contain it" in each.value for each in app.caption)
    app.file_uploader[0].upload("broken.png", out.getvalue()[:500], "image/png").run()
    assert not app.exception
    assert any("broken" in each.value for each in app.warning)
    np.testing.assert_array_equal(overlay(app)[2], expected)


@pytest.mark.parametrize("head", ["1", "mean"])
@pytest.mark.parametrize("step", range(1, 12))
def test_every_step_is_drawn(opened, step, head):
    app = opened("pages/step_by_step.py", step=step, head=head, image="house")
    assert any(f"{step} of 11" in each.proto.body for each in app.get("html"))
    overlay(app)
    grids = [{each["name"] for each in sent["matrices"]} for sent in mounted(app) if "matrices" in sent]
    assert len(grids) == (0 if step < 3 else 1)
    if step == 3:
        assert {"pixel", "mean", "std", "normalized", "W_patch", "patch_embedding", "W_pos", "embedding"} <= grids[0]
        matrices = {each["name"]: each for sent in mounted(app) for each in sent.get("matrices", ())}
        written = [(matrices[name]["sign"], matrices[name]["after"]) for name in ("pixel", "mean", "std", "W_patch")]
        assert written == [("(", ""), ("÷ 255 −", ")"), ("÷", ""), ("(Pixels, normalized) ×", "")]
        assert all(text.isdigit() for row in matrices["pixel"]["texts"] for text in row)


def test_a_worked_example_is_projected_from_a_head_over_patches(opened):
    app = opened("pages/worked_example.py", preset="sentence")
    assert not app.error
    badge = next(each.proto.body for each in app.get("html") if "badge" in each.proto.body)
    assert "projected from a head of small ViT" in badge
    assert "trained" not in badge
    (matrices,) = (sent["matrices"] for sent in mounted(app) if "matrices" in sent)
    words = next(each for each in matrices if each["name"] == "weight")["rows"]["labels"]
    assert len(words) == 12
    assert all(word == "[CLS]" or word[0] == "r" for word in words)

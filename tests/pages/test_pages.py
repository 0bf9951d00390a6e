"""The pages without a browser: every step and preset is drawn, junk is refused, nothing raises."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from attention_core.lessons.lesson_file import to_address
from attention_core.lessons.presets import PRESETS, preset
from tests.mounted import mounted
from tests.paths import APP


def opened(page, **query):
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page(f"pages/{page}.py")
    for key, value in query.items():
        app.query_params[key] = str(value)
    app.run()
    assert not app.exception
    return app


def grids(app):
    return [sent["matrices"] for sent in mounted(app) if "matrices" in sent]


def test_the_worked_example_shows_the_textbook():
    (matrices,) = grids(opened("worked_example"))
    weights = next(each for each in matrices if each["name"] == "weight")
    assert weights["texts"][5][7] == "0.2287"


@pytest.mark.parametrize("name", [*PRESETS, "sentence"])
@pytest.mark.parametrize("part", [0, 1])
def test_every_preset_is_drawn(name, part):
    (matrices,) = grids(opened("worked_example", preset=name, part=part))
    assert {"weight", "z"} <= {each["name"] for each in matrices}


def test_an_edited_lesson_comes_from_the_address():
    (matrices,) = grids(opened("worked_example", lesson=to_address(preset("paper"))))
    assert [each["texts"][0][0] for each in matrices if each["name"] == "q"] == ["1.0000"]


def sentences(app):
    return [each.value for each in app.caption] + [each.proto.body for each in app.get("html")]


def test_choosing_a_preset_changes_its_description():
    app = opened("worked_example")
    app.selectbox(key="_lesson_preset").select("random").run()
    assert any("Random Q, K and V; the same seed" in each for each in sentences(app))
    assert any("illustrative: numbers drawn at random" in each for each in sentences(app))
    assert not any("numbers checked against the computation" in each for each in sentences(app))
    app.selectbox(key="_lesson_preset").select("sentence").run()
    assert any("A real head in 3 dimensions" in each for each in sentences(app))
    assert any("projected from a head of" in each for each in sentences(app))
    assert app.text_area(key="_text").value.startswith("The animal")


def test_edited_numbers_are_described_as_edited():
    edited = to_address(replace(preset("textbook"), words=(*"abcdefgh",)))
    assert any(
        "of “A textbook's example” have been changed" in each
        for each in sentences(opened("worked_example", lesson=edited))
    )
    only_shown = to_address(replace(preset("textbook"), decimals=2))
    assert any("unscaled, as in the text" in each for each in sentences(opened("worked_example", lesson=only_shown)))
    shown = sentences(opened("worked_example", preset="sentence", lesson=edited))
    assert any("projected from a head of" in each and "then changed by hand" in each for each in shown)


def test_another_sentence_is_projected_again_with_the_same_display_settings():
    app = opened("worked_example", preset="sentence")
    app.number_input(key="_lesson_decimals_0").set_value(2).run()
    app.text_area(key="_text").set_value("My dog sleeps.").run()
    (matrices,) = grids(app)
    weights = next(each for each in matrices if each["name"] == "weight")
    assert weights["rows"]["labels"] == ["[CLS]", "my", "dog", "sleeps", ".", "[SEP]"]
    assert len(weights["texts"][0][0]) == len("0.12")
    assert not any("changed" in each for each in sentences(app))


def test_head_0_is_projected_where_the_average_was_chosen():
    app = opened("worked_example", preset="sentence", head="mean")
    assert any("head 0" in each.value for each in app.info)
    assert app.selectbox(key="_head").value == "0"
    assert "Average of heads" not in app.selectbox(key="_head").options


@pytest.mark.parametrize("junk", ["AAAA", "<b>", "x" * 30_000])
def test_a_broken_lesson_is_refused_and_the_textbook_shown(junk):
    app = opened("worked_example", lesson=junk)
    assert any("not valid" in each.value for each in app.info)
    (matrices,) = grids(app)
    assert next(each for each in matrices if each["name"] == "weight")["texts"][5][7] == "0.2287"


@pytest.mark.parametrize("head", ["1", "mean"])
@pytest.mark.parametrize("step", range(1, 12))
def test_every_step_is_drawn(step, head):
    app = opened("step_by_step", step=step, head=head)
    assert any(f"{step} of 11" in each.proto.body for each in app.get("html"))
    assert len(grids(app)) == (0 if step < 3 else 1)


@pytest.mark.parametrize("query", [{"step": "99"}, {"step": "x"}, {"at": "dim:-4"}, {"kind": "z"}, {"text": " "}])
def test_junk_in_the_address_of_a_step_is_cleaned(query):
    opened("step_by_step", **query)

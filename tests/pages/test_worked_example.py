"""The Worked example page without a browser: what counts as an edit, where a lesson comes from, what can be edited."""

from dataclasses import replace

import pytest

from attention_core.lessons.edits import with_flip, with_number
from attention_core.lessons.lesson_file import to_address
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.solve import INPUTS
from tests.pages.test_pages import grids, opened, sentences


def form_box(app):
    return next(each for each in app.button_group if each.key.startswith("_lesson_form"))


def changed_cells(app):
    (matrices,) = grids(app)
    return {each["name"]: each["before"] for each in matrices if each["before"]}


@pytest.mark.parametrize("form", ["fraction", "paper"])
@pytest.mark.parametrize("name", ["textbook", "random_heads", "sentence"])
def test_another_form_of_the_digits_is_no_edit(name, form):
    app = opened("worked_example", preset=name)
    form_box(app).set_value(form).run()
    assert not changed_cells(app)
    assert not any("changed" in each for each in sentences(app))
    app.number_input(key="_lesson_decimals_0").set_value(2).run()
    assert not changed_cells(app)


def test_an_edit_is_counted_in_the_form_that_is_shown():
    app = opened("worked_example", preset="paper")
    form_box(app).set_value("fraction").run()
    app.session_state["selection"] |= {"lesson": to_address(replace(with_number(preset("paper"), "V", 2, 3, 0.5),
                                                                    form="fraction"))}  # fmt: skip
    app.run()
    changed = changed_cells(app)
    assert changed["v"] == {"2,3": "1"}
    assert changed.keys() == {"v", "z"}
    assert any("4 numbers changed. Values [here, 3]: 1 → 1/2" in each for each in sentences(app))


@pytest.mark.parametrize("name", PRESETS)
def test_only_the_given_matrices_can_be_edited(name):
    """From X, the queries, keys and values are computed."""
    (matrices,) = grids(opened("worked_example", preset=name))
    given = {INPUTS[each][0].partition("[")[0] for each in preset(name).numbers}
    assert {each["name"] for each in matrices if each["edits"] == "type"} == given


def test_a_lesson_file_is_no_preset_that_was_changed():
    lesson = to_address(preset("paper"))
    shown = sentences(opened("worked_example", preset="file", file=lesson))
    assert "A lesson opened from a file." in shown
    assert not any("have been changed" in each or "chosen by hand" in each for each in shown)
    edited = to_address(with_number(preset("paper"), "Q", 0, 0, 7.0))
    app = opened("worked_example", preset="file", file=lesson, lesson=edited)
    assert "The lesson file, changed since. Reset restores it." in sentences(app)
    next(each for each in app.button if each.label == "Everything").click().run()
    assert "A lesson opened from a file." in sentences(app)
    assert app.selectbox(key="_lesson_preset").value == "file"
    (matrices,) = grids(app)
    assert next(each for each in matrices if each["name"] == "q")["texts"][0][0] == "1.0000"


def test_an_address_of_a_file_without_the_lesson_shows_the_first_preset():
    app = opened("worked_example", preset="file")
    assert app.selectbox(key="_lesson_preset").value == "textbook"
    assert "file" not in app.selectbox(key="_lesson_preset").options


def test_a_projected_head_says_the_weight_of_the_model_and_why_it_is_another_one():
    app = opened("worked_example", preset="sentence")
    said = (
        "In the model this weight is 0.6768, as Inspect shows. Here the head is reduced from 32 dimensions to 3, and "
        "only 12 of the 16 tokens are kept."
    )
    assert any(said in each for each in sentences(app))
    app.text_area(key="_text").set_value("My dog sleeps.").run()
    assert any("reduced from 32 dimensions to 3.<" in each for each in sentences(app))
    app.slider(key="_lesson_temperature_0").set_value(2.0).run()
    assert not any("In the model this weight" in each for each in sentences(app))


def test_a_mask_with_flipped_cells_is_not_called_by_the_name_of_the_mask_it_started_from():
    """And it can be set back to that mask."""
    app = opened("worked_example", preset="paper")
    app.session_state["selection"] |= {"lesson": to_address(with_flip(preset("paper"), 0, 1))}
    app.run()
    (box,) = (each for each in app.selectbox if each.label == "Mask")
    assert (box.value, box.options) == ("custom", ["no mask", "causal", "padding", "window", "custom"])
    box.set_value("none").run()
    (box,) = (each for each in app.selectbox if each.label == "Mask")
    assert (box.value, box.options) == ("none", ["no mask", "causal", "padding", "window"])
    assert "masked" not in {each["name"] for each in grids(app)[0]}

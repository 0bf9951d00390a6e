"""What the arithmetic sends: runs of characters, each with its colour's role, where it opens, and its name."""

import json

from attention_core.computation.derivation import Address
from attention_core.computation.render import Piece
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Bars, Equation, Fold, Opened, Table, arithmetic_message

AT = Address("q", (3, 1, 10, 7))
NUMBER = Piece("0.5000", "query", "q[7]", AT)
SENT = ["0.5000", "query", "q.3.1.10.7", "q[7]"]
PLAIN = [" = ", "plain", "", ""]


def sent(made):
    return json.loads(json.dumps(arithmetic_message(made), allow_nan=False))


def test_a_step_with_all_that_it_can_hold():
    pieces = [NUMBER, Piece(" = ")]
    fold = Fold("all", [Equation([NUMBER], "q·k")], ["Rounding shows."], [Table(["a", "b"], [pieces], 0)])
    made = sent(Arithmetic([ArithmeticStep([Equation(pieces)], ["Why."], [fold])], Bars([0.5], "One."), weight=2 / 3))
    (step,) = made["steps"]
    assert step == {
        "lines": [[SENT, PLAIN]],
        "words": ["Why."],
        "folds": [{
            "label": "all", "lines": [[["q·k", "name", "", ""], SENT]], "words": ["Rounding shows."],
            "tables": [{"head": ["a", "b"], "rows": [[SENT, PLAIN]], "chosen": 0}],
        }],
    }  # fmt: skip
    assert made["bars"] == {"values": [0.5], "words": "One."}
    assert made["weight"] == "0.666667"
    assert made["opened"] is None


def test_an_opened_number_with_the_way_to_it():
    made = sent(Arithmetic(opened=Opened([AT, Address("b_Q", (7,))], ArithmeticStep(words=["A trained number."]))))
    assert made["opened"] == {
        "trail": ["q.3.1.10.7", "b_Q.7"], "lines": [], "words": ["A trained number."], "folds": []
    }  # fmt: skip
    assert (made["steps"], made["bars"], made["weight"]) == ([], None, "")


def test_a_table_in_which_no_row_is_marked():
    (step,) = sent(Arithmetic([ArithmeticStep(folds=[Fold("all", tables=[Table(["a"], [[NUMBER]])])])]))["steps"]
    assert step["folds"][0]["tables"][0]["chosen"] == -1

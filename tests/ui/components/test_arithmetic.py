"""The data of the arithmetic: runs of characters, each with its role, its address and its name."""

import json

from attention_core.computation.derivation import Address, Piece
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Bars, Equation, Fold, Opened, Table, arithmetic_message

AT = Address("q", (3, 1, 10, 7))
NUMBER = Piece("0.5000", "query", "q[7]", AT)
SENT = ["0.5000", "query", "q.3.1.10.7", "q[7]"]
PLAIN = [" = ", "plain", "", ""]


def sent(content):
    return json.loads(json.dumps(arithmetic_message(content), allow_nan=False))


def test_a_step_with_all_its_parts():
    pieces = [NUMBER, Piece(" = ")]
    fold = Fold("all", [Equation([NUMBER], "q·k")], ["Rounding shows."], [Table(["a", "b"], [pieces], 0)])
    data = sent(Arithmetic([ArithmeticStep([Equation(pieces)], ["Why."], [fold])], Bars([0.5], "One."), weight=2 / 3))
    (step,) = data["steps"]
    assert step == {
        "lines": [[SENT, PLAIN]],
        "words": ["Why."],
        "folds": [{
            "label": "all", "lines": [[["q·k", "name", "", ""], SENT]], "words": ["Rounding shows."],
            "tables": [{"head": ["a", "b"], "rows": [[SENT, PLAIN]], "chosen": 0}],
        }],
    }  # fmt: skip
    assert data["bars"] == {"values": [0.5], "words": "One."}
    assert data["weight"] == "0.666667"
    assert data["opened"] is None


def test_an_opened_number_with_its_trail():
    step = ArithmeticStep(words=["A trained parameter."])
    data = sent(Arithmetic(opened=Opened([AT, Address("b_Q", (7,))], ["query[7] of it", "b_Q[7]"], step)))
    assert data["opened"] == {
        "trail": ["q.3.1.10.7", "b_Q.7"], "names": ["query[7] of it", "b_Q[7]"], "lines": [],
        "words": ["A trained parameter."], "folds": [],
    }  # fmt: skip
    assert (data["steps"], data["bars"], data["weight"]) == ([], None, "")


def test_a_table_without_a_marked_row():
    (step,) = sent(Arithmetic([ArithmeticStep(folds=[Fold("all", tables=[Table(["a"], [[NUMBER]])])])]))["steps"]
    assert step["folds"][0]["tables"][0]["chosen"] == -1

"""A solved lesson as a LaTeX document that compiles with a basic TeX distribution."""

from __future__ import annotations

from attention_core.computation.derivation import latex
from attention_core.computation.render import MINUS
from attention_core.lessons.sheets import Sheet, outputs, sheets
from attention_core.lessons.solve import Solution

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "÷": r"$\div$", "×": r"$\times$", "√": r"$\surd$", "·": r"$\cdot$",
    "−": "$-$", "∞": r"$\infty$", "“": "``", "”": "''", "’": "'", "…": r"\ldots{}",
}  # fmt: skip


def latex_document(solution: Solution, query: int) -> str:
    """Every matrix, and the full derivation of one token's output."""
    lesson = solution.lesson
    width = 4 if lesson.decimals < 5 else 3  # terms per line
    derivations = "\n".join(
        rf"\paragraph{{{escape_latex(name)}}}"
        + "\n"
        + (latex(term, lesson.decimals, width) if term.parts else escape_latex(term.note))
        for name, term in outputs(solution, query)
    )
    return "\n".join([
        r"\documentclass{article}", r"\usepackage[T1]{fontenc}", r"\usepackage{amsmath}", r"\usepackage{graphicx}",
        r"\usepackage[margin=2cm]{geometry}", r"\allowdisplaybreaks",
        r"\begin{document}", r"\section*{A worked example of self-attention}",
        *(latex_matrix(each) for each in sheets(solution)),
        rf"\section*{{How ``{escape_latex(lesson.words[query])}'' is computed}}", derivations,
        r"\end{document}", "",
    ])  # fmt: skip


def latex_matrix(sheet: Sheet) -> str:
    """A matrix with its title and equation, scaled down to the width of the page where needed."""
    rows = [
        " & ".join([rf"\text{{{escape_latex(word)}}}", *map(latex_number, row)]) + r" \\"
        for word, row in zip(sheet.rows, sheet.texts, strict=True)
    ]
    head = " & ".join(["", *(rf"\text{{{escape_latex(word)}}}" for word in sheet.columns)]) + r" \\ \hline"
    equation = f": {escape_latex(sheet.equation)}" if sheet.equation else ""
    return "\n".join([
        rf"\subsection*{{{escape_latex(sheet.title)}{equation}}}", r"\begin{center}\setlength{\arraycolsep}{2pt}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{$\displaystyle",
        rf"\begin{{array}}{{r|{'r' * len(sheet.columns)}}}", head, *rows, r"\end{array}$}\end{center}",
    ])  # fmt: skip


def latex_number(text: str) -> str:
    """A cell's number in math mode."""
    if text == "undefined":
        return r"\text{undefined}"
    return text.replace(MINUS, "-").replace("∞", r"\infty")


def escape_latex(text: str) -> str:
    """A text escaped for LaTeX; a character that its fonts lack is written as its code point."""
    return "".join(SPECIAL.get(c) or (c if c == " " or "!" <= c <= "~" else latex_character(c)) for c in text)


def latex_character(character: str) -> str:
    """A Western European letter as it is; any other character as its code point, such as U+0041."""
    if character.isalpha() and character <= "ÿ":
        return character
    return rf"\texttt{{U+{ord(character):04X}}}"

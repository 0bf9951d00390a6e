"""The architecture: imports go one way through the packages, and the core imports nothing heavy."""

import ast
import subprocess
import sys

import pytest

from tests.paths import ROOT

MAP = [
    ["app", "pages"],
    ["ui.command", "ui.server"],
    ["ui.access", "ui.batches", "ui.bounds"],
    ["ui.inspect", "ui.step_by_step", "ui.worked_example"],
    ["ui.arithmetic", "ui.matrices"],
    ["ui.shared"],
    ["ui.words"],
    ["ui.components"],
    ["attention_core"],
    ["attention_core.plot", "attention_core.lessons"],
    ["attention_core.loading"],
    ["attention_core.gguf"],
    ["attention_core.hub", "attention_core.families"],
    ["attention_core.families.reading"],
    ["attention_core.explain", "attention_core.attention_view"],
    ["attention_core.encoder_decoder", "attention_core.image_model"],
    ["attention_core.generate"],
    ["attention_core.model", "attention_core.sampling"],
    ["attention_core.trace"],
    ["attention_core.runtime"],
    ["attention_core.network"],
    ["attention_core.display"],
    ["attention_core.weights"],
    ["attention_core.architecture"],
    ["attention_core.ops"],
    ["attention_core.computation"],
    ["attention_core.text"],
    ["attention_core.config"],
    ["attention_core.files"],
    ["attention_core.csv_table"],
    ["attention_core.arrays"],
    ["attention_core.bounded_cache"],
    ["attention_core.validate"],
    ["attention_core.transformers_package"],
    ["attention_core.errors"],
    ["attention_core.surrogates"],
]
"""The packages from top to bottom; each imports only from packages on lower levels, not from its own level."""

LEVELS = {package: level for level, packages in enumerate(MAP) for package in packages}
PATHS = [ROOT / "app.py", *(path for top in ("pages", "ui", "attention_core") for path in ROOT.glob(f"{top}/**/*.py"))]
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in PATHS}
FORBIDDEN = {
    "attention_core": {"streamlit", "torch", "transformers", "PIL"},
    "ui": {"torch", "transformers"},
    "pages": {"torch", "transformers"},
}


def package_of(module):
    """The package of a module: the longest name in LEVELS that is a prefix of the module's name."""
    parts = module.split(".")
    return next(name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in LEVELS)


def imported(path):
    """The modules that a module imports, including inside functions and for type checking."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)


@pytest.mark.parametrize("package", LEVELS)
def test_a_package_imports_only_from_packages_below_it(package):
    members = [module for module in MODULES if module != "ui" and package_of(module) == package]
    assert members, f"There is no package {package}."
    for module in members:
        for name in imported(MODULES[module]):
            if name.split(".")[0] in ("app", "pages", "ui", "attention_core"):
                other = package_of(name)
                assert other == package or LEVELS[other] > LEVELS[package], f"{module} imports {name}, above it"


@pytest.mark.parametrize("package", [module for module, path in MODULES.items() if path.name == "__init__.py"])
def test_every_package_is_in_the_map_and_says_what_belongs_there(package):
    assert package in LEVELS or package == "ui"
    assert ast.get_docstring(ast.parse(MODULES[package].read_text(encoding="utf-8")))


def test_there_are_no_import_cycles():
    graph = {module: (MODULES.keys() & set(imported(path))) - {module} for module, path in MODULES.items()}
    done, under_way = set(), []

    def visit(module):
        assert module not in under_way, " → ".join([*under_way[under_way.index(module) :], module])
        if module not in done:
            under_way.append(module)
            for name in sorted(graph[module]):
                visit(name)
            done.add(under_way.pop())

    for module in graph:
        visit(module)
    assert done == set(MODULES)


def test_the_core_and_the_pages_import_no_heavy_libraries():
    for module, path in MODULES.items():
        top = module.split(".")[0]
        heavy = FORBIDDEN.get(top, set()) | ({"plotly"} if module.startswith("attention_core") else set())
        if module.startswith("attention_core.plot"):
            heavy -= {"plotly"}
        if module == "attention_core.transformers_package":
            heavy -= {"transformers"}
        assert not heavy & {name.split(".")[0] for name in imported(path)}, f"{module} imports what it must not"


def test_importing_the_core_is_light():
    code = (
        "import socket, sys\n"
        "def no(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = no\n"
        "import attention_core as ac\n"
        "ac.load('minilm').trace('Hello')\n"
        "assert not {'torch', 'transformers', 'streamlit', 'plotly'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)

"""Rules that check themselves: which way imports point, what pages may know, what files may be called."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "ftcore").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LINES = [  # a module may import its own folder and any line above its own
    {"errors", "names", "workspace", "choices", "events", "journal", "hardware", "vision", "inputs", "preprocessing"},
    {"metrics"},
    {"tasks"},
    {"settings"},
    {"teaching"},
    {"runs"},
    {"datasets", "models"},
    {"freezing", "evaluation"},
    {"training"},
    {"search", "ensembles", "export"},
    {"serving", "monitoring"},
    {"jobs", "cluster"},
    {"cli", "__main__"},
]
LINES_OF_DATASETS = [  # the same for the rooms inside ftcore.datasets
    {"targets", "splits", "progress"},
    {"records"},
    {"holdout_log", "images"},
    {"versions", "sources"},
    {"labels"},
    {"similarity", "augmentation"},
    {"importing", "explore"},
    {"doctor"},
]
RANK = {name: rank for rank, line in enumerate(LINES) for name in line}
NOT_IN_PAGES = ("torch", "timm", "torchvision", "numpy", "sklearn", "optuna", "ftcore.jobs", "ftcore.training.loop")


def short(path):
    return str(path.relative_to(ROOT))


def imported(path):
    """Full names of everything that a file imports, also inside functions: ``ftcore.runs``, ``ftcore.runs.store``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            if node.level:
                base = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
                package = ".".join([*base, *([node.module] if node.module else [])])
            found |= {package, *(f"{package}.{alias.name}" for alias in node.names)}
    return found


def below(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def own(path):
    return path.relative_to(ROOT / "ftcore").parts[0].removesuffix(".py")


def first_level(path):
    """Names of ftcore's own rooms that a file imports."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("ftcore.")}
    return {name for name in names if (ROOT / "ftcore" / name).is_dir() or (ROOT / "ftcore" / f"{name}.py").exists()}


def test_every_room_of_ftcore_has_its_line():
    assert {own(path) for path in CORE} - {"__init__"} <= set(RANK)


@pytest.mark.parametrize("path", CORE, ids=short)
def test_ftcore_imports_point_one_way(path):
    me = own(path)
    wrong = {other for other in first_level(path) - {me} if me == "__init__" or RANK[other] > RANK[me]}
    if me != "__init__" and RANK[me] > 0:
        wrong |= {other for other in first_level(path) - {me} if RANK[other] == RANK[me] and me != "__main__"}
    assert not wrong, f"{short(path)} may not import {', '.join(sorted(wrong))}"


DATASETS = sorted((ROOT / "ftcore" / "datasets").rglob("*.py"))


def room_of_datasets(name):
    """The room inside ftcore.datasets of a full name; empty for other names and for the package itself."""
    parts = name.split(".")
    room = parts[2] if parts[:2] == ["ftcore", "datasets"] and len(parts) > 2 else ""
    return room if any(room in line for line in LINES_OF_DATASETS) else ""


def test_every_room_of_datasets_has_its_line():
    found = {path.relative_to(ROOT / "ftcore" / "datasets").parts[0].removesuffix(".py") for path in DATASETS}
    assert found - {"__init__"} == set().union(*LINES_OF_DATASETS)


@pytest.mark.parametrize("path", DATASETS, ids=short)
def test_imports_inside_datasets_point_one_way(path):
    rank = {name: i for i, line in enumerate(LINES_OF_DATASETS) for name in line}
    me = room_of_datasets(".".join(path.relative_to(ROOT).with_suffix("").parts))
    others = {room_of_datasets(name) for name in imported(path)} - {"", me}
    wrong = {other for other in others if not me or rank[other] >= rank[me]}
    assert not wrong, f"{short(path)} may not import {', '.join(sorted(wrong))}"


def test_no_two_modules_of_ftcore_import_each_other_in_a_circle():
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in CORE}
    graph = {name: (imported(path) & set(modules)) - {name, "ftcore"} for name, path in modules.items()}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError
    assert set(modules) <= set(order) | {"ftcore"}


@pytest.mark.parametrize("path", CORE, ids=short)
def test_the_engine_knows_no_interface(path):
    assert not [name for name in imported(path) if below(name, ("streamlit", "plotly", "pages", "app"))]


@pytest.mark.parametrize("path", CORE, ids=short)
def test_timm_and_torchvision_come_through_one_door(path):
    found = {name.split(".")[0] for name in imported(path)} & {"timm", "torchvision"}
    if short(path) != "ftcore/vision.py":
        assert not found


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_pages_leave_the_work_to_the_engine(path):
    assert not [name for name in imported(path) if below(name, NOT_IN_PAGES)]


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_only_the_chart_components_know_plotly(path):
    if path.parent.name != "charts" and path.name != "live.py":
        assert not [name for name in imported(path) if below(name, ("plotly",))]


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_a_page_and_a_component_stay_short(path):
    assert len(path.read_text().splitlines()) < (150 if path.parent.name == "pages" else 200)


@pytest.mark.parametrize("path", [path for path in PAGES if path.parent.name == "pages"], ids=short)
def test_a_page_never_waits(path):
    tree = ast.parse(path.read_text())
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.While)]
    assert not below("time.sleep", imported(path))
    assert "sleep(" not in path.read_text()


@pytest.mark.parametrize("path", [*CORE, *PAGES, *TESTS], ids=short)
def test_a_file_is_called_after_what_it_does(path):
    assert path.stem.removeprefix("test_") not in {"utils", "helpers", "common", "misc"}
    assert not path.stem.endswith(("_v2", "_new", "_old", "_backup", "_legacy"))
    assert not set(path.relative_to(ROOT).parts) & {"utils", "helpers", "common", "misc"}


@pytest.mark.parametrize("path", [path for path in [*CORE, *PAGES] if path.name != "__init__.py"], ids=short)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text()))


TASK_NAMES = {"multiclass", "multilabel", "regression"}
ONE_TABLE = "pages/components/task_views.py"
TASK_BRANCH = re.compile(r"\btask\b\s*(==|!=|in\b|not in\b)|\bmatch\b.*\btask\b|\[[\w.]*\btask\]")


def task_branches(path):
    """Lines of a file that look at the name of a task, and what is looked up by it."""
    text = path.read_text()
    code = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = [line.strip() for line in code if TASK_BRANCH.search(line) and not re.search(r"\bfor task in\b", line)]
    for node in ast.walk(ast.parse(text)):
        names = ast.unparse(node) if isinstance(node, ast.Compare | ast.Dict | ast.MatchValue) else ""
        if isinstance(node, ast.Dict):
            names = " ".join(ast.unparse(key) for key in node.keys if key is not None)
        if any(f"'{name}'" in names or f"{name.upper()}.name" in names for name in TASK_NAMES):
            found.append(f"line {node.lineno}: {names}")
    return found


def own_room(path):
    """The folder below the root that a file lies in: ``ftcore/tasks``."""
    return "/".join(path.relative_to(ROOT).parts[:2])


def test_what_differs_between_tasks_stands_with_the_tasks():
    outside = [path for path in [*CORE, *PAGES] if own_room(path) != "ftcore/tasks" and short(path) != ONE_TABLE]
    found = {short(path): lines for path in outside if (lines := task_branches(path))}
    assert sum(map(len, found.values())) <= 6, found
    assert len(task_branches(ROOT / ONE_TABLE)) == 1, "one table, by name"


def test_a_branch_on_the_task_would_be_found(tmp_path):
    branches = (
        'if dataset.task == "regression": pass',
        'x = 1 if task not in ("multiclass",) else 2',
        'WORDS = {"multiclass": 1, "regression": 2}',
        "words = WORDS[dataset.task]",
        "match dataset.task:\n    case 'multilabel': pass",
        'if kind == "multilabel": pass',
        "TABLE = {tasks.MULTILABEL.name: 1}",
    )
    for branch in branches:
        (tmp_path / "one.py").write_text(branch)
        assert task_branches(tmp_path / "one.py"), branch


HEAVY = ("torch", "timm", "torchvision", "sklearn", "scipy", "cleanlab", "cleanvision", "imagehash")


def heavy_after(*modules):
    """Which heavy libraries a fresh interpreter holds after importing some modules."""
    code = (
        f"import sys, importlib\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_pages_paint_without_torch_and_timm():
    components = [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for path in sorted((ROOT / "pages" / "components").rglob("*.py"))
    ]
    assert heavy_after(*components) == []


def test_the_command_line_answers_without_torch_and_timm():
    assert heavy_after("ftcore.cli") == []


def test_tasks_and_formulas_need_no_heavy_library():
    rooms = [path for path in CORE if own_room(path) in ("ftcore/tasks", "ftcore/metrics")]
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in rooms]
    assert heavy_after(*modules) == []


TEXTS = ("ftcore/teaching/glossary.py",)
"""Tables of text, which may be long."""

NO_FIRST_WORDS = {
    *("What", "Whether", "How", "Why", "Where", "When", "Which", "Who", "While", "As", "For", "Of", "In", "At", "By"),
    *("From", "Per", "To", "After", "True", "False", "If"),
    *(
        "Returns",
        "Writes",
        "Reads",
        "Makes",
        "Gives",
        "Takes",
        "Follows",
        "Shows",
        "Draws",
        "Adds",
        "Checks",
        "Collects",
    ),
    *("Computes", "Deletes", "Ends", "Finds", "Keeps", "Opens", "Raises", "Says", "Sets", "Starts", "Stops", "Tells"),
}


@pytest.mark.parametrize("path", [path for path in [*CORE, *PAGES, *TESTS] if short(path) not in TEXTS], ids=short)
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("folder", sorted({path.parent for path in [*CORE, *PAGES, *TESTS]}), ids=short)
def test_a_folder_has_few_modules_side_by_side(folder):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 16


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=short)
def test_docstrings_of_functions_begin_with_a_verb_or_a_noun(path):
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    first = {node.name: (ast.get_docstring(node) or "None").split()[0].strip("`,.:;") for node in functions}
    assert not {name: word for name, word in first.items() if word in NO_FIRST_WORDS}

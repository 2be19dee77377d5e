import json
import subprocess
import sys

import pytest

from ftcore import cli
from ftcore import settings as s
from ftcore.models import catalogue
from ftcore.settings import fields

KEYS = {"name", "parameters", "multiply_adds", "input_size", "license", "features", "local", "top1"}


def answer(capsys, *arguments):
    assert cli.main(arguments) == 0
    printed = capsys.readouterr()
    return json.loads(printed.out.splitlines()[-1]), printed.err


def test_models_lists_the_whole_catalogue(capsys):
    found, table = answer(capsys, "models")
    assert len(found["models"]) == len(table.splitlines()) == len(catalogue.models())
    assert all(set(row) >= KEYS for row in found["models"])


def test_models_can_be_searched_and_limited(capsys):
    found, table = answer(capsys, "models", "--search", "lite efficientnet", "--max-params", "5", "--json")
    assert [row["name"] for row in found["models"] if row["local"]] == ["tf_efficientnet_lite0.in1k"]
    assert table == ""
    assert answer(capsys, "models", "--search", "lite efficientnet", "--max-params", "5e6", "--json")[0] == found


def test_models_on_this_machine_are_those_of_the_packages(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    found, table = answer(capsys, "models", "--local")
    assert [row["name"] for row in found["models"]] == [f"tf_efficientnet_lite{i}.in1k" for i in range(3)]
    assert table.count("on this machine") == 3


@pytest.mark.parametrize("limit", ["0", "-1", "nan"])
def test_a_limit_that_is_none_is_one_sentence(capsys, limit):
    assert cli.main(["models", "--max-params", limit]) == 2
    assert "expected more than 0" in capsys.readouterr().err


def test_settings_lists_every_field_with_its_default_and_help(capsys):
    found, _ = answer(capsys, "settings")
    rows = {row["key"]: row for row in found["settings"]}
    assert list(rows) == [field.key for field in fields.every()]
    assert rows["train.epochs"]["default"] == s.TrainSettings().epochs
    assert (rows["train.epochs"]["low"], rows["train.epochs"]["high"]) == (1, 1000)
    assert [choice["name"] for choice in rows["train.optimizer"]["choices"]] == list(s.OPTIMIZERS)
    assert all(row["label"] and row["help"].endswith(".") for row in rows.values())
    assert all(choice["help"] for row in rows.values() for choice in row["choices"] or [])


@pytest.mark.parametrize("preset", list(s.PRESETS))
def test_settings_of_a_preset_are_those_that_training_would_take(capsys, preset, tiny_dataset):
    found, _ = answer(capsys, "settings", "--preset", preset, "--dataset", tiny_dataset.id)
    suggested = s.suggest(preset, tiny_dataset.facts(), native_size=224)
    assert {row["key"]: row["default"] for row in found["settings"]} == {
        row["key"]: row["default"] for row in s.described(suggested)
    }
    assert found["preset"] == preset


def test_both_answer_without_torch():
    code = (
        "import sys; from ftcore import cli; cli.main(['models', '--json']); cli.main(['settings'])\n"
        "print(sorted({'torch', 'timm', 'huggingface_hub'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"

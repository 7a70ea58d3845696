"""GTO and DVC read every file that our commands write, and `doctor` finds the files that stop them.

DVC Studio is not published as a package. It reads the artifacts of `dvc.yaml`, so the schema with which DVC checks that
file stands for it.
"""

from __future__ import annotations

import json
import shlex

import pytest

from tests.interop.conftest import Program
from tests.testing.builder import git

HARD = [
    "null",
    "123",
    "1e3",
    "yes",
    "- x",
    "a: b",
    "# x",
    "2026-01-01",
    "é ☃",
    "1\n2",
    "'",
    '"',
    "{}",
    "*a",
    " x ",
    "!x",
]
DVC_CODE = """
import json
from dvc.repo import Repo
found = Repo().artifacts.read()
print(json.dumps({file: {name: entry.to_dict() for name, entry in entries.items()} for file, entries in found.items()}))
"""
GTO_CODE = """
import json, os
from gto.index import Index
index = Index.read('artifacts.yaml') if os.path.exists('artifacts.yaml') else Index()
print(json.dumps(index.model_dump(exclude_defaults=True).get('state', {})))
"""


@pytest.fixture
def project(builder):
    """A DVC project where nothing is annotated."""
    builder.commit({".dvc/config": "", "models/churn.pkl": "weights"})
    return builder.build()


@pytest.fixture
def in_gto(gto, gto_interpreter):
    """The entries of the present artifacts.yaml as GTO has them; its commands read the commit."""

    def read(repo):
        git("add", ".", repo=repo)
        git("commit", "--quiet", "--allow-empty", "--message", "files", repo=repo)
        gto.output(repo, "show")
        gto.output(repo, "history")
        assert "Corrupted" not in gto(repo, "doctor").err
        return json.loads(Program((), gto_interpreter).output(repo, f"-c {shlex.quote(GTO_CODE)}"))

    return read


@pytest.fixture
def in_dvc(dvc):
    """The artifacts of the present dvc.yaml files as DVC has them, checked by its schema."""

    def read(repo):
        dvc.output(repo, "status --quiet")
        return json.loads(Program((), dvc.interpreter).output(repo, f"-c {shlex.quote(DVC_CODE)}"))

    return read


def test_both_read_what_annotate_and_remove_write(project, ours, in_gto, in_dvc):
    ours.output(project, "init")
    ours.output(project, "config set stages dev,prod")
    ours.output(project, "config set bump minor")
    ours.output(project, "annotate churn --type model --path models/churn.pkl --must-exist --label a --custom k=v")
    ours.output(project, "annotate models:churn --type model --path models/churn.pkl --description Who --must-exist")
    ours.output(project, "annotate models/eu:churn --path data/eu.pkl --label a --label b --custom k=v --commit")
    entry = {"type": "model", "path": "models/churn.pkl", "virtual": False, "labels": ["a"], "custom": {"k": "v"}}
    assert in_gto(project) == {"churn": entry}
    assert in_dvc(project) == {
        "models/dvc.yaml": {"churn": {"type": "model", "path": "churn.pkl", "desc": "Who"}},
        "models/eu/dvc.yaml": {"churn": {"path": "../../data/eu.pkl", "labels": ["a", "b"], "meta": {"k": "v"}}},
    }
    assert ours.json(project, "doctor")["findings"] == []
    for name in ("churn", "models:churn", "models/eu:churn"):
        ours.output(project, f"remove {name}")
        in_gto(project)
        in_dvc(project)
    assert in_gto(project) == {}
    assert in_dvc(project) == {}


def test_gto_reads_what_demo_writes(ours, in_gto, tmp_path):
    ours.output(tmp_path, "demo demo")
    git("config", "user.name", "Ada", repo=tmp_path / "demo")
    git("config", "user.email", "ada@example.com", repo=tmp_path / "demo")
    assert in_gto(tmp_path / "demo")["churn"]["type"] == "model"


@pytest.mark.parametrize("text", HARD)
def test_both_read_any_text_as_it_was_written(project, ours, in_gto, in_dvc, text):
    quoted = shlex.quote(text)
    options = f"--type {quoted} --label {quoted} --description {quoted} --custom k={quoted}"
    for name in ("churn", "models:churn"):
        ours.output(project, f"annotate {name} {options} --path models/churn.pkl")
    values = {"type": text, "path": "models/churn.pkl", "labels": [text], "description": text, "custom": {"k": text}}
    assert in_gto(project) == {"churn": values}
    theirs = {"type": text, "path": "churn.pkl", "labels": [text], "desc": text, "meta": {"k": text}}
    assert in_dvc(project) == {"models/dvc.yaml": {"churn": theirs}}


@pytest.mark.parametrize("name", ["123", "null", "true", "1e3", "0x1"])
def test_gto_reads_names_that_look_like_other_values(project, ours, in_gto, name):
    ours.output(project, f"annotate {name} --type model")
    assert in_gto(project) == {name: {"type": "model"}}


def incompatible(ours, repo):
    findings = json.loads(ours(repo, "doctor --json").out)["findings"]
    return [finding["subject"] for finding in findings if finding["check"] == "incompatible-file"]


@pytest.mark.parametrize(
    ("file", "data", "stops"),
    [
        ("artifacts.yaml", "", True),
        ("artifacts.yaml", "# why\n", True),
        ("artifacts.yaml", "{}\n", False),
        ("artifacts.yaml", "churn:\n", True),
        ("artifacts.yaml", "churn: {}\n", False),
        ("artifacts.yaml", "models:churn: {}\n", True),
        ("artifacts.yaml", "models/churn: {owner: 1}\n", False),
        ("artifacts.yaml", "1: {}\n", True),
        ("artifacts.yaml", "churn: !x {}\n", True),
        (".gto", "stages: [dev]\n", False),
        (".gto", "STAGES: [dev]\nindex: artifacts.yaml\n", False),
        (".gto", "stage: [dev]\n", True),
        (".gto", "enrichments: x\n", True),
        (".gto", "", False),
    ],
)
def test_doctor_finds_what_stops_gto(project, ours, gto, file, data, stops):
    (project / file).write_text(data)
    git("add", file, repo=project)
    git("commit", "--quiet", "--message", "file", repo=project)
    asked = gto(project, "show")
    assert (asked.code != 0 or "Corrupted" in asked.err) == stops
    assert bool(incompatible(ours, project)) == stops


@pytest.mark.parametrize(
    ("data", "stops"),
    [
        ("", False),
        ("artifacts: {}\n", False),
        ("artifacts:\n  churn:\n    path: a\n    desc: b\n    labels: [c]\n    meta: 1\n", False),
        ("artifacts:\n  churn:\n    type: model\n", True),
        ("artifacts:\n  churn:\n    path: a\n    description: b\n", True),
        ("artifacts:\n  churn:\n    path: a\n    virtual: true\n", True),
    ],
)
def test_doctor_finds_what_stops_dvc(project, ours, dvc, data, stops):
    (project / "dvc.yaml").write_text(data)
    assert (dvc(project, "status --quiet").code != 0) == stops
    assert bool(incompatible(ours, project)) == stops

"""DVC gets the version that our tags name."""

from __future__ import annotations

import pytest

from gittag_registry import api


@pytest.fixture
def annotated(builder):
    """A DVC project with a model at its root and one in `sub`, both in git, two commits each."""
    annotation = "artifacts:\n  churn:\n    type: model\n    path: model.txt\n"
    builder.commit({".dvc/config": "", "dvc.yaml": annotation, "sub/dvc.yaml": annotation})
    builder.commit({"model.txt": "first", "sub/model.txt": "first in sub"})
    builder.commit({"model.txt": "second", "sub/model.txt": "second in sub"})
    return builder.build()


@pytest.fixture
def get(annotated, dvc, tmp_path):
    """`get("churn --stage prod")`: the file that `dvc artifacts get` brings."""

    def content(request: str) -> str:
        dvc.output(tmp_path, f"artifacts get {annotated} {request} --force --out got.txt")
        return (tmp_path / "got.txt").read_text()

    return content


def test_the_version_registered(annotated, get):
    api.register(annotated, "churn", "HEAD~1", "v1.0.0")
    api.register(annotated, "churn", "HEAD", "v1.1.0")
    assert get("churn --rev v1.0.0") == "first"
    assert get("churn --rev v1.1.0") == "second"
    assert get("churn") == "second"


def test_the_version_in_a_stage(annotated, get):
    api.register(annotated, "churn", "HEAD~1", "v1.0.0")
    api.assign(annotated, "churn", "prod", ref="HEAD")
    assert get("churn --stage prod") == "second"
    api.assign(annotated, "churn", "prod", "v1.0.0")
    assert get("churn --stage prod") == "first"


def test_what_a_rollback_put_back(annotated, get, ours):
    for revision in ("HEAD~1", "HEAD"):
        ours.output(annotated, f"assign churn {revision} --stage prod")
    ours.output(annotated, "rollback churn prod")
    assert ours.output(annotated, "which churn prod") == "v0.0.1"
    assert get("churn --stage prod") == "first"


@pytest.mark.parametrize("name", ["sub:churn", "sub/dvc.yaml:churn"])
def test_an_artifact_in_a_directory(annotated, get, name):
    assert api.register(annotated, "sub:churn", "HEAD~1", "v1.0.0").tag == "sub=churn@v1.0.0"
    assert api.assign(annotated, "sub:churn", "dev", ref="HEAD").tag == "sub=churn#dev#1"
    assert get(f"{name} --rev v1.0.0") == "first in sub"
    assert get(f"{name} --stage dev") == "second in sub"


def test_an_unknown_version_or_stage_is_not_got(annotated, dvc, tmp_path):
    api.register(annotated, "churn", "HEAD", "v1.0.0")
    for wanted in ("--rev v9.9.9", "--stage prod"):
        assert dvc(tmp_path, f"artifacts get {annotated} churn {wanted} --out got.txt").code != 0
    assert not (tmp_path / "got.txt").exists()


def test_the_annotations_of_dvc_are_ours(annotated, dvc, ours):
    api.register(annotated, "churn", "HEAD")
    api.register(annotated, "sub:churn", "HEAD")
    table = ours.json(annotated, "show")["artifacts"]
    assert [(row["artifact"], row["type"], row["path"]) for row in table] == [
        ("churn", "model", "model.txt"),
        ("sub:churn", "model", "sub/model.txt"),
    ]

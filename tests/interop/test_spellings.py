"""The same words typed to GTO and to this tool give the same tags and the same answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.testing.builder import START, git, tag_names

NOW = START + 10_000


@pytest.fixture
def two(builder) -> Path:
    """Two commits: churn v1.0.0, which is in prod, and v2.0.0, the present one; segment was deprecated."""
    first, second = builder.commit(), builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first)
    builder.tag("churn@v2.0.0", second)
    builder.tag("churn#dev#2", second)
    builder.tag("churn#dev!#3", second)
    builder.tag("segment@v0.1.0", first)
    builder.tag("segment@deprecated", first)
    return builder.build()


def without(value: Any, *keys: str) -> Any:
    """A document without keys, at any depth, and with times and messages as this tool prints them."""
    if isinstance(value, dict):
        return {key: without(item, *keys) for key, item in value.items() if key not in keys}
    if isinstance(value, list):
        return [without(item, *keys) for item in value]
    return value.replace("+00:00", "Z").rstrip("\n") if isinstance(value, str) else value


def test_print_state(two, gto, ours):
    theirs = without(json.loads(gto.output(two, "print-state")), "enrichments", "priority", "addition")
    assert len(theirs["artifacts"]["churn"]["versions"]) == 2
    assert json.loads(ours.output(two, "print-state")) == theirs


@pytest.mark.parametrize("tag", ["models=churn@v1.0.0!#7", "churn#prod#3", "churn@deprecated"])
def test_the_keys_of_a_tag(two, gto, ours, tag):
    for key in json.loads(gto.output(two, f"parse-tag '{tag}'")):
        line = f"parse-tag '{tag}' --key {key}"
        assert ours.output(two, line) == gto.output(two, line)


@pytest.mark.parametrize(
    "line",
    [
        "register churn HEAD~1 --ver v1.0.0 --force --simple false",
        "register churn HEAD~1 --force --simple false",
        "register segment HEAD --version v0.2.0",
        "register segment HEAD --version v0.2.0 --simple false",
        "assign segment HEAD --stage qa --simple false",
        "assign segment HEAD --stage qa --version v0.2.0",
        "assign churn --version v2.0.0 --stage prod",
        "assign segment HEAD --stage qa --sr",
        "deprecate churn --ref HEAD~1",
        "deprecate churn v1.0.0",
        "deprecate churn v1.0.0 prod",
    ],
)
def test_the_same_line_writes_the_same_tags(two, gto, ours, tmp_path, line):
    git("clone", "-q", "--bare", two.as_uri(), "copy", repo=tmp_path)
    git("clone", "-q", str(tmp_path / "copy"), "theirs", repo=tmp_path)
    git("clone", "-q", str(tmp_path / "copy"), "ours", repo=tmp_path)
    gto.output(tmp_path / "theirs", line, at=NOW)
    ours.output(tmp_path / "ours", line, at=NOW)
    written = [name for name in tag_names(tmp_path / "ours") if name not in tag_names(two)]
    assert written
    assert tag_names(tmp_path / "ours") == tag_names(tmp_path / "theirs")
    for name in written:
        commits = [git("rev-parse", f"refs/tags/{name}^{{commit}}", repo=tmp_path / at) for at in ("ours", "theirs")]
        assert commits[0] == commits[1]


def test_after_a_forced_registration_gto_reads_the_table(two, gto, ours):
    """A second version on the commit stops it there too."""
    ours.output(two, "register churn HEAD~1 --force", at=NOW)
    assert gto.json(two, "show")["churn"]["stage"] == {"prod": "v1.0.0"}
    ours.output(two, "register churn HEAD~1 --bump minor --force", at=NOW)
    assert gto(two, "show --json").code == 1

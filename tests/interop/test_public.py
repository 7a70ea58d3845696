"""Public GTO registries: both tools give the same answers to every question.

`tests/data` has one rebuilt. PUBLIC_REGISTRIES names a directory with clones of others, such as those of
https://github.com/iterative: example-gto, example-gto-frozen, demo-bank-customer-churn.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.interop.answers import gto_event, gto_events, gto_table, gto_versions, our_table
from tests.interop.test_example import public
from tests.testing.builder import git

__all__ = ["public"]

CLONES = sorted(path for path in Path(os.environ.get("PUBLIC_REGISTRIES", os.devnull)).glob("*") if path.is_dir())


@pytest.fixture(params=["rebuilt", *(path.name for path in CLONES)])
def registry(request, tmp_path):
    """A registry, which tests may read."""
    if request.param == "rebuilt":
        return request.getfixturevalue("public")
    [source] = [path for path in CLONES if path.name == request.param]
    shutil.copytree(source, tmp_path / "clone")
    return tmp_path / "clone"


@pytest.fixture
def artifacts(registry, ours):
    """The names of its artifacts, deprecated ones too."""
    rows = ours.json(registry, "show --deprecated --registered-only")["artifacts"]
    assert rows
    return [row["artifact"] for row in rows]


@pytest.mark.parametrize("options", ["", "--versions-per-stage -1", "--sort semver", "--registered-only", "-d"])
def test_the_table(registry, gto, ours, options):
    assert our_table(ours.json(registry, f"show {options}")) == gto_table(gto.json(registry, f"show {options}"))


def test_each_artifact(registry, gto, ours):
    rows = ours.json(registry, "show --registered-only")["artifacts"]  # of deprecated ones GTO shows nothing, exit 0
    assert rows
    for name in [row["artifact"] for row in rows]:
        for options in ("", "--versions-per-stage -1", "--sort semver"):
            command = f"show {name} {options}"
            mine, theirs = ours.json(registry, command)["versions"], gto_versions(gto.json(registry, command))
            theirs = [row for row in theirs if row["version"] != row["commit"]]  # a documented difference
            if "semver" in options:  # another
                mine, theirs = by_name(mine), by_name(theirs)
            assert mine == theirs, command


def by_name(rows):
    """The stages of each version by name."""
    return [{**row, "stages": sorted(row["stages"])} for row in rows]


def test_the_history(registry, artifacts, gto, ours):
    for name in ("", *artifacts):
        command = f"history {name}"
        assert ours.json(registry, command)["events"] == gto_events(gto.json(registry, command)), command


def test_each_tag(registry, gto, ours):
    tags = git("tag", repo=registry).split()
    assert tags
    for tag in tags:
        told = ours.json(registry, f"check-ref 'refs/tags/{tag}'")["event"]
        assert told.pop("trailers") == {}
        assert told == gto_event(gto.json(registry, f"check-ref 'refs/tags/{tag}'")), tag


def test_each_stage_and_latest_version(registry, artifacts, gto, gto_python, ours):
    stages = ours.output(registry, "stages --used").split()
    call = "[v.version for v in api.find_versions_in_stage('.', '{}', '{}', versions_per_stage=-1) or []]"
    for name in artifacts:
        [*_, latest] = ["", *ours(registry, f"latest {name} --deprecated").out.split()]
        assert (gto_python.eval(registry, f"api.find_latest_version('.', '{name}').version")) == latest
        for stage in stages:
            found = ours(registry, f"which {name} {stage} --all --deprecated").out.split()
            command = f"show '{name}#{stage}' --versions-per-stage -1 --version"
            assert gto.output(registry, command).split() == ours(registry, f"{command} --deprecated").out.split()
            # GTO's Python sorts by version: a documented difference, to be seen in demo-bank-customer-churn.
            assert sorted(gto_python.eval(registry, call.format(name, stage))) == sorted(found), (name, stage)

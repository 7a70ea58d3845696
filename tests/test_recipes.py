"""The CI recipes of the README and the guide: which tags start them, and what their shell part does in a clone."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.testing.builder import git
from tests.testing.programs import program

PROJECT = Path(__file__).parents[1]
STAGES = {"README.md": ("prod",), "docs/guide.md": ("staging", "prod")}


@dataclass(frozen=True)
class Recipe:
    """A recipe: the page, and whose it is."""

    page: str
    forge: str

    def parsed(self) -> Any:
        """Its YAML."""
        blocks = re.findall(r"```yaml\n(.*?)```", (PROJECT / self.page).read_text(encoding="utf-8"), re.DOTALL)
        wanted = "on:" if self.forge == "github" else "deploy:"
        [block] = [block for block in blocks if block.startswith(wanted)]
        return YAML(typ="safe", pure=True).load(block)

    def starts(self, tag: str) -> bool:
        """Whether a push of a tag starts it."""
        if self.forge == "github":
            return any(github_pattern(pattern).fullmatch(tag) for pattern in self.parsed()["on"]["push"]["tags"])
        condition = re.fullmatch(r"\$CI_COMMIT_TAG =~ /(.*)/", self.parsed()["deploy"]["rules"][0]["if"])
        assert condition
        return re.search(condition[1], tag) is not None

    def script(self) -> str:
        """What it runs after the checkout."""
        if self.forge == "github":
            steps = self.parsed()["jobs"]["deploy"]["steps"]
            return "\n".join(step["run"] for step in steps if "run" in step)
        return "\n".join(self.parsed()["deploy"]["script"])

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that it looks at."""
        return STAGES[self.page]


def github_pattern(pattern: str) -> re.Pattern[str]:
    """GitHub's filter patterns: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions

    `*` is any characters but `/`, `**` any, `?` and `+` repeat the character before as in regular expressions, `[]` is
    one of some characters, and `!` is special as the first character only.
    """
    assert not pattern.startswith("!")
    parts = re.findall(r"\*\*|\*|[?+]|\[[^\]]*\]|.", pattern)
    special = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    return re.compile("".join(special.get(part) or (part if part[0] == "[" else re.escape(part)) for part in parts))


RECIPES = [Recipe("README.md", "github"), Recipe("docs/guide.md", "github"), Recipe("docs/guide.md", "gitlab")]
each_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.page}-{recipe.forge}")


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("**#prod#*", ["churn#prod#1", "a/b=churn#prod#1"], ["churn#prod!#5", "churn#prod"]),
        ("*#prod#*", ["churn#prod#1"], ["a/b=churn#prod#1"]),
        ("v[0-9]+.?x", ["v12.x", "v1x"], ["vx", "v1..x"]),
    ],
)
def test_patterns_match_as_github_says(pattern: str, matched: list[str], others: list[str]) -> None:
    assert [tag for tag in [*matched, *others] if github_pattern(pattern).fullmatch(tag)] == matched


EVENTS = {
    "an assignment": ("assign churn prod --version v1.0.0", "v1.0.0"),
    "an assignment of another version": ("assign churn prod --version v1.1.0", "v1.1.0"),
    "an assignment without a counter": ("assign churn prod --version v1.1.0 --simple true", "v1.1.0"),
    "an unassignment of what was in it": ("unassign churn prod", "v0.9.0"),
    "an unassignment of all": ("unassign churn prod --all", None),
    "a deregistration": ("deregister churn v1.0.0", "v0.9.0"),
    "a deprecation": ("deprecate churn", None),
    "a rollback": ("rollback churn prod", "v0.9.0"),
}


@pytest.fixture
def clone(builder, tmp_path, monkeypatch):
    """A clone of a server's registry, where the commands of the recipes note what they were called with."""
    for name, version in (("churn", "v0.9.0"), ("churn", "v1.0.0"), ("churn", "v1.1.0"), ("eu/models=churn", "v1.0.0")):
        commit = builder.commit({"model.txt": version})
        builder.tag(f"{name}@{version}", commit)
    for counter, commit in ((1, 1), (2, 2)):
        builder.tag(f"churn#prod#{counter}", commit)
    origin = builder.build()
    git("clone", "--quiet", str(origin), str(tmp_path / "clone"))
    for script in ("deploy.sh", "withdraw.sh"):
        path = tmp_path / "clone" / script
        path.write_text('#!/bin/sh\necho "${0#./}" "$@" >> log\n')
        path.chmod(0o755)
    directory = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "clone"


def run(recipe: Recipe, clone: Path, tag: str) -> list[str]:
    """What the recipe's shell part calls, under the options with which the forge runs it."""
    (clone / "log").unlink(missing_ok=True)
    ran = program(
        *["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"], recipe.script(), cwd=clone, env={"TAG": tag}
    )
    assert ran.code == 0, ran.err
    return (clone / "log").read_text().splitlines() if (clone / "log").exists() else []


def calls(recipe: Recipe, name: str, in_prod: str | None) -> list[str]:
    """What has to be called: nothing is ever in staging."""
    called = []
    for stage in recipe.stages:
        words = [name] if len(recipe.stages) == 1 else [name, stage]
        here = in_prod if stage == "prod" else None
        called.append(" ".join(["deploy.sh", *words, here] if here else ["withdraw.sh", *words]))
    return called


def tags(repo: Path) -> set[str]:
    return set(git("tag", repo=repo).split())


@each_recipe
@pytest.mark.parametrize("event", EVENTS)
def test_each_event_deploys_or_withdraws_what_which_says(cli, clone, tmp_path, recipe, event):
    command, version = EVENTS[event]
    before = tags(clone)
    if event == "an assignment":
        assert cli("unassign", "churn", "prod", "--push", repo=clone).code == 0
        before = tags(clone)
    done = cli(*command.split(), "--push", repo=clone)
    assert done.code == 0, done.err
    new = sorted(tags(clone) - before)
    assert all(map(recipe.starts, new))
    tag = new[-1]
    job = tmp_path / "job"
    shutil.copytree(clone, job)
    git("tag", "--force", tag, f"{tag}^{{commit}}", repo=job)  # what the checkout of GitHub leaves
    commit = git("rev-parse", f"churn@{version}^{{commit}}", repo=clone).strip() if version else None
    assert run(recipe, job, f"refs/tags/{tag}") == calls(recipe, "churn", commit)


@each_recipe
def test_a_registration_brings_a_deprecated_artifact_back(cli, clone, recipe):
    assert cli("deprecate", "churn", "--push", repo=clone).code == 0
    assert run(recipe, clone, "churn@deprecated") == calls(recipe, "churn", None)
    git("commit", "--quiet", "--allow-empty", "--message", "new", repo=clone)
    before = tags(clone)
    assert cli("register", "churn", "--push", repo=clone).code == 0
    [tag] = tags(clone) - before
    assert recipe.starts(tag)
    commit = git("rev-parse", "churn@v1.0.0^{commit}", repo=clone).strip()
    assert run(recipe, clone, tag) == calls(recipe, "churn", commit)


@each_recipe
def test_an_artifact_in_a_directory_starts_it(cli, clone, recipe):
    assert cli("assign", "eu/models:churn", "prod", "--version", "v1.0.0", "--push", repo=clone).code == 0
    assert recipe.starts("eu/models=churn#prod#1")
    commit = git("rev-parse", "eu/models=churn@v1.0.0^{commit}", repo=clone).strip()
    assert run(recipe, clone, "eu/models=churn#prod#1") == calls(recipe, "eu/models:churn", commit)


@each_recipe
def test_after_a_deletion_it_goes_by_what_is_left(cli, clone, recipe):
    git("push", "--quiet", "origin", "--delete", "churn#prod#2", repo=clone)
    git("tag", "--delete", "churn#prod#2", repo=clone)
    commit = git("rev-parse", "churn@v0.9.0^{commit}", repo=clone).strip()
    assert run(recipe, clone, "churn#prod#2") == calls(recipe, "churn", commit)


@each_recipe
@pytest.mark.parametrize("ref", ["v7.1", "refs/heads/main", "release@home"])
def test_other_refs_change_nothing(clone, recipe, ref):
    assert run(recipe, clone, ref) == []


@each_recipe
def test_without_the_tool_the_job_fails(clone, recipe, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    assert program(*command, recipe.script(), cwd=clone, env={"TAG": "churn#prod#2"}).code != 0


@each_recipe
def test_other_tags_start_nothing(recipe):
    assert not recipe.starts("v7.1")
    assert not recipe.starts("release/2024")


def test_registering_from_a_shallow_checkout_reaches_the_server(clone, tmp_path):
    """What the guide says to run in a job that trains, in the clone that both forges make unless told otherwise."""
    text = (PROJECT / "docs/guide.md").read_text(encoding="utf-8")
    [recipe] = re.findall(r'```sh\n([^`]*"\$GITHUB_SHA"[^`]*)```', text)
    origin = git("remote", "get-url", "origin", repo=clone).strip()
    git("commit", "--quiet", "--allow-empty", "--message", "train", repo=origin)
    git("clone", "--quiet", "--depth", "1", f"file://{origin}", str(tmp_path / "job"))
    commit = git("rev-parse", "HEAD", repo=origin).strip()
    ran = program(
        "bash", "-euc", recipe, cwd=tmp_path / "job", env={"GITHUB_SHA": commit, "RUN_URL": "https://ci.example.com/1"}
    )
    assert ran.code == 0, ran.err
    assert git("rev-parse", "churn@v1.1.1^{commit}", repo=origin).strip() == commit
    assert "https://ci.example.com/1" in git("tag", "-n", "--list", "churn@v1.1.1", repo=origin)

"""Random registries, within what GTO can express: both give the same answers."""

from __future__ import annotations

import random
from pathlib import Path

from tests.interop.answers import of_gto, of_ours
from tests.testing.builder import START, RepositoryBuilder

SEEDS = range(12)
KINDS = [*["register"] * 4, *["assign"] * 6, *["unassign"] * 2, *["deregister"] * 2, "deprecate"]


def make(path: Path, seed: int) -> Path:
    """A registry of two artifacts.

    It has what GTO can tell: no two events of an artifact in one second, one version on a commit, no stage of a commit
    that is never registered, and after a deprecation first of all a registration or an assignment.
    """
    builder = RepositoryBuilder(path)
    commits = [builder.commit() for _ in range(5)]
    clock = START + 1000
    for artifact in ("churn", "models=segment"):
        clock = _write(builder, artifact, commits, random.Random(f"{seed} {artifact}"), clock)
    return builder.build()


def _write(builder: RepositoryBuilder, artifact: str, commits: list[int], chance: random.Random, clock: int) -> int:
    numbers = [(a, b, c) for a in range(3) for b in range(12) for c in range(3)]
    version_of = {
        commit: "v{}.{}.{}".format(*number) for commit, number in zip(commits, chance.sample(numbers, 5), strict=True)
    }
    counter = 0
    deprecated = False
    registered: set[int] = set()
    active: set[int] = set()
    staged: set[int] = set()
    kinds = chance.choices(KINDS, k=chance.randint(3, 20))
    for kind in [*kinds, *chance.choice([[], [], ["deprecate"]])]:
        commit, stage = chance.choice(commits), chance.choice(["dev", "prod"])
        version = version_of[commit]
        possible = {
            "register": commit not in active,
            "assign": True,
            "unassign": not deprecated and commit in registered,
            "deregister": not deprecated and commit in active,
            "deprecate": not deprecated,
        }
        if not possible[kind]:
            continue
        clock += chance.randint(1, 50)
        counter += 1
        deprecated = kind == "deprecate"
        match kind:
            case "register":
                tag = f"{artifact}@{version}" + (f"#{counter}" if commit in registered else "")
                registered.add(commit)
                active.add(commit)
            case "assign":
                tag = f"{artifact}#{stage}#{counter}"
                staged.add(commit)
            case "unassign":
                tag = f"{artifact}#{stage}!#{counter}"
            case "deregister":
                tag = f"{artifact}@{version}!#{counter}"
                active.discard(commit)
            case _:
                tag = f"{artifact}@deprecated#{counter}"
        builder.tag(tag, commit, at=clock, message=f"Message {counter}")
    for commit in sorted(staged - registered):
        clock += 1
        builder.tag(f"{artifact}@{version_of[commit]}", commit, at=clock)
    return clock


def test_gto_says_the_same_of_every_registry(tmp_path, gto_python):
    repos = [make(tmp_path / str(seed), seed) for seed in SEEDS]
    for seed, repo, answer in zip(SEEDS, repos, gto_python.everything(*repos), strict=True):
        assert (seed, of_ours(repo)) == (seed, of_gto(answer))


def test_the_registries_have_something_in_them(tmp_path):
    made = [of_ours(make(tmp_path / str(seed), seed)) for seed in SEEDS]
    kinds = {event["event"] for answer in made for event in answer["history"]}
    assert kinds == {"registration", "deregistration", "assignment", "unassignment", "deprecation"}
    assert sum(len(row["stages"]) for answer in made for row in answer["table"]) > 10
    assert any(not row["active"] for answer in made for row in answer["deprecated"])

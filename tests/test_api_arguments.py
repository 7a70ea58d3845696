"""What Python code may pass: repositories and times in any form, and an error that helps for everything else."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import git as gitpython
import pytest

import gittag_registry
from gittag_registry import api
from gittag_registry.errors import NotARepository, NotFound, RegistryError, UsageError
from gittag_registry.model.commands import Assign, Register, WriteOptions
from gittag_registry.model.queries import HistoryFilter, ReadOptions
from gittag_registry.registry import Registry
from tests.testing.builder import RepositoryBuilder, git

ASSIGNED = 1_700_000_180  # 2023-11-14T22:16:20Z, when churn v1.0.0 was put into prod

CALLS: dict[str, dict[str, Any]] = {
    "annotate": {"name": "churn"},
    "assign": {"name": "churn", "stage": "dev", "version": "v1.0.0"},
    "check_ref": {"ref": "churn#prod#1"},
    "current": {"name": "churn", "stage": "prod"},
    "delete": {"name": "churn@v1.0.0"},
    "deprecate": {"name": "churn"},
    "deregister": {"name": "churn", "version": "v1.0.0"},
    "describe": {"name": "churn"},
    "find_latest_version": {"name": "churn"},
    "find_versions_in_stage": {"name": "churn", "stage": "prod"},
    "get_stages": {},
    "history": {"artifact": "churn"},
    "open_registry": {},
    "register": {"name": "other"},
    "remove": {"name": "churn"},
    "rollback": {"name": "churn", "stage": "prod", "to": "v1.1.0"},
    "show": {"name": "churn"},
    "unassign": {"name": "churn", "stage": "prod"},
}
"""a call of each function that works, without the repository"""
QUESTIONS: dict[str, dict[str, Any]] = {
    "annotations": {},
    "artifact": {"name": "churn"},
    "at_commit": {"revision": "HEAD~1"},
    "check_ref": {"ref": "churn#prod#1"},
    "current": {"name": "churn", "stage": "prod"},
    "execute": {"command": Register(artifact="churn", commit="HEAD")},
    "history": {},
    "latest": {"name": "churn"},
    "moment": {"time": 0},
    "resolve": {"revision": "HEAD"},
    "select": {"selector": "churn"},
    "show": {},
    "show_artifact": {"selector": "churn"},
    "stages": {},
    "state": {},
    "versions": {"name": "churn"},
    "which": {"name": "churn", "stage": "prod"},
}
"""the same for the methods of a registry"""
WRONG: list[Any] = [None, 1.2, -5, True, "", "\0", "no such thing", "-x", b"churn", [], [1], {}, object(), math.nan]


def parameters(function: Callable[..., Any]) -> Iterator[str]:
    """The names of a function's parameters, with the options of those that write."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            yield from sorted(WriteOptions.__optional_keys__)
        elif parameter.name not in ("self", "repo"):
            yield parameter.name


def outcome(call: Callable[[], Any]) -> str:
    """What a call comes to: "", or what is wrong with its error."""
    try:
        call()
    except RegistryError as error:
        return "" if error.message else "an error without a message"
    except Exception as error:  # whatever else it is
        return f"{type(error).__name__}: {error}"
    return ""


def test_every_function_and_method_is_called_here():
    assert {*CALLS, "parse_tag"} == set(api.__all__)
    public = {name for name, member in vars(Registry).items() if inspect.isfunction(member) and name[0] != "_"}
    assert set(QUESTIONS) == public


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_of_a_function_is_an_error_of_this_package(example, name):
    function = getattr(api, name)
    for parameter in parameters(function):
        for value in WRONG:
            arguments = {**CALLS[name], "dry_run": True} if "dry_run" in parameters(function) else CALLS[name]
            told = outcome(lambda: function(example, **{**arguments, parameter: value}))  # noqa: B023
            assert told == "", f"{parameter}={value!r}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_wrong_argument_of_a_method_is_an_error_of_this_package(example, name):
    method = getattr(Registry(example), name)
    for parameter in QUESTIONS[name]:
        for value in WRONG:
            told = outcome(lambda: method(**{**QUESTIONS[name], parameter: value}))  # noqa: B023
            assert told == "", f"{parameter}={value!r}"


@pytest.mark.parametrize("tag", WRONG)
def test_a_wrong_name_of_a_tag_is_an_error_of_this_package(tag):
    assert outcome(lambda: api.parse_tag(tag)) == ""


@pytest.mark.parametrize("name", ["offline", "max_age", "last_known", "patience", "on_warning", "every_warning"])
def test_a_wrong_argument_of_a_registry_is_an_error_of_this_package(example, name):
    for value in WRONG:
        assert outcome(lambda: Registry(example, **{name: value})) == ""  # noqa: B023


def test_an_error_of_another_kind_is_seen(example):
    assert outcome(lambda: [][0]) == "IndexError: list index out of range"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: api.register(r, "churn", version=1.2), "argument 'version' must be str or None, not 1.2"),
        (lambda r: api.register(r, "churn", force="no"), "argument 'force' must be bool, not 'no'"),
        (
            lambda r: api.register(r, "churn", bump="mayor"),
            "argument 'bump' must be 'major' or 'minor' or 'patch' or 'prerelease' or None, not 'mayor'",
        ),
        (lambda r: api.current(r, None, "prod"), "argument 'name' must be str, not None"),
        (lambda r: api.annotate(r, "churn", labels="eu"), "argument 'labels' must be Iterable[str], not 'eu'"),
        (
            lambda r: api.find_versions_in_stage(r, "churn", "prod", versions_per_stage=-5),
            "versions_per_stage must be a number from 0 up, or -1 for all, not -5",
        ),
        (
            lambda r: api.find_versions_in_stage(r, "churn", "prod", assignments_per_version=-2),
            "assignments_per_version must be a number from 0 up, or -1 for all, not -2",
        ),
        (lambda r: api.show(r, versions_per_stage=True), "argument 'versions_per_stage' must be int, not True"),
        (
            lambda r: Registry(r).show(options=ReadOptions(sort="bogus")),
            "sort must be 'timestamp' or 'semver', not 'bogus'",
        ),
        (lambda r: api.get_stages(r, allowed=True, used=True), "give either 'allowed' or 'used'"),
        (lambda r: api.open_registry(r, max_age=-1), "max_age is a number of seconds, not -1"),
        (lambda r: api.current(r, "churn", "prod", at="soon"), "'soon' is not a time"),
        (lambda r: api.current(r, "churn", "prod", at=math.inf), "inf is not a time"),
        (lambda r: api.history(r, events=["promotion"]), "not every one of ['promotion'] is an event"),
        (lambda r: Registry(r).execute("register"), "a command is one of Register, Assign, ..., not 'register'"),
    ],
)
def test_the_error_says_what_is_wrong(example, call, message):
    with pytest.raises(UsageError, match=rf"^{re.escape(message)}"):
        call(example)


def test_wrong_values_of_an_order_name_the_right_ones(example):
    with pytest.raises(UsageError, match="'bogus'") as caught:
        api.show(example, sort="bogus")
    assert "'timestamp' or 'semver'" in caught.value.message


def test_a_function_without_an_argument_that_it_needs_fails_as_in_python(example):
    with pytest.raises(TypeError, match=r"current\(\) missing 1 required positional argument: 'stage'"):
        api.current(example, "churn")


# Orders


class VersionSort(Enum):
    """As GTO has it."""

    SemVer = "semver"
    Timestamp = "timestamp"


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("timestamp", "v1.0.0"),
        ("Timestamp", "v1.0.0"),
        (VersionSort.Timestamp, "v1.0.0"),
        ("semver", "v1.1.0"),
        ("SemVer", "v1.1.0"),
        (VersionSort.SemVer, "v1.1.0"),
    ],
)
def test_an_order_has_gtos_names_too(builder, sort, first):
    old, new = builder.commit(), builder.commit()
    for tag, commit in (("v1.0.0", old), ("v1.1.0", new)):
        builder.tag(f"churn@{tag}", commit)
    builder.tag("churn#prod#1", new)
    builder.tag("churn#prod#2", old)
    [row] = api.show(builder.build(), sort=sort, versions_per_stage=-1)
    assert row.stages["prod"][0] == first


# Times


@pytest.mark.parametrize(
    "moment",
    [
        ASSIGNED,
        float(ASSIGNED) + 0.9,
        datetime(2023, 11, 14, 22, 16, 20, tzinfo=timezone.utc),
        datetime(2023, 11, 15, 0, 16, 20, tzinfo=timezone(timedelta(hours=2))),
        datetime(2023, 11, 14, 22, 16, 20),  # local, which is UTC here
        "2023-11-14T22:16:20Z",
        "2023-11-15T00:16:20+02:00",
        "2023-11-14",
        date(2023, 11, 14),
        "churn#prod#1",
        "now",
    ],
    ids=str,
)
def test_a_time_has_many_forms(example, moment):
    assert api.current(example, "churn", "prod", at=moment).version == "v1.0.0"
    assert api.find_versions_in_stage(example, "churn", "prod", at=moment)[0].ref == "churn#prod#1"
    assert [event.ref for event in api.history(example, "churn#prod", until=moment)] == ["churn#prod#1"]
    assert "prod" in Registry(example).state(until=moment).artifact("churn").versions[0].stages


@pytest.mark.parametrize(
    "moment",
    [ASSIGNED - 1, datetime(2023, 11, 14, 22, 16, 19, 999_999, timezone.utc), "2023-11-13", date(2023, 11, 13), 0],
    ids=str,
)
def test_an_earlier_time_in_any_form_is_earlier(example, moment):
    assert api.current(example, "churn", "prod", at=moment) is None
    assert api.history(example, "churn#prod", until=moment) == []


def test_a_stage_goes_back_to_a_time_in_any_form(example):
    api.assign(example, "churn", "prod", "v1.1.0")
    back = api.rollback(example, "churn", "prod", at=datetime(2023, 11, 15, tzinfo=timezone.utc), dry_run=True)
    assert back.version == "v1.0.0"


# History


@pytest.fixture
def told(builder: RepositoryBuilder) -> Path:
    """A registration by Ada, an assignment by Bob, one by Ada."""
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn#prod#1", commit, tagger="Bob <bob@example.org>")
    builder.tag("churn#dev#2", commit)
    return builder.build()


@pytest.mark.parametrize(
    ("wanted", "refs"),
    [
        ({}, ["churn#dev#2", "churn#prod#1", "churn@v1.0.0"]),
        ({"events": ["assignment"]}, ["churn#dev#2", "churn#prod#1"]),
        ({"events": [gittag_registry.Kind.REGISTRATION]}, ["churn@v1.0.0"]),
        ({"stage": "dev"}, ["churn#dev#2"]),
        ({"author": "BOB@"}, ["churn#prod#1"]),
        ({"since": "churn#prod#1"}, ["churn#dev#2", "churn#prod#1"]),
        ({"until": "churn#prod#1"}, ["churn#prod#1", "churn@v1.0.0"]),
        ({"artifact": "churn@latest"}, ["churn#dev#2", "churn#prod#1", "churn@v1.0.0"]),
        ({"artifact": "churn#prod", "stage": "dev"}, []),
    ],
)
def test_the_history_has_the_filters_of_the_command(told, wanted, refs):
    assert [event.ref for event in api.history(told, **wanted)] == refs


def test_a_filter_may_hold_text(told):
    wanted = HistoryFilter("churn#prod", since="2023-11-14", kinds=["assignment"])  # type: ignore[arg-type]
    assert [event.ref for event in Registry(told).history(wanted)] == ["churn#prod#1"]


# One version


def test_the_current_version_is_one_or_none(example):
    model = api.current(example, "churn", "prod")
    assert (model.version, model.stage) == ("v1.0.0", "prod")
    assert api.current(example, "churn", "dev") is None
    with pytest.raises(NotFound, match="'chrun' is not registered"):
        api.current(example, "chrun", "prod")


def test_the_current_version_of_a_deprecated_artifact_is_none_unless_asked_for(example):
    api.deprecate(example, "churn")
    assert api.current(example, "churn", "prod") is None
    assert api.current(example, "churn", "prod", deprecated=True).version == "v1.0.0"


# Repositories


@pytest.mark.parametrize(
    "wrap",
    [
        str,
        bytes,
        lambda path: path,
        Registry,
        gitpython.Repo,
        lambda path: SimpleNamespace(root_dir=str(path)),  # scmrepo, DVC
        lambda path: SimpleNamespace(path=str(path / ".git")),  # dulwich, pygit2 without a working tree
        lambda path: SimpleNamespace(workdir=f"{path}/", path=f"{path}/.git/"),  # pygit2
    ],
)
def test_a_repository_has_many_forms(example, wrap):
    repo = wrap(example)
    assert api.current(repo, "churn", "prod").version == "v1.0.0"
    assert api.register(repo, "other", dry_run=True).ref == "other@v0.0.1"


@pytest.mark.parametrize("repo", [5, 1.2, object(), [], {}, SimpleNamespace(path=None)])
def test_what_names_no_repository_is_told(repo):
    with pytest.raises(UsageError, match="a repository is named by a path, an address or an opened repository"):
        api.get_stages(repo)


@pytest.mark.parametrize("repo", ["", "\0", Path("nowhere"), b"nowhere", SimpleNamespace(path="nowhere")])
def test_a_path_that_is_no_repository_is_told(repo):
    with pytest.raises(NotARepository, match="is not a directory"):
        api.get_stages(repo)


def test_a_registry_is_shown_by_its_place_without_secrets(example):
    assert repr(Registry(example)) == f"<Registry {str(example)!r}>"
    address = "https://ada:s3cret@host.invalid/models.git"
    assert repr(Registry(address)) == "<Registry 'https://host.invalid/models.git'>"


# What can be imported


def test_everything_that_the_api_names_can_be_imported_from_the_package():
    """The types of arguments, results and errors, but for those of settings and callbacks."""
    functions = [getattr(api, name) for name in api.__all__]
    functions += [getattr(Registry, name) for name in QUESTIONS]
    named: set[str] = set()
    for function in functions:
        text = " ".join([*inspect.get_annotations(function).values(), inspect.getdoc(function) or ""])
        named |= set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b", text))
    types = {name for name in named if any(_is_own(getattr(module, name, None)) for module in MODULES)}
    assert types >= {"StageVersion", "Version", "Event", "Unreachable", "AccessDenied", "NotFound"}
    assert types <= set(gittag_registry.__all__)


def _is_own(thing: object) -> bool:
    """Whether a class is of this package."""
    return str(getattr(thing, "__module__", "")).startswith("gittag_registry")


MODULES = [
    __import__(f"gittag_registry.{name}", fromlist=["x"])
    for name in ("errors", "registry", "model.state", "model.events", "model.queries", "model.fold", "model.commands")
]


def test_every_name_of_the_package_can_be_imported():
    for name in gittag_registry.__all__:
        assert getattr(gittag_registry, name) is not None


def test_to_catch_an_error_needs_no_more_than_the_errors():
    code = "import sys\nfrom gittag_registry import Unreachable\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = {name for name in done.stdout.split() if name.startswith("gittag_registry.")}
    assert own == {"gittag_registry._version", "gittag_registry.errors", "gittag_registry.urls"}


def test_a_command_is_checked_like_a_function(example):
    registry = Registry(example)
    assert outcome(lambda: registry.execute(Assign(artifact="churn", stage="dev", version=1.2))) == ""  # type: ignore[arg-type]
    assert git("tag", "--list", "churn#dev*", repo=example) == ""

"""Python code that was written for GTO: the same calls on the same repository, side by side."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.interop import peers
from tests.interop.conftest import GtoPython, PythonCalls
from tests.testing.builder import RepositoryBuilder, git


@pytest.fixture
def repo(builder: RepositoryBuilder) -> Path:
    """Two versions with a past: one was put into prod twice, and taken out of dev; one was deregistered and is back."""
    first, second = builder.commit({"artifacts.yaml": "churn:\n  type: model\n  path: a\n"}), builder.commit()
    for tag, commit in (
        ("churn@v1.0.0", first),
        ("churn#dev#1", first),
        ("churn#prod#2", first),
        ("churn#prod#3", first),
        ("churn@v2.0.0", second),
        ("churn#dev!#4", first),
        ("churn#prod#5", second),
        ("churn@v2.0.0!", second),
        ("churn@v2.0.0#6", second),
        ("segment@v0.1.0", second),
        ("segment@deprecated", second),
    ):
        builder.tag(tag, commit)
    return builder.build()


VERSION = "api.find_latest_version('.', 'churn')"
OLD_STAGE = "api.find_versions_in_stage('.', 'churn', 'prod', versions_per_stage=-1)[-1]"
STAGE = "api.find_versions_in_stage('.', 'churn', 'prod')[0]"
COMMON = [
    "artifact",
    "version",
    "commit_hexsha",
    "ref",
    "created_at",
    "author",
    "author_email",
    "message",
    "is_active",
    "activated_at",
]


@pytest.mark.parametrize("attribute", [*COMMON, "is_registered", "discovered"])
def test_a_version_has_gtos_attributes(repo, gto_python: GtoPython, our_python: PythonCalls, attribute):
    question = f"{VERSION}.{attribute}"
    assert our_python.eval(repo, question) == gto_python.eval(repo, question)


def test_the_state_of_a_version_is_gtos_but_for_annotations(repo, gto_python, our_python):
    """GTO adds the annotation, and another commit's if there are several; `describe` is the way to get it."""
    theirs, ours = (python.eval(repo, f"{VERSION}.dict_state()") for python in (gto_python, our_python))
    assert theirs.pop("enrichments") != ours.pop("enrichments") == []
    assert ours == theirs


@pytest.mark.parametrize("attribute", [*COMMON, "stage", "dict_state()"])
@pytest.mark.parametrize("stage", [STAGE, OLD_STAGE])
def test_a_version_in_a_stage_has_gtos_attributes(repo, gto_python, our_python, stage, attribute):
    question = f"{stage}.{attribute}"
    assert our_python.eval(repo, question) == gto_python.eval(repo, question)


@pytest.mark.parametrize("attribute", ["ref", "tag", "commit_hexsha", "message", "event"])
@pytest.mark.parametrize("events", ["assignments", "unassignments"])
def test_the_events_of_a_stage_have_gtos_attributes(repo, gto_python, our_python, events, attribute):
    question = f"[event.{attribute} for event in {STAGE}.{events}]"
    assert our_python.eval(repo, question) == gto_python.eval(repo, question)


def test_the_stages_of_a_version_are_gtos_mapping(repo, gto_python, our_python):
    version = f"[v for v in {{}} if v.version == 'v1.0.0'][0]"  # noqa: F541 - filled in below
    theirs = version.format("api._get_state('.').artifacts['churn'].versions")
    ours = version.format("api.open_registry('.').versions('churn')")
    stages = (
        "{name: [s.ref, s.is_active, s.activated_at, [a.ref for a in s.assignments]] for name, s in %s.stages.items()}"
    )
    assert our_python.eval(repo, stages % ours) == gto_python.eval(repo, stages % theirs)


@pytest.mark.parametrize(
    "ref", ["churn@v1.0.0", "refs/tags/churn#prod#5", "churn#dev!#4", "churn@v2.0.0!", "segment@deprecated"]
)
def test_an_event_has_gtos_attributes(repo, gto_python, our_python, ref):
    question = "[event.dict_state(), event.ref, event.tag]"
    theirs = gto_python.eval(repo, f"[{question} for event in api.check_ref('.', {ref!r})][0]")
    assert our_python.eval(repo, f"[{question} for event in [api.check_ref('.', {ref!r})]][0]") == theirs


@pytest.mark.parametrize("attribute", ["type", "path", "virtual", "labels", "description", "custom"])
def test_an_annotation_has_gtos_attributes(repo, gto_python, our_python, attribute):
    question = f"api.describe('.', 'churn').{attribute}"
    assert our_python.eval(repo, question) == gto_python.eval(repo, question)


@pytest.mark.parametrize("sort", ["SemVer", "Timestamp"])
def test_an_order_has_gtos_names(repo, gto_python, our_python, sort):
    theirs = gto_python.eval(repo, f"api.show('.', sort={sort!r}, versions_per_stage=-1)['churn']['stage']['prod']")
    ours = our_python.eval(repo, f"api.show('.', sort={sort!r}, versions_per_stage=-1)[0].stages['prod']")
    assert ours == theirs.split(", ")


@pytest.mark.parametrize(
    "call",
    [
        "api.show('.', sort='bogus')",
        "api.show('.', versions_per_stage=-5)",
        "api.find_versions_in_stage('.', 'churn', 'prod', assignments_per_version=-5)",
        "api.get_stages('.', allowed=True, used=True)",
    ],
)
def test_a_wrong_value_is_an_error_of_both(repo, gto_python, our_python, call):
    for python in (gto_python, our_python):
        program = f"from {python.package} import api\ntry: {call}\nexcept (Exception, AssertionError): print('error')"
        assert python.output(repo, f"-c {shlex.quote(program)}") == "error"


@pytest.mark.parametrize(
    "opened",
    [
        "from scmrepo.git import Git; repo = Git('.')",
        "from scmrepo.git import Git; repo = Git('sub', search_parent_directories=True)",
        "from dulwich.repo import Repo; repo = Repo('.')",
        "from pygit2 import Repository; repo = Repository('.')",
        "from pygit2 import Repository; repo = Repository('bare')",
        "from dulwich.repo import Repo; repo = Repo('bare')",
        "from git import Repo; repo = Repo('.')",
    ],
)
def test_an_opened_repository_of_any_library_is_taken(repo, our_python, opened):
    """GTO's environment has all of these libraries."""
    (repo / "sub").mkdir()
    git("clone", "--quiet", "--bare", str(repo), str(repo / "bare"))
    [libraries] = peers.executable("gto").parents[1].glob("lib/python*/site-packages")
    program = (
        f"import sys, json; sys.path.append({str(libraries)!r}); {opened}; import gittag_registry as g; "
        "print(json.dumps([g.current(repo, 'churn', 'prod').version, g.register(repo, 'new', 'HEAD').ref]))"
    )
    assert json.loads(our_python.output(repo, f"-c {shlex.quote(program)}")) == ["v2.0.0", "new@v0.0.1"]

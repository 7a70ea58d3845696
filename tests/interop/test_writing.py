"""Registries written by GTO, by us, and by both in turn: the same tags, read alike by both."""

from __future__ import annotations

import pytest

from tests.interop.answers import of_gto, of_ours
from tests.testing.builder import START, git

# A command line that both programs take, and what it writes: the tags' names and first lines.
LIFE = [
    ("register churn HEAD~4", {"churn@v0.0.1": "Registering artifact churn version v0.0.1"}),
    ("register churn HEAD~3 --bump-minor", {"churn@v0.1.0": "Registering artifact churn version v0.1.0"}),
    ("register churn HEAD~2 --version v1.0.0 -m 'First release'", {"churn@v1.0.0": "First release"}),
    (
        "assign churn --version v0.1.0 --stage dev",
        {"churn#dev#1": "Assigning stage dev to artifact churn version v0.1.0"},
    ),
    (
        "assign churn HEAD~2 --stage prod",
        {"churn#prod#2": "Assigning stage prod to artifact churn version v1.0.0"},
    ),
    (
        "assign churn HEAD~1 --stage dev",
        {
            "churn@v1.0.1": "Registering artifact churn version v1.0.1",
            "churn#dev#3": "Assigning stage dev to artifact churn version v1.0.1",
        },
    ),
    ("promote churn --version v1.0.1 --stage prod -m 'Ship it'", {"churn#prod#4": "Ship it"}),
    (
        "assign churn --version v1.0.0 --stage staging --simple true",
        {"churn#staging": "Assigning stage staging to artifact churn version v1.0.0"},
    ),
    (
        "deprecate churn v1.0.1 prod",
        {"churn#prod!#5": "Unassigning stage 'prod' to artifact 'churn' version 'v1.0.1'"},
    ),
    ("deprecate churn v1.0.1", {"churn@v1.0.1!": "Deregistering artifact churn version v1.0.1"}),
    (
        "register churn HEAD --version v2.0.0 --simple false",
        {"churn@v2.0.0#6": "Registering artifact churn version v2.0.0"},
    ),
    ("deprecate churn", {"churn@deprecated": "Deprecating artifact 'churn'"}),
    (
        "assign churn --version v2.0.0 --stage prod",
        {"churn#prod#7": "Assigning stage prod to artifact churn version v2.0.0"},
    ),
    (
        "register models:churn HEAD",
        {"models=churn@v0.0.1": "Registering artifact models:churn version v0.0.1"},
    ),
    (
        "assign models:churn --version v0.0.1 --stage dev",
        {"models=churn#dev#1": "Assigning stage dev to artifact models:churn version v0.0.1"},
    ),
    ("register data/sales HEAD~1", {"data/sales@v0.0.1": "Registering artifact data/sales version v0.0.1"}),
    ("deprecate data/sales", {"data/sales@deprecated": "Deprecating artifact 'data/sales'"}),
]


@pytest.fixture
def commits(builder):
    """Five commits without tags."""
    for _ in range(5):
        builder.commit()
    return builder.build()


def commit_of(repo, revision):
    return git("rev-parse", revision, repo=repo).strip()


def subjects(repo):
    fields = git("for-each-ref", "refs/tags", "--format=%(refname:strip=2)%09%(contents:subject)", repo=repo)
    return dict(line.split("\t") for line in fields.splitlines())


@pytest.mark.parametrize("writers", [["gto", "ours"], ["ours", "gto"]], ids="-".join)
def test_the_same_commands_write_the_same_tags_whoever_writes(commits, gto, gto_python, ours, writers):
    """In turns, so that each command is run by both, on what the other wrote."""
    programs = [{"gto": gto, "ours": ours}[writer] for writer in writers]
    known = {}
    for number, (command, wanted) in enumerate(LIFE):
        programs[number % len(programs)].output(commits, command, at=START + 1000 * (number + 1))
        now = subjects(commits)
        assert (command, {name: now[name] for name in now.keys() - known.keys()}) == (command, wanted)
        known = now
    [answer] = gto_python.everything(commits)
    assert of_ours(commits) == of_gto(answer)
    assert (
        ours.output(commits, "show --format plain")
        == "churn\tv2.0.0\tv0.1.0\tv2.0.0\tv1.0.0\nmodels:churn\tv0.0.1\tv0.0.1\t-\t-"
    )
    assert ours.output(commits, "which churn prod --all") == "v2.0.0\nv1.0.0"


def test_a_stage_of_a_bare_commit_has_the_message_of_gto(commits, gto, ours):
    commit = commit_of(commits, "HEAD")
    gto.output(commits, "assign churn HEAD --stage dev --skip-registration", at=START + 1000)
    ours.output(commits, "assign segment HEAD --stage dev --skip-registration", at=START + 1000)
    assert subjects(commits) == {
        "churn#dev#1": f"Assigning stage dev to artifact churn version {commit}",
        "segment#dev#1": f"Assigning stage dev to artifact segment version {commit}",
    }


def test_what_gto_writes_has_the_date_and_the_author_we_expect(commits, gto):
    """The clock that the tests set is the one GTO goes by."""
    gto.output(commits, "register churn", at=START + 1000)
    tagger = git("for-each-ref", "refs/tags", "--format=%(taggername) %(taggeremail) %(taggerdate:raw)", repo=commits)
    assert tagger.strip() == f"Grace Hopper <grace@example.com> {START + 1000} +0000"


def test_gto_reads_what_only_we_can_do(commits, gto_python, ours):
    for number, command in enumerate(
        [
            "register churn HEAD~4 --version 1.0",
            "register churn HEAD~3 --bump major",
            "register churn HEAD~2 --version v2.1.0-rc.1",
            "assign churn prod HEAD~4 -m 'First\n\nWith a body.'",
            "assign churn prod HEAD~3",
            "rollback churn prod",
            "assign churn staging HEAD~2",
            "assign churn dev HEAD~2",
            "unassign churn staging --all",
            "deregister churn 1.0",
            "rollback churn prod --to 2",
            "register churn HEAD~4 --version v1.0.0",
        ]
    ):
        ours.output(commits, command, at=START + 1000 * (number + 1))
    [answer] = gto_python.everything(commits)
    theirs = of_gto(answer)
    assert theirs["table"][0]["stages"] == {"dev": ["v2.1.0-rc.1"], "prod": ["v1.0.0"]}
    assert theirs["versions"] == of_ours(commits)["versions"]
    assert theirs["history"] == of_ours(commits)["history"]
    assert theirs["in stage"] == of_ours(commits)["in stage"]


def test_a_burst_of_writes_is_read_in_order_by_gto(commits, gto_python, ours):
    """Our tags move on by a second where their order matters, as GTO cannot tell within a second."""
    ours.output(commits, "register churn HEAD~4 --version v1.0.0", at=START + 999)
    ours.output(commits, "register churn HEAD~3 --version v1.1.0", at=START + 1000)
    for version in ["v1.0.0", "v1.1.0", "v1.0.0", "v1.1.0", "v1.0.0"]:
        ours.output(commits, f"assign churn prod --version {version}", at=START + 1000)
    ours.output(commits, "deprecate churn", at=START + 1000)
    ours.output(commits, "register churn HEAD", at=START + 1000)
    [answer] = gto_python.everything(commits)
    assert of_gto(answer) == of_ours(commits)
    assert of_gto(answer)["table"][0]["stages"] == {"prod": ["v1.0.0"]}


def test_python_calls_take_turns(commits, gto_python, our_python):
    """`gto.api` and `gittag_registry.api` take the same arguments and give the same answers."""
    calls = [
        ("api.register('.', 'churn', 'HEAD~1', version='v1.0.0').tag", "churn@v1.0.0"),
        ("api.assign('.', 'churn', 'prod', 'v1.0.0').tag", "churn#prod#1"),
        ("api.register('.', 'churn', 'HEAD', bump_major=True).tag", "churn@v2.0.0"),
        (
            "api.assign('.', 'churn', 'prod', ref='HEAD', author='Alan Turing', author_email='a@example.com').tag",
            "churn#prod#2",
        ),
        ("api.unassign('.', 'churn', version='v2.0.0', stage='prod').tag", "churn#prod!#3"),
        ("api.deregister('.', 'churn', ref='HEAD').version", "v2.0.0"),
        ("api.deprecate('.', 'churn').tag", "churn@deprecated"),
        ("api.register('.', 'churn', 'HEAD~2', 'v3.0.0', 'The third').message", "The third"),
    ]
    for number, (call, answer) in enumerate(calls):
        writer = (gto_python, our_python)[number % 2]
        assert (call, writer.eval(commits, call, at=START + 1000 * (number + 1))) == (call, answer)
    questions = {
        "api.find_latest_version('.', 'churn').version": "v3.0.0",
        "[found.version for found in api.find_versions_in_stage('.', 'churn', 'prod')]": ["v1.0.0"],
        "[found.commit_hexsha for found in api.find_versions_in_stage('.', 'churn', 'prod')]": [
            commit_of(commits, "HEAD~1")
        ],
        "api.get_stages('.')": ["prod"],
        "len(api.history('.', 'churn', True))": 8,
    }
    for question, answer in questions.items():
        for reader in (gto_python, our_python):
            assert (question, reader.eval(commits, question)) == (question, answer)
    asked = "[event['author'] for event in api.history('.', 'churn') if event['ref'] == 'churn#prod#2']"
    assert gto_python.eval(commits, asked) == ["Alan Turing"]

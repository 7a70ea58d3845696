"""What the page on moving from GTO says, seen on both sides."""

from __future__ import annotations

import os

import pytest

from tests.testing.builder import git, tag_names


@pytest.fixture
def moved(builder):
    """A registry that GTO's users know: two versions, one of them in prod."""
    first = builder.commit({"artifacts.yaml": "churn:\n  type: model\n  path: churn.pkl\n"})
    second = builder.commit()
    builder.tag("churn@v1.0.0", first, message="Registering artifact churn version v1.0.0")
    builder.tag("churn@v1.1.0", second, message="Registering artifact churn version v1.1.0")
    builder.tag("churn#prod#1", first, message="Assigning stage prod to artifact churn version v1.0.0")
    return builder.build()


@pytest.mark.parametrize(
    ("theirs", "commands"),
    [
        ("show churn@latest --version", ["show churn@latest --version", "latest churn"]),
        ("show churn#prod --version", ["show churn#prod --version", "which churn prod"]),
        ("show churn@v1.0.0 --version", ["show churn@v1.0.0 --version", "show churn@1.0 --version"]),
        ("stages", ["stages"]),
        ("check-ref churn#prod#1 --stage", ["check-ref churn#prod#1 --stage"]),
    ],
)
def test_commands_that_ask(moved, gto, ours, theirs, commands):
    answer = gto.output(moved, theirs)
    assert answer
    for command in commands:
        assert ours.output(moved, command) == answer


@pytest.mark.parametrize(
    ("theirs", "commands"),
    [
        ("register uplift", ["register uplift"]),
        ("register churn HEAD~1 --version v2.0.0", []),
        ("assign churn --version v1.1.0 --stage prod", ["assign churn prod --version v1.1.0"]),
        ("deprecate churn", ["deprecate churn"]),
        ("deprecate churn v1.1.0", ["deprecate churn v1.1.0", "deregister churn v1.1.0"]),
        ("deprecate churn v1.0.0 prod", ["deprecate churn v1.0.0 prod", "unassign churn prod --version v1.0.0"]),
    ],
)
def test_commands_that_write_write_the_same_tags(moved, gto, ours, theirs, commands):
    def written(program, command):
        before = tag_names(moved)
        code = program(moved, command).code
        new = sorted(set(tag_names(moved)) - set(before))
        for tag in new:
            git("tag", "--delete", tag, repo=moved)
        return code, new

    answer = written(gto, theirs)
    assert all(written(ours, command) == answer for command in commands)
    assert (answer[1] == []) == (not commands)


def test_push_writes_to_the_clone_and_the_server(moved, gto, ours, tmp_path):
    git("clone", "--quiet", "--bare", str(moved), str(tmp_path / "server.git"))
    git("remote", "add", "origin", str(tmp_path / "server.git"), repo=moved)
    for program, command in ((gto, "register uplift --push"), (ours, "register segment --push")):
        program.output(moved, command)
    assert {"uplift@v0.0.1", "segment@v0.0.1"} <= set(tag_names(moved)) & set(tag_names(tmp_path / "server.git"))


def test_a_registry_is_read_and_written_by_its_address(moved, gto, ours, tmp_path):
    git("clone", "--quiet", "--bare", str(moved), str(tmp_path / "server.git"))
    url = (tmp_path / "server.git").as_uri()
    assert gto.output(tmp_path, f"show churn@latest --version --repo {url}") == "v1.1.0"
    assert ours.output(tmp_path, f"show churn@latest --version --repo {url}") == "v1.1.0"
    gto.output(tmp_path, f"assign churn --version v1.1.0 --stage dev --repo {url}")
    ours.output(tmp_path, f"assign churn --version v1.1.0 --stage staging --repo {url}")
    assert {"churn#dev#2", "churn#staging#3"} <= set(tag_names(tmp_path / "server.git"))


def test_json(moved, gto, ours):
    theirs, mine = gto.json(moved, "show"), ours.json(moved, "show")
    [row] = [row for row in mine["artifacts"] if row["artifact"] == "churn"]
    assert (theirs["churn"]["version"], theirs["churn"]["stage"]["prod"]) == ("v1.1.0", "v1.0.0")
    assert (row["latest"], row["stages"]["prod"]) == ("v1.1.0", ["v1.0.0"])
    for old, new in zip(gto.json(moved, "show churn"), ours.json(moved, "show churn")["versions"], strict=True):
        assert (new["version"], new["commit"]) == (old["version"], old["commit_hexsha"])
    [first, *_] = gto.json(moved, "history")
    assert set(first) - {"priority"} == set(ours.json(moved, "history")["events"][0])
    old, new = gto.json(moved, "check-ref churn@v1.0.0"), ours.json(moved, "check-ref churn@v1.0.0")["event"]
    assert (new["version"], new["ref"]) == (old["version"], old["tag"])
    assert gto.json(moved, "stages") == ours.json(moved, "stages")["stages"]
    assert first["timestamp"].endswith("+00:00")
    assert ours.json(moved, "history")["events"][0]["timestamp"].endswith("Z")


@pytest.mark.parametrize("key", ["stages", "STAGES"])
def test_a_gto_file_restricts_both(moved, gto, ours, key):
    (moved / ".gto").write_text(
        f"{key}: [dev]\nlog_level: INFO\ndebug: false\nemojis: true\nautoload_enrichments: true\n"
    )
    for program in (gto, ours):
        assert program(moved, "assign churn --version v1.1.0 --stage staging").code != 0
    told = ours(moved, "assign churn dev --version v1.1.0")
    assert (told.code, "warning" in told.err) == (0, False)


@pytest.mark.parametrize("variable", ["GTO_STAGES", "gto_stages"])
def test_variables_of_gto_restrict_both(moved, gto, ours, monkeypatch, variable):
    monkeypatch.setitem(os.environ, variable, '["dev"]')
    for program in (gto, ours):
        assert program(moved, "assign churn --version v1.1.0 --stage staging").code != 0
    monkeypatch.setenv("GITTAG_STAGES", "staging")
    assert ours(moved, "assign churn staging --version v1.1.0").code == 0


def test_describe_takes_a_revision_or_a_selector(moved, gto_python, our_python):
    (moved / "artifacts.yaml").write_text("{}\n")
    git("commit", "--quiet", "--all", "--message", "no annotations", repo=moved)
    assert gto_python.eval(moved, "api.describe('.', 'churn')") is None
    assert gto_python.eval(moved, "api.describe('.', 'churn', rev='HEAD~1').path") == "churn.pkl"
    assert our_python.eval(moved, "api.describe('.', 'churn', rev='HEAD~1').path") == "churn.pkl"
    assert our_python.eval(moved, "api.describe('.', 'churn@v1.1.0').path") == "churn.pkl"

"""What the page on moving from GTO says, seen on both sides."""

from __future__ import annotations

import json
import os
import re
import shlex

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


@pytest.fixture
def one(builder):
    """A commit without tags."""
    builder.commit()
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
        ("register uplift --version v1.0.0", ["register uplift --version v1.0.0", "register uplift@v1.0.0"]),
        ("register churn HEAD~1 --version v2.0.0", []),
        ("assign churn --stage dev", ["assign churn --stage dev", "assign churn dev"]),
        (
            "assign churn --version v1.1.0 --stage prod",
            ["assign churn prod --version v1.1.0", "assign churn@v1.1.0 prod"],
        ),
        ("deprecate churn", ["deprecate churn"]),
        ("deprecate churn --ref HEAD~1", ["deprecate churn --ref HEAD~1", "deprecate churn --rev HEAD~1"]),
        ("deprecate churn v1.1.0", ["deprecate churn v1.1.0", "deregister churn@v1.1.0"]),
        ("deprecate churn v1.0.0 prod", ["deprecate churn v1.0.0 prod", "unassign churn#prod"]),
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
        assert new["timestamp"] == old["created_at"].replace("+00:00", "Z")
        assert new["stages"] == [stage["stage"] for stage in old["stages"]]
    [first, *_] = gto.json(moved, "history")
    assert set(first) - {"priority"} == set(ours.json(moved, "history")["events"][0])
    old, new = gto.json(moved, "check-ref churn@v1.0.0"), ours.json(moved, "check-ref churn@v1.0.0")["event"]
    assert (new["version"], new["ref"], new["commit"]) == (old["version"], old["tag"], old["commit_hexsha"])
    assert new["timestamp"] == old["created_at"].replace("+00:00", "Z")
    assert gto.json(moved, "stages") == ours.json(moved, "stages")["stages"]
    assert first["timestamp"].endswith("+00:00")
    assert ours.json(moved, "history")["events"][0]["timestamp"].endswith("Z")


@pytest.mark.parametrize("command", ["show", "show churn", "history"])
def test_plain_output_has_no_header(moved, gto, ours, command):
    """The same values, but for times without spaces, whole commit ids, and a dash for nothing."""
    _, *theirs = gto.output(moved, f"{command} --plain").splitlines()
    mine = ours.output(moved, f"{command} --plain").splitlines()
    assert len(mine) == len(theirs)
    for line, row in zip(theirs, mine, strict=True):
        cells = re.sub(r"(\S+) ([0-9:]{8})\+00:00", r"\1T\2Z", line).split()
        ids = [cell[:7] if re.fullmatch("[0-9a-f]{40}", cell) else cell for cell in row.split("\t")]
        assert [cell for cell in ids if cell != "-"] == [cell for cell in cells if cell != "-"]


def test_only_data_is_printed(one, gto, ours):
    assert gto.output(one, "show") == "Nothing found in the current workspace"
    assert (ours(one, "show").out, ours(one, "show").code) == ("", 0)
    assert ours(one, "show").err.startswith("no artifacts")
    assert gto.output(one, "register churn").startswith("Created git tag 'churn@v0.0.1' ")
    assert ours.output(one, "register segment").startswith("created tag 'segment@v0.0.1': ")


def test_deleting_in_a_script_needs_yes(moved, gto, ours):
    assert ours(moved, "deprecate churn v1.1.0 -d").code == 2
    ours.output(moved, "deprecate churn v1.1.0 -d --yes")
    gto.output(moved, "deprecate churn v1.0.0 -d")
    assert tag_names(moved) == []


def test_python_calls_that_answer_otherwise(moved, gto_python, our_python):
    assert gto_python.eval(moved, "api.get_stages('.', allowed=True)") is None
    assert our_python.eval(moved, "api.get_stages('.', allowed=True)") == []
    assert gto_python.eval(moved, "hasattr(api.check_ref('.', 'churn@v1.0.0')[0], 'stage')") is False
    assert our_python.eval(moved, "api.check_ref('.', 'churn@v1.0.0').stage") is None
    call = "from {} import api; print(api.unassign('.', 'churn', stage='prod').ref)"
    assert gto_python(moved, f'-c "{call.format("gto")}"').code == 1
    assert our_python.output(moved, f'-c "{call.format("gittag_registry")}"') == "churn#prod!#2"


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


@pytest.mark.parametrize("options", ["--av 1", "--vs -1", "--ro", "--assignments-per-version 1", "--registered-only"])
def test_options_of_show_are_the_same(moved, gto, ours, options):
    git("tag", "-a", "-m", "Assigning", "churn#prod#2", "HEAD", repo=moved)
    theirs = gto.json(moved, f"show {options}")["churn"]["stage"]
    [row] = [row for row in ours.json(moved, f"show {options}")["artifacts"] if row["artifact"] == "churn"]
    assert {stage: ", ".join(versions) for stage, versions in row["stages"].items()} == theirs


@pytest.mark.parametrize("option", ["--asc", "--ascending"])
def test_the_order_of_history_is_the_same(moved, gto, ours, option):
    theirs = [event["ref"] for event in gto.json(moved, f"history {option}")]
    assert [event["ref"] for event in ours.json(moved, f"history {option}")["events"]] == theirs
    assert theirs != [event["ref"] for event in ours.json(moved, "history")["events"]]


def test_deleting_has_the_same_option(moved, gto, ours, tmp_path):
    git("clone", "--quiet", str(moved), str(tmp_path / "theirs"))
    gto.output(tmp_path / "theirs", "deprecate churn v1.0.0 prod -d")
    assert ours(moved, "deprecate churn v1.0.0 prod -d").code == 2
    ours.output(moved, "deprecate churn v1.0.0 prod -d --yes")
    assert tag_names(moved) == tag_names(tmp_path / "theirs") == ["churn@v1.0.0", "churn@v1.1.0"]


@pytest.mark.parametrize("option", ["-v", "--traceback"])
def test_options_before_the_command_are_the_same(moved, gto, ours, option):
    for program in (gto, ours):
        assert program(moved, f"{option} show churn@latest --version").out.splitlines()[-1] == "v1.1.0"
    assert ("Traceback" in ours(moved, f"{option} register churn HEAD~9").err) == (option == "--traceback")


@pytest.mark.parametrize("command", ["register", "assign", "deprecate"])
def test_spellings_of_gto_are_not_in_the_help(moved, ours, command):
    text = ours.output(moved, f"{command} --help")
    assert not any(option in text for option in ("--ver ", "--version VERSION", "--ref REF"))


def test_the_json_of_a_tags_name(moved, gto, ours):
    theirs = json.loads(gto.output(moved, "parse-tag churn#prod#1"))
    mine = ours.json(moved, "parse-tag churn#prod#1")
    assert (theirs["name"], theirs["action"]) == (mine["artifact"], "assign")
    assert mine["event"] == "assignment"
    assert ours.output(moved, "parse-tag churn#prod#1 --stage") == mine["stage"] == theirs["stage"]


def test_our_own_file_and_variable_win_over_those_of_gto(moved, gto, ours, monkeypatch):
    (moved / ".gto").write_text("types: [model]\n")
    assert gto(moved, "doctor").code == 0
    assert ours(moved, "annotate segment --type dataset").code == 6
    (moved / ".gittag-registry.yaml").write_text("types: [dataset]\n")
    assert ours(moved, "annotate segment --type dataset").code == 0
    monkeypatch.setitem(os.environ, "GTO_TYPES", '["model"]')
    assert ours(moved, "annotate segment --type dataset").code == 6
    monkeypatch.setenv("GITTAG_TYPES", "dataset")
    assert ours(moved, "annotate segment --type dataset").code == 0


def test_another_index_is_read_by_gto_only(moved, gto, ours, monkeypatch):
    (moved / "other.yaml").write_text("segment:\n  type: model\n")
    git("add", "other.yaml", repo=moved)
    git("commit", "--quiet", "--message", "index", repo=moved)
    monkeypatch.setitem(os.environ, "GTO_INDEX", "other.yaml")
    assert "segment" in gto.output(moved, "show")
    asked = ours(moved, "show")
    assert "segment" not in asked.out
    assert asked.err.startswith("warning: GTO_INDEX is not obeyed")


@pytest.mark.parametrize(
    ("theirs", "mine", "answers"),
    [
        (
            "[v.version for v in api.find_latest_version('.', 'churn', all=True)]",
            "[v.version for v in api.open_registry('.').versions('churn')]",
            (["v1.1.0", "v1.0.0"], ["v1.1.0", "v1.0.0"]),
        ),
        (
            "[event.ref for event in api.check_ref('.', 'churn#prod#1')]",
            "api.check_ref('.', 'churn#prod#1').ref",
            (["churn#prod#1"], "churn#prod#1"),
        ),
        ("api.check_ref('.', 'churn#prod#9')", None, ([], "NotFound")),
        ("api.describe('.', 'nothing')", None, (None, "NotFound")),
        ("api.parse_tag('churn#prod#1')['name']", "api.parse_tag('churn#prod#1').artifact", ("churn", "churn")),
        (
            "api.parse_tag('churn#prod#1')['action']",
            "api.parse_tag('churn#prod#1').kind",
            ("Action.ASSIGN", "assignment"),
        ),
        ("api.show('.')['churn']['version']", "api.show('.')[0].latest", ("v1.1.0", "v1.1.0")),
        ("api.history('.')[0]['ref']", "api.history('.')[0].ref", ("churn#prod#1", "churn#prod#1")),
        ("api.register('.', 'churn', 'HEAD', version='v1.1.0')", None, ("error", None)),
        ("api.assign('.', 'churn', 'prod', version='v1.0.0')", None, ("error", None)),
    ],
)
def test_python_calls_differ_as_the_page_says(moved, gto_python, our_python, theirs, mine, answers):
    def answer(python, expression):
        program = (
            f"import json; from {python.package} import api\n"
            f"try: print(json.dumps({expression}, default=str))\n"
            f"except Exception as error: print(json.dumps(type(error).__name__))"
        )
        return json.loads(python.output(moved, f"-c {shlex.quote(program)}").splitlines()[-1])

    found = answer(gto_python, theirs)
    assert (found if answers[0] != "error" else "error" * str(found)[:1].isupper()) == answers[0]
    assert answer(our_python, mine or theirs) == answers[1]


def test_python_deletes_without_asking(moved, gto_python, our_python, tmp_path):
    git("clone", "--quiet", str(moved), str(tmp_path / "theirs"))
    call = "api.unassign('.', 'churn', version='v1.0.0', stage='prod', delete=True) and None"
    gto_python.eval(tmp_path / "theirs", call)
    our_python.eval(moved, call)
    assert tag_names(moved) == tag_names(tmp_path / "theirs") == ["churn@v1.0.0", "churn@v1.1.0"]

"""A public GTO registry, rebuilt with its dates: GTO and we give the same answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interop.answers import gto_event, gto_events, gto_table, gto_versions, our_table
from tests.testing.builder import RepositoryBuilder, git

DATA = Path(__file__).parents[1] / "data/example-gto.tsv"
TAGS = [
    "churn@v3.0.0",
    "segment@v0.4.1",
    "cv-class@v0.1.13",
    "churn@v3.1.0",
    "churn#dev#1",
    "churn#staging#2",
    "churn#prod#3",
    "churn#dev#4",
    "segment#dev#1",
]


def rows() -> list[list[str]]:
    return [line.split("\t") for line in DATA.read_text().splitlines() if not line.startswith("#")]


@pytest.fixture
def public(builder: RepositoryBuilder) -> Path:
    """The public registry."""
    marks: dict[str, int] = {}
    files: dict[str, dict[str, str]] = {}
    for kind, commit, *rest in rows():
        if kind == "file":
            files.setdefault(commit, {})[rest[0]] = json.loads(rest[1])
    for kind, name, *rest in rows():
        if kind == "commit":
            _, time, subject = rest
            marks[name] = builder.commit(files.get(name, {}), message=subject, at=int(time))
        elif kind == "tag":
            target, time, zone, message = rest
            builder.tag(name, marks[target], message=message, at=int(time), zone=zone)
    return builder.build()


def test_the_rebuilt_repository_is_what_the_file_says(public):
    fields = "%(refname:strip=2)%09%(*contents:subject)%09%(taggerdate:raw)%09%(contents:subject)"
    subjects = {name: subject for kind, name, *_, subject in rows() if kind == "commit"}
    wanted = [
        f"{name}\t{subjects[target]}\t{time} {zone}\t{message}"
        for name, target, time, zone, message in (row[1:] for row in rows() if row[0] == "tag")
    ]
    assert git("for-each-ref", "refs/tags", f"--format={fields}", repo=public).splitlines() == sorted(wanted)


def test_the_table(public, gto, ours):
    table = [
        ["churn", "v3.1.0", "v3.1.0", "v3.0.0", "v3.1.0"],
        ["cv-class", "v0.1.13", "-", "-", "-"],
        ["segment", "v0.4.1", "v0.4.1", "-", "-"],
    ]
    assert [line.split("\t") for line in ours.output(public, "show --format plain").splitlines()] == table
    header, *lines = gto.output(public, "show --plain").splitlines()
    assert header.split() == ["name", "latest", "#dev", "#prod", "#staging"]
    assert [line.split() for line in lines] == table


@pytest.mark.parametrize("options", ["", "--versions-per-stage -1", "--sort semver", "--registered-only", "-d"])
def test_show(public, gto, ours, options):
    shown = our_table(ours.json(public, f"show {options}"))
    assert shown == gto_table(gto.json(public, f"show {options}"))
    everyone = options == "--versions-per-stage -1"
    assert shown[0] == {
        "artifact": "churn",
        "latest": "v3.1.0",
        "stages": {
            "dev": ["v3.1.0", "v3.0.0"] if everyone else ["v3.1.0"],
            "prod": ["v3.0.0"],
            "staging": ["v3.1.0"],
        },
        "registered": True,
        "active": True,
    }


def test_show_of_an_artifact(public, gto, ours):
    shown = ours.json(public, "show churn")["versions"]
    assert shown == gto_versions(gto.json(public, "show churn"))
    assert [(v["version"], v["stages"], v["timestamp"], v["ref"]) for v in shown] == [
        ("v3.1.0", ["dev", "staging"], "2023-09-04T07:53:33Z", "churn@v3.1.0"),
        ("v3.0.0", ["prod"], "2023-09-04T07:51:53Z", "churn@v3.0.0"),
    ]
    assert shown[0]["commit"] == git("rev-parse", "HEAD", repo=public).strip()
    assert shown[0]["author"] == "Ada Lovelace"
    assert shown[0]["author_email"] == "ada@example.com"
    assert shown[0]["message"] == "Registering artifact churn version v3.1.0"


@pytest.mark.parametrize(
    ("selector", "option", "answer"),
    [
        ("churn@latest", "--version", "v3.1.0"),
        ("churn@greatest", "--ref", "churn@v3.1.0"),
        ("churn@v3.0.0", "--ref", "churn@v3.0.0"),
        ("churn@v3.0.0", "--stage", "prod"),
        ("churn#prod", "--version", "v3.0.0"),
        ("churn#prod", "--ref", "churn@v3.0.0"),
        ("churn#dev", "--ref", "churn@v3.1.0"),
        ("churn", "--version", "v3.1.0\nv3.0.0"),
        ("churn", "--stage", "dev, staging\nprod"),
    ],
)
def test_a_column_of_show(public, gto, ours, selector, option, answer):
    assert ours.output(public, f"show {selector} {option}") == answer
    assert gto.output(public, f"show {selector} {option}") == answer


def test_history(public, gto, ours):
    events = ours.json(public, "history")["events"]
    assert events == gto_events(gto.json(public, "history"))
    assert [event["ref"] for event in events] == TAGS[::-1]
    assert [event["timestamp"][11:] for event in events] == [
        "07:59:52Z",
        "07:59:49Z",
        "07:58:15Z",
        "07:56:42Z",
        "07:55:08Z",
        "07:53:33Z",
        "07:51:57Z",
        "07:51:55Z",
        "07:51:53Z",
    ]


def test_history_of_an_artifact(public, gto, ours):
    events = ours.json(public, "history segment --ascending")["events"]
    assert events == gto_events(gto.json(public, "history segment --ascending"))
    assert [(event["event"], event["version"], event["stage"]) for event in events] == [
        ("registration", "v0.4.1", None),
        ("assignment", "v0.4.1", "dev"),
    ]


@pytest.mark.parametrize(
    ("artifact", "stage", "versions"),
    [
        ("churn", "dev", ["v3.1.0", "v3.0.0"]),
        ("churn", "staging", ["v3.1.0"]),
        ("churn", "prod", ["v3.0.0"]),
        ("segment", "dev", ["v0.4.1"]),
    ],
)
def test_which(public, gto_python, ours, artifact, stage, versions):
    assert ours.output(public, f"which {artifact} {stage} --all").splitlines() == versions
    assert ours.output(public, f"which {artifact} {stage}") == versions[0]
    call = f"api.find_versions_in_stage('.', '{artifact}', '{stage}', versions_per_stage=-1)"
    assert gto_python.eval(public, f"[found.version for found in {call}]") == versions


@pytest.mark.parametrize(("artifact", "version"), [("churn", "v3.1.0"), ("segment", "v0.4.1"), ("cv-class", "v0.1.13")])
def test_latest(public, gto, ours, artifact, version):
    assert ours.output(public, f"latest {artifact}") == version
    assert gto.output(public, f"show {artifact}@latest --version") == version


def test_all_versions(public, gto_python, ours):
    call = "api.find_latest_version('.', 'churn', all=True)"
    assert gto_python.eval(public, f"[found.version for found in {call}]") == ["v3.1.0", "v3.0.0"]
    assert ours.output(public, "latest churn --all") == "v3.1.0\nv3.0.0"


def test_check_ref(public, gto, ours):
    told = ours.json(public, "check-ref refs/tags/churn#prod#3")["event"]
    assert told.pop("trailers") == {}
    assert told == gto_event(gto.json(public, "check-ref refs/tags/churn#prod#3"))
    assert told == {
        "timestamp": "2023-09-04T07:58:15Z",
        "artifact": "churn",
        "event": "assignment",
        "version": "v3.0.0",
        "stage": "prod",
        "commit": git("rev-parse", "HEAD~1", repo=public).strip(),
        "ref": "churn#prod#3",
        "author": "Ada Lovelace",
        "author_email": "ada@example.com",
        "message": "Assigning stage prod to artifact churn version v3.0.0",
    }


@pytest.mark.parametrize(
    ("option", "answer"),
    [("--name", "segment"), ("--version", "v0.4.1"), ("--event", "assignment"), ("--stage", "dev")],
)
def test_a_field_of_check_ref(public, gto, ours, option, answer):
    assert ours.output(public, f"check-ref segment#dev#1 {option}") == answer
    assert gto.output(public, f"check-ref segment#dev#1 {option}") == answer


def test_stages(public, gto, ours):
    assert ours.output(public, "stages") == "dev\nprod\nstaging"
    assert gto.output(public, "stages") == "dev\nprod\nstaging"

"""Every deliberate difference from GTO, seen on both sides; `docs/differences-from-gto.md` lists them for users."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gittag_registry import api
from tests.testing.builder import START, git, tag_names

NOW = START + 10_000
DOCS = Path(__file__).parents[2] / "docs/differences-from-gto.md"


def commit_of(repo, revision="HEAD"):
    return git("rev-parse", revision, repo=repo).strip()


@pytest.fixture
def two(builder) -> Path:
    """Two commits: churn v1.0.0, which is in prod, and v2.0.0, the present one."""
    first, second = builder.commit(), builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn@v2.0.0", second)
    builder.tag("churn#prod#1", first)
    return builder.build()


@pytest.fixture
def one(builder) -> Path:
    """One commit without tags."""
    builder.commit()
    return builder.build()


# Order


def test_tags_of_one_second_are_ordered_by_their_counter(builder, gto, ours):
    """Same-second ties by counter: GTO goes by the name, in which #10 is before #9."""
    first, second = builder.commit(), builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn@v2.0.0", second)
    builder.tag("churn#prod#9", first, at=NOW)
    builder.tag("churn#prod#10", second, at=NOW)
    repo = builder.build()
    assert gto.output(repo, "show churn#prod --version") == "v1.0.0"
    assert ours.output(repo, "which churn prod") == "v2.0.0"


def test_a_version_assigned_again_within_a_second_is_in_the_stage(builder, gto, ours):
    """GTO puts every unassignment after the assignments of its second."""
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    for tag in ("churn#prod#1", "churn#prod!#2", "churn#prod#3"):
        builder.tag(tag, commit, at=NOW)
    repo = builder.build()
    assert gto.output(repo, "show churn#prod --version") == ""
    assert ours.output(repo, "which churn prod") == "v1.0.0"


def test_after_a_rollback_every_way_of_asking_gives_one_answer(two, gto, gto_python, ours):
    """GTO's Python call goes by the highest version where its table goes by time."""
    ours.output(two, "assign churn prod --version v2.0.0")
    ours.output(two, "rollback churn prod")
    asked = "[found.version for found in api.find_versions_in_stage('.', 'churn', 'prod')]"
    assert gto.output(two, "show churn#prod --version") == "v1.0.0"
    assert gto_python.eval(two, asked) == ["v2.0.0"]
    assert ours.output(two, "show churn#prod --version") == "v1.0.0"
    assert ours.output(two, "which churn prod") == "v1.0.0"
    assert [found.version for found in api.find_versions_in_stage(two, "churn", "prod")] == ["v1.0.0"]


def test_a_slow_clock_does_not_write_into_the_past(two, gto, ours, tmp_path):
    """GTO dates a tag by its clock alone, so that an assignment can come before what it replaces, and change nothing."""
    other = tmp_path / "other"
    git("clone", "--quiet", str(two), str(other))
    slow = START + 200  # the assignment to prod was at START + 240
    gto.output(two, "assign churn --version v2.0.0 --stage prod", at=slow)
    assert gto.output(two, "show churn#prod --version") == "v1.0.0"
    ours.output(other, "assign churn prod --version v2.0.0", at=slow)
    assert gto.output(other, "show churn#prod --version") == "v2.0.0"
    assert ours.output(other, "which churn prod") == "v2.0.0"


def test_a_clock_that_is_an_hour_slow_is_refused(two, gto, ours):
    """GTO writes; we say which tag lies in the future."""
    hours_ago = START - 7200
    refused = ours(two, "assign churn prod --version v2.0.0", at=hours_ago)
    assert refused.code == 5
    assert "the newest tag of 'churn', 'churn#prod#1', is dated 2023-11-14T22:17:20Z" in refused.err
    assert gto(two, "assign churn --version v2.0.0 --stage prod", at=hours_ago).code == 0


def test_git_may_be_told_the_date_of_a_tag(one, gto, ours, monkeypatch):
    """GIT_COMMITTER_DATE dates our tags, as it does git's; GTO takes the clock all the same."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{NOW} +0200")
    ours.output(one, "register churn")
    gto.output(one, "register segment")
    dates = git("for-each-ref", "refs/tags", "--format=%(refname:strip=2) %(taggerdate:unix)", repo=one).split()
    assert dates[:3] == ["churn@v0.0.1", str(NOW), "segment@v0.0.1"]
    assert int(dates[3]) > NOW


# Foreign and odd tags


def tag_object(target="{2}", kind="commit", name="churn@v9.0.0", tagger="tagger A <a@example.com> 1700000600 +0000\n"):
    return f"object {target}\ntype {kind}\ntag {name}\n{tagger}\nA message\n".encode()


UNREADABLE = {
    "no tagger": tag_object(tagger=""),
    "another name": tag_object(name="release-9"),
    "in the year 97036": tag_object(tagger="tagger A <a@example.com> 3000000000000 +0000\n"),
    "on a tree": tag_object("4b825dc642cb6eb9a060e54bf8d69288fbee4904", "tree"),
}


def test_a_tag_in_latin_1_is_read(builder, gto, ours):
    """`git tag` under `i18n.commitEncoding=ISO-8859-1` writes such tags, without a header; they stop GTO."""
    commit = builder.commit()
    builder.object("churn@v9.0.0", "tag", tag_object(f"{{{commit}}}").replace(b"A message", b"M\xe4r"))
    repo = builder.build()
    assert gto(repo, "show").code == 1
    [event] = ours.json(repo, "history")["events"]
    assert (event["version"], event["message"]) == ("v9.0.0", "Mär")


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_tag_that_nobody_can_read_is_skipped(builder, gto, ours, content):
    """Any such tag stops every command of GTO; we skip it, say so, and doctor says why."""
    builder.tag("churn@v1.0.0", builder.commit())
    builder.commit()
    builder.object("churn@v9.0.0", "tag", content)
    repo = builder.build()
    git("hash-object", "-t", "tree", "-w", "--stdin", data=b"", repo=repo)  # the empty tree
    for command in ("show", "check-ref churn@v1.0.0", "register segment"):
        assert gto(repo, command).code == 1, command
    shown = ours(repo, "show --format plain")
    assert (shown.code, shown.out) == (0, "churn\tv1.0.0")
    assert "skipped tag 'churn@v9.0.0'" in shown.err
    for command in ("history", "check-ref churn@v1.0.0", "latest churn", "register segment"):
        assert ours(repo, command).code == 0, command
    doctor = ours(repo, "doctor")
    assert doctor.code == 6
    assert "churn@v9.0.0" in doctor.out


def test_a_creation_tag_is_read_and_has_no_effect(builder, gto, ours):
    """The grammar has `churn@created`, but it stops GTO."""
    commit = builder.commit()
    builder.tag("churn@created", commit)
    builder.tag("churn@v1.0.0", commit)
    repo = builder.build()
    for command in ("show", "history", "check-ref churn@v1.0.0", "stages", "register segment"):
        assert gto(repo, command).code == 1, command
    assert ours.output(repo, "show --format plain") == "churn\tv1.0.0"
    assert ours.output(repo, "check-ref churn@created --event") == "creation"


def test_a_tag_object_with_another_tags_name_is_skipped(builder, gto, ours):
    """GTO goes by the name in the object, which a ref can contradict."""
    builder.tag("churn@v1.0.0", builder.commit())
    builder.commit()
    builder.object("churn@v9.0.0", "tag", tag_object(name="churn@v8.0.0"))
    repo = builder.build()
    assert gto.output(repo, "show churn@latest --version") == "v8.0.0"
    assert "churn@v8.0.0" not in tag_names(repo)
    latest = ours(repo, "latest churn")
    assert latest.out == "v1.0.0"
    assert "its tag object has another name, 'churn@v8.0.0'" in latest.err


def test_a_lightweight_tag_is_skipped_with_a_warning(builder, gto, ours):
    """Neither counts it; GTO does not say so."""
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.lightweight("churn@v9.0.0", commit)
    repo = builder.build()
    theirs = gto(repo, "show churn@latest --version")
    assert (theirs.code, theirs.out, theirs.err) == (0, "v1.0.0", "")
    latest = ours(repo, "latest churn")
    assert (latest.code, latest.out) == (0, "v1.0.0")
    assert "skipped tag 'churn@v9.0.0': it is lightweight" in latest.err


def test_a_tag_of_a_tag_means_the_commit_it_leads_to(two, gto, ours):
    """GTO takes the inner tag's id for a commit, and finds no version there."""
    git("tag", "-a", "-m", "Ship it", "churn#prod#2", "churn@v2.0.0", repo=two)
    inner = git("rev-parse", "churn@v2.0.0", repo=two)[:7]
    assert set(gto.output(two, "show churn#prod --version").split()) == {inner}
    assert ours.output(two, "which churn prod") == "v2.0.0"
    assert ours.output(two, "which churn prod --commit") == commit_of(two)


def test_a_counter_with_leading_zeros_is_no_counter(two, gto, ours):
    """GTO reads `#007` as 7; here such a tag is none of the registry's."""
    git("tag", "-a", "-m", "Ship it", "churn#prod#007", "HEAD", repo=two)
    assert gto.output(two, "show churn#prod --version") == "v2.0.0"
    assert ours.output(two, "which churn prod") == "v1.0.0"
    assert ours(two, "check-ref churn#prod#007").code == 7


# Versions


def test_latest_is_a_stable_version_if_there_is_one(builder, gto, ours):
    """GTO's latest is the highest, a pre-release too."""
    builder.tag("churn@v1.0.0", builder.commit())
    builder.tag("churn@v2.0.0-rc.1", builder.commit())
    repo = builder.build()
    assert gto.output(repo, "show churn@latest --version") == "v2.0.0-rc.1"
    assert ours.output(repo, "latest churn") == "v1.0.0"
    assert ours.output(repo, "show churn@latest --version") == "v1.0.0"
    assert ours.output(repo, "latest churn --pre") == "v2.0.0-rc.1"


def test_versions_may_share_a_commit(one, gto, ours):
    """GTO stops at a stage of such a commit; our stage tags say which version they mean."""
    ours.output(one, "register churn --version v1.0.0")
    ours.output(one, "register churn --version v2.0.0 --force")
    ours.output(one, "assign churn prod --version v1.0.0")
    assert ours.output(one, "which churn prod") == "v1.0.0"
    assert ours.output(one, "latest churn") == "v2.0.0"
    stopped = gto(one, "show")
    assert stopped.code == 1
    assert "Multiple versions are not allowed" in stopped.err


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_second_version_on_a_commit_needs_force(one, gto, ours, taken_back):
    """Because GTO stops on it; also when the first was deregistered, and when assign would register it."""
    ours.output(one, "register churn --version v1.0.0")
    if taken_back:
        ours.output(one, "deregister churn v1.0.0")
    before = tag_names(one)
    for command in ("register churn --version v2.0.0", "assign churn HEAD --stage prod --version v2.0.0"):
        refused = ours(one, command)
        assert (refused.code, tag_names(one)) == (5, before)
    ours.output(one, "assign churn HEAD --stage prod --version v2.0.0 --force")
    assert gto(one, "show").code == 1
    assert ours.output(one, "which churn prod") == "v2.0.0"


def test_a_forced_registration_is_repeated(two, gto, ours):
    """The plain name is taken, and GTO gives a counter only if it is told to."""
    assert gto(two, "register churn --force").code == 1
    ours.output(two, "register churn --force")
    assert "churn@v2.0.0#2" in tag_names(two)
    assert gto.json(two, "show")["churn"]["version"] == "v2.0.0"
    assert gto(two, "show churn").code == 1
    assert ours.output(two, "show churn --version") == "v2.0.0\nv1.0.0"


def test_a_version_taken_back_can_be_registered_again(two, gto, ours):
    """The tag gets a counter; GTO refuses to write it unless told how, and refuses to show its table after."""
    ours.output(two, "deregister churn v2.0.0")
    refused = gto(two, "register churn --version v2.0.0")
    assert (refused.code, "already exists" in refused.err) == (1, True)
    assert ours.output(two, "register churn --version v2.0.0").startswith("created tag 'churn@v2.0.0#2'")
    assert gto(two, "show churn").code == 1
    assert ours.output(two, "show churn --ref") == "churn@v2.0.0#2\nchurn@v1.0.0"


def test_a_version_taken_back_can_be_registered_on_another_commit(two, gto, ours):
    """GTO reads that it moved, but does not write it, and cannot assign it by its name after."""
    ours.output(two, "deregister churn v1.0.0")
    git("commit", "--quiet", "--allow-empty", "--message", "third", repo=two)
    refused = gto(two, "register churn --version v1.0.0 --simple false")
    assert (refused.code, "already was registered" in refused.err) == (1, True)
    ours.output(two, "register churn --version v1.0.0")
    assert gto.output(two, "show churn@v1.0.0 --ref") == "churn@v1.0.0#2"
    assert gto(two, "assign churn --version v1.0.0 --stage dev").code == 1
    ours.output(two, "assign churn dev --version v1.0.0")
    assert ours.output(two, "which churn dev --commit") == commit_of(two)


def test_a_version_taken_back_cannot_be_assigned(two, gto, ours):
    """GTO writes the tag, which has no effect."""
    ours.output(two, "deregister churn v2.0.0")
    refused = ours(two, "assign churn prod --version v2.0.0")
    assert (refused.code, "was deregistered" in refused.err) == (3, True)
    gto.output(two, "assign churn --version v2.0.0 --stage prod")
    assert gto.output(two, "show churn#prod --version") == "v1.0.0"


def test_a_version_is_on_one_commit(builder, gto, ours):
    """Registered on another, it leaves the first and its stages; GTO has it twice."""
    first, second = builder.commit(), builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first)
    builder.tag("churn@v1.0.0#2", second)
    repo = builder.build()
    assert gto.output(repo, "show churn --ref") == "churn@v1.0.0#2\nchurn@v1.0.0"
    assert gto.output(repo, "show churn#prod --version").split() == ["v1.0.0", "v1.0.0"]
    assert ours.output(repo, "show churn --ref") == "churn@v1.0.0#2"
    assert ours(repo, "which churn prod").code == 3


def test_a_deregistration_counts_whatever_commit_its_tag_is_on(two, gto, ours):
    """It names the version; GTO looks at the commit too, and there finds nothing to take back."""
    git("tag", "-a", "-m", "Bad data", "churn@v1.0.0!", "HEAD", repo=two)
    assert gto.output(two, "show churn --version") == "v2.0.0\nv1.0.0"
    assert ours.output(two, "show churn --version") == "v2.0.0"
    assert ours(two, "which churn prod").code == 3


def test_the_next_version_is_above_every_version_there_ever_was(two, gto, ours):
    """GTO counts on from the highest that is active, and runs into tags that are there."""
    git("commit", "--quiet", "--allow-empty", "--message", "third", repo=two)
    ours.output(two, "register churn")
    ours.output(two, "deregister churn v2.0.1")
    git("commit", "--quiet", "--allow-empty", "--message", "fourth", repo=two)
    refused = gto(two, "register churn")
    assert refused.code == 1
    assert "already" in refused.err
    ours.output(two, "register churn")
    assert ours.output(two, "latest churn") == "v2.0.2"


def test_after_a_pre_release_comes_its_release(builder, gto, ours):
    """GTO skips it: v2.0.0-rc.1 is followed by v2.0.1."""
    for version in ("v1.0.0", "v2.0.0-rc.1"):
        for artifact in ("churn", "segment"):
            builder.tag(f"{artifact}@{version}", builder.commit())
    builder.commit()
    repo = builder.build()
    gto.output(repo, "register churn")
    ours.output(repo, "register segment")
    assert {"churn@v2.0.1", "segment@v2.0.0"} < set(tag_names(repo))


def test_the_first_version_can_be_a_bump(one, gto, ours):
    """From v0.0.0; GTO takes no bump for a first version."""
    assert gto(one, "register churn --bump-major").code == 1
    assert ours(one, "register churn --bump-major").code == 0
    assert tag_names(one) == ["churn@v1.0.0"]


def test_a_version_may_be_typed_short(one, gto, ours):
    """The tag has it in full; GTO wants it in full."""
    assert gto(one, "register churn --version 3").code == 1
    ours.output(one, "register churn --version 3")
    assert tag_names(one) == ["churn@v3.0.0"]


# Stages


def test_rollback_needs_no_force(two, gto, ours):
    """GTO refuses to assign what once was in the stage, though the stage holds something else."""
    ours.output(two, "assign churn prod --version v2.0.0")
    refused = gto(two, "assign churn --version v1.0.0 --stage prod")
    assert (refused.code, "already in stage" in refused.err) == (1, True)
    ours.output(two, "assign churn prod --version v1.0.0")
    assert ours.output(two, "which churn prod") == "v1.0.0"


def test_assignments_per_version_keeps_the_newest_stage(builder, gto, ours):
    """GTO keeps the oldest, though its help says the last."""
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn#dev#1", commit)
    builder.tag("churn#prod#2", commit)
    repo = builder.build()
    help_text = " ".join(gto.output(repo, "show --help").split())
    assert "Show N last stages for each version" in help_text
    assert gto.json(repo, "show --av 1")["churn"]["stage"] == {"dev": "v1.0.0", "prod": None}
    assert ours.json(repo, "show --av 1")["artifacts"][0]["stages"] == {"prod": ["v1.0.0"]}


def test_a_bare_commit_can_be_taken_out_of_a_stage(builder, gto, ours):
    """For GTO every stage tag of a commit without a version is a version of its own, so the stage keeps it."""
    commit = builder.commit()
    builder.tag("churn#prod#1", commit)
    builder.tag("churn#prod!#2", commit)
    repo = builder.build()
    assert gto.json(repo, "show")["churn"]["stage"] == {"prod": commit_of(repo)}
    assert ours(repo, "which churn prod").code == 3


def test_a_bare_commit_is_one_line_of_the_table(builder, gto, ours):
    """GTO shows it once for every stage tag, and once more."""
    commit = builder.commit()
    builder.tag("churn#dev#1", commit)
    builder.tag("churn#prod#2", commit)
    repo = builder.build()
    assert gto.output(repo, "show churn --version").split() == [commit_of(repo)[:7]] * 4
    [shown] = ours.json(repo, "show churn")["versions"]
    assert (shown["version"], shown["stages"]) == (commit_of(repo), ["prod", "dev"])


def test_the_stages_used_are_those_ever_assigned(two, gto, ours):
    """As GTO's help says; GTO lists those that hold something now."""
    ours.output(two, "unassign churn prod")
    assert "were ever used" in gto.output(two, "stages --help")
    assert gto.output(two, "stages --used") == ""
    assert ours.output(two, "stages --used") == "prod"


def test_show_has_columns_for_the_stages_it_shows(builder, gto, ours):
    """GTO has a column for a stage of a deprecated artifact too, which is not shown."""
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    for tag in ("segment@v1.0.0", "segment#prod#1", "segment@deprecated"):
        builder.tag(tag, commit)
    repo = builder.build()
    assert gto.output(repo, "show --plain").split() == ["name", "latest", "#prod", "churn", "v1.0.0", "-"]
    assert ours.json(repo, "show")["stages"] == []


def test_the_stages_of_a_version_are_newest_first(builder, gto, ours):
    """GTO turns them round with `--sort semver`, which sorts versions."""
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    for tag in ("churn#dev#1", "churn#staging#2"):
        builder.tag(tag, commit)
    repo = builder.build()
    for options, theirs in (("", ["staging", "dev"]), ("--sort semver", ["dev", "staging"])):
        assert ours.json(repo, f"show churn {options}")["versions"][0]["stages"] == ["staging", "dev"]
        assert [stage["stage"] for stage in gto.json(repo, f"show churn {options}")[0]["stages"]] == theirs


def test_an_annotated_commit_is_no_version(builder, gto, ours):
    """GTO adds a line for the present commit if artifacts.yaml there has the artifact."""
    builder.tag("churn@v1.0.0", builder.commit())
    builder.commit({"artifacts.yaml": "churn: {}\n"})
    repo = builder.build()
    assert sorted(gto.output(repo, "show churn --version").split()) == sorted([commit_of(repo)[:7], "v1.0.0"])
    assert ours.output(repo, "show churn --version") == "v1.0.0"


# Deprecation


def test_a_deprecated_artifact_is_hidden_from_every_question(builder, gto, gto_python, ours):
    """GTO hides it from its table but answers in Python."""
    commit = builder.commit()
    for tag in ("churn@v1.0.0", "churn#prod#1", "churn@deprecated"):
        builder.tag(tag, commit)
    repo = builder.build()
    assert gto.output(repo, "show churn --version") == ""
    assert gto_python.eval(repo, "api.find_latest_version('.', 'churn').version") == "v1.0.0"
    assert gto_python.eval(repo, "api.find_versions_in_stage('.', 'churn', 'prod')[0].version") == "v1.0.0"
    assert api.find_latest_version(repo, "churn") is None
    assert api.find_versions_in_stage(repo, "churn", "prod") == []
    assert ours(repo, "latest churn").code == ours(repo, "which churn prod").code == 3
    assert ours.output(repo, "which churn prod --deprecated") == "v1.0.0"


def test_a_deprecation_outlasts_an_unassignment(builder, gto, ours):
    """Only a registration or an assignment brings an artifact back; for GTO anything that happens does."""
    commit = builder.commit()
    for tag in ("churn@v1.0.0", "churn#prod#1", "churn@deprecated", "churn#prod!#2"):
        builder.tag(tag, commit)
    repo = builder.build()
    assert list(gto.json(repo, "show")) == ["churn"]
    assert ours.json(repo, "show")["artifacts"] == []


def test_an_artifact_can_be_deprecated_again(builder, gto, ours):
    """The tag gets a counter; GTO stops at its first one."""
    commit = builder.commit()
    for tag in ("churn@v1.0.0", "churn@deprecated", "churn#prod#1"):
        builder.tag(tag, commit)
    repo = builder.build()
    refused = gto(repo, "deprecate churn")
    assert (refused.code, "already exists" in refused.err) == (1, True)
    assert ours.output(repo, "deprecate churn").startswith("created tag 'churn@deprecated#2'")


# Commands


@pytest.mark.parametrize(
    ("ours_says", "gto_says"),
    [
        ("register churn", "register churn"),
        ("assign churn prod --version v1.0.0", "assign churn --version v1.0.0 --stage prod"),
        ("deregister churn v0.1.0", "deprecate churn v0.1.0"),
        ("deprecate segment", "deprecate segment"),
    ],
)
def test_what_is_done_already_is_no_error(builder, gto, ours, ours_says, gto_says):
    """Doing it twice is doing it once: exit 0 and no tag; GTO exits 1."""
    old, new = builder.commit(), builder.commit()
    for tag in ("churn@v0.1.0", "churn@v0.1.0!"):
        builder.tag(tag, old)
    for tag in ("churn@v1.0.0", "churn#prod#1", "segment@v1.0.0", "segment@deprecated"):
        builder.tag(tag, new)
    repo = builder.build()
    before = tag_names(repo)
    assert gto(repo, gto_says).code == 1
    assert ours(repo, ours_says).code == 0
    assert tag_names(repo) == before


@pytest.mark.parametrize(
    ("taken_back", "code"), [("churn#prod!#2", 0), ("churn@v1.0.0!", 3)], ids=["unassigned", "deregistered"]
)
def test_a_version_is_taken_out_of_a_stage_once(builder, gto, ours, taken_back, code):
    """GTO writes a tag without effect."""
    commit = builder.commit()
    for tag in ("churn@v1.0.0", "churn#prod#1", taken_back):
        builder.tag(tag, commit)
    repo = builder.build()
    before = tag_names(repo)
    assert ours(repo, "deprecate churn v1.0.0 prod").code == code
    assert tag_names(repo) == before
    gto.output(repo, "deprecate churn v1.0.0 prod")
    assert len(tag_names(repo)) == len(before) + 1


@pytest.mark.parametrize(
    "question",
    [
        "history chrun",
        "check-ref chrun@v1.0.0",
        "check-ref HEAD",
        "show churn@v9.9.9",
        "show churn#dev --ref",
        "show segment",
    ],
)
def test_not_found_is_an_error(two, gto, ours, question):
    """Exit 3 (7 for a ref that is no registry tag) and a message; GTO prints nothing or "Nothing found" and exits 0."""
    ours.output(two, "register segment")
    ours.output(two, "deprecate segment")
    theirs = gto(two, question)
    assert (theirs.code, theirs.out) in [(0, ""), (0, "Nothing found in the current workspace")]
    answer = ours(two, question)
    assert (answer.code, answer.out) == (7 if question == "check-ref HEAD" else 3, "")
    assert answer.err.startswith("error: ")


def test_an_empty_stage_is_an_empty_list(two, gto_python, our_python):
    """GTO's Python call returns None."""
    question = "api.find_versions_in_stage('.', 'churn', 'dev')"
    assert gto_python.eval(two, question) is None
    assert our_python.eval(two, question) == []


def test_history_takes_a_selector(two, gto, ours):
    """GTO finds nothing."""
    assert gto.output(two, "history churn#prod") == "Nothing found in the current workspace"
    [event] = ours.json(two, "history churn#prod")["events"]
    assert event["ref"] == "churn#prod#1"


def test_trailers_are_no_part_of_the_message(one, gto, ours):
    """What our tags say to programs is shown apart; for GTO it is text."""
    ours.output(one, "register churn -m 'Ship it'")
    told = ours.json(one, "check-ref churn@v0.0.1")["event"]
    [operation] = told["trailers"]["Registry-Op"]
    assert told["message"] == "Ship it"
    assert gto.json(one, "check-ref churn@v0.0.1")["message"] == f"Ship it\n\nRegistry-Op: {operation}"


def test_times_are_utc(builder, gto, ours):
    """GTO prints each in its tagger's time zone."""
    builder.tag("churn@v1.0.0", builder.commit(), at=START, zone="+0200")
    repo = builder.build()
    assert gto.json(repo, "check-ref churn@v1.0.0")["created_at"] == "2023-11-15T00:13:20+02:00"
    assert ours.json(repo, "check-ref churn@v1.0.0")["event"]["timestamp"] == "2023-11-14T22:13:20Z"


def test_a_version_registered_by_assign_has_the_message_of_the_assignment(one, gto, ours):
    """GTO writes its own sentence."""
    ours.output(one, "assign churn prod -m 'Ship it'")
    gto.output(one, "assign segment --stage prod -m 'Ship it'")
    subjects = git("for-each-ref", "refs/tags/*@*", "--format=%(refname:strip=2): %(contents:subject)", repo=one)
    assert subjects.splitlines() == [
        "churn@v0.0.1: Ship it",
        "segment@v0.0.1: Registering artifact segment version v0.0.1",
    ]


@pytest.mark.parametrize(
    ("ours_says", "gto_says"),
    [
        ("register Churn", "register Churn"),
        ("assign churn Prod --version v2.0.0", "assign churn --version v2.0.0 --stage Prod"),
        ("assign churn prod/eu --version v2.0.0", "assign churn --version v2.0.0 --stage prod/eu"),
    ],
)
def test_names_that_would_hurt_later_are_not_written(two, gto, ours, ours_says, gto_says):
    """Two that differ by case only, which some file systems cannot tell apart, and a stage with a slash."""
    before = tag_names(two)
    assert (ours(two, ours_says).code, tag_names(two)) == (6, before)
    assert (gto(two, gto_says).code, len(tag_names(two))) == (0, len(before) + 1)


def test_a_stage_with_a_slash_that_gto_wrote_is_read(two, gto, ours):
    """Reading is liberal: only writing it is refused."""
    gto.output(two, "assign churn --version v2.0.0 --stage prod/eu")
    assert ours.output(two, "which churn prod/eu") == gto.output(two, "show churn#prod/eu --version") == "v2.0.0"


def test_deleting_asks_first(two, gto, ours):
    """GTO deletes at once; without a terminal we want --yes, and say how to undo it."""
    assert ours(two, "unassign churn prod --delete").code == 2
    assert "churn#prod#1" in tag_names(two)
    deleted = ours(two, "unassign churn prod --delete --yes")
    undo = re.search(r"to undo: (git update-ref \S+ [0-9a-f]{40})", deleted.err)
    assert "churn#prod#1" not in tag_names(two)
    git(*undo[1].replace("'", "").split()[1:], repo=two)
    assert "churn#prod#1" in tag_names(two)
    gto.output(two, "deprecate churn v1.0.0 prod --delete")
    assert "churn#prod#1" not in tag_names(two)


# Remotes


@pytest.fixture
def behind(two, tmp_path) -> Path:
    """A clone whose remote got churn v3.0.0, on another commit, after it was cloned."""
    git("clone", "--quiet", "--bare", str(two), str(tmp_path / "server.git"))
    git("clone", "--quiet", str(tmp_path / "server.git"), str(tmp_path / "clone"))
    newer = git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "elsewhere", repo=tmp_path / "server.git").strip()
    git("tag", "-a", "-m", "x", "churn@v3.0.0", newer, repo=tmp_path / "server.git")
    git("commit", "--quiet", "--allow-empty", "-m", "x", repo=tmp_path / "clone")
    return tmp_path / "clone"


def test_a_push_goes_by_the_tags_of_the_server(behind, gto, ours):
    """GTO takes the clone's tags for the truth, and gets the next name wrong."""
    assert gto(behind, "register churn --bump-major --push").code != 0
    assert ours(behind, "register churn --bump major --push").code == 0
    assert "churn@v4.0.0" in tag_names(behind.with_name("server.git"))


def test_a_remote_registry_is_read_without_its_files(behind, gto, ours, tmp_path):
    """GTO clones all of it for every question."""
    server = behind.with_name("server.git")
    git("config", "uploadpack.allowFilter", "true", repo=server)
    url = f"file://{server}"
    assert "v1.0.0" in gto.output(tmp_path, f"show churn#prod --version -r {url}")
    assert ours(tmp_path, f"which churn prod -r {url}").out == "v1.0.0"
    [cache] = Path.home().glob(".cache/gittag-registry/remotes/*.git")
    kinds = git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)", repo=cache).split()
    assert sorted(set(kinds)) == ["commit", "tag"]


# Files and repositories


@pytest.mark.parametrize(
    "file", [{"artifacts.yaml": "churn: [\n"}, {"artifacts.yaml": "churn:\n  labels: 3\n"}, {".gto": "stages: [\n"}]
)
def test_a_wrong_file_does_not_stop_reading(builder, gto, ours, file):
    """A wrong annotation or configuration stops every command of GTO; we warn, with file and line, and go on."""
    builder.tag("churn@v1.0.0", builder.commit(file))
    repo = builder.build()
    assert gto(repo, "show").code == gto(repo, "history").code == 1
    shown = ours(repo, "show --format plain")
    assert (shown.code, shown.out) == (0, "churn\tv1.0.0")
    assert shown.err.startswith(f"warning: {next(iter(file))}:2: ")


@pytest.mark.parametrize("data", ["", "models:churn: {}\n", "churn:\n"])
def test_files_that_stop_gto_are_read(builder, gto, ours, data):
    """An empty artifacts.yaml, a name with a directory or an entry without values; doctor reports them."""
    builder.tag("churn@v1.0.0", builder.commit({"artifacts.yaml": data}))
    repo = builder.build()
    assert gto(repo, "show").code == 1 or "Corrupted" in gto(repo, "show").err
    shown = ours(repo, "show --registered-only --format plain")
    assert (shown.code, shown.out, shown.err) == (0, "churn\tv1.0.0", "")
    assert "incompatible-file" in ours(repo, "doctor --json").out


def test_the_present_annotations_count(one, gto, ours):
    """We read the working tree, as an editor does; GTO reads the commit."""
    (one / "artifacts.yaml").write_text("churn:\n  type: model\n")
    assert gto.output(one, "show --name") == ""
    assert ours.output(one, "show --name") == "*churn"


@pytest.mark.parametrize(
    ("setting", "warning"),
    [
        ("INDEX: other.yaml", "INDEX: is not obeyed: annotations are read from artifacts.yaml, not from other.yaml"),
        ("stage: [dev]", "stage: is not a setting"),
    ],
)
def test_settings_of_gto_that_are_not_obeyed_are_a_warning(builder, gto, ours, setting, warning):
    """GTO reads annotations from another file if it is told to, and stops at settings that it does not know."""
    builder.tag("churn@v1.0.0", builder.commit({".gto": f"{setting}\n", "other.yaml": "churn: {}\nuplift: {}\n"}))
    repo = builder.build()
    asked = gto(repo, "show --name")
    assert asked.out.split() == ["churn", "*uplift"] or asked.code == 1
    shown = ours(repo, "show --name")
    assert (shown.out, shown.err) == ("churn", f"warning: .gto:1: {warning}\n")


def test_an_artifact_without_tags_is_no_registered_one(builder, gto, ours):
    """With --registered-only our table leaves it out; asked by name, we say that it is not registered."""
    builder.commit({"artifacts.yaml": "churn:\n  type: model\n"})
    repo = builder.build()
    assert gto.output(repo, "show --name") == ours.output(repo, "show --name") == "*churn"
    assert gto.output(repo, "show --registered-only --name") == "*churn"
    assert ours.output(repo, "show --registered-only --format plain") == ""
    assert gto.output(repo, "show churn --version") == commit_of(repo)[:7]
    assert ours(repo, "show churn").code == 3


def test_a_sha256_repository_is_a_registry_too(tmp_path, gto, ours):
    """GTO cannot open it."""
    git("init", "--quiet", "--object-format=sha256", str(tmp_path / "repo"))
    git("commit", "--quiet", "--allow-empty", "--message", "first", repo=tmp_path / "repo")
    ours.output(tmp_path / "repo", "register churn")
    assert ours.output(tmp_path / "repo", "latest churn") == "v0.0.1"
    assert gto(tmp_path / "repo", "show").code == 1


# DVC


def test_dvc_gets_the_newest_tag_of_a_stage_even_one_that_takes_back(builder, dvc, gto, ours, tmp_path):
    """`dvc artifacts get` does not tell an unassignment or a deregistration from its opposite; GTO and we do."""
    annotation = "artifacts:\n  churn:\n    path: model.txt\n"
    first = builder.commit({".dvc/config": "", "dvc.yaml": annotation, "model.txt": "first"})
    second = builder.commit({"model.txt": "second"})
    for tag, commit in (
        ("churn@v1.0.0", first),
        ("churn@v2.0.0", second),
        ("churn#prod#1", first),
        ("churn#prod#2", second),
    ):
        builder.tag(tag, commit)
    builder.tag("churn#prod!#3", second)
    builder.tag("churn@v2.0.0!", second)
    repo = builder.build()
    assert ours.output(repo, "which churn prod") == gto.output(repo, "show churn#prod --version") == "v1.0.0"
    assert ours.output(repo, "latest churn") == gto.output(repo, "show churn@latest --version") == "v1.0.0"
    for request in ("--stage prod", "--rev v2.0.0", ""):
        dvc.output(tmp_path, f"artifacts get {repo} churn {request} --force --out got.txt")
        assert (tmp_path / "got.txt").read_text() == "second"
    ours.output(repo, "assign churn prod --version v1.0.0 --force")
    dvc.output(tmp_path, f"artifacts get {repo} churn --stage prod --force --out got.txt")
    assert (tmp_path / "got.txt").read_text() == "first"


# The list


def test_every_difference_is_documented():
    """The page names each of these tests once, and no other."""
    own = {name for name in globals() if name.startswith("test_")} - {"test_every_difference_is_documented"}
    named = re.findall(r"`(test_\w+)`", DOCS.read_text())
    assert sorted(named) == sorted(own)

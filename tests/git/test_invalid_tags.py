"""Unusual, invalid and hostile tags: each is read, or skipped for a reason; none stops a command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gittag_registry import Registry, find_versions_in_stage
from gittag_registry.errors import UnreadableTag
from tests.testing.builder import RepositoryBuilder, git, store_object, tag_names

ADA = "tagger Ada <ada@example.com> 1700009999 +0000"


def annotated(
    repo: Path, name: str, target: str = "HEAD", *, kind: str = "commit", tagger: str = ADA, message: bytes = b"x\n"
) -> bytes:
    """The content of a tag object."""
    oid = git("rev-parse", target, repo=repo).strip()
    lines = [f"object {oid}", f"type {kind}", f"tag {name}", *([tagger] if tagger else [])]
    return "\n".join(lines).encode() + b"\n\n" + message


def put(repo: Path, name: str, content: bytes, *, called: str | None = None) -> str:
    """Store a tag object and point a tag to it; by hand, for git points no ref to an object it cannot read."""
    oid = git("hash-object", "--literally", "-t", "tag", "-w", "--stdin", repo=repo, data=content).strip()
    (repo / ".git" / "refs" / "tags" / (called or name)).write_text(f"{oid}\n")
    return oid


def lose(repo: Path, name: str) -> None:
    oid = put(repo, name, annotated(repo, name))
    (repo / ".git" / "objects" / oid[:2] / oid[2:]).unlink()


def corrupt(repo: Path, name: str) -> None:
    oid = put(repo, name, annotated(repo, name))
    path = repo / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(b"garbage")


def break_ref(repo: Path, name: str) -> None:
    (repo / ".git" / "refs" / "tags" / name).write_text("not an id\n")


def nest(repo: Path, name: str, target: str) -> None:
    git("tag", "-a", "-m", "inner", "inner", target, repo=repo)
    git("tag", "-a", "-m", "outer", name, "inner", repo=repo)


Make = Callable[[Path, str], object]
SKIPPED: dict[str, tuple[Make, str]] = {
    "lightweight": (lambda r, n: git("tag", n, repo=r), "it is lightweight: no author, no date"),
    "lightweight of a blob": (
        lambda r, n: git("tag", n, "HEAD:model.pkl", repo=r),
        "it is lightweight: no author, no date",
    ),
    "lightweight of a tree": (
        lambda r, n: git("tag", n, "HEAD^{tree}", repo=r),
        "it is lightweight: no author, no date",
    ),
    "of a blob": (
        lambda r, n: git("tag", "-a", "-m", "x", n, "HEAD:model.pkl", repo=r),
        "it points to a blob, not to a commit",
    ),
    "of a tree": (
        lambda r, n: git("tag", "-a", "-m", "x", n, "HEAD^{tree}", repo=r),
        "it points to a tree, not to a commit",
    ),
    "of a tag of a blob": (lambda r, n: nest(r, n, "HEAD:model.pkl"), "it points to a tag, not to a commit"),
    "of a missing tag": (
        lambda r, n: put(
            r, n, annotated(r, n, kind="tag").replace(git("rev-parse", "HEAD", repo=r).strip().encode(), b"1" * 40)
        ),
        "it points to a tag, not to a commit",
    ),
    "without a tagger": (lambda r, n: put(r, n, annotated(r, n, tagger="")), "it has no tagger with a valid date"),
    "a tagger without a date": (
        lambda r, n: put(r, n, annotated(r, n, tagger="tagger Ada <ada@example.com>")),
        "it has no tagger with a valid date",
    ),
    "a tagger without an address": (
        lambda r, n: put(r, n, annotated(r, n, tagger="tagger Ada 1700009999 +0000")),
        "it has no tagger with a valid date",
    ),
    "a tagger of two lines": (
        lambda r, n: put(r, n, annotated(r, n, tagger="tagger Ada\nLovelace <ada@example.com> 1700009999 +0000")),
        "it has no tagger with a valid date",
    ),
    "a date of twenty digits": (
        lambda r, n: put(r, n, annotated(r, n, tagger="tagger Ada <a@b> 99999999999999999999 +0000")),
        "it has no tagger with a valid date",
    ),
    "a date of seventeen digits": (
        lambda r, n: put(r, n, annotated(r, n, tagger="tagger Ada <a@b> 99999999999999999 +0000")),
        "its date is after the year 9999",
    ),
    "a date before 1970": (
        lambda r, n: put(r, n, annotated(r, n, tagger="tagger Ada <a@b> -1 +0000")),
        "it has no tagger with a valid date",
    ),
    "calls itself another": (
        lambda r, n: put(r, "churn@v8.0.0", annotated(r, "churn@v8.0.0"), called=n),
        "its tag object has another name, 'churn@v8.0.0'",
    ),
    "calls itself nothing": (lambda r, n: put(r, n, annotated(r, "")), "its tag object has another name, ''"),
    "over 64 KiB": (
        lambda r, n: put(r, n, annotated(r, n, message=b"x" * 65536)),
        "its tag object is larger than 65536 bytes",
    ),
    "garbage": (lambda r, n: put(r, n, b"garbage"), "its tag object is malformed"),
    "empty": (lambda r, n: put(r, n, b""), "its tag object is malformed"),
    "cut off": (lambda r, n: put(r, n, annotated(r, n)[:60]), "its tag object is malformed"),
    "a missing object": (lose, "its object is missing in this repository"),
    "a corrupt object": (corrupt, "its object is missing in this repository|its object is damaged in this repository"),
    "a broken ref": (break_ref, "its object is missing in this repository"),
}


@pytest.mark.parametrize(("make", "reason"), SKIPPED.values(), ids=SKIPPED)
class TestSkipped:
    NAME = "churn@v9.0.0"

    def test_it_is_skipped_and_says_why(self, example, make, reason):
        make(example, self.NAME)
        [skipped] = Registry(example).state().skipped
        assert skipped.ref == self.NAME
        assert skipped.explanation in reason.split("|")


# Whatever the reason, a skipped tag takes the same way to the commands: one of each part of git that found it wanting.
SOME_SKIPPED = {
    name: SKIPPED[name]
    for name in (
        "lightweight",
        "of a blob",
        "without a tagger",
        "over 64 KiB",
        "garbage",
        "a missing object",
        "a broken ref",
    )
}


@pytest.mark.parametrize(("make", "reason"), SOME_SKIPPED.values(), ids=SOME_SKIPPED)
class TestCommandsWithASkippedTag:
    NAME = "churn@v9.0.0"

    def test_nothing_else_changes(self, cli, example, make, reason):
        questions = [
            ["show"],
            ["show", "churn"],
            ["latest", "churn"],
            ["which", "churn", "prod"],
            ["history"],
            ["stages"],
        ]
        before = [cli(*words, "--json", repo=example).out for words in questions]
        make(example, self.NAME)
        after = [cli(*words, "--json") for words in questions]
        assert [answer.out for answer in after] == before
        assert [answer.code for answer in after] == [0] * 6
        assert after[0].err.startswith(f"warning: skipped tag '{self.NAME}': ")
        assert after[0].err.count("\n") == 1

    def test_doctor_finds_it_and_check_ref_explains_it(self, cli, example, make, reason):
        make(example, self.NAME)
        found = cli("doctor", "--json", repo=example)
        assert found.code == 6
        [finding] = json.loads(found.out)["findings"]
        assert (finding["check"], finding["subject"]) == ("skipped-tag", self.NAME)
        asked = cli("check-ref", self.NAME)
        assert (asked.code, asked.out) == (1, "")
        assert asked.err.startswith(f"error: tag '{self.NAME}' is skipped: ")

    def test_it_can_still_be_written(self, cli, example, make, reason):
        make(example, self.NAME)
        done = cli("register", "churn", repo=example)
        assert done.code == 0
        assert done.out.startswith("created tag 'churn@v9.0.1'")  # the skipped version is not given again
        assert cli("assign", "churn", "prod").code == 0


def test_a_stage_tag_that_is_skipped_keeps_its_counter(cli, example):
    git("tag", "churn#prod#7", repo=example)
    assert cli("assign", "churn", "prod", repo=example).out.splitlines()[1].startswith("created tag 'churn#prod#8'")
    assert cli("which", "churn", "prod").out == "v1.1.1\n"


def test_an_artifact_with_nothing_but_skipped_tags_has_no_readable_one(cli, example):
    git("tag", "vision@v1.0.0", repo=example)
    asked = cli("latest", "vision", repo=example)
    assert asked.code == 3
    assert asked.err.endswith("error: artifact 'vision' has no readable tag\nhint: git registry doctor\n")
    assert "vision" not in cli("show").out


def test_a_corrupt_object_hides_none_of_the_tags_after_it(builder):
    commit = builder.commit()
    for number in range(20):
        builder.tag(f"churn@v1.{number}.0", commit)
    repo = builder.build()
    for number in (0, 3, 4, 19):
        oid = git("rev-parse", f"refs/tags/churn@v1.{number}.0", repo=repo).strip()
        path = repo / ".git" / "objects" / oid[:2] / oid[2:]
        path.chmod(0o644)
        path.write_bytes(b"garbage")
    state = Registry(repo).state()
    assert len(state.artifact("churn").versions) == 16
    assert sorted(tag.ref for tag in state.skipped) == ["churn@v1.0.0", "churn@v1.19.0", "churn@v1.3.0", "churn@v1.4.0"]


class TestRead:
    """Odd, but readable."""

    def test_a_tag_of_a_tag_of_a_commit(self, cli, example):
        nest(example, "churn@v9.0.0", "HEAD")
        assert cli("latest", "churn", "--commit", repo=example).out == git("rev-parse", "HEAD", repo=example)

    def test_a_tag_of_a_tag_of_a_tag(self, cli, example):
        nest(example, "middle", "HEAD~1")
        git("tag", "-a", "-m", "x", "churn#prod#9", "middle", repo=example)
        assert cli("which", "churn", "prod", repo=example).out == "v1.1.0\n"

    @pytest.mark.parametrize(
        ("at", "iso"),
        [
            (0, "1970-01-01T00:00:00Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ],
    )
    def test_dates_far_away(self, cli, builder, at, iso):
        builder.tag("churn@v1.0.0", builder.commit(), at=at)
        repo = builder.build()
        assert cli("history", "churn", "--plain", repo=repo).out.startswith(f"{iso}\t")
        assert cli("latest", "churn").out == "v1.0.0\n"

    @pytest.mark.parametrize("zone", ["+1400", "-1200", "+0545", "-0000", "+9999"])
    def test_any_time_zone_is_utc_in_the_answer(self, cli, builder, zone):
        builder.tag("churn@v1.0.0", builder.commit(), at=1_700_000_000)
        repo = builder.build()
        put(repo, "churn@v1.0.0", annotated(repo, "churn@v1.0.0", tagger=f"tagger A <a@b> 1700000000 {zone}"))
        assert cli("history", "churn", "--plain", repo=repo).out.startswith("2023-11-14T22:13:20Z\t")

    @pytest.mark.parametrize(
        "message", [b"", b"\n", b"\n\n\n", b"no newline", b"a\r\nb\r\n", b"a\x00b\n", "🚀\n".encode(), b"x" * 60_000]
    )
    def test_any_message_of_text(self, cli, example, message):
        put(example, "churn@v9.0.0", annotated(example, "churn@v9.0.0", message=message))
        assert cli("latest", "churn", repo=example).out == "v9.0.0\n"

    @pytest.mark.parametrize(
        "tagger", ["tagger  <a@b> 1 +0000", "tagger A <> 1 +0000", "tagger <> 1 +0000", "tagger A  <a b> 1 +0000"]
    )
    def test_an_author_without_a_name_or_address(self, cli, example, tagger):
        put(example, "churn@v9.0.0", annotated(example, "churn@v9.0.0", tagger=tagger))
        assert cli("latest", "churn", repo=example).out == "v9.0.0\n"

    def test_stages_with_a_slash_as_gto_writes_them(self, cli, builder):
        commit = builder.commit()
        builder.tag("churn@v1.0.0", commit)
        builder.tag("churn#prod/eu#1", commit)
        builder.tag("churn#prod/us/east#2", commit)
        repo = builder.build()
        assert cli("which", "churn", "prod/eu", repo=repo).out == "v1.0.0\n"
        assert cli("which", "churn#prod/us/east").out == "v1.0.0\n"
        assert cli("stages").out == "prod/eu\nprod/us/east\n"
        assert cli("show", "churn", "--stage").out == "prod/us/east, prod/eu\n"
        assert cli("unassign", "churn", "prod/eu").code == 6
        assert cli("unassign", "churn", "prod/eu", "--delete", "--yes").code == 0

    def test_build_metadata_with_and_without_a_slash_in_the_name(self, cli, builder):
        commit = builder.commit()
        builder.tag("models/churn@v1.0.0+cu.12-1", commit)
        repo = builder.build()
        assert cli("latest", "models/churn", repo=repo).out == "v1.0.0+cu.12-1\n"
        assert cli("show", "--name").out == "models/churn\n"

    def test_a_prefix_of_a_name_is_another_artifact(self, cli, builder):
        commit = builder.commit()
        for number, name in enumerate(["churn", "churn-eu", "models=churn", "models/churn"]):
            builder.tag(f"{name}@v{number}.0.0", commit)
        repo = builder.build()
        for number, name in enumerate(["churn", "churn-eu", "models:churn", "models/churn"]):
            assert cli("latest", name, repo=repo).out == f"v{number}.0.0\n"

    def test_several_versions_on_one_commit(self, cli, builder):
        commit = builder.commit()
        builder.tag("churn@v1.0.0", commit)
        builder.tag("churn@v2.0.0", commit)
        builder.tag("churn#prod#1", commit, trailers={"Registry-Version": "v1.0.0"})
        repo = builder.build()
        assert cli("which", "churn", "prod", repo=repo).out == "v1.0.0\n"
        assert cli("latest", "churn").out == "v2.0.0\n"

    def test_a_version_whose_commit_is_not_here(self, cli, example, tmp_path):
        git("clone", "--quiet", "--depth", "1", f"file://{example}", str(tmp_path / "shallow"))
        git("fetch", "--quiet", "--tags", "--depth", "1", repo=tmp_path / "shallow")
        assert cli("which", "churn", "prod", repo=tmp_path / "shallow").out == "v1.0.0\n"


class TestSigned:
    @pytest.fixture
    def signing(self, builder, tmp_path) -> RepositoryBuilder:
        """A repository that signs with an ssh key."""
        if not shutil.which("ssh-keygen"):
            pytest.skip("ssh-keygen is not installed")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
        commit = builder.commit()
        builder.tag("churn@v1.0.0", commit)
        builder.tag("churn@v1.1.0", commit)
        repo = builder.build()
        git("config", "gpg.format", "ssh", repo=repo)
        git("config", "user.signingKey", str(tmp_path / "key"), repo=repo)
        return builder

    def test_the_trailers_of_a_signed_tag_are_read(self, cli, signing):
        git("tag", "-s", "-m", "Ship it", "-m", "Registry-Version: v1.0.0", "churn#prod#1", repo=signing.path)
        assert "-----BEGIN SSH SIGNATURE-----" in git("cat-file", "tag", "churn#prod#1", repo=signing.path)
        assert cli("which", "churn", "prod", repo=signing.path).out == "v1.0.0\n"
        event = json.loads(cli("check-ref", "churn#prod#1", "--json").out)["event"]
        assert (event["message"], event["trailers"]) == ("Ship it", {"Registry-Version": ["v1.0.0"]})

    def test_a_trailer_after_the_signature_is_none(self, cli, signing):
        git("tag", "-s", "-m", "Ship it", "churn#prod#1", repo=signing.path)
        forged = git("cat-file", "tag", "churn#prod#1", repo=signing.path) + "\nRegistry-Version: v1.0.0\n"
        put(signing.path, "churn#prod#1", forged.encode())
        assert cli("which", "churn", "prod", repo=signing.path).out == "v1.1.0\n"


class TestNumbers:
    def test_huge_counters_are_read_and_stop_counting(self, cli, builder):
        commit = builder.commit()
        builder.tag("churn@v1.0.0", commit)
        builder.tag(f"churn#prod#{'9' * 230}", commit)
        repo = builder.build()
        assert cli("which", "churn", "prod", repo=repo).out == "v1.0.0\n"
        refused = cli("assign", "churn", "dev", "--version", "v1.0.0")
        assert (refused.code, refused.out) == (6, "")
        assert "the tag name would be " in refused.err
        assert cli("assign", "churn", "dev", "--version", "v1.0.0", "--simple", "true").code == 0

    @pytest.mark.parametrize(
        "name",
        [
            "churn@v1.0.0#{digits}",
            "churn#prod#{digits}",
            "churn@v{digits}.0.0",
            "churn@v1.0.0-{digits}",
            "{digits}@v1.0.0",
        ],
    )
    def test_thousands_of_digits_are_no_registry_tag(self, cli, example, name):
        refs = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", repo=example).splitlines()
        refs.append(
            f"{git('rev-parse', 'churn@v1.0.0', repo=example).strip()} refs/tags/{name.format(digits='1' * 5000)}"
        )
        (example / ".git" / "packed-refs").write_text("".join(f"{line}\n" for line in refs))
        shown = cli("show", "--plain", repo=example)
        assert (shown.code, shown.out, shown.err) == (0, "churn\tv1.1.0\tv1.0.0\n", "")
        assert cli("register", "churn").code == 0

    def test_large_versions_are_compared_as_numbers(self, cli, builder):
        builder.tag(f"churn@v{10**30}.0.0", builder.commit())
        builder.tag(f"churn@v{10**30 - 1}.0.0", builder.commit())
        builder.commit()
        repo = builder.build()
        assert cli("latest", "churn", repo=repo).out == f"v{10**30}.0.0\n"
        assert f"churn@v{10**30}.0.1" in cli("register", "churn").out

    @pytest.mark.parametrize(
        "name",
        [
            "churn@v1.0.0#007",
            "churn#prod#01",
            "churn@v01.0.0",
            "churn@1.0.0",
            "churn@v1.0",
            "churn#prod#-1",
            "churn@v1.0.0#1.0",
        ],
    )
    def test_what_only_looks_like_a_registry_tag_is_none(self, cli, example, name):
        git("tag", "-a", "-m", "x", name, repo=example)
        shown = cli("show", "--plain", repo=example)
        assert (shown.code, shown.out, shown.err) == (0, "churn\tv1.1.0\tv1.0.0\n", "")
        assert cli("doctor").out.startswith(f"warning: {name}: the tag is no registry tag, though it looks like one: ")


def test_ref_names_that_are_not_utf_8_are_passed_over(cli, example):
    refs = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", repo=example).encode()
    oid = git("rev-parse", "churn@v1.0.0", repo=example).strip().encode()
    (example / ".git" / "packed-refs").write_bytes(refs + oid + b" refs/tags/ch\xffrn@v1.0.0\n")
    shown = cli("show", "--plain", repo=example)
    assert (shown.code, shown.out) == (0, "churn\tv1.1.0\tv1.0.0\n")
    assert cli("register", "churn").code == 0


def test_tags_elsewhere_than_under_tags_are_none(cli, example):
    oid = git("rev-parse", "churn@v1.1.0", repo=example).strip()
    git("update-ref", "refs/remotes/origin/tags/churn@v2.0.0", oid, repo=example)
    git("branch", "churn@v3.0.0", repo=example)
    assert cli("latest", "churn", repo=example).out == "v1.1.0\n"


def test_a_branch_of_the_same_name_does_not_confuse(cli, example):
    git("branch", "churn@v1.0.0", "HEAD", repo=example)
    assert cli("show", "churn@v1.0.0", "--commit", repo=example).out == git("rev-parse", "HEAD~2", repo=example)
    assert cli("check-ref", "churn@v1.0.0", "--version").out == "v1.0.0\n"
    assert cli("deregister", "churn", "v1.0.0", "--delete", "--yes").code == 0
    assert "churn@v1.0.0" not in tag_names(example)
    assert git("branch", "--list", "churn@v1.0.0", repo=example).strip() == "churn@v1.0.0"


def test_replacement_refs_do_not_rewrite_the_registry(cli, example):
    forged = store_object(example, "tag", annotated(example, "churn@v1.1.0", "HEAD~2"), "refs/tags/forged")
    git("replace", "-f", git("rev-parse", "refs/tags/churn@v1.1.0", repo=example).strip(), forged, repo=example)
    assert cli("show", "churn@v1.1.0", "--commit", repo=example).out == git("rev-parse", "HEAD~1", repo=example)


def test_the_library_skips_in_silence(example, capfd):
    git("tag", "churn@v9.0.0", repo=example)
    assert [held.version for held in find_versions_in_stage(example, "churn", "prod")] == ["v1.0.0"]
    with pytest.raises(UnreadableTag, match="is skipped: it is lightweight"):
        Registry(example).check_ref("churn@v9.0.0")
    assert capfd.readouterr() == ("", "")

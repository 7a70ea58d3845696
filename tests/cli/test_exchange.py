"""`git registry status` and `fetch`, and clones that may lack tags of their remote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gittag_registry import find_versions_in_stage, open_registry
from gittag_registry.errors import NotFound
from gittag_registry.registry import Registry
from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.programs import shell

SHALLOW = "warning: this clone is shallow, so tags of the remote may be missing here; git registry fetch gets them\n"


@pytest.fixture
def server(builder: RepositoryBuilder) -> Path:
    """v0.0.1 of churn on the branch `side`, back in prod after v0.0.2, which main has."""
    first = builder.commit()
    builder.tag("churn@v0.0.1", first)
    builder.tag("churn#prod#1", first)
    second = builder.commit()
    builder.tag("churn@v0.0.2", second)
    builder.tag("churn#prod#2", second)
    builder.tag("churn#prod#3", first, trailers={"Registry-Version": "v0.0.1"})
    return builder.build()


def clone(server: Path, *options: str, name: str = "clone") -> Path:
    place = server.with_name(name)
    git("clone", "--quiet", *options, server.as_uri(), str(place))
    return place


def refs(repo: Path) -> str:
    return git("for-each-ref", "refs/tags", repo=repo)


LIMITED = [["--depth=1"], ["--depth=1", "--no-single-branch"], ["--single-branch"], ["--no-tags"]]


class TestIncompleteClones:
    @pytest.fixture
    def shallow(self, server):
        return clone(server, "--depth=1")

    def test_an_answer_that_may_be_wrong_comes_with_a_warning(self, cli, shallow):
        asked = cli("which", "churn", "prod", repo=shallow)
        assert (asked.code, asked.out, asked.err) == (0, "v0.0.2\n", SHALLOW)  # the server says v0.0.1

    @pytest.mark.parametrize(
        "question",
        [
            "show",
            "show churn",
            "latest churn",
            "history",
            "stages",
            "check-ref churn@v0.0.2",
            "which --rev HEAD",
            "diff churn churn",
            "which churn prod --at now",
        ],
    )
    def test_every_question_warns_once(self, cli, shallow, question):
        asked = cli(*question.split(), repo=shallow)
        assert (asked.code, asked.err.count("warning: ")) == (0, 1), asked.err
        assert asked.err.startswith(SHALLOW)
        assert cli(*question.split(), "-q").err == ""

    def test_the_warning_names_the_repository_as_it_was_named(self, cli, shallow, tmp_path):
        asked = cli("-r", "clone", "latest", "churn", repo=tmp_path)
        assert "; git registry -r clone fetch gets them\n" in asked.err

    @pytest.mark.usefixtures("installed")
    @pytest.mark.parametrize("options", LIMITED)
    def test_fetch_makes_every_clone_complete(self, cli, server, options):
        place = clone(server, *options)
        warned = cli("which", "churn", "prod", repo=place)
        command = warned.err.splitlines()[0].partition("here; ")[2].removesuffix(" gets them")
        fetched = shell(command or "git registry fetch", cwd=place)
        assert (fetched.code, refs(place)) == (0, refs(server))
        asked = cli("which", "churn", "prod")
        assert (asked.code, asked.out, asked.err) == (0, "v0.0.1\n", "")
        assert cli("doctor").code == 0

    @pytest.mark.parametrize("options", [[], ["--filter=blob:none"], ["--bare"], ["--mirror"]])
    def test_a_whole_clone_is_not_suspected(self, cli, server, options):
        asked = cli("which", "churn", "prod", repo=clone(server, *options))
        assert (asked.code, asked.out, asked.err) == (0, "v0.0.1\n", "")

    def test_no_more_git_is_run_than_in_a_whole_clone(self, cli, server, shallow):
        def runs(place: Path) -> list[str]:
            lines = cli("-r", str(place), "which", "churn", "prod", "-v").err.splitlines()
            return [line for line in lines if line.startswith("+ ")]

        assert len(runs(shallow)) == len(runs(clone(server, name="whole"))) == 2

    def test_python_warns_unless_it_is_told_whom_to_tell(self, shallow):
        with pytest.warns(UserWarning, match=r"^this clone is shallow, so tags .* missing here; git registry fetch"):
            [held] = find_versions_in_stage(str(shallow), "churn", "prod")
        assert held.version == "v0.0.2"
        told: list[str] = []
        registry = Registry(str(shallow), on_warning=told.append)
        registry.which("churn", "prod")
        registry.latest("churn")
        assert len(told) == 1

    @pytest.mark.filterwarnings("ignore:this clone is shallow")
    def test_an_error_for_what_may_only_be_missing_says_so(self, shallow):
        with pytest.raises(NotFound) as raised:
            open_registry(str(shallow)).latest("segment")
        assert raised.value.hint == SHALLOW.removeprefix("warning: ").rstrip()

    def test_without_any_tag_the_error_says_how_to_get_them(self, cli, server):
        asked = cli("latest", "churn", repo=clone(server, "--no-tags"))
        assert asked.code == 3
        assert asked.err.endswith(
            "hint: this repository has no registry tags; git registry fetch gets the tags of the remote\n"
        )

    @pytest.mark.parametrize("command", ["register churn", "assign churn dev --version v0.0.2", "deprecate churn"])
    def test_writing_there_needs_force_or_a_push(self, cli, server, shallow, command):
        git("-c", "user.name=x", "commit", "--allow-empty", "-qm", "more", repo=shallow)
        before = refs(shallow)
        for options in ([], ["--dry-run"]):
            refused = cli(*command.split(), *options, repo=shallow)
            assert (refused.code, refused.out, refs(shallow)) == (6, "", before)
            assert refused.err == (
                "error: this clone is shallow: tags of the remote may be missing here, which a new tag could contradict\n"
                "hint: git registry fetch gets them; --push decides on those of the remote,"
                " --force on those that are here\n"
            )
        assert cli(*command.split(), "--force").code == 0
        assert refs(shallow) != before

    def test_pushing_from_there_decides_on_the_tags_of_the_server(self, cli, server, shallow):
        git("config", "receive.denyCurrentBranch", "ignore", repo=server)
        git("commit", "--allow-empty", "-qm", "more", repo=shallow)
        done = cli("assign", "churn", "prod", "--push", repo=shallow)
        assert (done.code, "churn#prod#4" in tag_names(server), "churn@v0.0.3" in tag_names(server)) == (0, True, True)

    def test_a_deletion_and_what_is_done_already_need_no_force(self, cli, shallow):
        assert cli("register", "churn", repo=shallow).code == 0
        assert cli("deregister", "churn", "v0.0.2", "--delete", "--yes").code == 0

    def test_a_first_version_in_a_new_clone_needs_no_force(self, cli, tmp_path):
        git("init", "--quiet", "--bare", str(tmp_path / "hub"))
        git("clone", "--quiet", str(tmp_path / "hub"), str(tmp_path / "new"))
        git("commit", "--allow-empty", "-qm", "first", repo=tmp_path / "new")
        assert cli("register", "churn", repo=tmp_path / "new").code == 0


class TestStatus:
    @pytest.fixture
    def apart(self, cli, server):
        """A clone that lacks one tag, has one more, and has one that is different."""
        place = clone(server)
        git("tag", "-d", "churn#prod#3", repo=place)
        git("tag", "-a", "-f", "-m", "mine", "churn@v0.0.1", "main", repo=place)
        git("tag", "-a", "-m", "mine", "segment@v1.0.0", repo=place)
        git("tag", "v1.0", repo=place)
        return place

    def test_of_a_clone_that_has_all_is_a_note(self, cli, server):
        asked = cli("status", repo=clone(server))
        assert (asked.code, asked.out) == (0, "")
        assert asked.err == "this repository and 'origin' have the same 5 registry tags\n"

    def test_names_what_is_missing_unpushed_and_different(self, cli, apart):
        asked = cli("status", "--plain", repo=apart)
        assert asked.code == 6
        assert asked.out == "missing\tchurn#prod#3\ndifferent\tchurn@v0.0.1\nunpushed\tsegment@v1.0.0\n"
        assert asked.err == (
            "1 missing: git registry fetch\n"
            "1 unpushed: git registry push\n"
            "1 different: git registry fetch --force replaces those here\n"
        )

    def test_as_json_has_the_objects_of_both(self, cli, server, apart):
        document = json.loads(cli("status", "--json", repo=apart).out)
        assert (document["remote"], document["same"]) == ("origin", 3)
        [missing, different, unpushed] = document["differences"]
        assert (missing["here"], unpushed["there"]) == (None, None)
        assert different["there"] == git("rev-parse", "refs/tags/churn@v0.0.1", repo=server).strip()
        assert different["here"] == git("rev-parse", "refs/tags/churn@v0.0.1", repo=apart).strip()

    def test_as_csv_has_the_columns_of_json(self, cli, apart):
        assert cli("status", "--format", "csv", repo=apart).out.startswith("ref,state,here,there\n")

    def test_of_one_artifact(self, cli, server, apart):
        asked = cli("status", "segment", "--ref", repo=apart)
        assert (asked.code, asked.out, asked.err) == (6, "segment@v1.0.0\n", "1 unpushed: git registry push segment\n")
        same = cli("status", "churn", repo=clone(server, name="whole"))
        assert same.err == "this repository and 'origin' have the same 5 registry tags for artifact 'churn'\n"
        assert cli("status", "nobody", repo=apart).code == 3

    def test_with_a_remote_that_is_named(self, cli, server, apart):
        git("remote", "add", "fork", server.as_uri(), repo=apart)
        asked = cli("status", "--remote", "fork", repo=apart)
        assert (asked.code, "1 missing: git registry fetch --remote fork\n" in asked.err) == (6, True)
        assert cli("status", "--remote", "nobody").code == 2
        assert cli("status", "--remote", "").err.startswith("error: there is no remote ''\n")

    def test_a_tag_that_push_leaves_out_is_not_unpushed(self, cli, server):
        place = clone(server)
        git("tag", "churn@v9.0.0", repo=place)
        assert cli("status", repo=place).code == 0

    def test_without_a_server_that_answers_fails(self, cli, server):
        place = clone(server)
        server.rename(server.with_name("gone"))
        assert cli("status", repo=place).code == 4

    @pytest.mark.parametrize("command", ["status", "fetch", "push"])
    def test_needs_a_clone(self, cli, server, tmp_path, command):
        refused = cli(command, "-r", server.as_uri(), repo=tmp_path)
        assert refused.code == 2
        assert refused.err.startswith("error: push, fetch and status need a clone;")
        assert refused.err.endswith("hint: in a clone, --remote NAME chooses the server\n")

    @pytest.mark.parametrize("command", ["status", "fetch", "push"])
    def test_of_an_artifact_that_neither_has_fails(self, cli, server, command):
        asked = cli(command, "chrun", repo=clone(server))
        assert asked.code == 3
        assert asked.err.endswith("hint: did you mean 'churn'?\n")

    @pytest.mark.usefixtures("installed")
    def test_its_advice_brings_both_together(self, cli, server, apart):
        git("config", "receive.denyCurrentBranch", "ignore", repo=server)
        while (asked := cli("status", repo=apart)).code:
            [step, *_] = [
                line.partition(": ")[2].removesuffix(" replaces those here") for line in asked.err.splitlines()
            ]
            before = (refs(apart), refs(server))
            shell(step, cwd=apart)
            if (refs(apart), refs(server)) == before:  # push and fetch stop at what is different
                assert shell("git registry fetch --force", cwd=apart).code == 0
        git("tag", "-d", "v1.0", repo=apart)
        assert refs(apart) == refs(server)


class TestFetch:
    @pytest.fixture
    def old(self, server):
        """A clone that was made before the last tag."""
        place = clone(server)
        git("tag", "-d", "churn#prod#3", repo=place)
        return place

    def test_gets_what_is_missing_and_no_other_tag(self, cli, server, old):
        git("tag", "-a", "-m", "x", "v1.0", repo=server)
        done = cli("fetch", repo=old)
        assert (done.code, done.out, done.err) == (0, "fetched tag 'churn#prod#3'\n", "")
        assert tag_names(old) == [name for name in tag_names(server) if name != "v1.0"]
        again = cli("fetch")
        assert (again.code, again.out, again.err) == (0, "", "this repository has every registry tag of 'origin'\n")

    def test_keeps_a_tag_that_is_different_and_says_so(self, cli, server, old):
        git("tag", "-a", "-f", "-m", "mine", "churn@v0.0.1", "main", repo=old)
        mine = git("rev-parse", "refs/tags/churn@v0.0.1", repo=old)
        done = cli("fetch", repo=old)
        assert (done.code, done.out) == (5, "fetched tag 'churn#prod#3'\n")
        assert done.err == "warning: kept tag 'churn@v0.0.1', which is different on 'origin'; --force replaces it\n"
        assert git("rev-parse", "refs/tags/churn@v0.0.1", repo=old) == mine
        forced = cli("fetch", "--force")
        assert (forced.code, forced.out) == (0, f"fetched tag 'churn@v0.0.1', in place of {mine[:7]}\n")
        assert refs(old) == refs(server)

    def test_a_dry_run_changes_nothing(self, cli, old):
        before = refs(old)
        done = cli("fetch", "-n", "--json", repo=old)
        assert (done.code, refs(old)) == (0, before)
        document = json.loads(done.out)
        assert (document["dry_run"], [each["ref"] for each in document["fetched"]]) == (True, ["churn#prod#3"])

    def test_of_one_artifact_leaves_the_others(self, cli, server, old):
        git("tag", "-a", "-m", "x", "segment@v1.0.0", repo=server)
        assert cli("fetch", "segment", repo=old).out == "fetched tag 'segment@v1.0.0'\n"
        again = cli("fetch", "segment", repo=old)
        assert again.err == "this repository has every registry tag of 'origin' for artifact 'segment'\n"
        assert "churn#prod#3" not in tag_names(old)

    def test_repairs_the_checkout_of_a_CI_job(self, cli, server):  # noqa: N802 - its name
        """As actions/checkout makes it: one commit, and the tag that started the job, lightweight."""
        commit = git("rev-parse", "refs/tags/churn#prod#3^{}", repo=server).strip()
        place = server.with_name("job")
        git("init", "--quiet", str(place))
        git("remote", "add", "origin", server.as_uri(), repo=place)
        refspec = f"+{commit}:refs/tags/churn#prod#3"
        git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", refspec, repo=place)
        git("checkout", "--quiet", "refs/tags/churn#prod#3", repo=place)
        assert cli("check-ref", "churn#prod#3", repo=place).code == 1
        assert cli("fetch", "--force").code == 0
        asked = cli("check-ref", "churn#prod#3", "--version")
        assert (asked.code, asked.out, asked.err) == (0, "v0.0.1\n", "")

    def test_of_one_artifact_does_not_make_a_clone_complete(self, cli, server):
        place = clone(server, "--depth=1")
        cli("fetch", "churn", repo=place)
        assert cli("latest", "churn").err == SHALLOW

    def test_from_an_address_does_not_make_a_clone_complete_of_its_remote(self, cli, server):
        place = clone(server, "--depth=1")
        assert cli("fetch", "--remote", server.as_uri(), repo=place).code == 0
        assert refs(place) == refs(server)
        assert cli("latest", "churn").err == SHALLOW
        assert not (place / ".git" / "gittag-registry.fetched").exists()

    def test_that_keeps_a_tag_does_not_make_a_clone_complete(self, cli, server):
        place = clone(server, "--depth=1")
        git("tag", "-a", "-f", "-m", "mine", "churn@v0.0.2", repo=place)
        assert cli("fetch", repo=place).code == 5
        assert cli("latest", "churn").err == SHALLOW

    def test_of_many_tags_is_one_fetch(self, cli, server, old):
        for number in range(200):
            git("tag", "-a", "-m", "x", f"segment@v0.0.{number}", repo=server)
        done = cli("fetch", "-v", repo=old)
        assert (done.code, len(done.out.splitlines())) == (0, 201)
        assert sum(line.startswith("+ git ") and " fetch " in line for line in done.err.splitlines()) == 1


class TestWhatIsNoArtifact:
    @pytest.fixture
    def here(self, server):
        return clone(server)

    @pytest.mark.parametrize("verb", ["status", "fetch", "push"])
    def test_the_name_of_a_remote_gets_the_option(self, cli, server, here, verb):
        git("tag", "-d", "churn@v0.0.2", repo=here)
        refused = cli(verb, "origin", repo=here)
        assert (refused.code, refused.out) == (3, "")
        assert refused.err.splitlines()[-1] == "hint: --remote origin names the remote"
        assert tag_names(here) != tag_names(server)

    def test_an_artifact_may_be_called_like_a_remote(self, cli, server, here):
        git("tag", "-a", "-m", "", "origin@v1.0.0", repo=server)
        assert cli("fetch", "origin", repo=here).out == "fetched tag 'origin@v1.0.0'\n"
        assert cli("status", "origin", repo=here).code == 0

    @pytest.mark.parametrize("verb", ["status", "fetch"])
    def test_a_name_that_neither_side_has_is_not_found(self, cli, here, verb):
        refused = cli(verb, "chrun", repo=here)
        assert (refused.code, refused.out) == (3, "")
        assert refused.err == (
            "error: neither this repository nor 'origin' has a tag of artifact 'chrun'\nhint: did you mean 'churn'?\n"
        )

    @pytest.mark.parametrize("verb", ["status", "fetch", "push"])
    @pytest.mark.parametrize("narrow", ["churn@v0.0.1", "churn#prod"])
    def test_a_version_or_a_stage_is_less_than_what_is_exchanged(self, cli, here, verb, narrow):
        refused = cli(verb, narrow, repo=here)
        assert refused.code == 2
        assert refused.err == (
            f"error: {verb} takes an artifact, and all its tags; {narrow!r} names fewer\n"
            f"hint: git registry {verb} churn\n"
        )

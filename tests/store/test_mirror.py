"""Mirrors of remote repositories: they fetch only what is needed, repair themselves, and are shared by processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gittag_registry.errors import GitFailed, NotFound, RemoteError
from gittag_registry.git import listing
from gittag_registry.model.commands import Register
from gittag_registry.model.names import Selector
from gittag_registry.registry import Registry
from gittag_registry.services.describe import describe
from gittag_registry.store import mirror, mirrors
from tests.testing.builder import RepositoryBuilder, change_packed_tag, git, tag_names

ADA = {"user": "ada", "password": "s3cret"}


def serve(path: Path) -> RepositoryBuilder:
    """A server's repository: churn twice, prod once, other once, and commits without tags between and after."""
    repo = RepositoryBuilder(path, bare=True)
    files = {"artifacts.yaml": "churn:\n  type: model\n", "model.pkl": "1", "dvc.yaml": "", "docs/x": "x"}
    first = repo.commit(files)
    repo.commit({"model.pkl": "2"})
    second = repo.commit({"model.pkl": "3"})
    repo.tag("churn@v1.0.0", first)
    repo.tag("churn#prod#1", first)
    repo.tag("churn@v1.1.0", second)
    repo.tag("other@v1.0.0", repo.commit({"model.pkl": "4"}))
    repo.commit({"model.pkl": "5"})
    repo.build()
    git("config", "uploadpack.allowFilter", "true", repo=path)
    return repo


@pytest.fixture
def server(tmp_path):
    """The repository of a server."""
    return serve(tmp_path / "server.git")


@pytest.fixture
def url(server):
    """Its address."""
    return f"file://{server.path}"


@pytest.fixture
def asked():
    """Takes note of git commands."""
    return Commands()


class Commands:
    """The git commands that were run."""

    def __init__(self) -> None:
        self._words: list[tuple[str, ...]] = []

    def __call__(self, words: tuple[str, ...]) -> None:
        self._words.append(words)

    def take(self) -> list[str]:
        """Those that asked the server, with what tells a fetch that lists from one that fetches; they are forgotten."""
        words, self._words = self._words, []
        told = ("fetch", "ls-remote", "--dry-run", "--depth=1")
        lines = (" ".join(word for word in command if word in told) for command in words)
        return [line for line in lines if line]


def place() -> Path:
    """The one cache there is."""
    [found] = [cache.path for cache in mirrors.list_mirrors()]
    return found


def objects(path: Path) -> dict[str, list[str]]:
    """The ids of the objects in a cache, by type."""
    found: dict[str, list[str]] = {}
    env = {**os.environ, "GIT_ALLOW_PROTOCOL": "none"}
    command = ["git", "-C", str(path), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"]
    for line in subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.splitlines():
        found.setdefault(line.split()[0], []).append(line.split()[1])
    return found


def refs(path: Path) -> list[str]:
    return git("for-each-ref", "--format=%(refname)", repo=path).split()


class TestWhatIsFetched:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda registry: registry.which("churn", "prod"),
            lambda registry: registry.latest("churn"),
            lambda registry: registry.show_artifact(Selector("churn")),
            lambda registry: registry.check_ref("churn#prod#1"),
            lambda registry: registry.select(Selector("churn", stage="prod")),
        ],
    )
    def test_is_the_tags_of_the_artifact_and_their_commits(self, server, url, ask):
        ask(Registry(url))
        found = objects(place())
        assert {kind: len(ids) for kind, ids in found.items()} == {"commit": 2, "tag": 3}
        assert sorted(found["commit"]) == sorted(server.commit_id(mark) for mark in (1, 3))
        assert refs(place()) == ["refs/tags/churn#prod#1", "refs/tags/churn@v1.0.0", "refs/tags/churn@v1.1.0"]

    @pytest.mark.parametrize("ask", [lambda r: r.show(), lambda r: r.history(), lambda r: r.stages(used=True)])
    def test_is_all_tags_and_their_commits_for_the_whole_registry(self, server, url, ask):
        ask(Registry(url))
        assert {kind: len(ids) for kind, ids in objects(place()).items()} == {"commit": 3, "tag": 4}

    def test_is_no_file_but_those_that_are_read(self, server, url):
        describe(Registry(url), Selector("churn"))
        found = objects(place())
        blobs = {git("rev-parse", f"main:{name}", repo=server.path).strip() for name in ("artifacts.yaml", "dvc.yaml")}
        assert set(found["blob"]) <= blobs
        assert git("rev-parse", "main:artifacts.yaml", repo=server.path).strip() in found["blob"]

    def test_is_no_file_for_the_difference_of_two_versions_but_annotations(self, server, url):
        from gittag_registry.services.diff import compare

        compare(Registry(url), Selector("churn", version="v1.0.0"), Selector("churn", version="v1.1.0"))
        models = {git("rev-parse", f"{server.commit_id(mark)}:model.pkl", repo=server.path).strip() for mark in (1, 3)}
        assert [
            cache.path for cache in mirrors.list_mirrors() if models & set(objects(cache.path).get("blob", []))
        ] == []


class TestAsking:
    def test_a_cold_cache_takes_one_fetch_and_a_warm_one_a_question(self, url, asked):
        Registry(url, on_command=asked).which("churn", "prod")
        assert asked.take() == ["fetch --depth=1"]
        Registry(url, on_command=asked).which("churn", "prod")
        assert asked.take() == ["fetch --dry-run"]
        Registry(url, on_command=asked).latest("churn")
        assert asked.take() == ["fetch --dry-run"]

    def test_a_question_about_the_whole_registry_lists_all_tags(self, url, asked):
        Registry(url).show()
        Registry(url, on_command=asked).show()
        assert asked.take() == ["ls-remote"]

    def test_a_revision_that_is_kept_is_not_fetched_again(self, url, asked):
        Registry(url).resolve("HEAD")
        Registry(url, on_command=asked).resolve("HEAD")
        assert asked.take() == ["ls-remote"]

    def test_files_that_are_kept_are_not_fetched_again(self, url, asked):
        Registry(url).annotations()
        Registry(url, on_command=asked).annotations()
        assert asked.take() == ["fetch --dry-run"]

    def test_a_server_that_sends_whole_histories_only_lists_all_its_tags(self, server, url, asked):
        git("config", "uploadpack.allowFilter", "false", repo=server.path)
        Registry(url).latest("churn")
        Registry(url).annotations()
        tag(server, "churn@v2.0.0")
        registry = Registry(url, on_command=asked)
        assert registry.latest("churn").version == "v2.0.0"
        assert registry.latest("churn").version == "v2.0.0"
        assert registry.annotations()["churn"].type == "model"
        assert asked.take() == ["ls-remote", "fetch --depth=1", "ls-remote", "ls-remote"]
        git("config", "uploadpack.allowFilter", "true", repo=server.path)
        mirrors.clean(place())
        Registry(url).latest("churn")
        Registry(url, on_command=asked).latest("churn")
        assert asked.take() == ["fetch --dry-run"]

    def test_a_server_that_refuses_the_filter_of_tags_is_fetched_from_to_a_depth(self, server, url, asked):
        git("config", "uploadpackfilter.object:type.allow", "false", repo=server.path)
        Registry(url).latest("churn")
        tag(server, "churn@v2.0.0")
        assert Registry(url, on_command=asked).latest("churn").version == "v2.0.0"
        assert asked.take() == ["fetch --dry-run", "fetch --depth=1"]
        assert {kind: len(ids) for kind, ids in objects(place()).items()} == {"commit": 3, "tag": 4}

    @pytest.mark.parametrize("change", ["new", "moved", "deleted"])
    def test_a_change_fetches_no_history(self, server, url, change):
        Registry(url).latest("churn")
        if change == "deleted":
            git("tag", "--delete", "churn@v1.1.0", repo=server.path)
        else:
            tag(server, {"new": "churn@v2.0.0", "moved": "churn@v1.1.0"}[change], "--force", commit="main")
        latest = {"new": "v2.0.0", "moved": "v1.1.0", "deleted": "v1.0.0"}[change]
        assert Registry(url).latest("churn").version == latest
        assert Registry(url, offline=True).latest("churn").version == latest
        commits = {server.commit_id(1), server.commit_id(3), server.commit_id(5)}
        assert set(objects(place())["commit"]) <= commits
        assert "tree" not in objects(place())

    def test_a_stage_with_a_slash_is_seen(self, server, url):
        Registry(url).latest("churn")
        tag(server, "churn#eu/prod#2", commit="main~4")
        [version] = Registry(url).which("churn", "eu/prod")
        assert version.version == "v1.0.0"

    def test_a_warm_question_is_two_requests_and_a_login(self, https):
        serve(https.root / "churn.git")
        address = https.url("churn", **ADA)
        Registry(address).latest("churn")
        https.forget()
        assert Registry(address).latest("churn").version == "v1.1.0"
        words = [line.split()[:3] for line in https.requests()]
        assert [(method, path.rpartition("/")[2], status) for method, path, status in words] == [
            ("GET", "refs?service=git-upload-pack", "401"),
            ("GET", "refs?service=git-upload-pack", "200"),
            ("POST", "git-upload-pack", "200"),
        ]

    def test_new_tags_are_seen(self, server, url, asked):
        Registry(url).latest("churn")
        tag(server, "churn@v2.0.0")
        assert Registry(url, on_command=asked).latest("churn").version == "v2.0.0"
        assert asked.take() == ["fetch --dry-run", "fetch --depth=1"]

    def test_deleted_tags_are_gone(self, server, url):
        assert Registry(url).latest("churn").version == "v1.1.0"
        git("tag", "--delete", "churn@v1.1.0", repo=server.path)
        assert Registry(url).latest("churn").version == "v1.0.0"
        git("tag", "--delete", "churn@v1.0.0", "churn#prod#1", repo=server.path)
        with pytest.raises(NotFound, match="artifact 'churn' is not registered"):
            Registry(url).latest("churn")
        assert Registry(url).latest("other").version == "v1.0.0"

    def test_replaced_tags_are_replaced(self, server, url):
        before = Registry(url).latest("churn").commit
        tag(server, "churn@v1.1.0", "--force", commit="main~1")
        after = Registry(url).latest("churn").commit
        assert (before, after) == (server.commit_id(3), server.commit_id(4))

    def test_a_narrow_question_forgets_nothing_of_others(self, server, url):
        Registry(url).show()
        tag(server, "churn@v2.0.0")
        Registry(url).latest("churn")
        assert "refs/tags/other@v1.0.0" in refs(place())
        assert Registry(url, offline=True).latest("other").version == "v1.0.0"

    def test_an_artifact_whose_name_begins_like_anothers_is_another(self, server, url):
        tag(server, "churn-eu@v9.0.0")
        tag(server, "models=churn@v9.0.0")
        assert Registry(url).latest("churn").version == "v1.1.0"
        assert Registry(url).latest("churn-eu").version == "v9.0.0"
        assert Registry(url).latest("models:churn").version == "v9.0.0"

    def test_an_artifact_without_tags_is_not_registered(self, url):
        for _ in range(2):
            with pytest.raises(NotFound, match="artifact 'nothing' is not registered"):
                Registry(url).latest("nothing")

    @pytest.mark.parametrize("commits", [0, 1])
    def test_a_repository_without_tags_is_an_empty_registry(self, tmp_path, commits):
        repo = RepositoryBuilder(tmp_path / "empty.git", bare=True)
        for _ in range(commits):
            repo.commit()
        address = f"file://{repo.build()}"
        for _ in range(2):
            assert Registry(address).show().rows == ()
            assert Registry(address).annotations() == {}
            with pytest.raises(NotFound) as raised:
                Registry(address).latest("churn")
            assert raised.value.hint == "this repository has no registry tags"

    def test_two_users_of_a_host_are_not_confused(self, server):
        paths = {mirror.Mirror(address, timeout=1).path for address in ("ada@host:churn.git", "bob@host:churn.git")}
        assert len(paths) == 2

    def test_a_new_password_finds_what_the_old_one_fetched(self):
        paths = {mirror.Mirror(f"https://ada:{password}@host/churn.git", timeout=1).path for password in ("old", "new")}
        assert len(paths) == 1


DAMAGES = {}


def damage(function):
    DAMAGES[function.__name__.replace("_", " ")] = function
    return function


@damage
def no_objects(path):
    for file in [*path.glob("objects/??/*"), *path.glob("objects/pack/*")]:
        file.unlink()


@damage
def no_object_directory(path):
    subprocess.run(["rm", "-r", str(path / "objects")], check=True)


@damage
def a_truncated_pack(path):
    git("repack", "-a", "-d", "--quiet", repo=path)
    for pack in path.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[: pack.stat().st_size // 2])


@damage
def a_changed_byte_of_a_tag(path):
    change_packed_tag(path, "churn@v1.0.0")


@damage
def a_file_in_place_of_the_packs(path):
    subprocess.run(["rm", "-r", str(path / "objects" / "pack")], check=True)
    (path / "objects" / "pack").write_text("")


@damage
def an_empty_object(path):
    for file in path.glob("objects/??/*"):
        file.chmod(0o600)
        file.write_bytes(b"")


@damage
def garbage_in_packed_refs(path):
    (path / "packed-refs").write_bytes(b"\0garbage\n" * 9)


@damage
def garbage_in_a_ref(path):
    next(path.glob("refs/tags/*")).write_text("garbage")


@damage
def an_empty_ref(path):
    next(path.glob("refs/tags/*")).write_text("")


@damage
def no_head(path):
    (path / "HEAD").unlink()


@damage
def garbage_in_head(path):
    (path / "HEAD").write_text("garbage")


@damage
def garbage_in_the_configuration(path):
    (path / "config").write_text("[garbage")


@damage
def a_directory_in_place_of_the_configuration(path):
    (path / "config").unlink()
    (path / "config").mkdir()


@damage
def garbage_in_the_list_of_shallow_commits(path):
    (path / "shallow").write_text("garbage\n")


@damage
def an_empty_directory(path):
    subprocess.run(["rm", "-r", str(path)], check=True)
    path.mkdir()


@damage
def a_file_in_its_place(path):
    subprocess.run(["rm", "-r", str(path)], check=True)
    path.write_text("precious")


@damage
def a_link_that_leads_nowhere(path):
    subprocess.run(["rm", "-r", str(path)], check=True)
    path.symlink_to("nowhere")


@damage
def locks_that_were_left(path):
    for name in ("shallow.lock", "packed-refs.lock", "config.lock", "HEAD.lock"):
        (path / name).write_text("")
    for ref in path.glob("refs/tags/*"):
        Path(f"{ref}.lock").write_text("")


class TestRepair:
    @pytest.mark.parametrize("name", DAMAGES)
    @pytest.mark.parametrize("change", [False, True], ids=["nothing new", "something new"])
    def test_the_next_answer_is_right(self, server, url, name, change):
        Registry(url).show()
        Registry(url).resolve("HEAD")
        DAMAGES[name](place())
        if change:
            tag(server, "churn@v2.0.0")
            git("tag", "--delete", "other@v1.0.0", repo=server.path)
        latest = "v2.0.0" if change else "v1.1.0"
        warnings: list[str] = []
        registry = Registry(url, on_warning=warnings.append)
        assert registry.latest("churn").version == latest
        assert [row.latest for row in registry.show().rows] == ([latest] if change else [latest, "v1.0.0"])
        assert warnings == []

    @pytest.mark.parametrize("name", DAMAGES)
    def test_a_revision_and_a_file_are_found_too(self, server, url, name):
        Registry(url).show()
        Registry(url).annotations()
        DAMAGES[name](place())
        assert Registry(url).resolve("HEAD") == server.commit_id(5)
        assert Registry(url).annotations()["churn"].type == "model"

    @pytest.mark.parametrize("name", DAMAGES)
    def test_a_change_is_decided_on_every_tag(self, server, url, name):
        again = Register(artifact="churn", commit=server.commit_id(1))
        Registry(url).execute(again)
        DAMAGES[name](place())
        outcome = Registry(url).execute(again)
        assert (outcome.events, outcome.done) == ((), False)
        assert Registry(url).execute(Register(artifact="churn", commit=Registry(url).resolve("HEAD"))).done
        assert tag_names(server.path).count("churn@v1.1.1") == 1

    def test_a_server_that_is_away_does_not_cost_the_cache(self, server, url):
        Registry(url).latest("churn")
        server.path.rename(server.path.with_name("away"))
        with pytest.raises(RemoteError):
            Registry(url).latest("churn")
        assert Registry(url, offline=True).latest("churn").version == "v1.1.0"


class TestOneCacheForManyProcesses:
    def test_an_answer_is_never_older_than_the_question(self, server, url, monkeypatch):
        """Another process updates the cache between the question and the comparison with the server."""
        Registry(url).latest("churn")
        compare = listing.is_current

        def compare_later(*arguments):
            monkeypatch.setattr(listing, "is_current", compare)
            tag(server, "churn@v2.0.0")
            assert Registry(url).latest("churn").version == "v2.0.0"
            return compare(*arguments)

        monkeypatch.setattr(listing, "is_current", compare_later)
        assert Registry(url).latest("churn").version == "v2.0.0"

    def test_eight_that_ask_a_cold_cache_all_get_the_answer(self, url, tmp_path):
        command = [
            sys.executable,
            "-c",
            "import sys; from gittag_registry.cli.main import run; sys.exit(run(sys.argv[1:]))",
        ]
        asking = [
            subprocess.Popen(
                [*command, *question, "-r", url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for question in [["latest", "churn"], ["which", "churn", "prod"]] * 4
        ]
        answers = [(*process.communicate(timeout=60), process.returncode) for process in asking]
        assert answers == [("v1.1.0\n", "", 0), ("v1.0.0\n", "", 0)] * 4

    def test_what_was_killed_in_a_fetch_harms_nobody(self, server, url, tmp_path, monkeypatch):
        ready, wrapper = tmp_path / "ready", tmp_path / "bin" / "git-upload-pack"
        wrapper.parent.mkdir()
        real = git("--exec-path").strip()
        wrapper.write_text(
            f'#!/bin/sh\ntouch {ready}\nwhile test -e {ready}; do sleep 0.02; done\nexec {real}/git-upload-pack "$@"\n'
        )
        wrapper.chmod(0o755)
        command = [
            sys.executable,
            "-c",
            "import sys; from gittag_registry.cli.main import run; sys.exit(run(sys.argv[1:]))",
        ]
        settings = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "remote.origin.uploadpack",
            "GIT_CONFIG_VALUE_0": str(wrapper),
        }
        with subprocess.Popen([*command, "latest", "churn", "-r", url], env={**os.environ, **settings}) as asking:
            deadline = time.monotonic() + 20
            while not ready.exists():
                assert time.monotonic() < deadline
                time.sleep(0.01)
            asking.send_signal(signal.SIGKILL)
        (place() / "shallow.lock").write_text("")
        (place() / "objects" / "pack").mkdir(exist_ok=True)
        (place() / "objects" / "pack" / "tmp_pack_x").write_bytes(b"PACK")
        assert Registry(url).latest("churn").version == "v1.1.0"
        ready.unlink()
        assert Registry(url).latest("churn").version == "v1.1.0"


class TestWhereNothingCanBeKept:
    def test_a_full_disk_is_told(self, url, tmp_path, monkeypatch):
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(disk)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("only root can mount a small disk")
        try:
            monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
            with pytest.raises(GitFailed) as raised:
                Registry(url).show()
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)  # a child of git may end a moment later
        assert "No space left on device" in raised.value.message
        assert "XDG_CACHE_HOME" in raised.value.hint

    def test_nothing_is_kept_of_a_server_that_does_not_answer(self, tmp_path):
        with pytest.raises(RemoteError):
            Registry(f"file://{tmp_path}/missing.git").latest("churn")
        assert mirrors.list_mirrors() == []


def tag(server: RepositoryBuilder, name: str, *options: str, commit: str = "main") -> None:
    """Tag a commit on the server."""
    git("tag", "--annotate", "--message=x", *options, name, commit, repo=server.path)


def test_tags_that_a_careful_git_would_refuse_are_told_of_as_in_a_clone(server, url):
    commit = server.commit_id(1)
    odd = f"object {commit}\ntype commit\ntag churn@v9.0.0\ntagger x <x> no time\n\nx\n".encode()
    oid = git("hash-object", "--literally", "-t", "tag", "-w", "--stdin", repo=server.path, data=odd).strip()
    git("update-ref", "refs/tags/churn@v9.0.0", oid, repo=server.path)
    git("config", "--global", "fetch.fsckObjects", "true")
    warnings: dict[str, list[str]] = {url: [], str(server.path): []}
    answers = [Registry(place, on_warning=told.append).latest("churn").version for place, told in warnings.items()]
    assert answers == ["v1.1.0", "v1.1.0"]
    assert warnings[url] == warnings[str(server.path)] != []


def test_a_tag_of_a_directory_does_not_hide_the_registry(builder):
    first = builder.commit({"models/a.txt": "1"})
    builder.tag("churn@v1.0.0", first)
    builder.commit({"models/a.txt": "2"})
    repo = builder.build()
    git("config", "uploadpack.allowFilter", "true", repo=repo)
    git("tag", "directory", "main~1^{tree}", repo=repo)
    rows = Registry(f"file://{repo}").show().rows
    assert [(row.artifact, row.latest) for row in rows] == [("churn", "v1.0.0")]


def test_a_cache_that_somebody_else_made_is_not_used(builder, monkeypatch):
    builder.tag("churn@v1.0.0", builder.commit())
    url = f"file://{builder.build()}"
    assert Registry(url).latest("churn").version == "v1.0.0"
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    with pytest.raises(GitFailed, match="belongs to another user"):
        Registry(url).latest("churn")

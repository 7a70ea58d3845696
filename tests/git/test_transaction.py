"""Tags change all or not at all, whatever happens to the process that changes them and to git."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gittag_registry import Registry
from gittag_registry.errors import Conflict, GitFailed, RegistryError
from gittag_registry.git import transaction as transactions
from gittag_registry.git.process import Repository
from gittag_registry.git.transaction import LostRace, ref_locks, transaction
from gittag_registry.model.commands import Assign, Register, Unassign
from tests.testing.builder import RepositoryBuilder, git, tag_names

WITHIN = 30  # seconds in which a program of a test is to end


class Tags:
    """A repository with a tag `old`, and two tag objects `one` and `two` that no ref names."""

    def __init__(self, builder: RepositoryBuilder) -> None:
        commit = builder.commit()
        builder.tag("old", commit)
        for name in ("one", "two"):
            builder.tag(name, commit)
        self.path = builder.build()
        self.repository = Repository(str(self.path))
        self.old, self.one, self.two = git("rev-parse", "old", "one", "two", repo=self.path).split()
        git("tag", "--delete", "one", "two", repo=self.path)


@pytest.fixture
def here(builder: RepositoryBuilder) -> Tags:
    return Tags(builder)


@pytest.fixture
def shared(builder: RepositoryBuilder) -> Path:
    """Two commits, the second of which is to be registered."""
    for _ in range(2):
        builder.commit()
    return builder.build()


def untouched(here: Tags) -> bool:
    return tag_names(here.path) == ["old"] and ref_locks(here.repository) == []


def write_hook(repo: Path, name: str, script: str) -> None:
    """Give a repository a hook."""
    hook = repo / ".git" / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


class TestTransaction:
    def test_creates_and_deletes_at_the_end_of_the_block(self, here):
        with transaction(here.repository, create=[("new", here.one)], delete=[("old", here.old)]):
            assert tag_names(here.path) == ["old"]
            assert [lock.path for lock in ref_locks(here.repository)] == [
                "packed-refs.lock",
                "refs/tags/new.lock",
                "refs/tags/old.lock",
            ]
        assert tag_names(here.path) == ["new"]
        assert git("rev-parse", "new", repo=here.path).strip() == here.one
        assert ref_locks(here.repository) == []

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize(
        "wanted",
        [
            {"create": [("one", "ONE"), ("old", "TWO")]},
            {"create": [("one", "ONE")], "delete": [("old", "ONE")]},
            {"create": [("one", "ONE")], "delete": [("gone", "OLD")]},
            {"create": [("one", "ONE")], "absent": ["old"]},
        ],
    )
    def test_changes_nothing_where_one_tag_is_not_as_expected(self, here, wanted, packed):
        if packed:
            git("pack-refs", "--all", repo=here.path)
        ids = {"ONE": here.one, "TWO": here.two, "OLD": here.old}
        tags = {key: [n if key == "absent" else (n[0], ids[n[1]]) for n in names] for key, names in wanted.items()}
        with pytest.raises(LostRace), transaction(here.repository, **tags):
            raise AssertionError("the block is not to be entered")
        assert untouched(here)

    def test_locks_what_is_to_stay_absent(self, here):
        with (
            transaction(here.repository, create=[("one", here.one)], absent=["absent"]),
            pytest.raises(LostRace, match="File exists"),
            transaction(here.repository, create=[("absent", here.two)]),
        ):
            raise AssertionError("the block is not to be entered")
        assert tag_names(here.path) == ["old", "one"]

    def test_an_exception_in_the_block_changes_nothing(self, here):
        class Stop(Exception):
            pass

        with pytest.raises(Stop), transaction(here.repository, create=[("one", here.one)]):
            raise Stop
        assert untouched(here)

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
    def test_an_interruption_of_the_block_changes_nothing(self, here, error):
        with pytest.raises(error), transaction(here.repository, create=[("one", here.one)]):
            raise error
        assert untouched(here)

    @pytest.mark.parametrize("death", ["os._exit(7)", "os.kill(os.getpid(), signal.SIGKILL)"])
    def test_death_in_the_block_changes_nothing(self, here, death):
        program = (
            "import os, signal, sys\n"
            "from gittag_registry.git.process import Repository\n"
            "from gittag_registry.git.transaction import transaction\n"
            "with transaction(Repository(sys.argv[1]), create=[('one', sys.argv[2])], delete=[('old', sys.argv[3])]):\n"
            "    print('within', flush=True)\n"
            f"    {death}\n"
        )
        ended = subprocess.Popen(
            [sys.executable, "-c", program, here.path, here.one, here.old], stdout=subprocess.PIPE, text=True
        )
        said, _ = ended.communicate(timeout=WITHIN)
        assert (said, ended.returncode) in [("within\n", 7), ("within\n", -signal.SIGKILL)]
        until_git_has_ended(here)
        assert untouched(here)

    @pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
    def test_git_that_is_ended_within_the_block_is_an_error(self, here, monkeypatch, sent):
        started = []
        start = transactions.start
        monkeypatch.setattr(
            transactions, "start", lambda *words, **options: started.append(start(*words, **options)) or started[-1]
        )
        with pytest.raises(GitFailed), transaction(here.repository, create=[("one", here.one)]):  # noqa: PT012
            started[0].send_signal(sent)
            started[0].wait(WITHIN)
        assert tag_names(here.path) == ["old"]
        left = [lock.path for lock in ref_locks(here.repository)]
        assert left == (
            ["refs/tags/one.lock"] if sent == signal.SIGKILL else []
        )  # git cannot clean up after the latter

    def test_git_whose_hook_never_ends_is_ended_with_it(self, here, monkeypatch):
        monkeypatch.setattr(transactions, "_PATIENCE", 0.3)
        write_hook(here.path, "reference-transaction", '[ "$1" != prepared ] || sleep 1000')
        with (
            pytest.raises(GitFailed, match=r"did not answer within 0\.3 seconds") as caught,
            transaction(here.repository, create=[("one", here.one)]),
        ):
            raise AssertionError("the block is not to be entered")
        assert "older than 2.34" in caught.value.hint
        assert tag_names(here.path) == ["old"]

    def test_a_lock_left_behind_long_ago_is_named(self, here):
        lock = here.path / ".git" / "refs" / "tags" / "one.lock"
        lock.touch()
        os.utime(lock, (0, 0))
        with (
            pytest.raises(Conflict, match=r"'.*/refs/tags/one\.lock' has locked a tag for \d+ seconds") as caught,
            transaction(here.repository, create=[("one", here.one)]),
        ):
            raise AssertionError("the block is not to be entered")
        assert caught.value.hint == "git registry doctor --fix"

    def test_a_folder_that_is_a_tag_is_no_race(self, here):
        with (
            pytest.raises(Conflict, match="'refs/tags/old' exists; cannot create 'refs/tags/old/new'") as caught,
            transaction(here.repository, create=[("old/new", here.one)]),
        ):
            raise AssertionError("the block is not to be entered")
        assert caught.value.hint == "git cannot keep both a tag and tags in a folder of that name"


def until_git_has_ended(here: Tags) -> None:
    """Wait for git, which notices the death of its user: it gives its locks back then."""
    deadline = time.monotonic() + WITHIN
    while ref_locks(here.repository):
        assert time.monotonic() < deadline, "the locks stay"
        time.sleep(0.01)


# Writers


def commit_of(registry: Registry, revision: str = "HEAD") -> str:
    return registry.resolve(revision)


def racing(monkeypatch, rival):
    """Let a rival write between what the first attempt reads and its transaction; counts the attempts."""
    attempts = []

    def slow(repository, **wanted):
        attempts.append(wanted)
        if len(attempts) == 1:
            rival()
        return transaction(repository, **wanted)

    monkeypatch.setattr("gittag_registry.store.local_target.transaction", slow)
    return attempts


def racing_within(monkeypatch, rival):
    """The same, with the rival between the locks and the commit."""
    attempts = []

    def slow(repository, **wanted):
        attempts.append(wanted)
        held = transaction(repository, **wanted)
        enter = held.__enter__

        class Held:
            def __enter__(self):
                enter()
                if len(attempts) == 1:
                    rival()

            def __exit__(self, *error):
                return held.__exit__(*error)

        return Held()

    monkeypatch.setattr("gittag_registry.store.local_target.transaction", slow)
    return attempts


class TestWriters:
    @pytest.fixture
    def assigned(self, shared: Path) -> Path:
        """v1.0.0 in prod, by the tag churn#prod#1."""
        git("tag", "-a", "-m", "x", "churn@v1.0.0", repo=shared)
        git("tag", "-a", "-m", "x", "churn#prod#1", repo=shared)
        return shared

    def test_the_opposite_with_the_same_counter_is_a_lost_race(self, assigned, monkeypatch):
        attempts = racing(monkeypatch, lambda: git("tag", "-a", "-m", "x", "churn#prod!#2", repo=assigned))
        Registry(assigned).execute(Assign(artifact="churn", stage="prod", version="v1.0.0"), force=True)
        assert [wanted["create"][0][0] for wanted in attempts] == ["churn#prod#2", "churn#prod#3"]
        assert tag_names(assigned) == ["churn#prod!#2", "churn#prod#1", "churn#prod#3", "churn@v1.0.0"]

    def test_the_opposite_is_locked_with_the_tag(self, assigned, monkeypatch):
        attempts = racing(monkeypatch, lambda: None)
        Registry(assigned).execute(Unassign(artifact="churn", stage="prod"))
        assert [wanted["absent"] for wanted in attempts] == [["churn#prod#2", "churn@writing"]]

    @pytest.mark.parametrize(
        ("between", "name"),
        [
            (racing, "churn@v0.0.1"),
            (racing, "churn@v7.0.0"),
            (racing, "churn#dev#1"),
            (racing_within, "churn@v7.0.0"),
            (racing_within, "churn#dev#1"),
            (racing_within, "churn@deprecated"),
            (racing_within, "churn@nonsense"),
        ],
    )
    def test_any_tag_of_the_artifact_that_appears_meanwhile_lets_the_writer_decide_again(
        self, shared, monkeypatch, between, name
    ):
        rival = ["git", "-C", shared, "tag", "-a", "-m", "x", name, "HEAD~1"]
        attempts = between(monkeypatch, lambda: subprocess.run(rival, check=True))
        outcome = Registry(shared).execute(Register(artifact="churn", commit=commit_of(Registry(shared))))
        assert len(attempts) == 2
        assert [name for name, _ in attempts[0]["create"]] == ["churn@v0.0.1"]
        after = {"churn@v0.0.1": "churn@v0.0.2", "churn@v7.0.0": "churn@v7.0.1", "churn#dev#1": "churn@v0.0.1"}
        assert [event.ref for event in outcome.events] == [after.get(name, "churn@v0.0.1")]

    def test_a_tag_of_another_artifact_is_none_of_their_business(self, shared, monkeypatch):
        attempts = racing(monkeypatch, lambda: git("tag", "-a", "-m", "x", "churning@v0.0.1", repo=shared))
        Registry(shared).execute(Register(artifact="churn", commit=commit_of(Registry(shared))))
        assert len(attempts) == 1

    def test_a_tag_deleted_meanwhile_lets_the_writer_decide_again(self, assigned, monkeypatch):
        attempts = racing_within(monkeypatch, lambda: git("tag", "--delete", "churn#prod#1", repo=assigned))
        with pytest.raises(RegistryError, match="no version of 'churn' was ever in stage 'prod'"):
            Registry(assigned).execute(Unassign(artifact="churn", stage="prod"))
        assert len(attempts) == 1
        assert tag_names(assigned) == ["churn@v1.0.0"]

    def test_the_tags_of_a_plan_come_together(self, shared, monkeypatch):
        seen = []
        write_hook(shared, "reference-transaction", f"echo $1 >> '{shared}/phases'; cat >> '{shared}/names'")
        attempts = racing_within(monkeypatch, lambda: seen.append(tag_names(shared)))
        Registry(shared).execute(Assign(artifact="churn", stage="prod", commit=commit_of(Registry(shared))))
        assert (len(attempts), seen) == (1, [[]])
        phases = (shared / "phases").read_text().split()
        assert [phase for phase in phases if phase != "preparing"] == ["prepared", "committed"]  # newer gits have both
        assert tag_names(shared) == ["churn#prod#1", "churn@v0.0.1"]

    def test_one_tag_that_cannot_be_made_keeps_the_other_away(self, shared):
        git("tag", "-a", "-m", "x", "churn@v0.0.0", repo=shared)
        write_hook(shared, "reference-transaction", '[ "$1" != prepared ] || ! grep -q "#prod#1"')
        with pytest.raises(GitFailed, match="aborted by"):
            Registry(shared).execute(
                Assign(
                    artifact="churn",
                    stage="prod",
                    commit=commit_of(
                        Registry(
                            shared,
                        ),
                        "HEAD~1",
                    ),
                )
            )
        assert tag_names(shared) == ["churn@v0.0.0"]


class TestWithoutTheLock:
    """The lock spares writers lost races; nothing depends on it."""

    @pytest.fixture
    def unlocked(self, shared: Path) -> Path:
        """The shared repository, with a directory in the place of the lock file."""
        (shared / ".git" / "gittag-registry.lock").mkdir()
        return shared

    @pytest.mark.parametrize(("stage", "name"), [("prod", "#prod!#1"), ("dev", "@writing")])
    def test_writers_of_one_artifact_exclude_each_other(self, unlocked, stage, name, monkeypatch):
        registry, other = Registry(unlocked), Registry(unlocked, patience=0.2)
        commit = commit_of(registry)
        registry.execute(Register(artifact="churn", commit=commit))
        errors = []

        def rival():
            try:
                other.execute(Assign(artifact="churn", stage=stage, commit=commit))
            except Conflict as error:
                errors.append(error.message)

        attempts = []

        def slow(repository, **wanted):
            attempts.append(repository)
            held = transaction(repository, **wanted)
            if len(attempts) > 1:
                return held

            class Held:
                def __enter__(self):
                    held.__enter__()
                    rival()

                def __exit__(self, *error):
                    return held.__exit__(*error)

            return Held()

        monkeypatch.setattr("gittag_registry.store.local_target.transaction", slow)
        registry.execute(Assign(artifact="churn", stage="prod", commit=commit))
        assert len(attempts) > 1
        assert f"churn{name}.lock': File exists" in errors[0]
        assert tag_names(unlocked) == ["churn#prod#1", "churn@v0.0.1"]

    def test_eight_writers_give_out_eight_counters(self, unlocked):
        git("tag", "-a", "-m", "x", "churn@v0.0.1", repo=unlocked)
        program = Path(sys.executable).with_name("git-registry")
        running = [
            subprocess.Popen(
                [program, "assign", "churn", f"stage{n % 4}", "--force", "-q"], cwd=unlocked, stdout=subprocess.PIPE
            )
            for n in range(8)
        ]
        assert [(process.wait(60), process.stdout.close()) for process in running] == [(0, None)] * 8
        assert sorted(int(name.rpartition("#")[2]) for name in tag_names(unlocked) if "@" not in name) == list(
            range(1, 9)
        )


# What became of it


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Put a shell script in git's place; `$GIT` is the real one, `$*` what it is to do."""
    real = shutil.which("git")

    def install(script: str) -> None:
        place = tmp_path / "stand-in"
        place.mkdir(exist_ok=True)
        (place / "git").write_text(f'#!/bin/sh\nGIT={real}\n{script}\nexec $GIT "$@"\n')
        (place / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")

    return install


WHERE_UPDATE_REF = 'case "$*" in *update-ref*) '
COMMIT_SILENTLY = 'sed -zu "/^commit$/q" | $GIT "$@" | sed -u "/commit: ok/d"'


class TestInDoubt:
    def test_git_that_fails_after_it_committed_has_done_it(self, shared, stand_in):
        stand_in(WHERE_UPDATE_REF + COMMIT_SILENTLY + "; exit 1;; esac")
        registry = Registry(shared)
        outcome = registry.execute(Assign(artifact="churn", stage="prod", commit=commit_of(registry)))
        assert [event.ref for event in outcome.events] == ["churn@v0.0.1", "churn#prod#1"]
        assert tag_names(shared) == ["churn#prod#1", "churn@v0.0.1"]

    def test_git_that_is_ended_after_it_committed_has_done_it(self, shared, stand_in):
        stand_in(WHERE_UPDATE_REF + COMMIT_SILENTLY + "; kill -9 $$;; esac")
        registry = Registry(shared)
        assert registry.execute(Register(artifact="churn", commit=commit_of(registry))).done
        assert tag_names(shared) == ["churn@v0.0.1"]

    def test_git_that_fails_after_it_deleted_has_done_it(self, shared, stand_in):
        git("tag", "-a", "-m", "x", "churn@v0.0.1", repo=shared)
        git("tag", "-a", "-m", "x", "churn#prod#1", repo=shared)
        stand_in(WHERE_UPDATE_REF + COMMIT_SILENTLY + "; exit 1;; esac")
        assert Registry(shared).execute(Unassign(artifact="churn", stage="prod", delete=True)).done
        assert tag_names(shared) == ["churn@v0.0.1"]

    def test_git_that_is_ended_before_it_commits_has_done_nothing(self, shared, stand_in):
        stand_in(WHERE_UPDATE_REF + """sed -zu '/^prepare$/q' | $GIT "$@"; kill -9 $$;; esac""")
        registry = Registry(shared)
        with pytest.raises(GitFailed, match="git update-ref failed") as caught:
            registry.execute(Assign(artifact="churn", stage="prod", commit=commit_of(registry)))
        assert "was written" not in caught.value.message
        assert tag_names(shared) == []

    def test_what_was_half_done_is_named(self, shared, monkeypatch):
        def half(repository, *, create=(), delete=(), absent=()):
            name, oid = create[0]
            git("update-ref", f"refs/tags/{name}", oid, repo=shared)
            raise GitFailed("git update-ref failed: exit status -9")

        registry = Registry(shared)
        with monkeypatch.context() as patched:
            patched.setattr("gittag_registry.store.local_target.transaction", half)
            with pytest.raises(
                GitFailed, match=r"exit status -9; 'churn@v0\.0\.1' was written, the rest was not"
            ) as caught:
                registry.execute(Assign(artifact="churn", stage="prod", commit=commit_of(registry)))
        assert caught.value.hint == "repeat the command to complete it"
        registry.execute(Assign(artifact="churn", stage="prod", commit=commit_of(registry)))
        assert tag_names(shared) == ["churn#prod#1", "churn@v0.0.1"]


def test_whatever_is_written_is_synced_to_the_disk(shared, stand_in):
    stand_in(f'printf "%s\\n" "$*" >> "{shared}/commands"')
    registry = Registry(shared)
    registry.execute(Assign(artifact="churn", stage="prod", commit=commit_of(registry)))
    commands = (shared / "commands").read_text().splitlines()
    durable = "-c core.fsync=loose-object,reference "
    assert [command.removeprefix(durable).split()[0] for command in commands if command.startswith(durable)] == [
        "hash-object",
        "hash-object",
        "update-ref",
    ]


def test_a_hook_that_prints_without_a_line_break_is_in_nobodys_way(shared):
    hook = shared / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nprintf checking...\n")
    hook.chmod(0o755)
    registry = Registry(shared)
    registry.execute(Assign(artifact="churn", stage="prod", commit=commit_of(registry)))
    assert tag_names(shared) == ["churn#prod#1", "churn@v0.0.1"]

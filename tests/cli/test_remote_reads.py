"""Reading a registry by its address: the answers are those of a clone, and errors are one line.

Servers are real ones on this machine. No secret is printed or stored, and no process is left behind.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from gittag_registry import find_latest_version, find_versions_in_stage, open_registry
from gittag_registry.store import mirrors
from tests.testing.builder import git
from tests.testing.remotes import daemon, dumb_https, hanging, https, ssh
from tests.testing.servers import StatusServer
from tests.testing.servers.processes import LOOPBACK

__all__ = ["daemon", "dumb_https", "hanging", "https", "ssh"]

ADA = {"user": "ada", "password": "s3cret"}
COMMANDS = [
    "latest churn",
    "latest churn --all --json",
    "latest nothing",
    "which churn prod",
    "which churn#prod --ref",
    "which churn prod --at 2023-11-14T22:19:00Z",
    "which churn prod --at churn@v1.1.0",
    "which churn prod --at v1",
    "which --rev HEAD",
    "which --rev main --json",
    "which --rev churn@v1.1.0 --json",
    "show --type model --json",
    "show churn",
    "show churn#prod --json",
    "show models:embed --json",
    "show segment -d --json",
    "history --json",
    "history churn#prod",
    "history churn --since churn@v1.1.0",
    "check-ref refs/tags/churn#prod#3 --json",
    "check-ref churn#prod#9",
    "stages",
    "stages --used",
    "describe churn",
    "describe churn@v1.0.0 --json",
    "describe nothing",
    "diff churn@v1.0.0 churn@v1.1.0 --json",
    "diff churn@v1.0.0 churn#staging",
    "doctor --json",
    "config list --show-origin",
]
FEWER = [
    "latest churn",
    "which churn prod --at 2023-11-14T22:19:00Z",
    "which --rev churn@v1.1.0 --json",
    "show --type model --json",
    "show churn --json",
    "history --json",
    "check-ref refs/tags/churn#prod#3 --json",
    "stages --used",
    "describe churn@v1.0.0 --json",
    "diff churn@v1.0.0 churn@v1.1.0 --json",
    "doctor --json",
]


@pytest.fixture
def server_repository(company, tmp_path):
    """The company's registry on a server that can leave out files."""

    def make(path: Path) -> Path:
        git("clone", "--quiet", "--bare", str(company), str(path))
        git("config", "uploadpack.allowFilter", "true", repo=path)
        return path

    return make


@pytest.fixture
def address(request, server_repository, tmp_path, monkeypatch):
    """The address of the company's registry, in every form."""
    name = request.param
    if name in ("file", "path of ssh", "ssh"):
        repo = server_repository(tmp_path / "company.git")
        if name == "file":
            return f"file://{repo}"
        server = request.getfixturevalue("ssh")
        return server.url(repo) if name == "ssh" else f"git@registry-host:{repo}"
    server = request.getfixturevalue(name)
    server_repository(server.root / "company.git")
    if name == "daemon":
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "git")
        return server.url("company")
    return server.url("company", **ADA)


@pytest.fixture
def url(server_repository, tmp_path):
    """The address of the company's registry, as a file."""
    return f"file://{server_repository(tmp_path / 'company.git')}"


@pytest.fixture
def bare(url):
    """The repository behind it."""
    return Path(url.removeprefix("file://"))


@pytest.mark.parametrize("address", ["https", "ssh", "path of ssh", "daemon", "file"], indirect=True)
class TestEveryProtocol:
    def test_answers_are_those_of_a_clone(self, cli, company, address, tmp_path):
        commands = COMMANDS if address.startswith("file") else FEWER  # a login takes a quarter of a second
        here = {command: cli(*command.split(), repo=company) for command in commands}
        there = {command: cli(*command.split(), "-r", address, repo=tmp_path) for command in commands}
        assert {command: (r.code, r.out) for command, r in there.items()} == {
            command: (r.code, r.out) for command, r in here.items()
        }
        assert {r.err for r in there.values() if r.code == 0} <= {"", "no problems found\n"}

    def test_the_api_answers_too(self, address):
        [held] = find_versions_in_stage(address, "churn", "prod")
        assert (held.version, held.assigned_by) == ("v1.1.0", "churn#prod#3")
        assert find_latest_version(address, "churn").version == "v1.1.0"
        assert open_registry(address, offline=True).latest("churn").version == "v1.1.0"


PROGRAM = str(Path(sys.executable).with_name("git-registry"))


class TestShow:
    def test_leaves_out_annotations_unless_a_type_is_asked_for(self, cli, url):
        table = json.loads(cli("show", "--json", "-r", url).out)
        assert [(row["artifact"], row["type"]) for row in table["artifacts"]] == [
            ("churn", None),
            ("models:embed", None),
        ]
        table = json.loads(cli("show", "--type", "dataset", "--json", "-r", url).out)
        assert [(row["artifact"], row["type"]) for row in table["artifacts"]] == [("customers", "dataset")]


class TestServersThatSendEverything:
    """Git servers do not leave out files unless they are told to; plain files cannot leave out anything."""

    @pytest.mark.parametrize("address", ["https", "ssh", "daemon", "file"], indirect=True)
    @pytest.mark.parametrize("command", ["show --type model --json", "doctor --json", "diff churn@v1.0.0 churn --json"])
    def test_are_answered_from_with_one_warning(self, cli, company, address, command, tmp_path):
        for repo in tmp_path.glob("**/company.git"):
            git("config", "uploadpack.allowFilter", "false", repo=repo)
        here = cli(*command.split(), repo=company)
        there = cli(*command.split(), "-r", address)
        assert (there.code, there.out) == (here.code, here.out)
        [warning] = [line for line in there.err.splitlines() if line != "no problems found"]
        assert warning.startswith("warning: ")
        assert warning.endswith(
            "/company.git: the server cannot leave out files, so those of the tagged commits are fetched too"
        )

    def test_files_over_https_are_too(self, cli, company, dumb_https, server_repository):
        repo = server_repository(dumb_https.root / "company.git")
        git("update-server-info", repo=repo)
        address = dumb_https.url("company", **ADA)
        for command in FEWER:
            here = cli(*command.split(), repo=company)
            there = cli(*command.split(), "-r", address)
            assert (command, there.code, there.out) == (command, here.code, here.out)
            assert there.err.count("warning: ") <= 1
        first = cli("latest", "models:embed", "-r", address)
        assert first.err in (
            "",
            f"warning: {dumb_https.url('company')}: the server cannot send a part of the history, so all of it is fetched\n",
        )


class TestSecrets:
    def test_are_neither_told_nor_kept(self, cli, https, server_repository, tmp_path, monkeypatch):
        cache = tmp_path / "kept"
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        server_repository(https.root / "company.git")
        right, wrong = https.url("company", **ADA), https.url("company", user="ada", password="wr0ng-s3cret")
        said = ""
        few = ["latest churn -v", "describe churn --json", "init", "nonsense", "latest churn extra"]
        many = [
            *few,
            "diff churn@v1.0.0 churn -v",
            "latest nothing --json",
            "doctor --fix",
            "which churn prod --offline",
        ]
        many += ["check-ref refs/tags/churn#prod#9 --json", "which --rev nope"]
        for address, commands in ((right, many), (wrong, few), (f"{right}?token=s3cret", few)):
            for command in commands:
                asked = cli(*command.split(), "-r", address)
                said += asked.out + asked.err
        said += cli("cache", "clean", https.url("other", **ADA)).err
        said += cli("cache", "list", "--json").out
        assert "s3cret" not in said
        assert "127.0.0.1" in said
        files = [path for path in cache.rglob("*") if path.is_file()]
        assert len(files) > 5
        assert [path for path in cache.rglob("*") if "s3cret" in path.name] == []
        assert [path for path in files if b"s3cret" in path.read_bytes()] == []

    def test_are_not_told_of_an_address_without_its_scheme(self, cli):
        refused = cli("which", "churn", "prod", "-v", "-r", "ada:s3cret@host.invalid/models.git")
        assert refused.code == 4
        assert "s3cret" not in refused.err


class TestRefusedAddresses:
    """Each ends with one error line, a hint and no leftovers."""

    def refused(self, cli, *arguments: str, code: int = 4) -> tuple[str, str]:
        began = time.monotonic()
        asked = cli(*arguments)
        lines = asked.err.splitlines()
        assert (asked.code, asked.out) == (code, "")
        assert [line.partition(": ")[0] for line in lines] == ["error", "hint"]
        assert "Traceback" not in asked.err
        assert mirrors.list_mirrors() == []
        assert time.monotonic() - began < 15
        assert children() == []
        return lines[0].removeprefix("error: "), lines[1].removeprefix("hint: ")

    @pytest.mark.parametrize(
        "address", ["https://host.invalid/m.git", "git@host.invalid:m.git", "ssh://host.invalid/m"]
    )
    def test_an_unknown_host(self, cli, address):
        message, hint = self.refused(cli, "show", "-r", address)
        assert ": unknown host (" in message
        assert hint == "check the address, and whether this machine is online"

    def test_a_port_where_nothing_listens(self, cli, hanging):
        hanging.__exit__()
        message, hint = self.refused(cli, "show", "-r", f"https://{LOOPBACK}:{hanging.port}/m.git")
        assert ": cannot connect (" in message
        assert hint == "check the address and the port, and whether the server is running"

    @pytest.mark.parametrize("address", ["https", "ssh", "path of ssh", "daemon", "file"], indirect=True)
    @pytest.mark.parametrize("command", ["latest churn", "show", "describe churn", "which --rev HEAD"])
    def test_a_path_without_a_repository(self, cli, address, command):
        message, hint = self.refused(cli, *command.split(), "-r", address.replace("company", "missing"))
        assert ": no such repository (" in message
        assert hint.startswith("check the address; ")

    def test_a_wrong_password(self, cli, https, server_repository):
        server_repository(https.root / "company.git")
        message, hint = self.refused(cli, "show", "-r", https.url("company", user="ada", password="wrong"))
        assert message.startswith(f"'{https.url('company')}': access denied (Authentication failed for ")
        assert hint == "git must be able to log in without a prompt: see gitcredentials(7), or ssh-add for keys"

    def test_no_password(self, cli, https, server_repository):
        server_repository(https.root / "company.git")
        message, _ = self.refused(cli, "show", "-r", https.url("company"))
        assert ": access denied (could not read Username for " in message

    def test_a_terminal_is_not_asked_for_a_password(self, https, server_repository, tmp_path):
        from tests.testing.programs import in_terminal

        server_repository(https.root / "company.git")
        command = [PROGRAM, "show", "-r", https.url("company")]
        done = in_terminal(*command, cwd=tmp_path, typed="ada\ns3cret\n", env={"GIT_TERMINAL_PROMPT": None})
        assert done.code == 4
        assert "access denied" in done.out
        assert "Username for 'https" not in done.out.partition("error:")[0]

    def test_a_certificate_nobody_vouches_for(self, cli, https, server_repository):
        server_repository(https.root / "company.git")
        git("config", "--global", "--unset", "http.sslCAInfo")
        message, hint = self.refused(cli, "show", "-r", https.url("company", **ADA))
        assert ": untrusted certificate (" in message
        assert hint == "give git the authority's certificate: git config --global http.sslCAInfo FILE"

    def test_a_host_whose_key_is_unknown(self, cli, ssh, server_repository, tmp_path):
        repo = server_repository(tmp_path / "company.git")
        (ssh.directory / "known_hosts").write_text("")
        message, hint = self.refused(cli, "show", "-r", ssh.url(repo))
        assert ": untrusted host key (Host key verification failed" in message
        assert hint == "compare the server's key with the published one and add it to known_hosts: see ssh-keyscan(1)"

    def test_a_key_the_host_does_not_know(self, cli, ssh, server_repository, tmp_path):
        repo = server_repository(tmp_path / "company.git")
        (ssh.directory / "authorized_keys").write_text("")
        message, _ = self.refused(cli, "show", "-r", ssh.url(repo))
        assert ": access denied (" in message
        assert "Permission denied (publickey)" in message

    @pytest.mark.parametrize("scheme", ["http", "git"])
    def test_a_protocol_that_is_not_allowed(self, cli, scheme):
        message, hint = self.refused(cli, "show", "-r", f"{scheme}://{LOOPBACK}:9/m.git")
        assert message == f"'{scheme}://{LOOPBACK}:9/m.git': protocol not allowed (transport '{scheme}' not allowed)"
        assert hint.endswith(f": export GIT_ALLOW_PROTOCOL=https:ssh:{scheme}")

    def test_a_program_is_not_run(self, cli, tmp_path):
        self.refused(cli, "show", "-r", f"ext::sh -c 'touch {tmp_path}/run'")
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        ("status", "message"),
        [(403, "access denied"), (404, "no such repository"), (500, "failed"), (503, "failed")],
    )
    def test_a_server_that_answers_with_an_error(self, cli, monkeypatch, status, message):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "http")
        with StatusServer(status) as server:
            assert message in self.refused(cli, "show", "-r", server.url("m"))[0]

    @pytest.mark.parametrize("scheme", ["git", "http", "ssh"])
    @pytest.mark.parametrize("command", ["latest churn", "show", "which --rev HEAD", "register churn main"])
    def test_a_server_that_says_nothing_is_asked_once(self, cli, hanging, monkeypatch, scheme, command):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", scheme)
        monkeypatch.setenv("GITTAG_TIMEOUT", "1")
        address = f"{scheme}://{LOOPBACK}:{hanging.port}/m.git"
        message, hint = self.refused(cli, *command.split(), "-r", address)
        assert hanging.connections() == 1
        assert message == f"'{address}' timed out: no answer for 1 seconds"
        assert hint.startswith("wait longer: GITTAG_TIMEOUT=SECONDS, ")

    def test_a_repository_of_another_user(self, cli, url, bare):
        if os.geteuid() != 0:
            pytest.skip("only root can give files away")
        for path in (bare, *bare.rglob("*")):
            os.chown(path, 1234, 1234)
        message, _ = self.refused(cli, "show", "-r", url)
        assert "belongs to another user" in message

    @pytest.mark.parametrize("place", ["missing", "missing/host:x", "a b:c"])
    def test_what_is_neither_a_directory_nor_an_address(self, cli, place, tmp_path):
        message, hint = self.refused(cli, "show", "-r", place, code=1)
        assert message == f"'{place}' is not a directory"
        assert hint == "--repo takes a path, an address, or the name of a remote"

    def test_a_name_of_bytes_that_are_no_text(self, cli, tmp_path):
        message, _ = self.refused(cli, "show", "-r", f"file://{tmp_path}/\udcff.git")
        assert ": no such repository (" in message


class TestEditing:
    @pytest.mark.parametrize(
        "command", ["init", "annotate churn --type x", "remove churn", "annotate churn --type x --commit"]
    )
    def test_files_are_not_edited_on_a_server(self, cli, url, bare, command):
        before = git("for-each-ref", repo=bare)
        refused = cli(*command.split(), "-r", url)
        assert (refused.code, refused.out) == (6, "")
        assert refused.err == (
            f"error: '{url}' is a remote repository, which has no working tree to edit\nhint: edit in a clone, and push\n"
        )
        assert git("for-each-ref", repo=bare) == before

    def test_locks_are_not_removed_on_a_server(self, cli, url):
        assert cli("doctor", "--fix", "-r", url).code == 6


class TestDirectories:
    @pytest.mark.parametrize("name", ["host:path", "git@host:path"])
    def test_one_that_is_called_like_an_address_is_taken(self, cli, company, tmp_path, name):
        company.rename(tmp_path / name)
        assert cli("latest", "churn", "-r", name, repo=tmp_path).out == "v1.1.0\n"
        assert mirrors.list_mirrors() == []


class TestOffline:
    def test_answers_from_what_is_kept_and_tells_its_age(self, cli, url, bare):
        cli("which", "churn", "prod", "-r", url)
        git("update-ref", "-d", "refs/tags/churn#prod#3", repo=bare)
        asked = cli("which", "churn", "prod", "-r", url, "--offline")
        assert (asked.code, asked.out) == (0, "v1.1.0\n")
        assert asked.err.startswith("warning: offline: answering from a cache ")
        assert asked.err.endswith(" old\n")

    def test_tells_how_long_ago_that_was(self, cli, url):
        cli("which", "churn", "prod", "-r", url)
        long_ago = time.time() - 3 * 3600
        for stamp in mirrors.directory().glob("*/checked/*"):
            os.utime(stamp, (long_ago, long_ago))
        assert (
            "offline: answering from a cache 3 hours old" in cli("which", "churn", "prod", "-r", url, "--offline").err
        )

    def test_answers_after_one_question_though_a_part_of_the_mirror_was_removed(self, cli, url):
        cli("which", "churn", "prod", "-r", url)
        for directory in mirrors.directory().glob("*/checked"):
            shutil.rmtree(directory)
        cli("which", "churn", "prod", "-r", url)
        assert cli("which", "churn", "prod", "-r", url, "--offline").out == "v1.1.0\n"

    def test_needs_no_server(self, cli, https, server_repository):
        server_repository(https.root / "company.git")
        address = https.url("company", **ADA)
        cli("show", "-r", address)
        cli("describe", "churn", "-r", address)
        https.__exit__()
        for command, out in (
            ("which churn prod", "v1.1.0\n"),
            ("latest churn", "v1.1.0\n"),
            ("stages --used", "prod\nstaging\n"),
            ("describe churn --path", "models/churn.pkl\n"),
        ):
            asked = cli(*command.split(), "-r", address, "--offline")
            assert (asked.code, asked.out) == (0, out)

    @pytest.mark.parametrize("command", ["latest churn", "show", "history", "which churn prod"])
    def test_what_was_never_asked_is_not_known(self, cli, url, command):
        asked = cli(*command.split(), "-r", url, "--offline")
        assert (asked.code, asked.out) == (4, "")
        assert asked.err == f"error: the cache of '{url}' does not have this yet\nhint: repeat without --offline\n"

    def test_what_is_known_of_one_artifact_is_not_taken_for_all(self, cli, url):
        cli("latest", "churn", "-r", url)
        assert cli("latest", "churn", "-r", url, "--offline").code == 0
        assert cli("latest", "models:embed", "-r", url, "--offline").code == 4
        assert cli("show", "-r", url, "--offline").code == 4

    def test_what_is_known_of_all_is_known_of_each(self, cli, url):
        cli("show", "-r", url)
        assert cli("latest", "models:embed", "-r", url, "--offline").out == "v1.0.0\n"
        assert cli("latest", "nothing", "-r", url, "--offline").code == 3

    @pytest.mark.parametrize("command", ["describe churn", "show --type model", "stages", "config list", "doctor"])
    def test_files_that_were_never_fetched_are_not_taken_for_missing(self, cli, url, command):
        cli("show", "-r", url)
        asked = cli(*command.split(), "-r", url, "--offline")
        assert (asked.code, asked.out) == (4, "")
        assert asked.err.endswith(
            f"error: the cache of '{url}' does not have this yet\nhint: repeat without --offline\n"
        )

    def test_is_about_addresses(self, cli, company):
        asked = cli("show", "--offline", repo=company)
        assert (asked.code, asked.err) == (2, "error: offline needs the address of a remote repository\n")

    @pytest.mark.parametrize(
        "command", ["register churn {commit}", "assign churn prod --version v1.0.0", "deprecate churn"]
    )
    def test_nothing_is_written(self, cli, url, bare, command):
        cli("show", "-r", url)
        before = git("for-each-ref", repo=bare)
        commit = git("rev-parse", "churn@v1.0.0^{commit}", repo=bare).strip()
        asked = cli(*command.format(commit=commit).split(), "-r", url, "--offline")
        assert (asked.code, asked.out, asked.err) == (2, "", "error: nothing can be changed offline\n")
        assert git("for-each-ref", repo=bare) == before


class TestTheCacheCommands:
    def test_list_and_remove_what_is_kept(self, cli, url, company, tmp_path):
        git("clone", "--quiet", "--bare", str(company), str(tmp_path / "other.git"))
        other = f"file://{tmp_path}/other.git"
        cli("latest", "churn", "-r", url)
        cli("latest", "churn", "-r", other)
        cli("diff", "churn@v1.0.0", "churn", "-r", other)
        rows = listed(cli)
        assert [row["address"] for row in rows] == [url, other, other]
        assert sorted(row["scope"] for row in rows) == ["all commits", "tagged commits", "tagged commits"]
        cleaned = cli("cache", "clean", other).err.splitlines()
        assert sorted(cleaned) == [f"removed the cache of {other} ({what} commits)" for what in ("all", "tagged")]
        assert [row["address"] for row in listed(cli)] == [url]
        assert cli("cache", "clean").err == f"removed the cache of {url} (tagged commits)\n"
        assert listed(cli) == []
        assert cli("cache", "list").err == "there are no caches\n"
        assert cli("cache", "clean").code == 0
        assert cli("latest", "churn", "-r", url).out == "v1.1.0\n"

    def test_clean_takes_the_address_as_it_was_typed(self, cli, https, server_repository):
        server_repository(https.root / "company.git")
        address = https.url("company", **ADA)
        cli("latest", "churn", "-r", address)
        assert cli("cache", "clean", address).code == 0
        assert listed(cli) == []

    def test_nothing_is_kept_of_an_unknown_address(self, cli, url):
        asked = cli("cache", "clean", url)
        assert (asked.code, asked.out) == (3, "")
        assert asked.err == f"error: there is no cache of '{url}'\nhint: git registry cache list\n"

    def test_the_cache_is_where_the_environment_says_and_for_its_owner(self, cli, url, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
        cli("latest", "churn", "-r", url)
        [row] = listed(cli)
        top = tmp_path / "elsewhere" / "gittag-registry" / "remotes"
        assert Path(row["path"]).parent == top
        assert top.stat().st_mode & 0o777 == 0o700

    def test_a_user_without_a_home_needs_only_a_place_for_the_cache(self, cli, url, tmp_path, monkeypatch):
        """As in a container that runs as a user whom its system does not know."""

        def unknown(uid: int) -> NoReturn:
            raise KeyError(uid)

        monkeypatch.delenv("HOME")
        monkeypatch.setattr(pwd, "getpwuid", unknown)
        asked = cli("latest", "churn", "-r", url)
        assert (asked.code, asked.out) == (1, "")
        assert asked.err == (
            "error: the cache has no place: this user has no home directory\n"
            "hint: set XDG_CACHE_HOME to a writable directory\n"
        )
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        assert cli("latest", "churn", "-r", url).code == 0
        assert cli("stages", "-r", url).code == 0  # reads the user's configuration, if there is one

    @pytest.mark.parametrize("place", ["", "gittag-registry", "gittag-registry/remotes"])
    def test_a_file_in_the_place_of_the_directory(self, cli, url, tmp_path, monkeypatch, place):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
        blocked = tmp_path / "kept" / place
        blocked.parent.mkdir(parents=True, exist_ok=True)
        blocked.write_text("precious")
        for command in ("latest churn", "which --rev HEAD", "describe churn"):
            asked = cli(*command.split(), "-r", url)
            assert (asked.code, asked.out) == (1, "")
            assert asked.err.startswith("error: the cache ")
            assert (
                asked.err.endswith(
                    "cannot be written: Not a directory\nhint: set XDG_CACHE_HOME to a writable directory\n"
                )
                or "cannot be written: File exists" in asked.err
            )
        assert blocked.read_text() == "precious"
        assert cli("cache", "list").code == 0


class TestTheEnvironment:
    def test_settings_in_the_environment_reach_git(self, cli, https, server_repository, monkeypatch):
        from base64 import b64encode

        server_repository(https.root / "company.git")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "http.extraHeader")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"Authorization: Basic {b64encode(b'ada:s3cret').decode()}")
        assert cli("latest", "churn", "-r", https.url("company")).out == "v1.1.0\n"
        assert cli("describe", "churn", "--path", "-r", https.url("company")).out == "models/churn.pkl\n"

    def test_a_hooks_repository_does_not(self, cli, url, tmp_path, monkeypatch):
        git("init", "--quiet", str(tmp_path / "hooked"))
        before = sorted((tmp_path / "hooked").rglob("*"))
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "hooked" / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "hooked"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "hooked" / ".git" / "index"))
        assert cli("latest", "churn", "-r", url).out == "v1.1.0\n"
        assert cli("diff", "churn@v1.0.0", "churn@v1.1.0", "-r", url).code == 0
        assert sorted((tmp_path / "hooked").rglob("*")) == before

    def test_the_users_settings_of_git_do_no_harm(self, cli, company, url):
        for key, value in {
            "remote.origin.fetch": "+refs/pull/*/head:refs/remotes/origin/pr/*",
            "remote.origin.prune": "true",
            "fetch.prune": "true",
            "fetch.pruneTags": "true",
            "fetch.fsckObjects": "true",
            "fetch.writeCommitGraph": "true",
            "fetch.recurseSubmodules": "true",
            "safe.bareRepository": "explicit",
            "protocol.version": "0",
            "log.showSignature": "true",
            "core.quotePath": "true",
            "transfer.hideRefs": "refs/nothing",
        }.items():
            git("config", "--global", key, value)
        for command in COMMANDS:
            here = cli(*command.split(), repo=company)
            there = cli(*command.split(), "-r", url)
            assert (command, there.code, there.out) == (command, here.code, here.out)

    def test_the_repository_may_be_named_by_a_variable(self, cli, url, tmp_path, monkeypatch):
        monkeypatch.setenv("GITTAG_REPO", url)
        assert cli("latest", "churn", repo=tmp_path).out == "v1.1.0\n"


class TestInterrupting:
    @pytest.mark.parametrize(
        ("number", "code", "told"),
        [
            (signal.SIGINT, 130, "error: interrupted\n"),
            (signal.SIGTERM, 143, "error: interrupted by SIGTERM\n"),
            (signal.SIGHUP, 129, "error: interrupted by SIGHUP\n"),
        ],
        ids=lambda value: getattr(value, "name", None),
    )
    def test_ends_git_too_and_leaves_nothing(self, hanging, tmp_path, monkeypatch, number, code, told):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "git")
        address = f"git://{LOOPBACK}:{hanging.port}/m.git"
        command = [PROGRAM, "latest", "churn", "-r", address]
        ours = signal.signal(number, signal.SIG_DFL)  # a shell that starts the tests in the background ignores SIGINT
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=tmp_path, text=True, **pipes) as asking:
            signal.signal(number, ours)
            wait_for(lambda: select.select([hanging._listener], [], [], 0)[0])  # git has connected
            [fetching] = [pid for pid in pids_below(asking.pid) if "fetch" in command_line(pid)]
            asking.send_signal(number)
            out, err = asking.communicate(timeout=20)
        assert (asking.returncode, out, err) == (code, "", told)
        assert command_line(fetching) == ""
        assert mirrors.list_mirrors() == []


def listed(cli) -> list[dict]:
    return json.loads(cli("cache", "list", "--json").out)["caches"]


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def children(pid: int | None = None) -> list[str]:
    """The command lines of the git and ssh processes below one (ours, by default)."""
    return [
        line
        for line in map(command_line, pids_below(pid or os.getpid()))
        if line.startswith(("git ", "ssh ", "/usr/bin/ssh "))
    ]


def pids_below(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *pids_below(child)]
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except FileNotFoundError:
        return ""

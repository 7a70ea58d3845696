"""The documentation is correct: generated pages, links, examples, options, exit codes, settings."""

from __future__ import annotations

import importlib.util
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import gittag_registry
from gittag_registry.cli import failures, setup
from gittag_registry.cli.main import ALIASES, COMMANDS
from gittag_registry.cli.topics import TOPICS
from gittag_registry.errors import RegistryError
from gittag_registry.files.config import Settings
from gittag_registry.files.layout import ENVIRONMENT, SETTINGS
from gittag_registry.git.interruption import Interrupted

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
WITH_EXAMPLES = [
    "README.md",
    *(f"docs/{name}.md" for name in ("guide", "semantics", "output", "moving-from-gto", "remotes")),
]
WRITTEN = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted(DOCS.glob("*.md")) if path.name != "api.md")]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def _load(name: str) -> ModuleType:
    """A script of the documentation, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


generate, examples = _load("generate"), _load("examples")


# Generated pages


def test_generated_pages_are_up_to_date() -> None:
    for page, text in generate.pages().items():
        written = (DOCS / page).read_text(encoding="utf-8") if (DOCS / page).exists() else ""
        assert written == text, f"docs/{page} is out of date; run: make docs"


def test_what_can_be_imported_is_what_the_page_on_the_api_has() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    aliases = {"ALL", "Bump", "Moment", "Sort"}
    for alias in aliases:
        assert f"`{alias}` is " in page
    documented = {
        *re.findall(r"^##+ (?:`?)(\w+)$", page, re.MULTILINE),
        *re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE),
    }
    assert documented - {"Functions", "Errors"} == {*gittag_registry.__all__} - aliases - {"__version__"}


def test_no_page_is_left_of_what_is_gone() -> None:
    assert generate.stale() == [], "run: make docs"


def test_every_command_has_a_page_and_stands_in_the_list() -> None:
    names = [name for name, _ in generate.leaves()]
    assert {name.split()[0] for name in names} == set(COMMANDS)
    index = (DOCS / "commands" / "index.md").read_text(encoding="utf-8")
    for name in names:
        assert f"]({name.replace(' ', '-')}.md)" in index
        assert (
            (DOCS / "commands" / f"{name.replace(' ', '-')}.md")
            .read_text(encoding="utf-8")
            .startswith(f"# git registry {name}\n")
        )


def test_every_option_stands_on_the_page_of_its_command_or_with_the_shared_ones() -> None:
    index = (DOCS / "commands" / "index.md").read_text(encoding="utf-8")
    for name, command in generate.leaves():
        page = (DOCS / "commands" / f"{name.replace(' ', '-')}.md").read_text(encoding="utf-8")
        shared = "index.md#options-" in page and index
        for option in generate.options(command):
            for spelling in (*option.opts, *option.secondary_opts):
                pattern = rf"^\| `[^`]*(?<![\w-]){re.escape(spelling)}(?![\w-])"
                assert re.search(pattern, page, re.MULTILINE) or (shared and re.search(pattern, index, re.MULTILINE)), (
                    f"{name} {spelling}"
                )


def test_an_option_with_an_environment_variable_names_it() -> None:
    index = (DOCS / "commands" / "index.md").read_text(encoding="utf-8")
    for _, command in generate.leaves():
        for option in generate.options(command):
            assert option.envvar is None or f"`{option.envvar}`" in index


# Links

_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    """The anchors a forge gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken_links(page: Path, text: str) -> Iterator[str]:
    for target in _LINK.findall(_CODE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_documentation_lead_somewhere(page: Path) -> None:
    assert list(_broken_links(page, page.read_text(encoding="utf-8"))) == []


def test_a_broken_link_is_found() -> None:
    text = (
        "[a](nowhere.md) [b](guide.md#nowhere) [c](#nor-here) [d](guide.md#publish) `[e](code.md)` [f](https://x.org)"
    )
    assert list(_broken_links(DOCS / "index.md", text)) == ["nowhere.md", "guide.md#nowhere", "#nor-here"]


@pytest.mark.parametrize("page", ["guide.md", "semantics.md", "api.md", "output.md", "moving-from-gto.md"])
def test_index_and_readme_lead_to_every_page(page: str) -> None:
    assert f"({page})" in (DOCS / "index.md").read_text(encoding="utf-8")
    assert f"(docs/{page})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_address_of_the_project_is_the_same_everywhere() -> None:
    project = failures._ISSUES.removesuffix("/issues")
    wanted = {
        "pyproject.toml": ["", "/blob/main/docs/index.md", "/blob/main/CHANGELOG.md", "/issues"],
        "CONTRIBUTING.md": [""],
        "SECURITY.md": [""],
    }
    for file, ends in wanted.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.findall(rf"https://[^\s\")]*{project.rpartition('/')[2]}[^\s\")]*", text) == [
            project + e for e in ends
        ]


# Examples


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_examples_print_what_the_page_says(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    told, wrong = 0, []
    for run in examples.run(text):
        told += 1
        if not run.as_told:
            example = run.example
            wrong.append(
                f"{page}:{example.line}: $ {example.command}printed (exit code {run.code})\n{run.printed}\n"
                f"where the page says\n{example.expected}"
            )
    assert not wrong, "\n".join([*wrong, f"if that is as it should be: python docs/examples.py {page}"])
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert told == len(re.findall(r"^\$ ", "".join(blocks), re.MULTILINE)) + text.count("```python\n")


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_no_example_of_the_tool_escapes_being_run(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    outside = re.sub(r"^```console\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert text.count("$ git registry") > 8
    assert "$ git registry" not in outside


_PAGE = """
```console
$ echo one; echo two
{}
$ echo three
three
```
```python
>>> 1 + {}
2
```
"""


@pytest.mark.parametrize(
    ("told", "number", "as_told"),
    [
        ("one\ntwo", 1, [True, True, True]),
        ("one", 1, [False, True, True]),
        ("one\ntwo\nthree", 1, [False, True, True]),
        ("...", 1, [True, True, True]),
        ("o...\ntwo", 1, [True, True, True]),
        ("one\n...\ntwo", 1, [True, True, True]),
        ("one\n...\nfour", 1, [False, True, True]),
        ("one\ntwo", 2, [True, True, False]),
    ],
)
def test_an_example_that_prints_something_else_is_found(told: str, number: int, as_told: list[bool]) -> None:
    assert [run.as_told for run in examples.run(_PAGE.format(told, number))] == as_told


def test_an_example_that_fails_is_found_unless_the_page_shows_the_error() -> None:
    page = "```console\n$ false\n$ git registry show --nope\nerror: ...\nhint: ...\n$ echo $?\n2\n```\n"
    assert [run.as_told for run in examples.run(page)] == [False, True, True]


def test_examples_of_a_page_share_a_directory_and_a_clock() -> None:
    page = (
        "```console\n$ mkdir x && cd x\n$ date=$GIT_COMMITTER_DATE\n$ basename $PWD\nx\n```\n"
        "```console\n$ basename $PWD; expr ${GIT_COMMITTER_DATE% *} - ${date% *}\nx\n86340\n```\n"
    )
    assert [run.printed for run in examples.run(page)] == ["", "", "x\n", "x\n86340\n"]


def test_rewriting_a_page_puts_the_real_output_in() -> None:
    page = "```console\n$ echo one\ntwo\n$ echo three\nt...\n$ true\nnothing\n```\n"
    assert examples.rewritten(page) == "```console\n$ echo one\none\n$ echo three\nt...\n$ true\n```\n"


# What the prose names exists

# Options of git, GTO, DVC and pip that the pages mention.
_FOREIGN = set(
    re.findall(
        r"\S+",
        "--allow-empty --bare --batch --depth --filter --follow-tags --force --key --list --no-tags --porcelain --prune"
        " --push --quiet --single-branch --tags",
    )
)


def _unknown_options(text: str) -> set[str]:
    known = {
        spelling
        for _, command in generate.leaves()
        for option in command.params  # those of GTO, which help does not list, too
        for spelling in (*option.opts, *option.secondary_opts)
    }
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - known - _FOREIGN


def _unknown_commands(text: str) -> set[str]:
    words = re.findall(r"git registry ([a-z][a-z-]*)", "\n".join(_CODE.findall(text)))
    return set(words) - set(COMMANDS) - set(ALIASES)


@pytest.mark.parametrize("page", WRITTEN)
def test_options_and_commands_that_the_prose_names_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert _unknown_options(text) == set()
    assert _unknown_commands(text) == set()


def test_an_unknown_option_or_command_is_found() -> None:
    assert _unknown_options("`show --nope` and `--since`") == {"--nope"}
    assert _unknown_commands("`git registry shew` and `git registry show`") == {"shew"}


def _subclasses(kind: type[RegistryError]) -> Iterator[type[RegistryError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)


def _codes_in_the_code() -> set[int]:
    signals = {Interrupted(signal.Signals[name]).exit_code for name in ("SIGHUP", "SIGINT", "SIGTERM")}
    ends = {0, setup._PROBLEM_FOUND, failures._BUG, failures._BROKEN_PIPE, *signals}
    return ends | {error.exit_code for error in _subclasses(RegistryError) if error.__module__.startswith("gittag")}


def _table(text: str, heading: str) -> list[list[str]]:
    """The body of the table below a heading."""
    section = text.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_exit_codes_are_those_of_the_code() -> None:
    documented = {int(row[0]) for row in _table((DOCS / "output.md").read_text("utf-8"), "## Exit codes")}
    assert documented == _codes_in_the_code()
    help_text = {int(code) for code in re.findall(r"^ +(\d+)  ", TOPICS["exit-codes"], re.MULTILINE)}
    assert help_text == documented
    for page in WRITTEN:
        for code in re.findall(r"exits? (?:code|with) `?(\d+)", (ROOT / page).read_text("utf-8")):
            assert int(code) in documented


def test_settings_are_those_of_the_code() -> None:
    rows = _table((DOCS / "guide.md").read_text("utf-8"), "## Configure")
    assert [row[0].strip("`") for row in rows] == list(SETTINGS) == list(Settings.model_fields)
    assert [row[1].strip("`") for row in rows] == [ENVIRONMENT + key.upper() for key in SETTINGS]
    words = {None: ("any", "`origin`, or the only one"), False: ("`no`",)}
    for row, field in zip(rows, Settings.model_fields.values(), strict=True):
        assert row[3] in words.get(field.default, (f"`{field.default}`",))


def test_environment_variables_that_the_prose_names_exist() -> None:
    known = {ENVIRONMENT + key.upper() for key in SETTINGS}
    known |= {option.envvar for _, command in generate.leaves() for option in generate.options(command)}
    for page in WRITTEN:
        assert set(re.findall(r"\bGITTAG_[A-Z_]+\b", (ROOT / page).read_text("utf-8"))) <= known

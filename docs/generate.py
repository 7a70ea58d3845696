"""Generate from the code: the pages on commands, API and JSON Schemas, and the list that `git registry -h` prints.

Run `make docs`, or `python docs/generate.py`, after a change of the command line, of a docstring or of a document.
`tests/test_docs.py` compares the pages with what this writes.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
from manual import manual_page

from gittag_registry import api, errors, registry
from gittag_registry.api import reading, writing
from gittag_registry.cli import app
from gittag_registry.cli.main import COMMANDS, HELP, cli
from gittag_registry.cli.topics import TOPICS
from gittag_registry.files import annotations
from gittag_registry.model import commands, events, fold, names, queries, results, state
from gittag_registry.render.schema import DOCUMENTS, json_schemas

DOCS = Path(__file__).parent
GENERATED = ("commands", "schemas")  # directories that hold nothing else
ANSWER = ("output_format", "as_json", "as_plain")  # the options that choose a format


def pages() -> dict[str, str]:
    """Every generated page, by its path under `docs`."""
    texts = {f"commands/{name.replace(' ', '-')}.md": command_page(name, command) for name, command in leaves()}
    texts["commands/index.md"] = command_index()
    texts["api.md"] = api_page()
    texts["git-registry.1"] = manual_page(leaves())
    texts["schemas/index.md"] = schema_index()
    for name, schema in json_schemas().items():
        texts[f"schemas/{name}.schema.json"] = json.dumps(schema, indent=2) + "\n"
    texts["../gittag_registry/cli/summaries.py"] = summaries_module()
    return texts


def stale() -> list[Path]:
    """Files in generated directories that are no longer generated."""
    wanted = {DOCS / path for path in pages()}
    return [path for folder in GENERATED for path in sorted((DOCS / folder).iterdir()) if path not in wanted]


def main() -> None:
    """Write the files that differ."""
    for path, text in pages().items():
        file = (DOCS / path).resolve()
        file.parent.mkdir(exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file}")
    for file in stale():
        file.unlink()
        print(f"removed {file}")


# Commands


def registered() -> Iterator[tuple[str, click.Command]]:
    """Every command and group of the table."""
    context = click.Context(cli, **HELP)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its full name."""
    for name, command in registered():
        if isinstance(command, click.Group):
            yield from ((f"{name} {part}", command.commands[part]) for part in command.commands)
        else:
            yield name, command


def shared_options() -> set[str]:
    """The options that every command on a repository has."""
    return {option.name or "" for option in app.SHARED}


def options(command: click.Command) -> list[click.Option]:
    """The options of a command, those for help and old spellings apart."""
    return [option for option in command.params if isinstance(option, click.Option) and not option.hidden]


def command_page(name: str, command: click.Command) -> str:
    """The page of one command."""
    usage = command.get_usage(click.Context(command, info_name=f"git registry {name}", **HELP)).removeprefix("Usage: ")
    text, examples = split_help(command.help or "")
    parts = [f"# git registry {name}", fence("text", re.sub(r"\s+", " ", usage)), *text]
    on_repository = shared_options() <= {option.name for option in options(command)}
    elsewhere = {*ANSWER, *(shared_options() if on_repository else ())}
    own = [option for option in options(command) if option.name not in elsewhere]
    if own:
        parts += ["## Options", table(option_rows(command, own))]
    also = []
    if on_repository:
        also.append("[those of every command on a repository](index.md#options-of-every-command-on-a-repository)")
    if any(option.name in ANSWER for option in options(command)):
        also.append("[those that choose a format](index.md#options-that-choose-a-format)")
    if also:
        parts += [f"Also: {' and '.join(also)}."]
    if examples:
        parts += ["## Examples", *(fence("sh", example) for example in examples)]
    if name == "help":
        parts += [part for topic, words in TOPICS.items() for part in (f"## {topic}", fence("text", words))]
    return document(parts)


def split_help(text: str) -> tuple[list[str], list[str]]:
    """A command's help as paragraphs of prose and verbatim examples."""
    prose, examples = [], []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            examples.append(paragraph.removeprefix("\b\n"))
        else:
            prose.append(escaped(" ".join(paragraph.split("\n"))))
    return prose, examples


def command_index() -> str:
    """The list of all commands, and the options they share."""
    parts = [
        "# Commands",
        "`git registry COMMAND -h` prints what these pages say. `gittag-registry` and `git-registry` are the same program.",
    ]
    lines = {name: summary(command) for name, command in leaves()}
    for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
        links = [
            f"- [{name}]({name.replace(' ', '-')}.md): {line}"
            for name, line in lines.items()
            if COMMANDS[name.split()[0]].section == section
        ]
        parts += [f"## {section}", "\n".join(links)]
    show = dict(leaves())["show"]
    shared = [option for option in options(show) if option.name in shared_options()]
    answer = [option for option in options(show) if option.name in ANSWER]
    parts += ["## Options of every command on a repository", table(option_rows(show, shared))]
    parts += ["## Options that choose a format", table(option_rows(show, answer))]
    parts += ["[Output](../output.md) says what the formats are."]
    return document(parts)


def summary(command: click.Command) -> str:
    """The first paragraph of a command's docstring, on one line."""
    return " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())


def summaries_module() -> str:
    """The module that `git registry -h` reads, so that it need not import every command."""
    lines = [f"    {json.dumps(name)}: {json.dumps(summary(command))},\n" for name, command in registered()]
    head = '"""A line on every command, for `git registry -h`: made from the docstrings by `make docs`."""'
    return f"{head}\n\nSUMMARIES = {{\n{''.join(lines)}}}\n"


def option_rows(command: click.Command, shown: list[click.Option]) -> list[tuple[str, str]]:
    """A row per option: how it is written, and what it does."""
    context = click.Context(command, **HELP)
    rows = [("option", "meaning")]
    for option in shown:
        record = option.get_help_record(context)
        assert record is not None
        written, meaning = record
        if not option.is_flag and isinstance(option.default, (str, int)):
            meaning += f" Default: `{option.default}`."
        if option.envvar:
            meaning += f" Environment: `{option.envvar}`."
        rows.append((f"`{written}`", escaped(meaning)))
    return rows


# The API


def api_page() -> str:
    """The page of everything Python code can use."""
    parts = [
        "# Python API",
        "Everything here is made from the docstrings. Functions, types and errors can be imported from `gittag_registry`.",
        "`RepoLike` is a path in the repository, an address, or an opened repository (of GitPython, scmrepo, dulwich or "
        "pygit2); `Moment` is a time: `int`, `float`, `str`, `datetime` or `date`; `ALL` is -1; `Sort` is `'timestamp'` "
        "or `'semver'`, or GTO's `'Timestamp'` or `'SemVer'`; `Bump` is `'major'`, `'minor'`, `'patch'` or `'prerelease'`.",
        "The examples run, top to bottom, in a repository `example`: two versions of `churn`, the first of them in `prod`.",
        "## Functions",
        prose(ast.get_docstring(tree(api)) or "").split("\n\n", 1)[1],
    ]
    for name, function in functions([*tree(reading).body, *tree(writing).body]):
        if name in api.__all__:
            parts += [f"### {name}", *function_parts(function)]
    parts += ["## Registry", *class_parts(registry, "Registry", level=3)]
    parts += ["## What is returned"]
    for module, classes in {
        state: ["StageVersion", "Version"],
        queries: ["ArtifactRow", "VersionRow"],
        fold: ["Artifact", "RegistryState"],
        events: ["Event", "SkippedTag"],
        names: ["TagName", "Kind"],
        annotations: ["Annotation"],
        results: ["RegistryTable", "Outcome"],
    }.items():
        for name in classes:
            parts += [f"### {name}", *class_parts(module, name, level=4)]
    parts += ["## What is passed"]
    parts += [
        part for name in ("ReadOptions", "HistoryFilter") for part in (f"### {name}", *class_parts(queries, name))
    ]
    parts += ["### Selector", *class_parts(names, "Selector")]
    for name in (
        "WriteOptions",
        "ExecuteOptions",
        "Write",
        "Register",
        "Assign",
        "Unassign",
        "Deregister",
        "Deprecate",
        "Rollback",
    ):
        parts += [f"### {name}", *class_parts(commands, name)]
    parts += ["## Errors", *error_parts()]
    return document(parts)


def tree(module: ModuleType) -> ast.Module:
    """The source of a module, parsed."""
    return ast.parse(inspect.getsource(module))


def functions(body: list[ast.stmt]) -> list[tuple[str, ast.FunctionDef]]:
    """The public functions among statements, in their order."""
    return [(node.name, node) for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def function_parts(node: ast.FunctionDef, *, method: bool = False) -> list[str]:
    """A function's signature and docstring."""
    return [fence("python", signature(node, method=method)), prose(ast.get_docstring(node) or "")]


def signature(node: ast.FunctionDef, *, method: bool = False) -> str:
    """The signature of a function; a long one has a line for each parameter."""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    shown = [parameter(a, d) for a, d in zip(positional, defaults, strict=True)][int(method) :]
    if given.kwonlyargs:
        shown += ["*", *(parameter(a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True))]
    if given.kwarg:
        shown.append(f"**{parameter(given.kwarg, None)}")
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and node.name != "__init__" else ""
    name = "Registry" if node.name == "__init__" else node.name
    line = f"{name}({', '.join(shown)}){returns}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in shown) + f"){returns}"


def parameter(argument: ast.arg, default: ast.expr | None) -> str:
    """A parameter with its type and default."""
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{kind}" + (f" = {ast.unparse(default)}" if default is not None else "")


def class_parts(module: ModuleType, name: str, level: int = 4) -> list[str]:
    """A class: its docstring, its fields and properties, its methods."""
    node = next(node for node in tree(module).body if isinstance(node, ast.ClassDef) and node.name == name)
    parts = [prose(ast.get_docstring(node) or "")]
    parts += [fence("python", signature(method, method=True)) for method in initialisers(node)]
    fields = [
        line for field in class_fields(node) if (line := field_line(*field, inside=ast.get_docstring(node) or ""))
    ]
    properties = [(n, f) for n, f in functions(node.body) if is_property(f)]
    fields += [field_line(n, ast.unparse(f.returns or ast.Name("")), ast.get_docstring(f) or "") for n, f in properties]
    if fields:
        parts.append("\n".join(fields))
    for method, function in functions(node.body):
        if not is_property(function):
            parts += [f"{'#' * level} {name}.{method}", *function_parts(function, method=True)]
    return parts


def initialisers(node: ast.ClassDef) -> list[ast.FunctionDef]:
    """The class's `__init__`, if it is written out."""
    return [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]


def class_fields(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """Name, type and docstring of the fields of a class."""
    following = [*node.body[1:], None]
    for statement, after in zip(node.body, following, strict=True):
        text = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            text = after.value.value
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, ast.unparse(statement.annotation), text
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            yield ast.unparse(statement.targets[0]), ast.unparse(statement.value), text


def is_property(node: ast.FunctionDef) -> bool:
    """Whether a method is read like a field."""
    return any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)


def field_line(name: str, kind: str, text: str, *, inside: str = "") -> str:
    """A list item for a field; empty if the class's own docstring describes it."""
    if re.search(rf"^    {name}: ", inside, re.MULTILINE):
        return ""
    first = text.split("\n\n")[0].replace("\n", " ")
    first = first if first.endswith("...") else first.removesuffix(".")
    return f"- `{name}: {kind}`" + (f": {escaped(first)}" if first else "")


def error_parts() -> list[str]:
    """The errors, each with its exit code."""
    rows = [("error", "exit code", "meaning")]
    for name, error in vars(errors).items():
        if inspect.isclass(error) and issubclass(error, errors.RegistryError):
            first = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
            rows.append((f"`{name}`", str(error.exit_code), escaped(first)))
    return ["Each has `message`, `hint` and `exit_code`.", table(rows)]


_SECTION = re.compile(r"(Args|Returns|Raises):")
_ITEM = re.compile(r"([\w.*]+): (.*)", re.DOTALL)


def prose(docstring: str) -> str:
    """A docstring as Markdown: its sections as lists, its examples as code."""
    parts = []
    for block in docstring.split("\n\n"):
        first, _, rest = block.partition("\n")
        section = _SECTION.fullmatch(first)
        if block.startswith(">>>"):
            parts.append(fence("python", block))
        elif section:
            parts.append(f"**{section[1]}**\n\n" + "\n".join(items(inspect.cleandoc(rest))))
        elif block.endswith("::") or block.startswith(" "):
            parts.append(fence("text", inspect.cleandoc(block)))
        else:
            parts.append(escaped(" ".join(block.split("\n"))))
    return "\n\n".join(parts)


def items(section: str) -> Iterator[str]:
    """The entries of a section of a docstring; one that is no `name: text` is a sentence of its own."""
    for entry in re.split(r"\n(?! )", section):
        text = " ".join(line.strip() for line in entry.split("\n"))
        match = _ITEM.fullmatch(text)
        yield f"- `{match[1]}`: {escaped(match[2])}" if match else f"- {escaped(text)}"


# Schemas


def schema_index() -> str:
    """The list of the JSON documents."""
    rows = [("schema", "printed by")]
    for name, model in DOCUMENTS.items():
        about = " ".join((model.__doc__ or "").split())
        rows.append((f"[{name}]({name}.schema.json)", about))
    return document(
        [
            "# JSON documents",
            "What `--json` prints, as [JSON Schemas](https://json-schema.org). Every key is always there; "
            "without a value it is `null`. Times are ISO 8601 in UTC. Keys keep the order of the schema.",
            table(rows),
        ]
    )


# Markdown


def document(parts: list[str]) -> str:
    """A page of parts, each a paragraph, heading, list or block."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def fence(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{inspect.cleandoc(text)}\n```"


def table(rows: list[tuple[str, ...]]) -> str:
    """A table; the first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Prose in which all Markdown is escaped, except code in backquotes."""
    pieces = re.split(r"(`[^`]*`)", text.replace("``", "`"))
    return "".join(p if p.startswith("`") else re.sub(r"([*_<\[])", r"\\\1", p) for p in pieces)


if __name__ == "__main__":
    main()

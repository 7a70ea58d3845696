"""Completion: the candidates, and the scripts that request them."""

from __future__ import annotations

import os
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from gittag_registry.cli.main import COMPLETION
from gittag_registry.errors import RegistryError
from gittag_registry.git import settings
from gittag_registry.git.history import ref_names
from gittag_registry.git.tags import list_tags
from gittag_registry.model.names import TagName, parse_tag
from gittag_registry.model.queries import active_versions, stages_used
from gittag_registry.registry import Registry
from gittag_registry.urls import is_url

SHELLS = ("bash", "zsh", "fish", "powershell")
_PROGRAMS = ("git-registry", "gittag-registry")

# Our own script and not click's: git's completion calls `_git_registry` for `git registry`, and bash splits words at
# '@', ':' and '=', which the names of artifacts and versions have.
_BASH = r"""
_git_registry_reply() {
    local line=$COMP_LINE words=() first=1 index word current marks prefix='' item
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((index)) && [[ -n $COMP_LINE && $line != [[:space:]]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"$word"}
    done
    if [[ $1 == git ]]; then
        while ((first < ${#words[@]})) && [[ ${words[first++]} != registry ]]; do :; done
    fi
    current=${words[${#words[@]} - 1]}
    marks=${COMP_WORDBREAKS//[^@:=]/}
    if [[ -n $marks && $current != [\'\"]* ]]; then
        prefix=${current%"${current##*[$marks]}"}
        prefix=${prefix%@}  # readline counts an '@' to the following word
    fi
    local IFS=$'\n'
    COMPREPLY=()
    for item in $(env COMP_WORDS="git-registry"$'\n'"${words[*]:first}" COMP_CWORD=$((${#words[@]} - first)) \
        _GIT_REGISTRY_COMPLETE=bash_complete "$@" 2>/dev/null); do
        case ${item%%,*} in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            *) item=${item#*,}; COMPREPLY+=("${item#"$prefix"}") ;;
        esac
    done
}
_git_registry() {
    compopt +o nospace 2>/dev/null  # which git's completion sets
    _git_registry_reply git "${__git_C_args[@]}" registry
}
_git_registry_program() {
    _git_registry_reply "$1"
}
complete -o nosort -F _git_registry_program git-registry gittag-registry 2>/dev/null ||
    complete -F _git_registry_program git-registry gittag-registry
"""
# zsh's and fish's completions of git know nothing of our command, or call it by another name. So they get the function
# of click's script for git-registry, with the words after `git registry`.
_ZSH = r"""
_git-registry() {
    local directory=${(Q)opt_args[-C]}
    local -a before=(git ${directory:+-C} ${directory:+$directory} registry)
    local -a offered=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
        _GIT_REGISTRY_COMPLETE=zsh_complete $before 2>/dev/null)}")
    local kind word rest
    local -a found
    for kind word rest in $offered; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            *) found+=("$word") ;;
        esac
    done
    compadd -U -V unsorted -a found
}
"""
_FISH = r"""
function _git_registry_of_git
    set -l words (commandline -opc)
    set -l place (contains -i registry $words)
    set -l program $words[1..$place]
    set -e words[1..$place]
    for item in (env COMP_WORDS=(string escape -- git-registry $words | string join ' ') COMP_CWORD=(commandline -t) \
        _GIT_REGISTRY_COMPLETE=fish_complete $program 2>/dev/null)
        set -l parts (string split -m 1 , $item)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case '*'
                echo $parts[2]
        end
    end
end
complete --command git --no-files --condition '__fish_seen_subcommand_from registry' --arguments '(_git_registry_of_git)'
"""
_OF_GIT = {"zsh": _ZSH, "fish": _FISH}
_POWERSHELL = """
Register-ArgumentCompleter -Native -CommandName git-registry, gittag-registry -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { "$_" })
    $index = if ($wordToComplete) { $words.Count - 1 } else { $words.Count }
    $env:COMP_WORDS = $words -join ' '
    $env:COMP_CWORD = $index
    $env:_GIT_REGISTRY_COMPLETE = 'bash_complete'
    try {
        & $words[0] | ForEach-Object {
            $kind, $value = $_ -split ',', 2
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $value)
        }
    } finally {
        Remove-Item Env:COMP_WORDS, Env:COMP_CWORD, Env:_GIT_REGISTRY_COMPLETE
    }
}
"""


def script(shell: str) -> str:
    """The script that a shell evaluates to complete our commands."""
    from click.shell_completion import get_completion_class

    from gittag_registry.cli.main import cli

    if shell == "powershell":
        return _POWERSHELL.strip()
    if shell == "bash":
        return _BASH.strip()
    kind = get_completion_class(shell)
    assert kind is not None  # click has the two others
    scripts = [kind(cli, {}, program, COMPLETION).source() for program in _PROGRAMS]
    return "\n".join(script.strip() for script in (*scripts, _OF_GIT[shell]))


def artifacts(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Artifacts; after ``NAME@`` its versions, after ``NAME#`` its stages."""
    for mark, offered in (("@", _selectable_versions), ("#", _stages)):
        name, separator, part = incomplete.partition(mark)
        if separator:
            return [CompletionItem(f"{name}{mark}{word}") for word in offered(ctx, name) if word.startswith(part)]
    return _items(_ask(lambda registry: registry.store.artifacts(), ctx), incomplete)


def versions(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The active versions of the artifact named before."""
    return _items(_versions(ctx, _name(ctx)), incomplete)


def stages(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The stages of the artifact named before, and the allowed ones."""
    return _items(_stages(ctx, _name(ctx)), incomplete)


def registry_tags(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The registry tags."""
    return _items(_ask(lambda registry: [name for name, _ in _parsed(registry)], ctx), incomplete)


def revisions(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """HEAD, the branches and the tags."""
    return _items(["HEAD", *_ask(lambda registry: ref_names(registry.repository), ctx)], incomplete)


def remotes(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The configured remotes."""
    return _items(_ask(lambda registry: list(settings.remotes(registry.repository)), ctx), incomplete)


def _name(ctx: click.Context) -> str | None:
    """The artifact on the command line; while an option lacks its value, click has not parsed the arguments."""
    return ctx.params.get("name") or ctx.params.get("artifact") or next(iter(ctx.args), None)


def _versions(ctx: click.Context, name: str | None) -> list[str]:
    if not name:
        return []
    return _ask(lambda registry: [v.version for v in active_versions(registry.artifact(name))], ctx)


def _selectable_versions(ctx: click.Context, name: str | None) -> list[str]:
    found = _versions(ctx, name)
    return ["latest", *found] if found else []


def _stages(ctx: click.Context, name: str | None) -> list[str]:
    def ask(registry: Registry) -> list[str]:
        if name is None:
            used = {tag.stage for _, tag in _parsed(registry) if tag.stage is not None}
        else:
            used = {*stages_used([registry.artifact(name)])}
        return sorted({*used, *registry.stages(allowed=True)})

    return _ask(ask, ctx)


def _parsed(registry: Registry) -> list[tuple[str, TagName]]:
    """The names of the registry tags, and their parts; nothing but names is read."""
    names = [name for _, name in list_tags(registry.repository)]
    return [(name, tag) for name in names if (tag := parse_tag(name)) is not None]


def _ask(question: Callable[[Registry], list[str]], ctx: click.Context) -> list[str]:
    try:
        place = _place(ctx)
        return question(Registry(place, offline=place is not None and is_url(place) and not os.path.isdir(place)))
    except RegistryError:  # completion prints no errors
        return []


def _place(ctx: click.Context) -> str | None:
    """The repository that the options so far name; -C has no effect while a line is completed."""
    places = [ctx.find_root().params.get("directory"), ctx.params.get("directory"), ctx.params.get("repo")]
    if places[-1] and is_url(places[-1]):
        return str(places[-1])
    return os.path.join("", *(place for place in places if place)) or None


def _items(words: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]

"""What the operands of the commands that write tags mean: selectors, stages and revisions, and what is not guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gittag_registry.cli.app import App
from gittag_registry.errors import NotFound, UsageError
from gittag_registry.hints import Call, Hint, call
from gittag_registry.model.names import LATEST, Selector, check_stage
from gittag_registry.model.versions import parse_version


def version_of(wanted: Selector, option: str | None = None) -> str | None:
    """The version that a selector or an option names; ``latest``, and ``#STAGE`` for the version in a stage.

    Raises:
        UsageError: both name one.
    """
    named = "latest" if wanted.latest else f"#{wanted.stage}" if wanted.stage else wanted.version
    if named is not None and option is not None:
        raise UsageError(f"the version is given twice: {named} and {option}")
    return named or option


def without_stage(verb: str, wanted: Selector, instead: str) -> Selector:
    """The selector, if it names no stage.

    Raises:
        UsageError: it does; the hint is the command for stages.
    """
    if wanted.stage is not None:
        where = f"{wanted.artifact}#{wanted.stage}"
        raise UsageError(f"{verb} takes a version, not a stage", hint=Hint(call(instead, where)))
    return wanted


def check_version(verb: str, artifact: str, version: str | None) -> None:
    """Refuse a stage where a version belongs.

    Raises:
        UsageError: it may be a stage, and is no version.
    """
    if version is None or version in LATEST or _is_version(version):
        return
    check_stage(version)
    about = call(verb, f"{artifact}#{version}")
    raise UsageError(f"{version!r} is not a version", hint=Hint(about, " is about a stage"))


def stage_and_version(verb: str, wanted: Selector, words: Sequence[str], version: str | None) -> tuple[str, str | None]:
    """The stage that a selector or one more word names, and the version that a selector or an option names.

    Raises:
        UsageError: there is no stage, or something is given twice.
    """
    name = wanted.artifact
    if len(words) > 1:
        versions = [word for word in words if _is_version(word)]
        stages = [word for word in words if word not in versions]
        hint = Hint(call(verb, name, stages[0], version=versions[0])) if versions and stages else None
        raise UsageError(f"too many arguments: {' '.join(words[1:])}", hint=hint)
    if wanted.stage is not None:
        if words:
            raise UsageError(f"the stage is given twice: {wanted.stage} and {words[0]}")
        return wanted.stage, version
    version = version_of(wanted, version)
    if not words:
        named = {"version": version} if version is not None and wanted.narrow else {}
        any_stage, used = Hint(call(verb, name, "prod", **named)), Hint(call("show", name), " lists the stages")
        raise UsageError(f"{verb} needs a stage", hint=any_stage if verb == "assign" else used)
    return words[0], version


def check_stage_word(app: App, wanted: Selector, word: str, more: Sequence[str]) -> str:
    """Return the word after the artifact if it is a stage; a forgotten stage would make one of the revision.

    It costs one git process, unless the configuration names the stages. By address only HEAD is looked for, because
    other revisions would cost a connection.

    Raises:
        UsageError: it names a revision, and no stage in use is called so.
    """
    if not more and word != "HEAD" and not app.registry.store.files_are_local:
        return word
    settings = app.registry.settings
    if settings is not None and settings.stages is not None:
        return word
    if more and (word in LATEST or _is_version(word)) and not _resolves(app, more[0]):
        hint = Hint(call("assign", wanted.artifact, more[0], version=word))
        raise UsageError(f"{word!r} names a version, and {more[0]!r} no commit", hint=hint)
    name, stage = wanted.artifact, next(iter([*filter(None, [wanted.stage]), *more]), "prod")
    hint = Hint(call("assign", name, stage, word))
    try:
        check_stage(word)
    except UsageError as error:
        if _resolves(app, word):
            raise UsageError(error.message, hint=hint) from error
        raise
    if not _names_revision(app, word) or _is_used(app, wanted.artifact, word):
        return word
    raise UsageError(
        f"{word!r} names a revision here, and no stage is called so yet",
        hint=Hint(hint, "\n", call("assign", name, stage=word), " makes it the name of a stage"),
    )


def _resolves(app: App, word: str) -> bool:
    try:
        return bool(app.registry.resolve(word))
    except NotFound:
        return False


def _names_revision(app: App, word: str) -> bool:
    if word == "HEAD":
        return True
    if not app.registry.store.files_are_local:
        return False
    from gittag_registry.git.history import names_revision

    return names_revision(app.registry.repository, word)


def _is_used(app: App, artifact: str, stage: str) -> bool:
    """Whether the artifact or another one was ever in the stage."""
    from gittag_registry.model.queries import stages_used

    registry = app.registry
    try:
        if stage in stages_used([registry.artifact(artifact, warn=False)]):
            return True
    except NotFound:
        pass  # its first tag
    return stage in registry.stages(used=True)


def check_revision(app: App, artifact: str, revision: str, instead: Callable[[str], Call]) -> None:
    """Refuse a version where a revision belongs, unless a revision has that name and it cannot be taken for the other.

    Args:
        instead: the operation to name in a hint, given the version.

    Raises:
        NotFound: it is not a revision, and looks like a version.
        UsageError: it is a revision, and the artifact has a version of that name on another commit.
    """
    if not _is_version(revision):
        return
    version = parse_version(revision)
    hint = Hint(instead(version), " names the version")
    try:
        commit = app.registry.resolve(revision)
    except NotFound as error:
        raise NotFound(error.message, hint=hint) from error
    try:
        versions = app.registry.artifact(artifact, warn=False).versions
    except NotFound:
        return
    others = [known.commit for known in versions if known.version == version and known.active]
    if others and commit not in others:
        raise UsageError(
            f"{revision!r} is a version of {artifact!r}, on commit {others[0][:7]}, and a revision here, {commit[:7]}",
            hint=Hint(hint, f"\n{commit[:7]} instead of {revision!r} names the commit"),
        )


def _is_version(word: str) -> bool:
    try:
        parse_version(word)
    except UsageError:
        return False
    return True

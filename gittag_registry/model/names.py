"""Tag names and selectors: the only module that parses or formats them. Pure.

The productions, byte for byte those of GTO 1.10::

    tag       = artifact "@" version ["!"] [counter]       registration, deregistration
              | artifact "#" stage ["!"] [counter]         assignment, unassignment
              | artifact "@" ("deprecated" | "created") [counter]
    artifact  = [dir "="] base          the "=" is a ":" everywhere but in a tag
    counter   = "#" decimal             without leading zeros
    base, stage                         letters, digits, "_" "-" "/", alphanumeric at both ends
    dir                                 letters, digits, "-" "_" "." "/"

Reading is liberal: everything above. Writing (`check_writable`) refuses names that git or another file system
cannot store.
"""

from __future__ import annotations

import enum
import re
from sys import intern
from typing import NamedTuple

from gittag_registry.errors import NotARegistryTag, Refused, RegistryError, UsageError, assert_never
from gittag_registry.model.versions import SEMVER, parse_version
from gittag_registry.refs import TAGS


class Kind(str, enum.Enum):
    """What a tag says; the value is the event's name in every output."""

    REGISTRATION = "registration"
    DEREGISTRATION = "deregistration"
    ASSIGNMENT = "assignment"
    UNASSIGNMENT = "unassignment"
    DEPRECATION = "deprecation"
    CREATION = "creation"


class TagName(NamedTuple):
    """The parts of a registry tag's name."""

    artifact: str
    kind: Kind
    version: str | None = None
    stage: str | None = None
    counter: int | None = None


class Selector(NamedTuple):
    """What a person asks about: an artifact, one of its versions, its latest version, or a stage of it."""

    artifact: str
    version: str | None = None
    stage: str | None = None
    latest: bool = False

    @property
    def narrow(self) -> bool:
        """Whether the selector names less than the whole artifact."""
        return self.latest or self.version is not None or self.stage is not None


_BASE = "[A-Za-z0-9](?:[A-Za-z0-9/_-]*[A-Za-z0-9])?"
_DIR = "[A-Za-z0-9_./-]+"
_TAG = re.compile(
    rf"((?:{_DIR}=)?{_BASE})"
    rf"(?:@(?:(v{SEMVER})(!?)|(deprecated|created))|#({_BASE})(!?))"
    r"(?:#(0|[1-9][0-9]*))?"
)
_ARTIFACT = re.compile(rf"(?:{_DIR}:)?{_BASE}")
_STAGE = re.compile(_BASE)
LATEST = ("latest", "greatest")
"""the words that stand for the latest version"""
_LONGEST_READ = 1024  # bounds the work a hostile name can cause, and int() of its digits
_LONGEST_WRITTEN = 200  # leaves room for ".lock" and a remote's prefix in a 255-byte file name

_OPPOSITES = {
    Kind.REGISTRATION: Kind.DEREGISTRATION,
    Kind.DEREGISTRATION: Kind.REGISTRATION,
    Kind.ASSIGNMENT: Kind.UNASSIGNMENT,
    Kind.UNASSIGNMENT: Kind.ASSIGNMENT,
}
_MARKS = {"deprecated": Kind.DEPRECATION, "created": Kind.CREATION}


def parse_tag(name: str) -> TagName | None:
    """Parse a tag's name (without ``refs/tags/``); None if it is not a registry tag.

    >>> parse_tag("models=churn#prod#3")
    TagName(artifact='models:churn', kind=<Kind.ASSIGNMENT: 'assignment'>, version=None, stage='prod', counter=3)
    >>> parse_tag("v1.0.0") is None and parse_tag("churn#prod#007") is None
    True
    """
    match = _TAG.fullmatch(name) if len(name) <= _LONGEST_READ else None
    if match is None:
        return None
    artifact, version, deregistered, mark, stage, unassigned, digits = match.groups()
    artifact = intern(artifact.replace("=", ":") if "=" in artifact else artifact)
    counter = int(digits) if digits else None
    if version:
        kind = Kind.DEREGISTRATION if deregistered else Kind.REGISTRATION
        return TagName(artifact, kind, intern(version), None, counter)
    if stage:
        return TagName(artifact, Kind.UNASSIGNMENT if unassigned else Kind.ASSIGNMENT, None, intern(stage), counter)
    return TagName(artifact, _MARKS[mark], None, None, counter)


def parse_ref(ref: str) -> tuple[str, TagName]:
    """The name of a tag that is given with or without ``refs/tags/``, and its parts.

    Raises:
        NotARegistryTag: no registry tag can have this name, or the ref is a branch or the like.

    >>> parse_ref("refs/tags/churn#prod#3")[0]
    'churn#prod#3'
    """
    name = ref.removeprefix(TAGS)
    tag = parse_tag(name) if ref.startswith(TAGS) or not ref.startswith("refs/") else None
    if tag is None:
        raise _not_a_tag(NotARegistryTag, name)
    return name, tag


def check_tag(name: str) -> TagName:
    """The parts of a tag's name (without ``refs/tags/``).

    Raises:
        UsageError: no registry tag can have this name.
    """
    tag = parse_tag(name)
    if tag is None:
        raise _not_a_tag(UsageError, name)
    return tag


def _not_a_tag(kind: type[RegistryError], name: str) -> RegistryError:
    from gittag_registry.hints import Hint, call

    return kind(f"{_shortened(name)!r} is not a registry tag", hint=Hint(call("help", "tag-format")))


def near_miss(name: str) -> str | None:
    """Why a tag that looks like one of a registry is none; None if it is one, or does not look like one.

    >>> near_miss("churn@1.0.0")
    "'1.0.0' is no version, as in churn@v1.0.0"
    >>> near_miss("churn@v1.0.0") is None and near_miss("release-1.0") is None
    True
    """
    parts = re.split("([@#])", name, maxsplit=1)
    if len(parts) < 3 or not (parts[0] and parts[2]) or parse_tag(name) is not None:
        return None
    artifact, mark, rest = parts
    if not _ARTIFACT.fullmatch(artifact.replace("=", ":")):
        return f"{_shortened(artifact)!r} cannot be an artifact's name, which has A-Z, a-z, 0-9, '_', '-' and '/' only"
    if re.search("#0[0-9]+$", rest):
        return "its counter begins with a zero"
    if mark == "#":
        return f"{_shortened(rest)!r} is no stage with a counter, as in {_shortened(artifact)}#prod#1"
    numbers = re.match(r"[vV]?0*([0-9]+)(?:\.0*([0-9]+))?(?:\.0*([0-9]+))?", rest)
    if numbers is None:  # such as our lock, or a tag of another tool
        return None
    version = ".".join(number or "0" for number in numbers.groups())
    return f"{_shortened(rest)!r} is no version, as in {_shortened(f'{artifact}@v{version}')}"


def format_tag(tag: TagName) -> str:
    """The tag name with these parts; the inverse of `parse_tag`.

    >>> format_tag(TagName("churn", Kind.DEREGISTRATION, version="v1.0.0"))
    'churn@v1.0.0!'
    """
    name = tag.artifact.replace(":", "=")
    match tag.kind:
        case Kind.REGISTRATION | Kind.DEREGISTRATION:
            name += f"@{tag.version}"
        case Kind.ASSIGNMENT | Kind.UNASSIGNMENT:
            name += f"#{tag.stage}"
        case Kind.DEPRECATION:
            name += "@deprecated"
        case Kind.CREATION:
            name += "@created"
        case _:
            assert_never(tag.kind)
    if tag.kind in (Kind.DEREGISTRATION, Kind.UNASSIGNMENT):
        name += "!"
    return name if tag.counter is None else f"{name}#{tag.counter}"


def tag_prefixes(artifact: str | None) -> tuple[str, ...]:
    """The prefixes of an artifact's tag names; no tag of another artifact has them. None: of all tags.

    >>> tag_prefixes("models:churn"), tag_prefixes(None)
    (('models=churn@', 'models=churn#'), ('',))
    """
    if artifact is None:
        return ("",)
    name = artifact.replace(":", "=")
    return f"{name}@", f"{name}#"


def lock_name(artifact: str) -> str:
    """The name of a tag that is never created: writers of the artifact hold git's lock on its ref.

    >>> lock_name("churn"), parse_tag(lock_name("churn"))
    ('churn@writing', None)
    """
    return f"{artifact.replace(':', '=')}@writing"


def inverse_name(name: str) -> str | None:
    """The tag name of the opposite event with the same counter; None if the tag has no counter or no opposite.

    >>> inverse_name("churn#prod#3"), inverse_name("churn#prod!#3"), inverse_name("churn@v1.0.0")
    ('churn#prod!#3', 'churn#prod#3', None)
    """
    tag = parse_tag(name)
    opposite = _OPPOSITES.get(tag.kind) if tag and tag.counter is not None else None
    return format_tag(tag._replace(kind=opposite)) if tag and opposite else None


def check_artifact(name: str) -> str:
    """Return the name if an artifact can have it.

    Raises:
        UsageError: no artifact can have this name.

    >>> check_artifact("models:churn")
    'models:churn'
    """
    if _ARTIFACT.fullmatch(name) and len(name) <= _LONGEST_READ:
        return name
    directory, colon, base = name.rpartition(":")
    problem = _first_other(directory, "_./-") if directory else "nothing precedes the ':'" if colon else None
    raise _not_a_name(
        "an artifact", name, problem or _problem(base, len(name) - len(base)), "; in a directory: DIR:NAME"
    )


def check_stage(name: str) -> str:
    """Return the name if a stage can have it.

    Raises:
        UsageError: no stage can have this name.
    """
    if _STAGE.fullmatch(name) and len(name) <= _LONGEST_READ:
        return name
    raise _not_a_name("a stage", name, _problem(name, 0), "")


def _not_a_name(what: str, name: str, problem: str, more: str) -> UsageError:
    allowed = f"{what} name has A-Z, a-z, 0-9, '_', '-' and '/', with one of A-Z, a-z, 0-9 at both ends{more}"
    return UsageError(f"{_shortened(name)!r} is not {what} name: {problem}", hint=allowed)


def _first_other(part: str, marks: str, before: int = 0) -> str | None:
    """The first character that is no letter, digit or one of some marks, as messages say it."""
    for at, character in enumerate(part, before + 1):
        if not (character.isascii() and character.isalnum()) and character not in marks:
            return f"character {at}, {character!r}, is not allowed"
    return None


def _problem(base: str, before: int) -> str:
    """What is wrong with a name without its directory, which has so many characters."""
    if not base:
        return "nothing follows the ':'" if before else "it is empty"
    if other := _first_other(base, "_/-", before):
        return other
    if base[0] in "_/-":
        return f"{'it' if not before else repr(base)} begins with {base[0]!r}"
    if base[-1] in "_/-":
        return f"it ends with {base[-1]!r}"
    return f"it has {before + len(base)} characters; {_LONGEST_READ} are read"


def _shortened(name: str) -> str:
    return name if len(name) <= 80 else name[:77] + "..."


def check_writable(tag: TagName) -> None:
    """Check that git, every file system and every reader can handle a tag of this name.

    Raises:
        UsageError: readers would take the name for another event.
        Refused: git, another tool or a file system cannot handle the name.
    """
    if tag.stage and "/" in tag.stage:
        raise Refused(
            f"stage {tag.stage!r} has a '/'",
            hint="git cannot keep both 'prod' and 'prod/eu'; use '-' instead",
        )
    name = format_tag(tag)
    if parse_tag(name) != (tag._replace(version=None) if tag.stage else tag):
        raise UsageError(f"{_shortened(name)!r} is not the name of a {tag.kind.value} tag")
    if len(name) > _LONGEST_WRITTEN:
        raise Refused(f"the tag name would be {len(name)} bytes long; at most {_LONGEST_WRITTEN} are written")
    if name.startswith("-"):
        raise Refused(f"the tag name {name!r} begins with '-'", hint="git takes it for an option")
    for part in name.split("/"):
        if not part or part.startswith(".") or part.endswith((".", ".lock")) or ".." in part:
            raise Refused(
                f"git cannot store the tag name {name!r}",
                hint="no part between slashes may be empty, begin or end with '.', end in '.lock' or contain '..'",
            )


def parse_wanted_version(text: str) -> str:
    """The canonical form of a version as typed, where a name may stand for it: ``@latest``, or ``#STAGE``.

    Raises:
        UsageError: the text is none of these.

    >>> parse_wanted_version("1.2"), parse_wanted_version("latest"), parse_wanted_version("#prod")
    ('v1.2.0', '@latest', '#prod')
    """
    if text.removeprefix("@") in LATEST:
        return "@latest"
    return f"#{check_stage(text[1:])}" if text.startswith("#") else parse_version(text)


def parse_selector(text: str) -> Selector:
    """Parse ``NAME``, ``NAME@VERSION``, ``NAME@latest`` (or ``@greatest``) or ``NAME#STAGE``.

    Raises:
        UsageError: the text is none of these.

    >>> parse_selector("churn#prod")
    Selector(artifact='churn', version=None, stage='prod', latest=False)
    >>> parse_selector("churn@1.2").version
    'v1.2.0'
    """
    name, at, version = text.partition("@")
    if at:
        check_artifact(name)
        if version in LATEST:
            return Selector(name, latest=True)
        return Selector(name, version=parse_version(version))
    name, sharp, stage = text.partition("#")
    if sharp:
        return Selector(check_artifact(name), stage=check_stage(stage))
    return Selector(check_artifact(name))


def as_selector(what: Selector | str) -> Selector:
    """The selector that a caller passed, as such or as text.

    Raises:
        UsageError: the text is no selector.
    """
    return parse_selector(what) if isinstance(what, str) else what

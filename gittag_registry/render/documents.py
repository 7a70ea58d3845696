"""The JSON documents that commands print: each shape is declared here, once.

`views` builds them, so a missing, misspelt or wrongly typed key is an error of the type checker; `schema` makes the
published JSON Schemas of them, with these docstrings as descriptions. Every key is always there, in this order; a key
without a value is null.

A subclass of `Document` is a whole document: its name, in lower case with hyphens, is that of its schema's file, and
its docstring begins with the commands that print it. The other classes are parts of documents.

Answers are printed without importing this module: the others import it under ``TYPE_CHECKING`` alone. The annotations
are not postponed, so that pydantic finds the types themselves, whichever module it reads them from.
"""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic cannot read those of `typing` before Python 3.12

from gittag_registry.model.names import Kind

_COMMIT = "([0-9a-f]{40}|[0-9a-f]{64})"
_VERSION = r"v[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?"  # in outline: who validates our output wants to read it

Time = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
ObjectId = Annotated[str, Field(pattern=f"^{_COMMIT}$")]
VersionName = Annotated[str, Field(pattern=f"^{_VERSION}$")]
VersionOrCommit = Annotated[str, Field(pattern=f"^({_VERSION}|{_COMMIT})$")]
EventKind = Annotated[
    str, Field(description="what the tag says", json_schema_extra={"enum": [kind.value for kind in Kind]})
]
Number = Annotated[int, Field(ge=0)]


class Document(TypedDict):
    """What one command prints with `--json`; the base of all documents."""


class Envelope(TypedDict):
    """The key that every document begins with; `render` adds it."""

    schema: Literal[1]
    """changes when a key is removed or changes its meaning"""


class _OfArtifact(TypedDict):
    artifact: str


# Read the registry


class ArtifactEntry(TypedDict):
    """An artifact in the table of all."""

    artifact: str
    latest: VersionName | None
    """the highest active version, stable if there is any"""
    stages: dict[str, list[VersionOrCommit]]
    """the versions in each of the document's stages, newest assignment first"""
    registered: bool
    """false if it is annotated but has no tags"""
    active: bool
    """false if it is deprecated"""
    type: str | None
    """by its annotation"""
    path: str | None
    """by its annotation"""
    labels: list[str]
    description: str
    custom: Any


class Show(Document):
    """`show`: the table of all artifacts."""

    stages: list[str]
    """the allowed stages in the order of the configuration, then others that are in use"""
    artifacts: list[ArtifactEntry]
    annotated: bool
    """false if annotations and configuration were not read, as those of a remote repository without --annotations"""


class VersionEntry(TypedDict):
    """A version of an artifact, and the stages it is shown in."""

    version: VersionOrCommit
    """the commit's id where no version was registered"""
    stages: list[str]
    timestamp: Time
    """of the registration; of the newest assignment where there is none"""
    commit: ObjectId
    ref: str | None
    """the registration's tag"""
    author: str
    author_email: str
    message: str
    """without trailers and signature"""
    active: bool
    """false if it was deregistered"""


class ShowName(Document):
    """`show NAME` and `show SELECTOR`: the versions of an artifact, highest first."""

    artifact: str
    versions: list[VersionEntry]


class LatestEntry(TypedDict):
    """A registered version."""

    version: VersionName
    commit: ObjectId
    ref: str
    timestamp: Time
    """of the registration"""
    author: str
    author_email: str
    message: str
    last_known: Time | None
    """null, or the answer may be out of date: when the server listed these tags"""


class Latest(Document):
    """`latest NAME`: the latest version, or with --all every active one, highest first."""

    artifact: str
    versions: list[LatestEntry]


class StageVersionEntry(TypedDict):
    """A version in a stage."""

    version: VersionOrCommit
    """the commit's id where no version was registered"""
    commit: ObjectId
    ref: str | None
    """the registration's tag"""
    assigned_by: str
    """the stage tag"""
    timestamp: Time
    """of the assignment"""
    author: str
    """of the assignment"""
    until: Time | None
    """with --at: when it left the stage or was superseded; null if neither"""
    last_known: Time | None
    """null, or the answer may be out of date: when the server listed these tags"""


class Which(Document):
    """`which NAME STAGE`: the versions in a stage, newest assignment first."""

    artifact: str
    stage: str
    versions: list[StageVersionEntry]


class VersionOnCommit(_OfArtifact, VersionEntry):
    """A version of any artifact, and the stages it is shown in."""


class WhichRev(Document):
    """`which --rev REV`: every active version on a commit."""

    commit: ObjectId
    versions: list[VersionOnCommit]


class EventEntry(TypedDict):
    """The event of one tag."""

    timestamp: Time
    """the tagger's clock"""
    artifact: str
    event: EventKind
    version: VersionOrCommit | None
    """null if the event is about the whole artifact; the commit's id if no version was registered"""
    stage: str | None
    commit: ObjectId
    ref: str
    author: str
    author_email: str
    message: str
    """without trailers and signature"""


class History(Document):
    """`history`: the events, newest first unless --ascending."""

    events: list[EventEntry]


class EventWithTrailers(EventEntry):
    """The event of one tag, with the trailers of its message."""

    trailers: dict[str, list[str]]
    """by key, as in the message"""


class CheckRef(Document):
    """`check-ref REF`: the event of a tag."""

    event: EventWithTrailers


class Stages(Document):
    """`stages`: the names of stages."""

    stages: list[str]


class Side(TypedDict):
    """One of the versions compared."""

    version: VersionOrCommit
    commit: ObjectId


class CommitEntry(TypedDict):
    """A commit between the versions."""

    commit: ObjectId
    timestamp: Time
    """of its committer"""
    author: str
    subject: str


class FileEntry(TypedDict):
    """A file that differs."""

    status: str
    """git's letter: A added, D deleted, M modified, T of another type"""
    path: str


class _OfKey(TypedDict):
    key: str


_Missing = Annotated[Any, Field(description="null where it is missing")]
_Values = TypedDict("_Values", {"from": _Missing, "to": _Missing})  # `from` cannot be written as a name


class AnnotationChange(_OfKey, _Values):
    """A key of the annotation that differs."""


_Sides = TypedDict("_Sides", {"from": Side, "to": Side})


class Diff(Document, _OfArtifact, _Sides):
    """`diff A B`: two versions of an artifact."""

    path: str | None
    """the artifact's path, if it is annotated; other files are left out"""
    commits: list[CommitEntry]
    """those reachable from the second version and not from the first, newest first"""
    files: list[FileEntry]
    annotations: list[AnnotationChange]


class ParseTag(Document):
    """`parse-tag TAG`: the parts of a tag's name."""

    artifact: str
    event: EventKind
    version: VersionName | None
    stage: str | None
    counter: Number | None


class Describe(Document):
    """`describe NAME` and `describe SELECTOR`: an annotation."""

    artifact: str
    commit: ObjectId | None
    """where it was read; null for the present files"""
    type: str | None
    path: str | None
    virtual: bool
    """false if the path must be in the repository"""
    labels: list[str]
    description: str
    custom: Any
    other: dict[str, Any]
    """the entry's keys of other tools"""


# Check and configure


class FindingEntry(TypedDict):
    """A problem that `doctor` found."""

    severity: Literal["error", "warning"]
    check: str
    """the name of the check"""
    subject: str
    """what it is about: a tag, an artifact, a line of a file"""
    message: str
    fix: str | None
    """a command that fixes it, if there is one"""


class Doctor(Document):
    """`doctor`: the problems it found; none in a healthy registry."""

    findings: list[FindingEntry]


class SettingEntry(TypedDict):
    """A setting in force."""

    key: str
    value: bool | int | str | list[str] | None
    origin: str
    """the file or variable it comes from, or "default\""""


class ConfigList(Document):
    """`config list`: the settings."""

    settings: list[SettingEntry]


class ConfigGet(Document):
    """`config get`: a setting."""

    key: str
    value: bool | int | str | list[str] | None
    origin: str
    """the file or variable it comes from, or "default\""""


# Write


class DeletedEntry(TypedDict):
    """A tag that was deleted."""

    ref: str
    object: ObjectId
    """the tag object, which is enough to restore the tag"""


class Write(Document):
    """`register`, `assign`, `unassign`, `deregister`, `deprecate`, `rollback`, `delete`: the changes; both lists are empty if there was nothing to do."""

    dry_run: bool
    """true: nothing was changed, these are the changes that would be made"""
    events: list[EventEntry]
    """of the tags created, in order"""
    deleted: list[DeletedEntry]
    notes: list[str]
    pushed_to: str | None
    """the name or address of the remote that was written to; null if only this repository was, or none"""


class ErrorDetails(TypedDict):
    """Why a command failed."""

    kind: str
    """the class of the error"""
    message: str
    hint: str | None
    exit_code: int


class Error(Document):
    """Any command that fails, on standard error."""

    error: ErrorDetails

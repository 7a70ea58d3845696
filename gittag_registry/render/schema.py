"""The JSON documents that commands print, as models; and the JSON Schemas made of them. Pure.

Nothing prints through these models: they are what `docs/schemas` publishes, and the tests hold every command to them.
Every key is always there, in this order; a key without a value is null.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from gittag_registry.model.names import Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_COMMIT = "([0-9a-f]{40}|[0-9a-f]{64})"
_VERSION = r"v[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?"  # in outline: who validates our output wants to read it

Time = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
ObjectId = Annotated[str, Field(pattern=f"^{_COMMIT}$")]
VersionName = Annotated[str, Field(pattern=f"^{_VERSION}$")]
VersionOrCommit = Annotated[str, Field(pattern=f"^({_VERSION}|{_COMMIT})$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class _Document(_Part):
    version_of_schema: Literal[1] = Field(alias="schema")
    """changes when a key goes or changes its meaning"""


class ArtifactEntry(_Part):
    """An artifact in the table of all."""

    artifact: str
    latest: VersionName | None
    """the highest active version, stable if there is any"""
    stages: dict[str, list[VersionOrCommit]]
    """what each of the document's stages holds, newest assignment first"""
    registered: bool
    """false if it is annotated but has no tags"""
    active: bool
    """false if it is deprecated"""
    type: str | None
    """by its annotation"""
    path: str | None
    """by its annotation"""


class Show(_Document):
    """`show`: the table of all artifacts."""

    stages: list[str]
    """the allowed stages in the order of the configuration, then others that are in use"""
    artifacts: list[ArtifactEntry]


class VersionEntry(_Part):
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


class ShowName(_Document):
    """`show NAME` and `show SELECTOR`: the versions of an artifact, highest first."""

    artifact: str
    versions: list[VersionEntry]


class HeldEntry(_Part):
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
    """with --at: when it left the stage; null while it is in it"""


class Which(_Document):
    """`which NAME STAGE`: what a stage holds, newest assignment first."""

    artifact: str
    stage: str
    versions: list[HeldEntry]


class _OfArtifact(_Part):
    artifact: str


class VersionOnCommit(VersionEntry, _OfArtifact):  # the last base's keys come first
    """A version of any artifact, and the stages it is shown in."""


class WhichRev(_Document):
    """`which --rev REV`: every active version on a commit."""

    commit: ObjectId
    versions: list[VersionOnCommit]


class LatestEntry(_Part):
    """A registered version."""

    version: VersionName
    commit: ObjectId
    ref: str
    timestamp: Time
    """of the registration"""
    author: str
    author_email: str
    message: str


class Latest(_Document):
    """`latest NAME`: the latest version, or with --all every active one, highest first."""

    artifact: str
    versions: list[LatestEntry]


class EventEntry(_Part):
    """What one tag says."""

    timestamp: Time
    """the tagger's clock"""
    artifact: str
    event: Kind
    version: VersionOrCommit | None
    """null where the event is about the whole artifact; the commit's id where no version was registered"""
    stage: str | None
    commit: ObjectId
    ref: str
    author: str
    author_email: str
    message: str
    """without trailers and signature"""


class History(_Document):
    """`history`: what happened, newest first unless --ascending."""

    events: list[EventEntry]


class EventWithTrailers(EventEntry):
    """What one tag says, with the trailers of its message."""

    trailers: dict[str, list[str]]
    """by key, as in the message"""


class CheckRef(_Document):
    """`check-ref REF`: what a tag says."""

    event: EventWithTrailers


class Stages(_Document):
    """`stages`: the names of stages."""

    stages: list[str]


class Side(_Part):
    """One of the versions compared."""

    version: VersionOrCommit
    commit: ObjectId


class CommitEntry(_Part):
    """A commit between the versions."""

    commit: ObjectId
    timestamp: Time
    """of its committer"""
    author: str
    subject: str


class FileEntry(_Part):
    """A file that differs."""

    status: str
    """git's letter: A added, D deleted, M modified, T of another type"""
    path: str


class AnnotationChange(_Part):
    """A key of the annotation that differs."""

    key: str
    old: Any = Field(alias="from")
    """null where it is missing"""
    new: Any = Field(alias="to")
    """null where it is missing"""


class Diff(_Document):
    """`diff A B`: two versions of an artifact."""

    artifact: str
    old: Side = Field(alias="from")
    new: Side = Field(alias="to")
    path: str | None
    """the artifact's, if it is annotated; files elsewhere are left out"""
    commits: list[CommitEntry]
    """those that lead to the second version and not to the first, newest first"""
    files: list[FileEntry]
    annotations: list[AnnotationChange]


class ParseTag(_Document):
    """`parse-tag TAG`: the parts of a tag's name."""

    artifact: str
    event: Kind
    version: VersionName | None
    stage: str | None
    counter: Annotated[int, Field(ge=0)] | None


class Describe(_Document):
    """`describe NAME` and `describe SELECTOR`: an annotation."""

    artifact: str
    commit: ObjectId | None
    """where it was read; null for the files as they are now"""
    type: str | None
    path: str | None
    virtual: bool
    """false if the path must be in the repository"""
    labels: list[str]
    description: str
    custom: Any
    other: dict[str, Any]
    """keys of the entry that are not ours"""


class FindingEntry(_Part):
    """Something `doctor` found."""

    severity: Literal["error", "warning"]
    check: str
    """the name of the check"""
    subject: str
    """what it is about: a tag, an artifact, a line of a file"""
    message: str
    fix: str | None
    """what to do, where there is one thing to do"""


class Doctor(_Document):
    """`doctor`: what it found; nothing in a healthy registry."""

    findings: list[FindingEntry]


class SettingEntry(_Part):
    """A setting in force."""

    key: str
    value: bool | int | str | list[str] | None
    origin: str
    """the file or variable it comes from, or "default\""""


class ConfigList(_Document):
    """`config list`: the settings."""

    settings: list[SettingEntry]


class DeletedEntry(_Part):
    """A tag that was deleted."""

    ref: str
    object: ObjectId
    """the tag object: enough to bring the tag back"""


class Write(_Document):
    """`register`, `assign`, `unassign`, `deregister`, `deprecate`, `rollback`: what was done; both lists are empty if nothing was to be done."""

    dry_run: bool
    """true: what would be done"""
    events: list[EventEntry]
    """the tags created, in order"""
    deleted: list[DeletedEntry]
    notes: list[str]
    pushed_to: str | None
    """the remote that has it, by its name or address; null if it was done here alone, or not at all"""


class Push(_Document):
    """`push`: the tags that the remote did not have, and has now."""

    dry_run: bool
    """true: what would be pushed"""
    remote: str
    events: list[EventEntry]
    """in the order of their dates"""


class CacheEntry(_Part):
    """What is kept of a remote repository."""

    address: str
    keeps: str
    """which commits: "tagged commits", or for `diff` "all commits\""""
    bytes: Annotated[int, Field(ge=0)]
    asked: Time
    """when the server was asked last"""
    path: str


class CacheList(_Document):
    """`cache list`: what is kept of remote repositories."""

    caches: list[CacheEntry]


class ErrorDetails(_Part):
    """Why a command failed."""

    kind: str
    """the class of the error"""
    message: str
    hint: str | None
    exit_code: int


class Error(_Document):
    """Any command that fails, on standard error."""

    error: ErrorDetails


DOCUMENTS: dict[str, type[_Document]] = {
    "show": Show,
    "show-name": ShowName,
    "latest": Latest,
    "which": Which,
    "which-rev": WhichRev,
    "history": History,
    "check-ref": CheckRef,
    "stages": Stages,
    "diff": Diff,
    "parse-tag": ParseTag,
    "describe": Describe,
    "doctor": Doctor,
    "config-list": ConfigList,
    "write": Write,
    "push": Push,
    "cache-list": CacheList,
    "error": Error,
}
"""the documents by the name of their schema's file"""


class _Generator(GenerateJsonSchema):
    """Without titles that only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Never."""
        return False


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every document, by name.

    >>> list(json_schemas()["which"]["properties"])
    ['schema', 'artifact', 'stage', 'versions']
    """
    return {
        name: {"$schema": DIALECT, **document.model_json_schema(schema_generator=_Generator)}
        for name, document in DOCUMENTS.items()
    }

"""Compare the registry tags of a clone with those of a remote, and fetch them."""

from __future__ import annotations

from collections.abc import Mapping

from gittag_registry.errors import NotFound, did_you_mean
from gittag_registry.git import listing
from gittag_registry.git import remote as git_remote
from gittag_registry.git.clone import mark_complete, remote_names
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Remote
from gittag_registry.git.tags import list_tags
from gittag_registry.hints import Hint, Option, call
from gittag_registry.model.names import check_artifact, parse_tag, tag_prefixes
from gittag_registry.model.results import FetchResult, TagDifference, TagState, TagStatus
from gittag_registry.refs import TAGS
from gittag_registry.registry import Registry
from gittag_registry.urls import is_url


def compare_with_remote(registry: Registry, artifact: str | None = None, remote: str | None = None) -> TagStatus:
    """Compare the registry tags here, all or those of one artifact, with those of a remote.

    Tags that cannot be read are not unpushed: `push` leaves them out.

    Raises:
        NotFound: neither side has a tag of the artifact.
        UsageError: there is no such remote, or no clone.
        RemoteError: the remote cannot be reached, or denies access.
    """
    source = registry.store.remote(remote, lambda: registry.settings)
    here, there = _listed(registry, source, artifact)
    artifacts = registry.store.state(artifact).artifacts.values()
    readable = {event.ref for each in artifacts for event in each.events}
    differences = [
        each for each in _differences(here, there) if each.state is not TagState.UNPUSHED or each.ref in readable
    ]
    same = sum(there.get(ref) == oid for ref, oid in here.items())
    return TagStatus(source.public_name, tuple(differences), same)


def fetch_tags(
    registry: Registry,
    artifact: str | None = None,
    remote: str | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> FetchResult:
    """Fetch the registry tags, all or those of one artifact, that the remote has and this repository lacks.

    Args:
        force: also fetch tags that are different here, in their place.
        dry_run: fetch nothing, and return what would be fetched.

    Raises:
        NotFound: neither side has a tag of the artifact.
        UsageError: there is no such remote, or no clone.
        RemoteError: the remote cannot be reached, or denies access.
    """
    source = registry.store.remote(remote, lambda: registry.settings)
    differences = _differences(*_listed(registry, source, artifact))
    missing = [each for each in differences if each.state is TagState.MISSING]
    different = [each for each in differences if each.state is TagState.DIFFERENT]
    fetched = [*missing, *different] if force else missing
    if not dry_run:
        if fetched:
            plus = "+" if force else ""
            git_remote.fetch(source, [f"{plus}{TAGS}{each.ref}:{TAGS}{each.ref}" for each in fetched])
        if artifact is None and (force or not different) and not is_url(source.name):  # which may hold secrets
            mark_complete(source.repository, source.name)
    return FetchResult(source.public_name, tuple(fetched), () if force else tuple(different))


def not_a_remote(repository: Repository, name: str) -> Hint | None:
    """How to name a remote, where its name was given as an artifact's, as git would take it; None if it is none."""
    return Hint(Option("remote", name), " names the remote") if name in remote_names(repository) else None


def _listed(registry: Registry, source: Remote, artifact: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """The registry tags here and there, all or those of one artifact, which must have some."""
    prefixes = tag_prefixes(check_artifact(artifact) if artifact is not None else None)
    there = _registry_tags(listing.list_tags(source, prefixes))
    here = _registry_tags(list_tags(source.repository, prefixes))
    if artifact is not None and not (here or there):
        raise NotFound(
            f"neither this repository nor {source.public_name!r} has a tag of artifact {artifact!r}",
            hint=not_a_remote(source.repository, artifact)
            or did_you_mean(artifact, registry.store.artifacts())
            or Hint("list them: ", call("show")),
        )
    return here, there


def _registry_tags(listed: list[tuple[str, str]]) -> dict[str, str]:
    """The object ids of registry tags, by name."""
    return {name: oid for oid, name in listed if parse_tag(name) is not None}


def _differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[TagDifference]:
    """The tags that are not the same here and there, by name."""
    names = sorted({*here, *there})
    return [TagDifference(name, here.get(name), there.get(name)) for name in names if here.get(name) != there.get(name)]

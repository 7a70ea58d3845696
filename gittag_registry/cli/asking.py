"""What the commands that read share: the selector, and why nothing matches it."""

from __future__ import annotations

import click

from gittag_registry.cli.app import App, complete_artifact
from gittag_registry.model.names import Selector
from gittag_registry.model.queries import ReadOptions

selector_argument = click.argument(
    "selector", metavar="[NAME|SELECTOR]", required=False, shell_complete=complete_artifact
)
"""the artifact, version or stage a question is about; without it, all of them"""


def why_nothing(app: App, wanted: Selector, options: ReadOptions) -> str | None:
    """Why nothing matches: it is hidden, misspelt, or no longer in effect."""
    from gittag_registry.errors import did_you_mean
    from gittag_registry.hints import Hint, Option, call
    from gittag_registry.model.queries import stages_used

    name = wanted.artifact
    artifact = app.registry.artifact(name, warn=False)
    if not artifact.active and not options.deprecated:
        return Hint(f"{name!r} is deprecated; ", Option("deprecated"), " includes it")
    what, word, words = "stages", wanted.stage, stages_used([artifact])
    if wanted.version is not None:
        what, word, words = "versions", wanted.version, [v.version for v in artifact.versions if not v.anonymous]
    if word is not None and word not in words:
        return did_you_mean(word, words) or (f"its {what}: {', '.join(words[:10])}" if words else None)
    return Hint(call("history", f"{name}#{word}" if word else name))

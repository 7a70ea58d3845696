"""Asks GTO's Python calls everything about repositories; run by GTO's own interpreter, as one process is enough.

python ask_gto.py REPOSITORY...
"""

import json
import sys

from gto import api
from gto.utils import make_ready_to_serialize


def answers(repo):
    names = list(api.show(repo))
    stages = api.get_stages(repo, used=True)
    events = api.history(repo)
    return {
        "table": api.show(repo),
        "all in stage": api.show(repo, versions_per_stage=-1),
        "deprecated": api.show(repo, deprecated=True),
        "by version": api.show(repo, sort="SemVer"),
        "versions": {name: api.show(repo, name) for name in names},
        "history": events,
        "in stage": {name: {stage: in_stage(repo, name, stage) for stage in stages} for name in names},
        "newest": [event.dict_state() for row in events[:3] for event in api.check_ref(repo, row["ref"])],
    }


def in_stage(repo, name, stage):
    return [found.version for found in api.find_versions_in_stage(repo, name, stage) or []]


print(json.dumps([make_ready_to_serialize(answers(repo)) for repo in sys.argv[1:]]))

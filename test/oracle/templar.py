#!/usr/bin/python3
"""Renders templates with Ansible's own templar.

JSON lines in, {"template": …, "vars": {…}} or {"template": …, "yaml": "a: 1.0"}, JSON lines out: {"value": …, "repr": …} or
{"error": …}. `repr` is Python's, which tells 1.0 from 1 and a tuple from a list. One process renders many.
Collections (ansible.utils) are found where ANSIBLE_COLLECTIONS_PATH says.
"""
import json
import logging
import os
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
out, sys.stdout, sys.stderr = sys.stdout, open(os.devnull, "w"), open(os.devnull, "w")

from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.template import Templar  # noqa: E402

try:
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([])
except ImportError:
    # Older releases load their plugins without being told; collections want their finder.
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    paths = [p for p in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":") if p]
    _AnsibleCollectionFinder(paths=paths)._install()


def plain(value):
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(type(value).__name__)


def variables(case):
    return DataLoader().load(case["yaml"]) if "yaml" in case else case.get("vars", {})


for line in sys.stdin:
    case = json.loads(line)
    try:
        value = Templar(DataLoader(), variables=variables(case)).template(case["template"])
        answer = json.dumps({"value": value, "repr": repr(value)}, default=plain)
    except Exception as error:
        answer = json.dumps({"error": str(error)})
    out.write(answer + "\n")
    out.flush()

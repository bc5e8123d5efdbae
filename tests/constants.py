"""Constants of modules and classes, replaced in the processes that a test starts.

``run(..., **replaced({"herald_spider.middlewares.blocked.LIMIT": 1000}))`` passes them in the environment; a
process that has them there takes this module for its settings, which are those of the project.
"""

from __future__ import annotations

import json
import os
from pkgutil import resolve_name
from typing import Any

from herald_spider.settings import *  # noqa: F403 - the settings of the process

_NAME = "TESTS_CONSTANTS"


def replaced(constants: dict[str, Any]) -> dict[str, str]:
    """Return the environment of a process in which `constants` have other values, by their full names."""
    return {"SCRAPY_SETTINGS_MODULE": __name__, _NAME: json.dumps(constants)}


for _path, _value in json.loads(os.environ.get(_NAME, "{}")).items():
    _holder, _, _constant = _path.rpartition(".")
    assert hasattr(resolve_name(_holder), _constant), _path
    setattr(resolve_name(_holder), _constant, _value)

"""The JSON Schema of an exported line, made from the item class, and the check of an article.

``python -m herald_spider.schema`` prints it; ``docs/article.schema.json`` is its copy.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

import fastjsonschema
from itemadapter import ItemAdapter

from herald_spider.items import Article, as_dict


def article_schema() -> dict[str, Any]:
    """Return the JSON Schema of an article, which is published and used for validation."""
    schema = ItemAdapter.get_json_schema(Article)
    properties = schema["properties"]
    required = [name for name, rules in properties.items() if rules.pop("required", False)]
    for name in required:
        properties[name]["type"] = "string"
        del properties[name]["default"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Herald Spider article",
        **schema,
        "required": required,
    }


@cache
def _check() -> Any:
    # The dataclass sets defaults already.
    return fastjsonschema.compile(article_schema(), use_default=False)


def problem(item: Article) -> tuple[str, str] | None:
    """Return the field that breaks a rule, or ``empty``, and the reason; None for a valid article."""
    try:
        _check()(as_dict(item))
    except fastjsonschema.JsonSchemaValueException as error:
        return (str(error.path[1]) if len(error.path) > 1 else "article"), error.message
    if not (item.body or item.images or item.summary):
        return "empty", "no body, picture or summary"
    return None


if __name__ == "__main__":
    json.dump(article_schema(), sys.stdout, indent=1)
    print()

"""The JSON Schema of an exported line, made from the item class, and whether an article keeps to it.

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
    """The schema that validation uses and that is published."""
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
    # additionalProperties and defaults are the dataclass's business already.
    return fastjsonschema.compile(article_schema(), use_default=False)


def problem(item: Article) -> tuple[str, str] | None:
    """The field that breaks a rule of the schema, or ``empty``, and how; None where the article is valid."""
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

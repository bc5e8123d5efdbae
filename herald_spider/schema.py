"""The JSON Schema of an exported line, made from the item class.

``python -m herald_spider.schema`` prints it; ``docs/article.schema.json`` is its copy.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from itemadapter import ItemAdapter

from herald_spider.items import Article


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


if __name__ == "__main__":
    json.dump(article_schema(), sys.stdout, indent=1)
    print()

"""What a page says of itself in JSON-LD, the form in which search engines want it."""

import json
from collections.abc import Iterable, Mapping

from briefqa.datatypes import JsonValue
from briefqa.documents.values import json_value

_ARTICLES = frozenset(
    {"BlogPosting", "Report", "Book", "GovernmentDocument", "Legislation", "Thesis", "CreativeWork"}
)
_LONGEST = 1_000_000
_MOST_OBJECTS = 1_000

LinkedData = Mapping[str, JsonValue]


def linked_data(scripts: Iterable[str]) -> LinkedData:
    """Return the article that JSON-LD scripts describe; empty if they describe none.

    Of a plain web page only the date is kept, as its name is that of the site.
    """
    objects = [found for script in scripts for found in _objects(script)]
    by_id = {str(it["@id"]): it for it in objects if "@id" in it and len(it) > 1}
    article = next((it for it in objects if _is_article(it)), None)
    if article is not None:
        return {key: _resolved(value, by_id) for key, value in article.items()}
    page = next((it for it in objects if "WebPage" in _types(it)), {})
    return {key: page[key] for key in ("datePublished", "dateModified") if key in page}


def names(value: JsonValue) -> list[str]:
    """Return the names of people, organisations or things, given as text or objects."""
    items = value if isinstance(value, list) else [value]
    named = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [text for item in named if isinstance(item, str) and (text := " ".join(item.split()))]


def _objects(script: str) -> list[dict[str, JsonValue]]:
    if len(script) > _LONGEST:
        return []
    try:
        value = json_value(json.loads(script, strict=False))
    except (ValueError, RecursionError):
        return []
    found: list[dict[str, JsonValue]] = []
    waiting = [value]
    while waiting and len(found) < _MOST_OBJECTS:
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting = [*value[:_MOST_OBJECTS], *waiting]
        elif isinstance(value, dict):
            found.append(value)
            waiting += [value[key] for key in ("@graph", "mainEntity") if key in value]
    return found


def _types(value: Mapping[str, JsonValue]) -> list[str]:
    types = value.get("@type")
    return [str(item) for item in (types if isinstance(types, list) else [types])]


def _is_article(value: Mapping[str, JsonValue]) -> bool:
    return any(name.endswith("Article") or name in _ARTICLES for name in _types(value))


def _resolved(value: JsonValue, by_id: Mapping[str, Mapping[str, JsonValue]]) -> JsonValue:
    """Return ``value`` with objects that only refer to another replaced by it."""
    if isinstance(value, list):
        return [_resolved(item, by_id) for item in value if not isinstance(item, list)]
    if isinstance(value, dict) and len(value) == 1 and "@id" in value:
        return dict(by_id.get(str(value["@id"]), value))
    return value

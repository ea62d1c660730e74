"""Where what a tool returns can be opened: at a service, or as a file of this machine."""

from collections.abc import Callable
from pathlib import Path

from briefqa.datatypes import JsonValue
from briefqa.wire import WireObject

Links = Callable[[WireObject], str]
"""Returns an absolute URL for a document, a passage or a citation in its JSON form."""


def links_to_service(base_url: str) -> Links:
    """Return links to a service at ``base_url``, such as ``http://127.0.0.1:8321``."""

    def link(found: WireObject) -> str:
        return f"{base_url}{found['href']}"

    return link


def links_to_files(locate: Callable[[str], Path | None], base_url: str) -> Links:
    """Return links to the source files, as far as they are there.

    A source that is not is linked to where it was published, or else to the service that
    would show it at ``base_url``.
    """
    elsewhere = links_to_service(base_url)

    def link(found: WireObject) -> str:
        path = locate(str(found["source"]))
        if path is not None and path.is_file():
            return path.absolute().as_uri()
        published = found["source_url"]
        return published if isinstance(published, str) and published else elsewhere(found)

    return link


def with_links(value: JsonValue, links: Links) -> JsonValue:
    """Return ``value`` with each ``href`` in it made absolute."""
    if isinstance(value, list):
        return [with_links(each, links) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: with_links(each, links) for name, each in value.items()}
    if "href" in found:
        found["href"] = links(value)
    return found

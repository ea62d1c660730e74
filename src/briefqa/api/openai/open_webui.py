"""The events by which Open WebUI shows what an answer rests on, beside the text.

It takes them from the field ``event`` of a chunk, and shows ``[n]`` of the text as the n-th
source that came: sources whose names or ids are alike are one to it.
"""

from collections.abc import Iterable

from briefqa.api.openai.messages import place_name, url_of
from briefqa.datatypes import Citation, PassagesFound
from briefqa.wire import WireObject


def searching() -> WireObject:
    """Return the status of an answer that has just begun."""
    return _status("Searching the documents", is_done=False)


def found(passages: PassagesFound) -> WireObject:
    """Return the status of an answer whose passages are known."""
    count = len(passages.passages)
    said = f"Read {count} {'passage' if count == 1 else 'passages'}"
    if passages.asked is not None:
        said += f" for “{passages.asked}”"
    return _status(said, is_done=True)


class Sources:
    """Gives each citation once, in the order of their numbers."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._given: set[int] = set()

    def of(self, citations: Iterable[Citation]) -> Iterable[WireObject]:
        """Return the sources that ``citations`` bring."""
        for citation in sorted(citations, key=lambda each: each.number):
            if citation.number not in self._given:
                self._given.add(citation.number)
                yield self._source(citation)

    def _source(self, citation: Citation) -> WireObject:
        details = (citation.document.metadata.published or "", place_name(citation.place))
        name = ", ".join(filter(None, (citation.document.title, *details)))
        # The number keeps two quotes of one place apart.
        name += f" [{citation.number}]"
        # Open WebUI shows an id that is an address in place of the name.
        url = url_of(citation, self._base_url)
        metadata: WireObject = {"source": f"#{citation.number} {url}", "name": name}
        return {
            "type": "source",
            "data": {
                "source": {"name": name, "url": url},
                "document": [citation.quote],
                "metadata": [metadata],
            },
        }


def _status(description: str, *, is_done: bool) -> WireObject:
    data: WireObject = {"description": description, "done": is_done, "hidden": False}
    return {"type": "status", "data": data}

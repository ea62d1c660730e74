"""Server-sent events as OpenAI's clients read them."""

from fastapi.sse import format_sse_event

from briefqa.api.replies import encoded
from briefqa.wire import WireObject

# Some clients take these for the end of a line, which they are to Unicode but not here.
_LINE_ENDS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}


def data_event(data: WireObject, name: str | None = None) -> bytes:
    """Return an event whose data is an object on one line, whatever a client takes for one."""
    return format_sse_event(event=name, data_str=encoded(data).translate(_LINE_ENDS))

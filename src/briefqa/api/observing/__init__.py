"""What those who run a server see of it: metrics, a log line a request, and traces.

None of it holds a question, a text, a title, an address below a route or a key.
"""

from briefqa.api.observing.request import note_problem, noted

__all__ = ["note_problem", "noted"]

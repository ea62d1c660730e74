"""Routes in the shape of OpenAI's API, so that any chat frontend plugs in by base URL."""

from briefqa.api.openai.routes import add_openai_routes

__all__ = ["add_openai_routes"]

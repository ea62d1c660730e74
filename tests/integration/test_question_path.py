"""A question is fast from cold because of what it does not load."""

import json

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import run_python

pytestmark = pytest.mark.model

# Seconds of imports for each of the first three; our own readers and chunking bring more, and
# what serves chat frontends and agents is for servers. What has a model write, or follows a
# conversation, is for the questions that ask for it.
_NOT_FOR_QUESTIONS = {
    "pandas",
    "pymilvus",
    "torch",
    "transformers",
    "sentence_transformers",
    "fastapi",
    "mcp",
    "briefqa.answering.conversation",
    "briefqa.answering.generating",
    "briefqa.api",
    "openai",
    "tiktoken",
    "xllamacpp",
    "briefqa.documents",
    "briefqa.chunking",
}
_BY_PYTHON = """
import json, sys
from briefqa import open_index
with open_index(sys.argv[1]) as service:
    answered = service.ask(sys.argv[2]).answered
print(json.dumps([answered, sorted(sys.modules)]))
"""
_BY_COMMAND = """
import contextlib, io, json, sys
from briefqa.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(["ask", "--index", sys.argv[1], sys.argv[2]])
print(json.dumps([code == 0, sorted(sys.modules)]))
"""


@pytest.mark.parametrize("program", [_BY_PYTHON, _BY_COMMAND], ids=["python", "command"])
def test_a_question_loads_neither_torch_nor_what_only_indexing_needs(
    model_index: ModelIndex, program: str
) -> None:
    """One careless import at the top of a module would cost every question eight seconds."""
    done = run_python("-c", program, model_index.folder, "How large is the UK's AI investment?")

    assert done.returncode == 0, done.stderr
    answered, modules = json.loads(done.stdout)
    assert answered
    assert "briefqa.answering" in modules
    assert _NOT_FOR_QUESTIONS & set(modules) == set()

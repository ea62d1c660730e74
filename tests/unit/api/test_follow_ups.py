"""Over HTTP, a question may lean on those before it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

_HISTORY = [{"question": "Was the harbour dredged in 1998?", "answer": "It was. [1]"}]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_follow_up_is_asked_in_full(client: TestClient, is_streamed: bool) -> None:  # noqa: FBT001
    """The reply says what was asked, and answers that."""
    body = {"question": "And in 2004?", "history": _HISTORY, "stream": is_streamed}

    reply = client.post("/v1/ask", json=body)

    assert reply.status_code == 200
    assert '"asked":"Was the harbour dredged in 2004?"' in reply.text.replace('": "', '":"')


def test_a_history_without_answers_will_do(client: TestClient) -> None:
    """What was declined has no answer, and is leant on all the same."""
    history = [{"question": "Who dredged the harbour?"}]

    reply = client.post(
        "/v1/ask", json={"question": "When did they dredge it?", "history": history}
    )

    assert "harbour" in reply.json()["asked"]


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([{"question": "Who?"}] * 101, "history (in turns) is 101"),
        ([{"question": " "}], "turn 1 of the history has an empty question"),
        ([{"question": "Who?", "role": "user"}], "is not a field"),
        ([{"answer": "It was."}], "is required"),
        ({"question": "Who?"}, "must be a list"),
    ],
)
def test_a_history_that_is_none_is_a_problem(
    client: TestClient,
    history: Any,  # noqa: ANN401 - any JSON
    said: str,
) -> None:
    """It is said what is wrong with it; nothing of it is passed over in silence."""
    reply = client.post("/v1/ask", json={"question": "Why?", "history": history})

    assert reply.status_code == 422
    assert said in reply.text

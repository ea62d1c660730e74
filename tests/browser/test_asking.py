"""Asking on the page: how an answer comes, and what is said where there is none."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.briefs import FUND
from tests.browser.conftest import Events, Server

from briefqa.datatypes import (
    Answer,
    AnswerSentence,
    Disagreement,
    FaultKind,
    ModelFault,
    PassagesFound,
    SentenceSaid,
    Turn,
    Verdict,
)

_ASKED = "The harbour fund holds how many million pounds?"
_UNKNOWN = "Who repairs the lighthouse in Zambia?"

Ask = Callable[[str], dict[str, Any]]  # Any: a reply
Speak = Callable[[Callable[..., Events]], None]


def _events(answer: Answer) -> list[PassagesFound | SentenceSaid]:
    """Return what comes before an answer, every citation with the first sentence."""
    first, *others = answer.sentences
    return [
        PassagesFound(answer.passages, answer.index, answer.asked),
        SentenceSaid(first, answer.citations),
        *(SentenceSaid(each, ()) for each in others),
    ]


@pytest.fixture
def answer(server: Server) -> Answer:
    """An answer of two sentences, the second not quite supported."""
    found = server.service.ask(_ASKED)
    second = AnswerSentence("It holds 4 million.", (1,), Verdict.CONTRADICTED, "4 is not 3")
    return replace(found, sentences=(*found.sentences, second), text=f"{found.text} 4. [1]")


@pytest.fixture
def say(speak: Speak) -> Callable[[Answer], None]:
    """Has the service give one answer, whatever is asked."""

    def say(answer: Answer) -> None:
        def events(*_: object, **__: object) -> Events:
            yield from _events(answer) if answer.sentences else []
            yield answer

        speak(events)

    return say


def _submit(page: Page, question: str) -> None:
    page.get_by_label("Question", exact=True).fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def test_answer_arrives_sentence_by_sentence(
    server: Server, page: Page, answer: Answer, speak: Speak
) -> None:
    """Readers read the first sentence while the next is being judged."""
    gate = threading.Semaphore(0)

    def paced(*_: object, **__: object) -> Events:
        for event in _events(answer):
            assert gate.acquire(timeout=20)
            yield event
        assert gate.acquire(timeout=20)
        yield answer

    speak(paced)
    page.goto(server.url)
    _submit(page, _ASKED)
    sentences = page.locator(".sentences > li")

    expect(page.locator(".waiting")).to_have_text("Looking through the documents …")
    gate.release()
    expect(page.locator(".waiting")).to_contain_text("Reading")
    gate.release()
    expect(sentences).to_have_count(1)
    expect(sentences.first).to_contain_text(FUND)
    expect(sentences.first.locator(".chip")).to_have_text("[1]")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    gate.release()
    expect(sentences).to_have_count(2)
    expect(page.get_by_role("heading", name="Sources")).to_have_count(0)
    gate.release()
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()
    expect(sentences).to_have_count(2)
    expect(page.locator("#voice")).to_contain_text("Answered with 1 citation")


def test_every_sentence_has_its_verdict(
    server: Server, page: Page, answer: Answer, say: Callable[[Answer], None]
) -> None:
    """What is not supported must not look as what is."""
    say(answer)
    page.goto(server.url)
    _submit(page, _ASKED)
    first, second = (page.locator(".sentences > li").nth(place) for place in (0, 1))

    expect(first).to_have_attribute("data-verdict", "supported")
    expect(first).to_contain_text("✓")
    expect(second).to_have_attribute("data-verdict", "contradicted")
    expect(second.locator(".detail")).to_have_text("Contradicted: 4 is not 3")


def test_running_answer_can_be_stopped(
    server: Server, page: Page, answer: Answer, speak: Speak
) -> None:
    """Whoever has read enough does not wait."""
    stopped, gate = threading.Event(), threading.Semaphore(0)

    def endless(*_: object, **__: object) -> Events:
        try:
            yield from _events(answer)
            gate.acquire(timeout=5)
            yield answer
        finally:
            stopped.set()

    speak(endless)
    page.goto(server.url)
    _submit(page, _ASKED)
    expect(page.locator(".sentences > li")).to_have_count(2)

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    gate.release()
    assert stopped.wait(10)


def test_declined_question_shows_why_and_the_nearest_passages(asked: Ask, page: Page) -> None:
    """An honest "no" tells what to look for elsewhere."""
    reply = asked(_UNKNOWN)

    assert not reply["answered"]
    notice = page.locator(".declined")
    expect(notice.get_by_role("heading", name="No answer")).to_be_visible()
    expect(notice).to_contain_text(reply["reason"])
    for word in reply["missing"]:
        expect(notice).to_contain_text(word)
    expect(page.locator(".passages > li")).to_have_count(len(reply["passages"]))


def test_passages_alone_can_be_asked_for(server: Server, page: Page) -> None:
    """Some readers want the places and no answer."""
    page.goto(server.url)
    page.get_by_label("Passages only").check()
    with page.expect_request("**/v1/search"):
        _submit(page, _ASKED)

    expect(page.locator(".passages > li").first).to_contain_text("harbour fund")
    expect(page.locator(".sentences > li")).to_have_count(0)


def test_filters_hold_a_question_to_some_documents(server: Server, page: Page) -> None:
    """Author and tag are offered as the documents have them, and can be taken away again."""
    page.goto(server.url)
    page.locator("#filter-summary").click()
    page.get_by_label("Author").select_option("Ada Byron")
    page.locator("select[name=tag]").select_option("money")
    page.get_by_label("Published from").fill("2024-01-01")
    page.get_by_label("Published until").fill("2024-12-31")
    page.get_by_label("Passages only").check()

    with page.expect_response("**/v1/search") as found:
        _submit(page, _ASKED)

    assert found.value.request.post_data_json == {
        "question": _ASKED,
        "top_k": 10,
        "filters": [
            {"field": "author", "op": "=", "value": "Ada Byron"},
            {"field": "tag", "op": "=", "value": "money"},
        ],
        "since": "2024-01-01",
        "as_of": "2024-12-31",
    }
    assert {each["doc_id"] for each in found.value.json()["passages"]} == {"harbour.md"}
    expect(page.locator("#filter-summary")).to_have_text("Filters (4)")
    page.get_by_role("button", name="Remove: Tagged money").click()
    expect(page.locator("#filter-summary")).to_have_text("Filters (3)")


def test_follow_up_is_sent_with_what_came_before(
    server: Server, page: Page, answer: Answer, speak: Speak
) -> None:
    """A follow-up leans on the conversation, and shows what it was understood as."""
    histories: list[object] = []

    def events(*_: object, **options: object) -> Events:
        histories.append(options["history"])
        reply = replace(answer, asked="When was the harbour fund set up?")
        yield from _events(reply)
        yield reply

    speak(events)
    page.goto(server.url)
    for count, question in enumerate((_ASKED, "And when was it set up?"), 1):
        _submit(page, question)
        expect(page.locator(".exchange .sources")).to_have_count(count)

    assert histories == [[], [Turn(_ASKED, answer.text)]]
    expect(page.locator(".asked").last).to_have_text("Asked as: When was the harbour fund set up?")


def test_history_stays_in_the_browser_and_can_be_cleared(
    asked: Ask, page: Page, server: Server
) -> None:
    """A conversation outlives a reload and a new one, and nothing outlives clearing."""
    asked(_ASKED)
    page.reload()
    expect(page.locator(".exchange h2")).to_have_text(_ASKED)
    expect(page.locator(".exchange .chip")).to_have_count(1)

    page.get_by_role("button", name="New").click()
    expect(page.locator(".exchange")).to_have_count(0)
    page.get_by_role("button", name="Earlier").click()
    page.get_by_role("dialog").get_by_role("button", name=_ASKED, exact=True).click()
    expect(page.locator(".exchange h2")).to_have_text(_ASKED)

    page.get_by_role("button", name="Earlier").click()
    page.get_by_role("button", name="Clear history").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing yet.")
    expect(page.locator(".exchange")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('briefqa.conversations')") == "[]"
    assert page.context.cookies(server.url) == []


def test_disagreement_fault_and_withheld_sentences_are_shown(
    server: Server, page: Page, answer: Answer, say: Callable[[Answer], None]
) -> None:
    """Whatever makes an answer less than it seems stands beside it."""
    say(
        replace(
            answer,
            disagreements=(Disagreement("the fund", (1,), ("3 million pounds",)),),
            withheld=(AnswerSentence("It is rich.", (), Verdict.UNSUPPORTED, "says nothing"),),
            fault=ModelFault(FaultKind.RATE_LIMITED, "asked too often"),
        )
    )
    page.goto(server.url)
    _submit(page, _ASKED)

    expect(page.locator(".differing")).to_contain_text("the fund")
    expect(page.locator(".differing li li")).to_have_text("2024-03-01: 3 million pounds [1]")
    expect(page.locator(".fault")).to_contain_text("rate limited): asked too often")
    page.locator(".withheld summary").click()
    expect(page.locator(".withheld")).to_contain_text("It is rich. says nothing")


def test_model_that_fails_half_way_leaves_nothing_behind(
    server: Server, page: Page, answer: Answer, speak: Speak
) -> None:
    """What was streamed and then withdrawn must not stand in the answer."""
    first, second = answer.sentences

    def events(*_: object, **__: object) -> Events:
        yield PassagesFound(answer.passages, answer.index)
        yield SentenceSaid(second, answer.citations)
        yield replace(
            answer,
            sentences=(first,),
            text=f"{first.text} [1]",
            fault=ModelFault(FaultKind.CUT_OFF, "the stream ended"),
        )

    speak(events)
    page.goto(server.url)
    _submit(page, _ASKED)

    expect(page.locator(".fault")).to_contain_text("own sentences")
    expect(page.locator(".sentences > li")).to_have_count(1)
    expect(page.locator(".sentences > li")).to_contain_text(first.text)


def test_problem_is_shown_and_the_question_kept(server: Server, page: Page) -> None:
    """What was typed is not lost to an error."""
    problem = {"title": "The index cannot be used", "detail": "it is damaged", "status": 503}
    page.route("**/v1/ask", lambda route: route.fulfill(status=503, json=problem))
    page.goto(server.url)
    _submit(page, _ASKED)

    expect(page.get_by_role("alert").filter(has_text="damaged")).to_have_text(
        "The index cannot be used it is damaged"
    )
    expect(page.get_by_label("Question", exact=True)).to_have_value(_ASKED)


@pytest.mark.parametrize(
    ("answered", "shown"),
    [
        (lambda route: route.abort(), "cannot be reached"),
        (
            lambda route: route.fulfill(content_type="text/event-stream", body=": nothing\n\n"),
            "cut off",
        ),
        (
            lambda route: route.fulfill(
                content_type="text/event-stream",
                body='event: error\r\ndata: {"title": "Out", "detail": "no model"}\r\n\r\n',
            ),
            "no model",
        ),
    ],
    ids=["unreachable", "cut off", "failed"],
)
def test_answer_that_does_not_come_is_said(
    server: Server, page: Page, answered: Callable[[Route], None], shown: str
) -> None:
    """A page that waits for ever looks like one that works."""
    page.route("**/v1/ask", answered)
    page.goto(server.url)
    _submit(page, _ASKED)

    expect(page.locator(".notice.error")).to_contain_text(shown)
    expect(page.locator("article.exchange")).not_to_have_attribute("aria-busy", "true")


def test_degraded_service_is_announced(server: Server, page: Page) -> None:
    """Answers from an old state must not pass for answers from the newest."""
    ready = {"status": "degraded", "reason": "generation ab is damaged", "documents": 4}
    page.route("**/ready", lambda route: route.fulfill(json=ready))
    page.goto(server.url)

    expect(page.locator("#banner")).to_contain_text("generation ab is damaged")


def test_empty_index_says_how_to_fill_it(server: Server, page: Page) -> None:
    """The first visit may come before the first document."""
    page.route("**/ready", lambda route: route.fulfill(json={"status": "ready", "documents": 0}))
    page.goto(server.url)

    expect(page.get_by_text("Nothing is indexed yet.")).to_be_visible()
    expect(page.get_by_text("briefqa index FOLDER")).to_be_visible()


def test_models_are_offered_where_there_are_any(server: Server, page: Page) -> None:
    """A choice of one is none; and the chosen one is asked."""
    models = {"data": [{"id": name} for name in ("briefqa", "briefqa/small", "briefqa/large")]}
    page.route("**/v1/models", lambda route: route.fulfill(json=models))
    page.goto(server.url)
    page.get_by_label("Model").select_option("large")

    with page.expect_request("**/v1/ask") as sent:
        _submit(page, _ASKED)

    assert sent.value.post_data_json == {"question": _ASKED, "model": "large", "stream": True}


def test_models_are_not_offered_where_there_are_none(asked: Ask, page: Page) -> None:
    """Nor does the page mind a service that has no such route."""
    page.route("**/v1/models", lambda route: route.fulfill(status=404, json={}))
    page.reload()
    asked(_ASKED)

    expect(page.get_by_label("Model")).to_be_hidden()

/** The page to ask on: joins the question, the answers, the source and what is remembered. */

import { Exchange } from "./answer.js";
import { ask, getDocuments, getModels, search } from "./api.js";
import { conversation, keepConversation, newConversation } from "./conversations.js";
import { Earlier } from "./earlier.js";
import { Filters } from "./filters.js";
import { watchKeys } from "./keys.js";
import { watchChips } from "./quote.js";
import { announce, showBanner, startShell } from "./shell.js";
import { SourcePanel } from "./source.js";
import { counted, element } from "./text.js";

const MOST_TURNS = 10;
// Documents whose authors and tags are offered.
const MOST_OFFERED = 2000;
const EXTRACTIVE = "extractive";

const form = document.getElementById("ask");
const question = document.getElementById("question");
const list = document.getElementById("conversation");
const welcome = document.getElementById("welcome");
const helpDialog = document.getElementById("help");
const filters = new Filters(form);
const hideQuote = watchChips();
const panel = new SourcePanel(document.getElementById("source"), {
  onClose: () => {
    setOpener(null)?.focus();
  },
  onStep: step,
});
const earlier = new Earlier({ onOpen: show, onForgotten: forgotten });

let current = newConversation();
let running = null;
let opener = null;

function setOpener(button) {
  const before = opener;
  before?.removeAttribute("aria-expanded");
  button?.setAttribute("aria-expanded", "true");
  opener = button;
  return before;
}

/** Open the source of `found`, which `button` stands for. */
async function openSource(found, button) {
  hideQuote();
  setOpener(button);
  const peers = peersOf(button);
  const kind = found.quote ? "Citation" : "Passage";
  await panel.open(found, `${kind} ${peers.indexOf(button) + 1} of ${peers.length}`);
}

/** The buttons that arrows move between: those of the same kind in the same answer. */
function peersOf(button) {
  const inside = button.closest(".sentences, .sources, .passages, .differing");
  const kind = button.classList.contains("chip") ? ".chip" : ".link";
  return [...inside.querySelectorAll(kind)];
}

/** Move to the citation `by` further, and open it if a source is open. */
function step(by) {
  const focused = document.activeElement?.closest(".chip, .link");
  const from = panel.isOpen ? opener : focused;
  if (!from?.isConnected) {
    return false;
  }
  const peers = peersOf(from);
  const next = peers[(peers.indexOf(from) + by + peers.length) % peers.length];
  if (panel.isOpen) {
    next.click();
  } else {
    next.focus();
  }
  return true;
}

function isPassagesOnly() {
  return form.elements.mode.value === "passages";
}

function request(asked) {
  const body = { question: asked, ...filters.request() };
  if (isPassagesOnly()) {
    return { ...body, top_k: 10 };
  }
  const model = form.elements.model.value;
  const turns = current.exchanges
    .filter((each) => each.mode === "answer")
    .slice(-MOST_TURNS)
    .map((each) => ({ question: each.question, answer: each.reply.answer }));
  return { ...body, ...(turns.length > 0 && { history: turns }), ...(model && { model }) };
}

async function submit() {
  const asked = question.value.trim();
  if (asked === "" || running !== null) {
    return;
  }
  const mode = isPassagesOnly() ? "passages" : "answer";
  const exchange = add(asked);
  const body = request(asked);
  running = new AbortController();
  form.classList.add("busy");
  question.value = "";
  exchange.article.scrollIntoView({ block: "start" });
  announce(mode === "answer" ? "Asking" : "Searching");
  try {
    const run = mode === "answer" ? runAnswer : runSearch;
    const reply = await run(exchange, body, running.signal);
    current.exchanges.push({ question: asked, mode, reply });
    if (!keepConversation(current)) {
      announce("This browser has no room to keep the conversation");
    }
    remember();
  } catch (problem) {
    if (problem.name === "AbortError") {
      exchange.stop();
      announce("Stopped");
    } else {
      exchange.fail(problem);
      question.value ||= asked;
    }
  } finally {
    running = null;
    form.classList.remove("busy");
  }
}

async function runAnswer(exchange, body, signal) {
  for await (const { event, data } of ask(body, signal)) {
    if (event === "passages") {
      exchange.showAsked(data.asked);
      exchange.showPassagesRead(data.passages.length);
    } else if (event === "sentence") {
      const { receipts, ...sentence } = data;
      exchange.addSentence(sentence, receipts);
      announce(sentence.text);
    } else if (event === "done") {
      exchange.finish(data);
      announce(
        data.answered
          ? `Answered with ${counted(data.citations.length, "citation")}`
          : `No answer. ${data.reason ?? ""}`,
      );
      return data;
    } else if (event === "error") {
      throw Object.assign(new Error(data.detail), { title: data.title });
    }
  }
  throw Object.assign(new Error("The connection ended before the answer did."), {
    title: "The answer was cut off.",
  });
}

async function runSearch(exchange, body, signal) {
  const reply = await search(body, signal);
  exchange.finishSearch(reply);
  announce(counted(reply.passages.length, "passage"));
  return reply;
}

function add(asked) {
  welcome.hidden = true;
  const exchange = new Exchange(asked, openSource);
  list.append(exchange.article);
  return exchange;
}

/** Have this tab come back to the conversation when it is loaded again. */
function remember() {
  history.replaceState({ conversation: current.id }, "");
}

/** Show a conversation as it was; of null, a new one. */
function show(id) {
  running?.abort();
  panel.close();
  current = conversation(id) ?? newConversation();
  remember();
  list.replaceChildren();
  welcome.hidden = current.exchanges.length > 0;
  for (const { question: asked, mode, reply } of current.exchanges) {
    const exchange = add(asked);
    if (mode === "answer") {
      exchange.finish(reply);
    } else {
      exchange.finishSearch(reply);
    }
  }
  list.lastElementChild?.scrollIntoView({ block: "start" });
  question.focus();
}

function forgotten(id) {
  if (id === null || id === current.id) {
    show(null);
  }
}

async function start() {
  const ready = await startShell();
  if (ready?.documents === 0) {
    document.getElementById("empty").hidden = false;
    document.getElementById("hint").hidden = true;
    return;
  }
  const [{ documents, total }, models] = await Promise.all([
    getDocuments(MOST_OFFERED),
    getModels(),
  ]);
  document.getElementById("about").textContent = `${counted(total, "document")} can be asked.`;
  filters.offer(documents);
  offerModels(models);
}

function offerModels(names) {
  if (names.length > 0) {
    const field = form.elements.model;
    const named = names.map((name) => element("option", { value: name }, name));
    field.append(...named, element("option", { value: EXTRACTIVE }, "None, only quotes"));
    field.closest("label").hidden = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
});
document.getElementById("stop").addEventListener("click", () => running?.abort());
document.getElementById("new").addEventListener("click", () => show(null));
document.getElementById("show-help").addEventListener("click", () => helpDialog.showModal());
for (const button of document.querySelectorAll("dialog .closes")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
watchKeys({
  "/": () => {
    question.focus();
    return true;
  },
  "?": () => {
    helpDialog.showModal();
    return true;
  },
  Escape: () => {
    if (hideQuote() && !panel.isOpen) {
      return true;
    }
    panel.close();
    return true;
  },
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
});

if (conversation(history.state?.conversation) !== null) {
  show(history.state.conversation);
}
start().catch((problem) => showBanner(problem.message));

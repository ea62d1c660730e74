/** Talks to the service this page came from, and to nothing else. */

import { anotherKey, keyHeaders } from "./access.js";

const MOST_LISTED = 1000;
// How the ids of OpenAI's shape begin that stand for a language model.
const WRITER = "briefqa/";

/** A reply that is no success, as RFC 9457 tells it, or no reply at all. */
export class Problem extends Error {
  constructor(title, detail, status) {
    super(detail || title);
    this.title = title;
    this.status = status;
  }
}

/** The path of a document's id, below any of the routes that take one. */
export function documentPath(docId) {
  return encodeURIComponent(docId).replaceAll("%2F", "/");
}

export async function getReady() {
  return (await fetched("/ready")).json();
}

export async function getDocument(docId) {
  return (await fetched(`/v1/documents/${documentPath(docId)}`)).json();
}

/** A document's canonical text, and the hash that names it. */
export async function getText(docId) {
  const reply = await fetched(`/v1/documents/${documentPath(docId)}/text`);
  const sha256 = reply.headers.get("X-Text-SHA256");
  if (sha256 === null) {
    throw new Problem("No text", "this address does not give the document's text", reply.status);
  }
  return { text: await reply.text(), sha256 };
}

/** The documents of the index, up to `most` of them, and how many there are. */
export async function getDocuments(most = 10_000) {
  const documents = [];
  for (;;) {
    const page = `limit=${MOST_LISTED}&offset=${documents.length}`;
    const reply = await (await fetched(`/v1/documents?${page}`)).json();
    documents.push(...reply.documents);
    const isAll = documents.length >= reply.total || reply.documents.length === 0;
    if (isAll || documents.length >= most) {
      return { documents, total: reply.total };
    }
  }
}

/** The names of the language models that may be asked for; empty where there are none. */
export async function getModels() {
  try {
    const reply = await (await fetched("/v1/models")).json();
    const ids = reply.data.map((model) => String(model.id));
    return ids.filter((id) => id.startsWith(WRITER)).map((id) => id.slice(WRITER.length));
  } catch {
    return [];
  }
}

export async function search(body, signal) {
  return (await posted("/v1/search", body, signal)).json();
}

export async function verify(citations) {
  return (await posted("/v1/verify", { citations })).json();
}

/** Yields `{event, data}` for each event of an answer, as it comes. */
export async function* ask(body, signal) {
  const reply = await posted("/v1/ask", { ...body, stream: true }, signal);
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      // A line break cut in two must not become two of them.
      const lines = (pending + value).replace(/\r\n/g, "\n");
      const parts = lines.split("\n\n");
      pending = parts.pop();
      yield* parts.map(eventOf).filter((each) => each !== null);
    }
  } finally {
    // Whoever has the last event does not read on to the end.
    await reader.cancel().catch(() => {});
  }
}

function eventOf(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) {
      event = line.slice("event:".length).trim();
    } else if (line.startsWith("data:")) {
      data.push(line.slice("data:".length).replace(/^ /, ""));
    }
  }
  return data.length === 0 ? null : { event, data: JSON.parse(data.join("\n")) };
}

async function sent(path, options, key) {
  const headers = { ...options.headers, ...key };
  try {
    return await fetch(path, { credentials: "same-origin", redirect: "error", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Problem("The service cannot be reached", "Is `briefqa serve` still running?", 0);
  }
}

async function posted(path, body, signal) {
  return fetched(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
}

async function fetched(path, options = {}) {
  let began = performance.now();
  let key = keyHeaders();
  let reply = await sent(path, options, key);
  while (reply.status === 401 && (await anotherKey(key, began))) {
    options.signal?.throwIfAborted();
    began = performance.now();
    key = keyHeaders();
    reply = await sent(path, options, key);
  }
  if (reply.ok) {
    return reply;
  }
  let told = {};
  try {
    told = await reply.json();
  } catch {
    // Whatever stands between may answer in its own way.
  }
  throw new Problem(told.title ?? `Status ${reply.status}`, told.detail ?? "", reply.status);
}

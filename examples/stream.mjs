// Streams an answer from a running `briefqa serve`, in Node 18 or newer or in a browser, with
// nothing installed:
//
//     node examples/stream.mjs "How large is the UK's AI investment?"
//
// The address is http://127.0.0.1:8321 unless BRIEFQA_URL says otherwise; BRIEFQA_KEY is the
// key, if the service asks for one. Exits with 3 if the documents do not answer.
//
// A browser's EventSource will not do: it can only send GET, without a body or a key, and a
// question does not belong into an address, which is logged wherever it passes. `fetch` reads
// the same events. In a browser, import `ask` and let the service allow the page's origin with
// BRIEFQA_SERVER__CORS_ORIGINS; a page behind the same proxy needs no leave.

/** Yields each event of an answer as {name, data}; throws where the service refuses. */
export async function* ask(question, { service = "http://127.0.0.1:8321", key, signal } = {}) {
  const reply = await fetch(`${service}/v1/ask`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
    },
    body: JSON.stringify({ question, stream: true }),
    signal, // aborting it stops the answer on the server, too
  });
  if (!reply.ok) {
    const problem = await reply.json();
    throw new Error(`${reply.status}: ${problem.detail}`);
  }
  yield* events(reply.body);
}

/** Reads server-sent events: fields, one a line, and an empty line after each event. */
export async function* events(body) {
  const reader = body.getReader();
  // A chunk may end within a character, so the decoder is told that more will come.
  const decoder = new TextDecoder();
  let rest = "";
  let event = { name: "message", data: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) {
        const [, field, text] = /^([^:]*):? ?(.*)$/.exec(line);
        if (field === "event") {
          event.name = text;
        } else if (field === "data") {
          event.data += text;
        } else if (line === "" && event.data !== "") {
          yield { name: event.name, data: JSON.parse(event.data) };
          event = { name: "message", data: "" };
        }
      }
    }
  } finally {
    await reader.cancel();
  }
}

async function main(question) {
  const service = process.env.BRIEFQA_URL ?? "http://127.0.0.1:8321";
  for await (const { name, data } of ask(question, { service, key: process.env.BRIEFQA_KEY })) {
    if (name === "sentence") {
      console.log(data.text, ...data.citations.map((number) => `[${number}]`));
      for (const receipt of data.receipts) {
        console.log(`  [${receipt.number}] ${receipt.title}: “${receipt.quote}”`);
      }
    } else if (name === "error") {
      throw new Error(data.detail);
    } else if (name === "done") {
      if (!data.answered) {
        console.log(data.reason);
      }
      return data.answered ? 0 : 3;
    }
  }
  throw new Error("the answer ended before it was whole");
}

// Where it is imported, nothing is asked.
if (globalThis.process?.argv[1]?.endsWith("stream.mjs")) {
  try {
    process.exitCode = await main(process.argv[2] ?? "How large is the UK's AI investment?");
  } catch (error) {
    console.error(String(error.cause ?? error.message));
    process.exitCode = 1;
  }
}

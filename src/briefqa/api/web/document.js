/** The page of one document, which links with `#chars=a-b` open at these code points. */

import { getDocument } from "./api.js";
import { charsOf } from "./offsets.js";
import { Reading } from "./reading.js";
import { announce, startShell } from "./shell.js";
import { byline, copyButtons } from "./source.js";
import { element, foreign, outwardLink, shown, webAddress } from "./text.js";

const PREFIX = "/documents/";
const main = document.getElementById("document");

function docIdOf(path) {
  return decodeURIComponent(path.slice(path.indexOf(PREFIX) + PREFIX.length));
}

function about(known) {
  const facts = [
    known.source_url ? ["Address", addressOf(known)] : null,
    known.tags.length > 0 ? ["Tags", known.tags.map((tag) => foreign(tag, { class: "tag" }))] : null,
    ["File", foreign(known.source, { class: "file" })],
    ["Text", `${known.characters.toLocaleString("en")} characters, SHA-256 ${known.text_sha256}`],
  ];
  return element(
    "dl",
    { class: "facts" },
    ...facts
      .filter(Boolean)
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

function addressOf(known) {
  const words = foreign(known.source_url);
  return webAddress(known.source_url) ? outwardLink(known.source_url, words) : words;
}

function head(known) {
  const newer = known.superseded_by.flatMap((docId, index) => {
    const path = `${PREFIX}${encodeURIComponent(docId).replaceAll("%2F", "/")}`;
    return [index > 0 ? ", " : "", element("a", { href: path }, foreign(docId))];
  });
  return element(
    "header",
    { class: "document-head" },
    element("h1", {}, foreign(known.title)),
    element("p", { class: "quiet" }, ...byline(known)),
    newer.length > 0 ? element("p", { class: "notice" }, "Superseded by ", ...newer, ".") : null,
    ...known.notices.map((notice) => element("p", { class: "notice" }, shown(notice))),
    about(known),
    copyButtons(known),
  );
}

/** Mark what the location names, and say so. */
function markLocation(reading, place) {
  const chars = charsOf(location.hash);
  place.hidden = chars === null;
  if (chars === null) {
    return;
  }
  const words = reading.mark(chars.start, chars.end);
  place.textContent =
    words === null
      ? `The text has no characters ${chars.start}–${chars.end}.`
      : `Highlighted: characters ${chars.start}–${chars.end}.`;
  announce(place.textContent);
  reading.scroll();
}

async function start() {
  startShell();
  const docId = docIdOf(location.pathname);
  const known = await getDocument(docId);
  document.title = `${known.title} · briefqa`;
  const reading = await Reading.of(known.doc_id, known.source);
  const place = element("p", { class: "quiet", hidden: true });
  const text = element("article", { id: "text", class: "text", "aria-label": "Text", tabindex: "-1" }, reading.article);
  main.replaceChildren(head(known), place, text);
  markLocation(reading, place);
  addEventListener("hashchange", () => markLocation(reading, place));
}

start().catch((problem) => {
  const title = problem.status === 404 ? "There is no such document" : "The document cannot be shown";
  main.replaceChildren(
    element("h1", {}, title),
    element("p", { class: "notice error" }, shown(problem.message)),
    element("p", {}, element("a", { href: "/documents" }, "All documents")),
  );
});

/** The source of a citation, opened beside the answer at the words it quotes. */

import { documentPath } from "./api.js";
import { copyButton } from "./copying.js";
import { Reading, Standing } from "./reading.js";
import { bibtex, cslJson, ris } from "./references.js";
import { announce } from "./shell.js";
import { element, foreign, outwardLink, placeOf, shown, webAddress } from "./text.js";

/** The buttons that copy a document, or a place in it, in every form. */
export function copyButtons(found) {
  const home = new URL(`/documents/${documentPath(found.doc_id)}`, location.href).href;
  const place = new URL(found.href, location.href).href;
  const quote = found.quote ?? found.text;
  return element(
    "div",
    { class: "copying", role: "group", "aria-label": "Copy" },
    element("span", { class: "quiet", "aria-hidden": "true" }, "Copy"),
    quote ? copyButton("Quote", "Quote", () => quote) : null,
    copyButton("Link", "Link", () => place),
    copyButton("BibTeX", "BibTeX", () => bibtex(found, home)),
    copyButton("RIS", "RIS", () => ris(found, home)),
    copyButton("CSL-JSON", "CSL-JSON", () => cslJson(found, home)),
  );
}

/** Authors, date and place in one line. */
export function byline(found) {
  const parts = [...found.authors.map((name) => foreign(name)), found.published, placeOf(found)];
  return parts
    .filter(Boolean)
    .flatMap((part, index, all) => {
      const isName = index > 0 && index < found.authors.length;
      return index === 0 ? [part] : [isName ? ", " : " · ", part];
    });
}

/** The panel. One source is open at a time; an earlier one that arrives late is dropped. */
export class SourcePanel {
  constructor(panel, { onClose, onStep }) {
    this.panel = panel;
    this.onClose = onClose;
    this.onStep = onStep;
    this.reading = null;
    this.turn = 0;
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** Open at `found`, a citation or a passage; `place` is such as "Citation 1 of 3". */
  async open(found, place) {
    this.turn += 1;
    const turn = this.turn;
    const standing = element("p", { class: "standing", role: "status" }, "Opening …");
    const body = element("div", { class: "text", tabindex: "0", role: "region", "aria-label": "Text" });
    const before = this.panel.contains(document.activeElement) ? document.activeElement : null;
    this.panel.replaceChildren(this.head(found, place), standing, body);
    this.panel.hidden = false;
    document.body.classList.add("reading");
    this.focus(before?.getAttribute("aria-label"));
    try {
      if (this.reading?.docId !== found.doc_id || this.reading.sha256 !== found.text_sha256) {
        this.reading = await Reading.of(found.doc_id, found.source);
      }
      if (turn !== this.turn) {
        return;
      }
      body.append(this.reading.article);
      const state = await this.reading.markFound(found);
      if (turn === this.turn) {
        standing.replaceChildren(...standingWords(state, found));
        standing.dataset.standing = state.standing;
        this.reading.scroll();
      }
    } catch (problem) {
      if (turn === this.turn) {
        standing.textContent = `The source cannot be shown: ${problem.message}`;
        standing.dataset.standing = Standing.GONE;
      }
    }
  }

  close() {
    if (this.isOpen) {
      this.turn += 1;
      this.panel.hidden = true;
      document.body.classList.remove("reading");
      announce("Source closed");
      this.onClose();
    }
  }

  /** Focus the button of that name, so that it can be pressed again, or else the title. */
  focus(name) {
    const buttons = [...this.panel.querySelectorAll("button[aria-label]")];
    const same = buttons.find((button) => button.getAttribute("aria-label") === name);
    (same ?? this.panel.querySelector("h2")).focus();
  }

  head(found, place) {
    const step = (by, label, sign) =>
      element("button", { type: "button", "aria-label": label, on: { click: () => this.onStep(by) } }, sign);
    const close = { type: "button", "aria-label": "Close the source", on: { click: () => this.close() } };
    return element(
      "header",
      {},
      element(
        "div",
        { class: "bar" },
        element("span", { class: "quiet" }, place),
        step(-1, "Previous citation", "←"),
        step(1, "Next citation", "→"),
        element("button", close, "✕"),
      ),
      element("h2", { tabindex: "-1" }, foreign(found.title)),
      element("p", { class: "quiet" }, ...byline(found)),
      found.heading.length > 0
        ? element("p", { class: "quiet heading" }, foreign(found.heading.join(" › ")))
        : null,
      element(
        "p",
        { class: "links" },
        element("a", { href: found.href }, "Open the document’s page"),
        webAddress(found.source_url ?? "") ? outwardLink(found.source_url, "Original ↗") : null,
      ),
      copyButtons(found),
    );
  }
}

function standingWords({ standing, found: now }, found) {
  const name = found.quote ? "The quote" : "The passage";
  switch (standing) {
    case Standing.HOLDS:
      return [`✓ ${name} stands here, letter for letter (characters ${found.start}–${found.end}).`];
    case Standing.MOVED:
      return ["The document has changed since; the quote now stands here."];
    default:
      return now?.href
        ? ["The quote now stands in ", element("a", { href: now.href }, shown(now.title)), "."]
        : [`The document has changed since, and ${name.toLowerCase()} is no longer in it.`];
  }
}

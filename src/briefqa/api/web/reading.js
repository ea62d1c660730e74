/** A document's text laid out, with the words looked for marked, and whether they still stand. */

import { getText, verify } from "./api.js";
import { clearHighlight, highlight } from "./highlight.js";
import { utf16Indices } from "./offsets.js";
import { typeset } from "./typeset.js";

/** What became of the words that were looked for. */
export const Standing = Object.freeze({ HOLDS: "holds", MOVED: "moved", GONE: "gone", SPAN: "span" });

/** The text of one document. */
export class Reading {
  constructor(docId, source, text, sha256) {
    this.docId = docId;
    this.text = text;
    this.sha256 = sha256;
    this.article = typeset(text, source);
    this.marks = [];
  }

  static async of(docId, source) {
    const { text, sha256 } = await getText(docId);
    return new Reading(docId, source, text, sha256);
  }

  /** Mark the code points from `start` to `end`; returns the words there, or null. */
  mark(start, end) {
    clearHighlight(this.article);
    const [from, to] = utf16Indices(this.text, [start, end]);
    if (from < 0 || to < 0) {
      this.marks = [];
      return null;
    }
    this.marks = highlight(this.article, from, to);
    return this.text.slice(from, to);
  }

  /** Mark the words of a citation or passage, and tell whether they are what it says. */
  async markFound(found) {
    const words = found.quote ?? found.text;
    if (this.sha256 === found.text_sha256 && this.mark(found.start, found.end) === words) {
      return { standing: Standing.HOLDS, found };
    }
    this.mark(0, 0);
    const now = found.quote ? (await verify([found])).receipts[0].now : null;
    if (now !== null && now.doc_id === this.docId) {
      if (this.mark(now.start, now.end) === now.quote) {
        return { standing: Standing.MOVED, found: now };
      }
      this.mark(0, 0);
    }
    return { standing: Standing.GONE, found: now };
  }

  /** Bring the marked words into view. */
  scroll() {
    // The first of them may be signs of Markdown, which are hidden.
    const first = this.marks.find((mark) => mark.getClientRects().length > 0);
    first?.scrollIntoView({ block: "center", behavior: "instant" });
  }
}

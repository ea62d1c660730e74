/** Shows an answer: sentences with their verdicts, citations, and what else the reply says. */

import { copyButton } from "./copying.js";
import { byline } from "./source.js";
import { counted, element, foreign, placeOf, shown } from "./text.js";
import { typesetLine, typesetPart } from "./typeset.js";

const VERDICTS = {
  supported: ["✓", "Supported"],
  partly: ["≈", "Partly supported"],
  unsupported: ["?", "Not supported"],
  contradicted: ["✗", "Contradicted"],
};
const LONGEST_LABEL = 160;

/**
 * One exchange on the page, to which a reply is added as it comes.
 *
 * `open(found, place, opener)` opens a source.
 */
export class Exchange {
  constructor(question, open) {
    this.openSource = open;
    this.citations = new Map();
    this.said = [];
    this.asked = element("p", { class: "asked quiet", hidden: true });
    this.note = element("p", { class: "waiting quiet" }, "Looking through the documents …");
    this.sentences = element("ol", { class: "sentences", role: "list" });
    this.after = element("div", { class: "after" });
    const heading = element("h2", { tabindex: "-1" }, foreign(question));
    this.article = element(
      "article",
      { class: "exchange", "aria-busy": "true" },
      heading,
      this.asked,
      this.note,
      this.sentences,
      this.after,
    );
  }

  showAsked(asked) {
    if (asked) {
      this.asked.replaceChildren("Asked as: ", foreign(asked));
      this.asked.hidden = false;
    }
  }

  showPassagesRead(count) {
    this.note.textContent = `Reading ${counted(count, "passage")} …`;
  }

  addSentence(sentence, receipts) {
    for (const citation of receipts) {
      this.citations.set(citation.number, citation);
    }
    this.said.push(sentence);
    const [sign, words] = VERDICTS[sentence.verdict] ?? ["?", sentence.verdict];
    const chips = sentence.citations.map((number) => this.chip(number)).filter(Boolean);
    this.sentences.append(
      element(
        "li",
        { "data-verdict": sentence.verdict },
        element("span", { class: "verdict", title: words, "aria-hidden": "true" }, sign),
        element(
          "div",
          {},
          element("p", {}, typesetLine(sentence.text, this.sourceOf(sentence)), " ", ...chips),
          element("span", { class: "unseen" }, `${words}.`),
          sentence.verdict === "supported" ? null : detailOf(sentence, words),
          sentence.dated ? element("p", { class: "quiet" }, `As of ${sentence.dated}`) : null,
        ),
      ),
    );
  }

  /** The file that a sentence came from, by which its marks are read. */
  sourceOf(sentence) {
    return this.citations.get(sentence.citations[0])?.source ?? "";
  }

  /** The whole answer, which stands in place of what came so far. */
  finish(reply) {
    this.settle();
    this.showAsked(reply.asked);
    // A model's sentences may give way to others, where it failed half-way.
    if (JSON.stringify(this.said) !== JSON.stringify(reply.sentences)) {
      this.said = [];
      this.sentences.replaceChildren();
      for (const sentence of reply.sentences) {
        this.addSentence(sentence, reply.citations);
      }
    }
    if (reply.fault) {
      this.after.append(faultNote(reply));
    }
    if (!reply.answered) {
      this.after.append(this.declined(reply));
      return;
    }
    if (reply.disagreements.length > 0) {
      this.after.append(this.disagreements(reply.disagreements));
    }
    this.after.append(this.sources(reply.citations));
    if (reply.withheld.length > 0) {
      this.after.append(withheld(reply));
    }
    const title = `${counted(reply.passages.length, "passage")} read`;
    this.after.append(
      element("details", {}, element("summary", {}, title), this.passages(reply.passages)),
      element("p", { class: "measures quiet" }, measures(reply), copyButton("Copy answer", "answer", () => plain(reply))),
    );
  }

  /** Passages alone. */
  finishSearch(reply) {
    this.settle();
    if (reply.passages.length === 0) {
      this.after.append(element("p", { class: "notice" }, "No document satisfies the filters."));
    }
    this.after.append(this.passages(reply.passages));
    this.after.append(element("p", { class: "measures quiet" }, measures(reply)));
  }

  fail(problem) {
    this.settle();
    const title = element("strong", {}, problem.title ?? "The page failed");
    this.after.append(element("p", { class: "notice error", role: "alert" }, title, " ", shown(problem.message)));
  }

  stop() {
    this.settle();
    this.after.append(element("p", { class: "notice" }, "Stopped."));
  }

  settle() {
    this.note.remove();
    this.article.removeAttribute("aria-busy");
  }

  chip(number) {
    const citation = this.citations.get(number);
    if (citation === undefined) {
      return null;
    }
    const label = `Citation ${number}: ${shortened(citation.title)}`;
    const chip = element("button", { type: "button", class: "chip", "aria-label": label }, `[${number}]`);
    chip.citation = citation;
    chip.addEventListener("click", () => this.openSource(citation, chip));
    return chip;
  }

  sources(citations) {
    const items = citations.map((citation) => {
      const open = element("button", { type: "button", class: "link" }, foreign(citation.title));
      open.addEventListener("click", () => this.openSource(citation, open));
      const number = element("span", { class: "number", "aria-hidden": "true" }, `[${citation.number}]`);
      const heading = citation.heading.length > 0 ? [" · ", foreign(citation.heading.join(" › "))] : [];
      return element("li", {}, number, element("div", {}, open, element("p", { class: "quiet" }, ...byline(citation), ...heading)));
    });
    return element("section", {}, element("h3", {}, "Sources"), element("ol", { class: "sources", role: "list" }, ...items));
  }

  disagreements(found) {
    const items = found.map((each) => {
      const sides = each.citations.map((number, index) => {
        const date = this.citations.get(number)?.published ?? "undated";
        return element("li", {}, `${date}: `, foreign(each.said[index] ?? ""), " ", this.chip(number));
      });
      return element("li", {}, element("strong", {}, foreign(each.about)), element("ul", {}, ...sides));
    });
    return element(
      "section",
      { class: "notice differing" },
      element("h3", {}, "The documents differ"),
      element("ul", { class: "bare" }, ...items),
    );
  }

  declined(reply) {
    const notice = element(
      "div",
      { class: "notice declined" },
      element("h3", {}, "No answer"),
      element("p", {}, shown(reply.reason ?? "The documents do not seem to answer this.")),
    );
    const isSaid = reply.missing.every((name) => reply.reason?.includes(name));
    if (!isSaid) {
      const names = reply.missing.flatMap((name, index) => [index > 0 ? ", " : "", foreign(name)]);
      notice.append(element("p", {}, "No passage holds: ", element("strong", {}, ...names), "."));
    }
    const section = element("section", {}, notice);
    if (reply.passages.length > 0) {
      section.append(element("h3", {}, "The nearest passages"), this.passages(reply.passages));
    }
    section.append(element("p", { class: "measures quiet" }, measures(reply)));
    return section;
  }

  passages(passages) {
    const items = passages.map((passage) => {
      const open = element("button", { type: "button", class: "link" }, foreign(passage.title));
      open.addEventListener("click", () => this.openSource(passage, open));
      const score = element("span", { class: "score", title: "How well it matches, from 0 to 1" }, passage.score.toFixed(2));
      return element(
        "li",
        {},
        element("div", { class: "bar" }, open, score),
        element("p", { class: "quiet" }, ...byline(passage)),
        typesetPart(passage.text, passage.source),
      );
    });
    return element("ol", { class: "passages", role: "list" }, ...items);
  }
}

/** An answer as plain text, with its sources below. */
export function plain(reply) {
  const sources = reply.citations.map((each) => {
    const about = [each.title, each.authors.join(", "), each.published, placeOf(each)];
    const link = new URL(each.href, location.href).href;
    return `[${each.number}] ${about.filter(Boolean).join(". ")}. ${link}\n    “${each.quote}”`;
  });
  return `${reply.answer}\n\n${sources.join("\n")}\n`;
}

function detailOf(sentence, words) {
  const detail = sentence.detail ? [": ", foreign(sentence.detail)] : ["."];
  return element("p", { class: "detail" }, words, ...detail);
}

function faultNote(reply) {
  const rest = reply.model ? "" : " The answer below is made of the documents’ own sentences.";
  const kind = reply.fault.kind.replaceAll("_", " ");
  return element("p", { class: "notice fault" }, `The language model failed (${kind}): `, shown(reply.fault.detail), rest);
}

function withheld({ withheld: sentences, model }) {
  const items = sentences.map((each) => element("li", {}, foreign(each.text), " ", element("span", { class: "quiet" }, shown(each.detail ?? ""))));
  const instead = model ? "" : "; the documents’ own are shown";
  const title = `${counted(sentences.length, "sentence")} of the model withheld, not being supported${instead}`;
  return element("details", { class: "withheld" }, element("summary", {}, title), element("ul", {}, ...items));
}

function measures(reply) {
  const parts = [
    reply.confidence === undefined ? null : `Confidence ${reply.confidence.toFixed(2)}`,
    `${counted(reply.index.documents, "document")}`,
    reply.undated > 0 ? `${reply.undated} undated left out` : null,
    reply.superseded > 0 ? `${reply.superseded} superseded left out` : null,
    reply.model ? `Written by ${reply.model}` : null,
    `${Math.round(reply.took_ms.total)} ms`,
  ];
  return element("span", {}, shown(parts.filter(Boolean).join(" · ")));
}

function shortened(text) {
  return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL)}…` : text;
}

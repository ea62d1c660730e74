/**
 * Lays a canonical text out for reading, without changing a character of it.
 *
 * The text of what is made equals the text given, so that offsets count in both alike. Marks of
 * Markdown stay where they are and are hidden by the style sheet; nothing that could be a word
 * is ever hidden, but for the addresses of links that can be followed.
 */

import { Lexer, lexer } from "./vendor/marked/marked.esm.js";
import { element, foreign, shown, webAddress } from "./text.js";

const MARKDOWN_NAME = /\.(md|markdown|mdown|mkd)$/i;
const MOST_MARKDOWN = 2_000_000;
// What may stand between two pieces of text and mean only how they are laid out.
const MARKS = /^[\s>|:=*+_~`#\-]*(?:\d{1,9}[.)])?[\s>|:*+_~`#\-]*$/;
const INLINE_NAMES = { strong: "strong", em: "em", del: "del", codespan: "code" };
const BLOCK_NAMES = { paragraph: "p", blockquote: "blockquote", list_item: "li" };

/** Returns an element whose text is `text`; `source` is the name of the file it came from. */
export function typeset(text, source) {
  const tokens = isMarkdown(text, source) ? tokensOf(text, lexer) : null;
  return tokens === null ? plain(text) : new Setter(text, { hasHeadings: true }).set(tokens);
}

/** As `typeset`, for a part shown among others: no headings. */
export function typesetPart(text, source) {
  const tokens = isMarkdown(text, source) ? tokensOf(text, lexer) : null;
  return tokens === null ? plain(text) : new Setter(text).set(tokens);
}

/** As `typesetPart`, for a sentence in a line of ours: no links, for a model may have made them. */
export function typesetLine(text, source) {
  const tokens = isMarkdown(text, source) ? tokensOf(text, Lexer.lexInline) : null;
  if (tokens === null) {
    return foreign(text);
  }
  return new Setter(text, { hasLinks: false }).setInto(element("bdi"), tokens);
}

function isMarkdown(text, source) {
  return MARKDOWN_NAME.test(source) && text.length <= MOST_MARKDOWN;
}

/** The tokens of a Markdown text, or null if they do not make up the text again. */
function tokensOf(text, lex) {
  try {
    const tokens = lex(text);
    return tokens.map((token) => token.raw).join("") === text ? tokens : null;
  } catch {
    return null;
  }
}

function plain(text) {
  const article = element("div", { class: "typeset plain" });
  for (const part of text.split(/(\n{2,})/)) {
    const isGap = part.trim() === "";
    article.append(isGap ? element("span", { class: "marks" }, part) : paragraph(part));
  }
  return article;
}

function paragraph(text) {
  return element("p", { class: "kept", dir: "auto" }, shown(text));
}

/** Walks the tokens and the text together; every character is written exactly once. */
class Setter {
  constructor(text, { hasHeadings = false, hasLinks = true } = {}) {
    this.text = text;
    this.hasHeadings = hasHeadings;
    this.hasLinks = hasLinks;
    this.at = 0;
    this.end = 0;
  }

  set(tokens) {
    return this.setInto(element("div", { class: "typeset" }), tokens);
  }

  setInto(article, tokens) {
    for (const token of tokens) {
      const isHeader = this.at === 0 && token.type === "paragraph" && token.raw.startsWith("Title: ");
      this.end = this.at + token.raw.length;
      if (isHeader) {
        article.append(element("p", { class: "kept header", dir: "auto" }, this.taken(this.end)));
      } else {
        this.block(token, article);
      }
      this.rest(article);
    }
    return article;
  }

  /** The page has its own title above: headings of a text come below it. */
  heading(depth) {
    const name = `h${Math.min(depth + 1, 6)}`;
    return this.hasHeadings
      ? element(name, { dir: "auto" })
      : element("p", { class: "heading", dir: "auto" });
  }

  block(token, into) {
    switch (token.type) {
      case "heading":
        return this.inside(this.heading(token.depth), token, into);
      case "list":
        return this.list(token, into);
      case "table":
        return this.table(token, into);
      case "code":
        return this.code(token, into);
      case "hr":
        return this.whole(element("div", { class: "rule" }), token, into);
      case "html":
      case "def":
        return this.whole(element("p", { class: "kept raw" }), token, into);
      case "text":
        return token.tokens ? this.children(token, into) : this.words(token.raw, into);
      case "space":
        return undefined;
      default:
        return token.type in BLOCK_NAMES
          ? this.inside(element(BLOCK_NAMES[token.type], { dir: "auto" }), token, into)
          : this.inline(token, into);
    }
  }

  list(token, into) {
    const start = token.ordered && token.start !== 1 ? token.start : null;
    const list = element(token.ordered ? "ol" : "ul", { start });
    into.append(list);
    // An item cut off after its sign, as a passage may end, is none.
    for (const item of token.items.filter((each) => each.text.trim() !== "")) {
      this.block({ ...item, type: "list_item" }, list);
    }
  }

  table(token, into) {
    const table = element("table");
    const wide = { class: "wide", tabindex: "0", role: "group", "aria-label": "Table" };
    into.append(element("div", wide, table));
    const rows = [token.header, ...token.rows];
    for (const [index, cells] of rows.entries()) {
      const row = element("tr");
      table.append(row);
      for (const cell of cells) {
        this.inside(element(index === 0 ? "th" : "td", { dir: "auto" }), cell, row);
      }
    }
  }

  code(token, into) {
    const code = element("pre", { tabindex: "0" });
    into.append(code);
    for (const line of token.text.split("\n")) {
      this.words(line, code);
    }
  }

  whole(made, token, into) {
    into.append(made);
    for (const line of token.raw.split("\n")) {
      this.words(line, made);
    }
  }

  inside(made, token, into) {
    into.append(made);
    this.children(token, made);
  }

  children(token, into) {
    for (const child of token.tokens ?? []) {
      this.block(child, into);
    }
  }

  inline(token, into) {
    if (token.type in INLINE_NAMES) {
      const made = element(INLINE_NAMES[token.type]);
      into.append(made);
      return token.tokens ? this.children(token, made) : this.words(token.text, made);
    }
    if (token.type === "link") {
      return this.link(token, into);
    }
    if (token.type === "image") {
      const image = element("span", { class: "image" });
      into.append(image);
      return this.words(token.raw, image);
    }
    if (token.type === "br") {
      // Beside the break that stands in the text, which is only white space.
      into.append(element("br"));
      return undefined;
    }
    return this.words(token.type === "escape" ? token.text : token.raw, into);
  }

  link(token, into) {
    const href = this.hasLinks ? webAddress(token.href) : null;
    const link = element(href ? "a" : "span", {
      href,
      target: href && "_blank",
      rel: href && "noopener noreferrer nofollow",
      title: href && token.title,
    });
    into.append(link);
    const open = this.text.indexOf("[", this.at);
    if (href && token.raw.startsWith("[") && open >= 0 && open < this.end) {
      this.between(open, link);
      link.append(element("span", { class: "marks" }, this.taken(open + 1)));
    }
    this.children(token, link);
    const close = token.raw.slice(token.raw.lastIndexOf("]("));
    if (href && close.startsWith("](") && this.text.startsWith(close, this.at)) {
      link.append(element("span", { class: "marks" }, this.taken(this.at + close.length)));
    }
  }

  /** Writes words of a token where they stand next, line by line. */
  words(raw, into) {
    for (const line of raw.split("\n")) {
      const found = line === "" ? -1 : this.text.indexOf(line, this.at);
      if (found >= 0 && found + line.length <= this.end) {
        this.between(found, into);
        into.append(this.taken(found + line.length));
      }
    }
  }

  /** Writes what stands up to `end`: hidden if it is only marks. */
  between(end, into) {
    const gap = this.text.slice(this.at, end);
    if (!MARKS.test(gap) && gap !== "\\") {
      into.append(this.taken(end));
      return;
    }
    // White space stays: a line break between two words is a space, whatever follows it.
    const space = gap.length - gap.trimStart().length;
    into.append(this.taken(this.at + space));
    if (end > this.at) {
      into.append(element("span", { class: "marks" }, this.taken(end)));
    }
  }

  /** Writes what is left of a block. */
  rest(into) {
    this.between(this.end, into);
  }

  taken(end) {
    const part = shown(this.text.slice(this.at, end));
    this.at = end;
    return part;
  }
}

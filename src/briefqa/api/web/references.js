/** Writes a document down as reference managers read it. Names stay as the document has them. */

import { placeOf, webAddress } from "./text.js";

// Names of bodies are not to be taken apart into first and last.
const BODY = /\b(of|for|and|the|university|institute|centre|center|council|office|endowment)\b/i;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const LATEX = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
};

/** BibTeX; `found` is a citation, a passage or a document, `home` the address of its page here. */
export function bibtex(found, home) {
  const [year, month] = dateParts(found);
  const fields = {
    title: `{${latex(found.title)}}`,
    author: found.authors.map(bibtexName).join(" and ") || null,
    year,
    month: MONTHS[month - 1],
    url: addressOf(found, home).replace(/[{}\\ ]/g, encodeURIComponent),
    note: latex(noteOf(found)) || null,
  };
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `  ${name} = ${name === "month" ? value : `{${value}}`},`);
  return `@misc{${keyOf(found)},\n${lines.join("\n")}\n}\n`;
}

/** RIS, a report. */
export function ris(found, home) {
  const [year, month, day] = dateParts(found);
  const padded = [year, month, day].map((part) => part && String(part).padStart(2, "0"));
  const lines = [
    ["TY", "RPRT"],
    ["TI", found.title],
    ...found.authors.map((name) => ["AU", name]),
    ["PY", year],
    ["DA", year && [padded[0], padded[1] ?? "", padded[2] ?? "", ""].join("/")],
    ["UR", addressOf(found, home)],
    ["N1", noteOf(found)],
    ["ER", ""],
  ];
  return lines
    .filter(([tag, value]) => value || tag === "ER")
    .map(([tag, value]) => `${tag}  - ${oneLine(String(value))}\r\n`)
    .join("");
}

/** CSL-JSON, a list of one item. */
export function cslJson(found, home) {
  const parts = dateParts(found);
  const item = {
    id: keyOf(found),
    type: "report",
    title: found.title,
    author: found.authors.map((name) => ({ literal: name })),
    issued: parts.length > 0 ? { "date-parts": [parts] } : undefined,
    URL: addressOf(found, home),
    note: noteOf(found) || undefined,
  };
  return `${JSON.stringify([item], null, 2)}\n`;
}

/** Year, month and day, as far as they are stated. */
function dateParts(found) {
  return (found.published ?? "").split("-").filter(Boolean).map(Number);
}

function addressOf(found, home) {
  return webAddress(found.source_url ?? "") ?? home;
}

function noteOf(found) {
  const quote = found.quote ? `“${oneLine(found.quote)}”` : null;
  return [quote, placeOf(found)].filter(Boolean).join(", ");
}

function keyOf(found) {
  const words = (text) => text.normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  const name = words(found.authors[0] ?? "").at(-1);
  const word = words(found.title).find((each) => each.length > 3);
  const key = [name, dateParts(found)[0], word].filter(Boolean).join("-").toLowerCase();
  return key || `sha-${found.text_sha256.slice(0, 8)}`;
}

function bibtexName(name) {
  return BODY.test(name) || name.includes(",") ? `{${latex(name)}}` : latex(name);
}

function latex(text) {
  return oneLine(text).replace(/[\\~^&%$#_{}]/g, (sign) => LATEX[sign] ?? `\\${sign}`);
}

function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}

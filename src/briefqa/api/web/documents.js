/** The page that lists what is indexed. */

import { getDocuments } from "./api.js";
import { watchKeys } from "./keys.js";
import { startShell } from "./shell.js";
import { byline } from "./source.js";
import { counted, element, foreign, shown } from "./text.js";

const SHOWN_AT_ONCE = 200;
const ORDERS = {
  newest: (one, other) => order(other.published ?? "", one.published ?? ""),
  oldest: (one, other) => order(one.published ?? "9999", other.published ?? "9999"),
  title: (one, other) => one.title.localeCompare(other.title),
  source: (one, other) => order(one.source, other.source),
};

const form = document.getElementById("find");
const list = document.getElementById("documents");
const count = document.getElementById("count");
const more = document.getElementById("more");
let all = [];
let found = [];

function order(one, other) {
  return Number(one > other) - Number(one < other);
}

function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** What the search box looks at. */
function wordsOf(each) {
  return folded([each.title, each.source, each.published, ...each.authors, ...each.tags].join("\n"));
}

function update() {
  const terms = folded(form.elements.search.value).split(/\s+/).filter(Boolean);
  found = all
    .filter(({ words }) => terms.every((term) => words.includes(term)))
    .map(({ document }) => document)
    .sort(ORDERS[form.elements.sort.value]);
  list.replaceChildren();
  showMore();
}

function showMore() {
  const from = list.childElementCount;
  list.append(...found.slice(from, from + SHOWN_AT_ONCE).map(item));
  const isAll = list.childElementCount >= found.length;
  more.hidden = isAll;
  const some = isAll ? "" : `the first ${list.childElementCount} of `;
  const of = found.length === all.length ? "" : ` of ${all.length.toLocaleString("en")}`;
  count.textContent = `${some}${counted(found.length, "document")}${of}`;
}

function item(each) {
  const tags = each.tags.map((tag) => foreign(tag, { class: "tag" }));
  const isReplaced = each.superseded_by.length > 0;
  return element(
    "li",
    {},
    element("h2", {}, element("a", { href: each.href }, foreign(each.title))),
    element("p", { class: "quiet" }, ...byline(each)),
    each.abstract ? element("p", { class: "abstract", dir: "auto" }, shown(each.abstract)) : null,
    element("p", { class: "quiet" }, foreign(each.source, { class: "file" }), " ", ...tags),
    isReplaced ? element("p", { class: "notice" }, "Superseded by a newer document.") : null,
  );
}

async function start() {
  await startShell();
  const listed = await getDocuments();
  all = listed.documents.map((document) => ({ document, words: wordsOf(document) }));
  if (all.length === 0) {
    count.textContent = "Nothing is indexed yet: `briefqa index FOLDER` indexes a folder.";
    return;
  }
  update();
}

form.addEventListener("input", update);
form.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", showMore);
watchKeys({
  "/": () => {
    form.elements.search.focus();
    return true;
  },
});
start().catch((problem) => {
  count.textContent = `The documents cannot be listed: ${problem.message}`;
});

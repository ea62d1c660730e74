"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const several = data.runs.length > 1;
  const STEP = 40;

  // Everything is added as text: nothing of a document is ever read as markup.
  const make = (tag, name, ...children) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  };
  const apart = (text) => make("bdi", "", text);
  const shown = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);

  const value = (question, run, measure) => {
    const result = question.results[run];
    return result && !result.failed ? result.measures[measure] : null;
  };
  const difference = (question, run, measure) => {
    const first = value(question, 0, measure);
    const second = value(question, run, measure);
    return first === null || second === null ? null : second - first;
  };
  // Of a cost, less is better.
  const gain = (question, run, measure) => {
    const step = difference(question, run, measure);
    return step === null ? null : data.costs.includes(data.measures[measure]) ? -step : step;
  };
  const results = (question, run) =>
    (several ? [question.results[0], question.results[run]] : [question.results[0]]).filter(Boolean);
  const misses = (question, result) =>
    question.relevant.length > 0 && !result.passages.some((passage) => passage[2] > 0);

  const FILTERS = [
    ["all questions", () => true],
    ...(several
      ? [
          ["worse than the first run", (q, run, m) => gain(q, run, m) < -1e-9],
          ["better than the first run", (q, run, m) => gain(q, run, m) > 1e-9],
          ["another ranking", (q, run) => q.moves[run - 1].length > 0],
          ["only in one of the two", (q, run) => !q.results[0] !== !q.results[run]],
        ]
      : []),
    ["nothing relevant in the first 10", (q, run) => results(q, run).some((r) => misses(q, r))],
    ["declined", (q, run) => results(q, run).some((r) => r.answer && !r.answer.answered)],
    ["declined, but answerable",
      (q, run) => q.answerable && results(q, run).some((r) => r.answer && !r.answer.answered)],
    ["answered, but not answerable",
      (q, run) => q.answerable === false && results(q, run).some((r) => r.answer && r.answer.answered)],
    ["failed", (q, run) => results(q, run).some((r) => r.failed)],
  ];
  const last = (a, b) => (a === null) - (b === null);
  const by = (key, sign) => (a, b) => last(key(a), key(b)) || sign * (key(a) - key(b));
  const ORDERS = [
    ...(several
      ? [
          ["largest loss first", (run, m) => by((q) => gain(q, run, m), 1)],
          ["largest gain first", (run, m) => by((q) => gain(q, run, m), -1)],
        ]
      : []),
    ["lowest first", (run, m) => by((q) => value(q, run, m), 1)],
    ["highest first", (run, m) => by((q) => value(q, run, m), -1)],
    ["as in the question set", () => () => 0],
  ];

  const fill = (select, names, from = 0) => {
    names.forEach((name, index) => {
      const option = make("option", "", name);
      option.value = String(index + from);
      select.append(option);
    });
  };
  fill(at("show"), FILTERS.map(([name]) => name));
  fill(at("order"), ORDERS.map(([name]) => name));
  fill(at("measure"), data.measures);
  fill(at("against"), data.runs.slice(1), 1);
  at("against-label").hidden = data.runs.length < 3;

  const words = data.questions.map((question) => {
    const documents = new Set(question.relevant.map(([doc]) => doc));
    question.results.forEach((r) => r && r.passages.forEach((passage) => documents.add(passage[1])));
    const names = [...documents].map((doc) => data.documents[doc]);
    return [question.id, question.text, ...names].join("\n").toLowerCase();
  });

  const marked = (text, marks) => {
    const line = make("p", "text");
    line.dir = "auto";
    let from = 0;
    for (const [start, end, kind] of marks) {
      const name = ["", "cited", "expected", "cited expected"][kind];
      line.append(text.slice(from, start), make("mark", name, text.slice(start, end)));
      from = end;
    }
    line.append(text.slice(from));
    return line;
  };

  const relevance = (grade) =>
    grade > 0 ? make("span", "badge relevant", grade > 1 ? `relevant (${grade})` : "relevant") : null;

  const passageOf = ([rank, doc, grade, score, scores, text, marks]) => {
    const stages = Object.entries(scores).map(([stage, each]) => `${stage} ${shown(each)}`);
    const head = make("summary", "",
      make("span", "rank", `${rank}.`), make("span", "doc", apart(data.documents[doc])),
      relevance(grade), make("span", "score", ` ${shown(score)}${stages.length ? ` · ${stages.join(" · ")}` : ""}`));
    const body = text === null
      ? make("p", "text quiet", "The text is left out to keep this file small.")
      : marked(data.texts[text], marks);
    const made = make("details", grade > 0 ? "p hit" : "p", head, body);
    made.open = rank <= 3 || grade > 0 || marks.length > 0;
    return made;
  };

  const answerOf = (answer) => {
    const confidence = `confidence ${answer.confidence.toFixed(2)}`;
    if (!answer.answered) return make("p", "answer", make("b", "", "Declined"), `, ${confidence}`);
    return make("p", "answer", apart(answer.text), make("span", "quiet", ` (${confidence})`));
  };

  const missing = (question, result) => {
    const found = new Set(result.passages.map((passage) => passage[1]));
    const names = question.relevant.filter(([doc]) => !found.has(doc)).map(([doc]) => data.documents[doc]);
    if (!names.length) return null;
    const line = make("p", "note warn", "Relevant, but not in the first 10: ");
    names.slice(0, 20).forEach((name, index) => line.append(index ? ", " : "", apart(name)));
    if (names.length > 20) line.append(` and ${names.length - 20} more`);
    return line;
  };

  const key = (number) => document.querySelectorAll("header .key")[number].cloneNode(true);

  const columnOf = (question, run) => {
    const column = make("div", "");
    if (several) column.append(make("h4", "", key(run), apart(data.runs[run])));
    const result = question.results[run];
    if (!result) column.append(make("p", "quiet", "This run did not ask it."));
    else if (result.failed) column.append(make("p", "worse", "Failed: ", apart(result.failed)));
    else {
      if (result.answer) column.append(answerOf(result.answer));
      if (!result.passages.length) column.append(make("p", "quiet", "Nothing found."));
      column.append(...result.passages.map(passageOf));
      const absent = missing(question, result);
      if (absent) column.append(absent);
    }
    return column;
  };

  const tableOf = (heads, rows) => {
    const head = make("tr", "", ...heads.map((name) => {
      const cell = make("th", "", name);
      cell.scope = "col";
      return cell;
    }));
    return make("div", "scroll part", make("table", "", make("thead", "", head), make("tbody", "", ...rows)));
  };

  const movesOf = (moves) => {
    const rank = (place) => (place === null ? "not found" : `${place}`);
    const rows = moves.map(([doc, grade, before, after, why]) => {
      const name = make("th", "", apart(data.documents[doc]), " ", relevance(grade));
      name.scope = "row";
      const isUp = after !== null && (before === null || after < before);
      const way = make("td", `way ${grade > 0 ? (isUp ? "better" : "worse") : ""}`, `${rank(before)} → ${rank(after)} ${isUp ? "▲" : "▼"}`);
      return make("tr", "", name, way, make("td", "quiet", why));
    });
    return tableOf(["Document", "Rank", "Why"], rows);
  };

  const measuresOf = (question, runs) => {
    const rows = data.measures.map((measure, index) => {
      const name = make("th", "", apart(measure));
      name.scope = "row";
      return make("tr", "", name, ...runs.map((run) => make("td", "number", shown(value(question, run, index)))));
    });
    const heads = ["Measure", ...runs.map((run) => (several ? data.runs[run] : "Value"))];
    return make("details", "part", make("summary", "", "All measures of this question"), tableOf(heads, rows));
  };

  const inside = (question, run) => {
    const made = make("div", "inside");
    if (question.expected.length) {
      made.append(make("h4", "", "Expected"), make("div", "part", ...question.expected.slice(0, 10).map(([doc, text]) =>
        make("blockquote", "", apart(text || "(no words given)"), make("span", "score quiet", " · ", apart(data.documents[doc]))))));
    }
    if (question.problems.length) {
      made.append(...question.problems.map((problem) => make("p", "note warn part", apart(problem))));
    }
    const moves = several ? question.moves[run - 1] : [];
    if (moves.length) made.append(make("h4", "", "What moved, and why"), movesOf(moves));
    const runs = several ? [0, run] : [0];
    made.append(make("div", "side part", ...runs.map((each) => columnOf(question, each))));
    made.append(measuresOf(question, runs));
    return made;
  };

  const worth = (question, run, measure) => {
    const now = value(question, run, measure);
    if (!several) return make("span", "worth", make("b", "", shown(now)));
    const step = difference(question, run, measure);
    const name = step === null || Math.abs(step) < 1e-9 ? "same" : gain(question, run, measure) > 0 ? "better" : "worse";
    return make("span", "worth", `${shown(value(question, 0, measure))} → ${shown(now)} `,
      make("b", name, step === null ? "–" : name === "same" ? "0" : signed(step)));
  };

  const item = (question, run, measure) => {
    const flags = [];
    if (question.answerable === false) flags.push(make("span", "badge", "not answerable"), " ");
    if (results(question, run).some((r) => r.failed)) flags.push(make("span", "badge", "failed"), " ");
    const ask = make("span", "ask", make("span", "id", apart(question.id)), apart(question.text), " ", ...flags);
    const made = make("details", "q", make("summary", "", ask, worth(question, run, measure)));
    made.addEventListener("toggle", () => {
      if (made.open && made.childElementCount === 1) made.append(inside(question, run));
    });
    return made;
  };

  let chosen = [];
  let state = [1, 0];
  const more = () => {
    const list = at("list");
    const next = chosen.slice(list.childElementCount, list.childElementCount + STEP);
    list.append(...next.map((question) => item(question, ...state)));
    const left = chosen.length - list.childElementCount;
    at("more").hidden = left <= 0;
    at("more").textContent = `Show ${Math.min(STEP, left)} more of ${left.toLocaleString("en")}`;
  };
  const choose = () => {
    const run = several ? Number(at("against").value || 1) : 0;
    const measure = Number(at("measure").value || 0);
    const sought = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [, fits] = FILTERS[Number(at("show").value)];
    const [, order] = ORDERS[Number(at("order").value)];
    chosen = data.questions.filter((question, index) =>
      sought.every((word) => words[index].includes(word)) && fits(question, run, measure));
    chosen.sort(order(run, measure));
    state = [run, measure];
    const all = data.questions.length.toLocaleString("en");
    at("count").textContent = `${chosen.length.toLocaleString("en")} of ${all} questions`;
    at("list").replaceChildren();
    more();
  };

  at("controls").hidden = false;
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["show", "measure", "against", "order"]) at(id).addEventListener("change", choose);
  let waiting = 0;
  at("find").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(choose, 150);
  });
  at("more").addEventListener("click", () => {
    const first = at("list").childElementCount;
    more();
    const next = at("list").children[first];
    if (next) next.querySelector("summary").focus();
  });
  choose();
})();

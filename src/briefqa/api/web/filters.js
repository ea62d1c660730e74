/** What a question is held to: dates, an author, a tag. */

import { element, foreign } from "./text.js";

const NAMES = ["since", "as_of", "author", "tag"];

/** The fields of the form, and the marks that say which are set. */
export class Filters {
  constructor(form) {
    this.fields = Object.fromEntries(NAMES.map((name) => [name, form.elements[name]]));
    this.summary = document.getElementById("filter-summary");
    this.chips = document.getElementById("filters-set");
    for (const field of Object.values(this.fields)) {
      field.addEventListener("input", () => this.show());
    }
    document.getElementById("clear-filters").addEventListener("click", () => this.clear());
    this.show();
  }

  /** Offer the authors and tags that the documents have. */
  offer(documents) {
    fill(this.fields.author, documents.flatMap((each) => each.authors));
    fill(this.fields.tag, documents.flatMap((each) => each.tags));
  }

  /** The part of a request that says them. */
  request() {
    const { since, as_of: asOf, author, tag } = this.fields;
    const filters = [];
    if (author.value) {
      filters.push({ field: "author", op: "=", value: author.value });
    }
    if (tag.value) {
      filters.push({ field: "tag", op: "=", value: tag.value });
    }
    return {
      ...(filters.length > 0 && { filters }),
      ...(since.value && { since: since.value }),
      ...(asOf.value && { as_of: asOf.value }),
    };
  }

  clear() {
    for (const field of Object.values(this.fields)) {
      field.value = "";
    }
    this.show();
  }

  show() {
    const { since, as_of: asOf, author, tag } = this.fields;
    const set = [
      [since, "From "],
      [asOf, "Until "],
      [author, "By "],
      [tag, "Tagged "],
    ].filter(([field]) => field.value);
    this.summary.textContent = set.length > 0 ? `Filters (${set.length})` : "Filters";
    this.chips.replaceChildren(
      ...set.map(([field, label]) => {
        const remove = () => {
          field.value = "";
          this.show();
        };
        const attributes = { type: "button", class: "small", "aria-label": `Remove: ${label}${field.value}` };
        return element("button", { ...attributes, on: { click: remove } }, label, foreign(field.value), " ✕");
      }),
    );
  }
}

function fill(field, values) {
  const counts = new Map();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const names = [...counts.keys()].sort((one, other) => one.localeCompare(other));
  for (const name of names) {
    field.append(element("option", { value: name }, `${name} (${counts.get(name)})`));
  }
  field.disabled = names.length === 0;
}

/** The dialog of earlier conversations. */

import { conversations, forget, forgetAll } from "./conversations.js";
import { announce } from "./shell.js";
import { element, foreign } from "./text.js";

const WHEN = { dateStyle: "medium", timeStyle: "short" };

/** `onOpen(id)` shows one; `onForgotten(id)` is told of what is gone, null for all. */
export class Earlier {
  constructor({ onOpen, onForgotten }) {
    this.dialog = document.getElementById("earlier");
    this.list = document.getElementById("earlier-list");
    this.clear = document.getElementById("clear-history");
    this.onOpen = onOpen;
    this.onForgotten = onForgotten;
    document.getElementById("show-history").addEventListener("click", () => this.show());
    this.clear.addEventListener("click", () => {
      forgetAll();
      announce("History cleared");
      this.fill();
      this.onForgotten(null);
    });
  }

  show() {
    this.fill();
    this.dialog.showModal();
  }

  fill() {
    const found = conversations();
    this.clear.hidden = found.length === 0;
    this.list.replaceChildren(
      ...(found.length > 0
        ? found.map((each) => this.item(each))
        : [element("li", { class: "quiet" }, "Nothing yet.")]),
    );
  }

  item({ id, started, exchanges }) {
    const first = exchanges[0]?.question ?? "";
    const open = element("button", { type: "button", class: "link" }, foreign(first));
    open.addEventListener("click", () => {
      this.dialog.close();
      this.onOpen(id);
    });
    const remove = element("button", { type: "button", class: "small", "aria-label": `Forget: ${first}` }, "✕");
    remove.addEventListener("click", () => {
      forget(id);
      this.fill();
      this.onForgotten(id);
    });
    const when = new Date(started).toLocaleString([], WHEN);
    const about = `${when} · ${exchanges.length} asked`;
    return element("li", {}, element("div", {}, open, element("p", { class: "quiet" }, about)), remove);
  }
}

/** Puts a text on the clipboard. */

import { announce } from "./shell.js";
import { element } from "./text.js";

const SHOWN_MS = 1600;

/** A button that copies what `text` returns, and says so. */
export function copyButton(label, name, text) {
  const button = element("button", { type: "button", class: "small" }, label);
  button.setAttribute("aria-label", `Copy ${name}`);
  button.addEventListener("click", async () => {
    const isCopied = await copied(text());
    announce(isCopied ? `Copied ${name}` : "Your browser does not let this page copy");
    button.textContent = isCopied ? "Copied" : "Not copied";
    setTimeout(() => {
      button.textContent = label;
    }, SHOWN_MS);
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS, other than on this machine, browsers have only the old way.
    return copiedBySelection(text);
  }
}

function copiedBySelection(text) {
  const field = element("textarea", { class: "unseen", "aria-hidden": "true" });
  field.value = text;
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
  }
}

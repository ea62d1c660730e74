/** The key that a service may ask for: kept until this tab is closed, and nowhere else. */

import { element } from "./text.js";

const NAME = "briefqa.key";
// What a header can carry.
const SENDABLE = /^[\x20-\x7e]+$/;

// Where nothing can be kept, it holds until the page is left.
let current = read();
let asking = null;
let declinedAt = -Infinity;

/** The headers that show the key, if there is one. */
export function keyHeaders() {
  return current === null ? {} : { Authorization: `Bearer ${current}` };
}

/**
 * Ask for another key than the one that `headers` showed, unless there is one by now.
 * Returns whether there is. All who ask meanwhile wait for the same dialog, and whoever had begun
 * before it was closed without one does not open it again.
 */
export async function anotherKey(headers, began) {
  if (asking === null && headers.Authorization !== keyHeaders().Authorization) {
    return true;
  }
  if (asking === null && began < declinedAt) {
    return false;
  }
  asking ??= askForKey(headers.Authorization !== undefined).then((isGiven) => {
    asking = null;
    declinedAt = isGiven ? declinedAt : performance.now();
    return isGiven;
  });
  return asking;
}

/** Show the button that forgets the key, if there is one. */
export function startAccess() {
  if (current === null || document.getElementById("forget-key") !== null) {
    return;
  }
  const forget = () => {
    keep(null);
    // What the key let this page show goes as well.
    location.reload();
  };
  const attributes = { type: "button", id: "forget-key", on: { click: forget } };
  document.querySelector(".tools").prepend(element("button", attributes, "Forget key"));
}

function askForKey(isWrong) {
  const field = element("input", {
    type: "password",
    id: "key",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "key-about key-wrong",
    "aria-invalid": isWrong ? "true" : null,
  });
  const wrong = element("p", { id: "key-wrong", class: "notice error", role: "alert", hidden: !isWrong }, isWrong ? "The service does not accept this key." : "");
  const cancel = element("button", { type: "button" }, "Cancel");
  const form = element(
    "form",
    {},
    element("h2", { id: "key-title" }, "This service asks for a key"),
    element("p", { id: "key-about" }, "Whoever runs it can give you one. It is kept until you close this tab."),
    wrong,
    element("label", { for: "key" }, "Key"),
    field,
    element("div", { class: "choices" }, element("button", { type: "submit", class: "main" }, "Use this key"), cancel),
  );
  const dialog = element("dialog", { id: "ask-key", "aria-labelledby": "key-title" }, form);
  return new Promise((resolve) => {
    let isGiven = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = field.value.trim();
      if (!SENDABLE.test(given)) {
        wrong.textContent = "A key is made of letters, digits and signs of ASCII.";
        wrong.hidden = false;
        field.setAttribute("aria-invalid", "true");
        field.focus();
        return;
      }
      keep(given);
      isGiven = true;
      dialog.close();
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(isGiven);
    });
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

function read() {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

function keep(key) {
  current = key;
  try {
    if (key === null) {
      sessionStorage.removeItem(NAME);
    } else {
      sessionStorage.setItem(NAME, key);
    }
  } catch {
    // Storage is off.
  }
  startAccess();
}

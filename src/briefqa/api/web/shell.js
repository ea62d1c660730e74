/** What every page has: colours, the banner, and a voice for screen readers. */

import { startAccess } from "./access.js";
import { getReady } from "./api.js";
import { element } from "./text.js";

const THEMES = ["system", "light", "dark"];
const THEME_LABELS = { system: "Auto", light: "Light", dark: "Dark" };

/** Say `text` to screen readers. */
export function announce(text) {
  const voice = document.getElementById("voice");
  voice.append(element("p", {}, text));
  while (voice.childElementCount > 6) {
    voice.firstElementChild.remove();
  }
}

/** A value kept in this browser; null if there is none, or nothing can be kept. */
export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(`briefqa.${name}`));
  } catch {
    return null;
  }
}

/** Keep a value in this browser; returns whether it was. */
export function keep(name, value) {
  try {
    localStorage.setItem(`briefqa.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Start what every page has; returns what `/ready` says, or null if it says nothing. */
export async function startShell() {
  startTheme();
  startAccess();
  try {
    const ready = await getReady();
    if (ready.status !== "ready") {
      showBanner(`Answers come from an older state of the index: ${ready.reason}`);
    }
    return ready;
  } catch (problem) {
    showBanner(`${problem.title ?? "The page failed"}: ${problem.message}`);
    return null;
  }
}

export function showBanner(text) {
  const banner = document.getElementById("banner");
  banner.textContent = text;
  banner.hidden = false;
}

function startTheme() {
  const button = document.getElementById("theme");
  // The theme itself is read before the first paint, as plain text.
  let theme = document.documentElement.dataset.theme ?? "system";
  const label = () => {
    button.textContent = THEME_LABELS[theme];
    button.setAttribute("aria-label", `Colours: ${THEME_LABELS[theme]}. Change`);
  };
  label();
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    if (theme === "system") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = theme;
    }
    keepTheme(theme);
    label();
    announce(`Colours: ${THEME_LABELS[theme]}`);
  });
}

function keepTheme(theme) {
  try {
    localStorage.setItem("briefqa.theme", theme);
  } catch {
    // It holds until the page is left.
  }
}

/** The keyboard, where no field is being written in. */

const WRITES = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";

/** Call the function of `actions` that a pressed key names; it returns whether it did something. */
export function watchKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    const isWriting = event.target.matches?.(WRITES) ?? false;
    if ((isWriting && event.key !== "Escape") || document.querySelector("dialog[open]")) {
      return;
    }
    if (actions[event.key]?.(event)) {
      event.preventDefault();
    }
  });
}

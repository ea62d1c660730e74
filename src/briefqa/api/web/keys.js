/** The keyboard, where no field is being written in. */

const WRITES = "input:not([type=radio]), textarea, select";
// Where arrows have a meaning of their own.
const MOVES = "input, .wide, pre";

/** Call the function of `actions` that a pressed key names; it returns whether it did something. */
export function watchKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    const isMoving = event.key.startsWith("Arrow") && event.target.matches(MOVES);
    const isWriting = event.target.matches(WRITES) && event.key !== "Escape";
    if (isWriting || isMoving || document.querySelector("dialog[open]")) {
      return;
    }
    if (actions[event.key]?.(event)) {
      event.preventDefault();
    }
  });
}

/** Conversations, kept in this browser and nowhere else. */

import { keep, kept } from "./shell.js";

const MOST_KEPT = 30;
const NAME = "conversations";

/** The conversations kept, the newest first: `{id, started, exchanges}`. */
export function conversations() {
  const found = kept(NAME);
  return Array.isArray(found) ? found.filter((each) => Array.isArray(each?.exchanges)) : [];
}

export function conversation(id) {
  return conversations().find((each) => each.id === id) ?? null;
}

/** An empty conversation; it is kept once there is something in it. */
export function newConversation() {
  const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  return { id, started: new Date().toISOString(), exchanges: [] };
}

/** Keep `current` in front, and as many others as there is room for. */
export function keepConversation(current) {
  let others = conversations()
    .filter((each) => each.id !== current.id)
    .slice(0, MOST_KEPT - 1);
  while (!keep(NAME, [current, ...others])) {
    if (others.length === 0) {
      return false;
    }
    others = others.slice(0, Math.floor(others.length / 2));
  }
  return true;
}

export function forget(id) {
  keep(NAME, conversations().filter((each) => each.id !== id));
}

export function forgetAll() {
  keep(NAME, []);
}

/** Shows the quote of the citation that the pointer or the focus is on. */

import { byline } from "./source.js";
import { element, foreign } from "./text.js";
import { typesetLine } from "./typeset.js";

const LONGEST_QUOTE = 420;
const MARGIN_PX = 8;
const HIDE_AFTER_MS = 180;

/** Watch the chips; returns a function that hides the quote, and tells whether one was shown. */
export function watchChips() {
  const tip = element("div", { id: "quote", role: "tooltip", hidden: true });
  document.querySelector("main").append(tip);
  let shownFor = null;
  let timer = 0;

  const hide = () => {
    clearTimeout(timer);
    const wasShown = shownFor !== null;
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    tip.hidden = true;
    return wasShown;
  };
  const show = (chip) => {
    clearTimeout(timer);
    if (chip === shownFor) {
      return;
    }
    hide();
    shownFor = chip;
    fill(tip, chip.citation);
    chip.setAttribute("aria-describedby", tip.id);
    tip.hidden = false;
    put(tip, chip);
  };
  const chipOf = (event) => (event.target.closest ? event.target.closest(".chip") : null);
  document.addEventListener("focusin", (event) => {
    const chip = chipOf(event);
    return chip ? show(chip) : hide();
  });
  document.addEventListener("pointerover", (event) => {
    const chip = event.pointerType === "touch" ? null : chipOf(event);
    if (chip) {
      show(chip);
    } else if (tip.contains(event.target)) {
      clearTimeout(timer);
    } else if (shownFor !== null && shownFor !== document.activeElement) {
      // The pointer may be on its way from the chip to the quote.
      clearTimeout(timer);
      timer = setTimeout(hide, HIDE_AFTER_MS);
    }
  });
  addEventListener("scroll", hide, { passive: true, capture: true });
  return hide;
}

function fill(tip, citation) {
  const quote = citation.quote.length > LONGEST_QUOTE ? `${citation.quote.slice(0, LONGEST_QUOTE)}…` : citation.quote;
  tip.replaceChildren(
    element("p", { class: "words" }, "“", typesetLine(quote, citation.source), "”"),
    element("p", { class: "quiet" }, foreign(citation.title)),
    element("p", { class: "quiet" }, ...byline(citation)),
  );
}

function put(tip, chip) {
  const place = chip.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = Math.min(place.left, document.documentElement.clientWidth - width - MARGIN_PX);
  const isRoomAbove = place.top > height + MARGIN_PX;
  tip.style.left = `${Math.max(left, MARGIN_PX)}px`;
  tip.style.top = `${isRoomAbove ? place.top - height - 4 : place.bottom + 4}px`;
}

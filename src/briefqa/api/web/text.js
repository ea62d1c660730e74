/** Makes the page's elements. Text from elsewhere is only ever a text node, never markup. */

// Marks that turn the direction of what follows them, up to the end of the paragraph.
const TURNING = /([\u202A-\u202E\u2066-\u2069]+)/u;
const SAFE_PROTOCOLS = new Set(["http:", "https:"]);

/**
 * Make an element.
 *
 * `attributes` may hold `on`, an object of listeners; null and false are left out, true is an
 * empty attribute. Children are elements or strings.
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, listener] of Object.entries(value)) {
        made.addEventListener(event, listener);
      }
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? "" : String(value));
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Text of a document, such that no mark in it turns what stands around it. */
export function shown(text) {
  const parts = document.createDocumentFragment();
  for (const [index, part] of text.split(TURNING).entries()) {
    if (index % 2 === 0) {
      parts.append(part);
    } else {
      parts.append(element("span", { class: "turning", "data-sign": signs(part) }, part));
    }
  }
  return parts;
}

function signs(marks) {
  return [...marks]
    .map((mark) => `U+${mark.codePointAt(0).toString(16).toUpperCase()}`)
    .join(" ");
}

/** A text of its own in a line of ours: a title, a name. */
export function foreign(text, attributes = {}) {
  return element("bdi", attributes, shown(text));
}

/** The address if it leads to a web page, or else null: `javascript:` and its like run nothing. */
export function webAddress(text) {
  try {
    const address = new URL(text);
    return SAFE_PROTOCOLS.has(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

/** A link that leaves the service, if the address is that of a web page. */
export function outwardLink(address, ...children) {
  const href = webAddress(address);
  if (href === null) {
    return element("span", {}, ...children);
  }
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

/** A count with its noun: "1 document", "2 documents". */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Where a person finds a span: "line 12", "page 3". */
export function placeOf(found) {
  for (const unit of ["page", "line", "paragraph", "row"]) {
    if (found[unit] !== null && found[unit] !== undefined) {
      return `${unit} ${found[unit]}`;
    }
  }
  return null;
}

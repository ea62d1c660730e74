/** Marks a stretch of a text that stands in many elements. */

/**
 * Wrap what stands from `from` to `to`, UTF-16 indices into the text of `article`.
 *
 * Returns the marks in reading order; their texts together are that stretch.
 */
export function highlight(article, from, to) {
  const marks = [];
  let at = 0;
  for (const found of textsIn(article)) {
    const length = found.length;
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, length)];
    at += length;
    if (start < end) {
      marks.push(wrapped(found, start, end));
    }
  }
  return marks;
}

export function clearHighlight(article) {
  for (const mark of article.querySelectorAll("mark")) {
    mark.replaceWith(...mark.childNodes);
  }
  article.normalize();
}

function textsIn(article) {
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    found.push(walker.currentNode);
  }
  return found;
}

function wrapped(text, start, end) {
  const middle = start > 0 ? text.splitText(start) : text;
  if (end - start < middle.length) {
    middle.splitText(end - start);
  }
  const mark = document.createElement("mark");
  middle.replaceWith(mark);
  mark.append(middle);
  return mark;
}

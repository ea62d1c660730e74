/**
 * Code points, which the service counts in, and UTF-16 units, which strings here count in.
 */

/** The UTF-16 index of each of `points`, ascending code point offsets; -1 past the end. */
export function utf16Indices(text, points) {
  const indices = [];
  let index = 0;
  let seen = 0;
  for (const point of points) {
    while (seen < point && index < text.length) {
      index += text.codePointAt(index) > 0xffff ? 2 : 1;
      seen += 1;
    }
    indices.push(seen === point ? index : -1);
  }
  return indices;
}

/** The offsets of `#chars=a-b`, or null if a location names none. */
export function charsOf(hash) {
  const found = /^#chars=(\d{1,10})-(\d{1,10})$/.exec(hash);
  if (found === null) {
    return null;
  }
  const [start, end] = [Number(found[1]), Number(found[2])];
  return start < end ? { start, end } : null;
}

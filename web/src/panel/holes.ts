/** Slots such as {amount} that stand unfilled in a reply: where they are, and the reply with them completed. No I/O. */

/** Words, or a hole with its name. */
export type Piece = { text: string; hole: null } | { text: string; hole: string };

const SLOT = /\{\{?\s*([\p{L}_][\p{L}\p{N}_]{0,39})\s*\}?\}/gu;

/** The text in pieces, holes and what is between them, in order. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(SLOT)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), hole: null });
    found.push({ text: match[0], hole: match[1]! });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), hole: null });
  return found;
}

/** The names of the holes of a text, each once. */
export function holesOf(text: string): string[] {
  return [...new Set(pieces(text).flatMap(({ hole }) => hole ?? []))];
}

/** The text with its holes filled as far as there is something to fill them with. */
export function completed(text: string, values: Readonly<Record<string, string>>): string {
  return pieces(text)
    .map((piece) => (piece.hole === null ? piece.text : values[piece.hole]?.trim() || piece.text))
    .join("");
}

/** Where the first hole lies, in characters. */
export function firstHole(text: string): { start: number; end: number; name: string } | null {
  const match = text.matchAll(SLOT).next().value;
  return match ? { start: match.index, end: match.index + match[0].length, name: match[1]! } : null;
}

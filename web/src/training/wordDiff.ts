/** How one wording became another, word by word. No I/O. */

export interface Piece {
  kind: "same" | "gone" | "new";
  text: string;
}

/** The words of a text with everything between them: joined they are the text again. */
export function words(text: string): string[] {
  return text.match(/\{[a-z_]+\}|[\p{Script=Han}]|[\p{L}\p{N}]+|\s+|[^\p{L}\p{N}\s]/gu) ?? [];
}

/** The pieces in order; of a change first what is gone, then what is new. */
export function wordDiff(old: string, now: string): Piece[] {
  const [a, b] = [words(old), words(now)];
  const common = longestCommon(a, b);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) add(pieces, "same", (j++, a[i++]!));
    else if (i < a.length && (j >= b.length || common[i + 1]![j]! >= common[i]![j + 1]!)) add(pieces, "gone", a[i++]!);
    else add(pieces, "new", b[j++]!);
  }
  return pieces;
}

function add(pieces: Piece[], kind: Piece["kind"], text: string): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

/** Length of the longest common part of the ends from i and j on. */
function longestCommon(a: string[], b: string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}

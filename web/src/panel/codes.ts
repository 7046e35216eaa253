/** The tree of wrap-up codes, as groups of codes that can be picked. */
import type { WrapUpCode } from "@/wire";

export interface CodeGroup {
  root: WrapUpCode;
  /** The codes under the root that have none below them; the root itself where it has no children. */
  leaves: WrapUpCode[];
}

export function groupCodes(codes: readonly WrapUpCode[]): CodeGroup[] {
  const children = (code: WrapUpCode): WrapUpCode[] => codes.filter((other) => other.parent === code.code);
  const leaves = (code: WrapUpCode): WrapUpCode[] => {
    const below = children(code);
    return below.length ? below.flatMap(leaves) : [code];
  };
  return codes.filter((code) => code.parent === null).map((root) => ({ root, leaves: leaves(root) }));
}

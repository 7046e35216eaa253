import type { ErrorCode, OutcomeKind, Receipt, Role } from "@/wire";
import type { zh } from "./zh";

/** Keys that follow from the wire: a new error code or outcome without a text does not compile. */
type WireKey = `error.${ErrorCode}` | `outcome.${OutcomeKind}` | `role.${Role}` | `receipt.${keyof Receipt}`;

export type Key = keyof typeof zh | WireKey;
export type Locale = "zh" | "en";

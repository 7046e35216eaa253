import { describe, expect, it } from "vitest";
import { wordDiff } from "@/training/wordDiff";

describe("wordDiff", () => {
  it("marks what is gone and what is new, by word and by Chinese character", () => {
    expect(wordDiff("We answer in 3 days.", "We answer within 3 days.")).toEqual([
      { kind: "same", text: "We answer " },
      { kind: "gone", text: "in" },
      { kind: "new", text: "within" },
      { kind: "same", text: " 3 days." },
    ]);
    expect(wordDiff("请打挂失电话", "请马上打挂失电话")).toContainEqual({ kind: "new", text: "马上" });
  });
  it("gives both texts back whole", () => {
    const [old, now] = ["{customer_name}您好，不收费。", "您好{customer_name}，免费 {number} 次。"];
    const pieces = wordDiff(old, now);
    expect(pieces.filter((p) => p.kind !== "new").map((p) => p.text).join("")).toBe(old);
    expect(pieces.filter((p) => p.kind !== "gone").map((p) => p.text).join("")).toBe(now);
  });
});

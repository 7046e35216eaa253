/** One ping: when it left and came back on our clock, and the server's clock in between (all Unix seconds). */
export interface ClockSample {
  sent: number;
  received: number;
  server: number;
}

const KEEP = 16;

/** The samples with one more; only the latest are kept. */
export function addSample(samples: readonly ClockSample[], sample: ClockSample): ClockSample[] {
  return [...samples, sample].slice(-KEEP);
}

/** Seconds to add to our clock to get the server's: the median over the quicker half of the round trips; 0 if none. */
export function clockOffset(samples: readonly ClockSample[]): number {
  const quick = [...samples]
    .sort((a, b) => a.received - a.sent - (b.received - b.sent))
    .slice(0, Math.max(1, Math.ceil(samples.length / 2)));
  const offsets = quick.map((s) => s.server - (s.sent + s.received) / 2).sort((a, b) => a - b);
  const middle = Math.floor(offsets.length / 2);
  if (offsets.length === 0) return 0;
  return offsets.length % 2 ? offsets[middle]! : (offsets[middle - 1]! + offsets[middle]!) / 2;
}

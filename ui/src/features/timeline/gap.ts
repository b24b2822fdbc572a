// A gap as it is drawn. Pure.

interface Part {
  start: number;
  end: number;
}

/**
 * A gap less the footage at its ends: one stream may be back a little before the other, and what can be watched is not
 * hatched. A gap within footage stays whole: at that scale the footage is told as one piece.
 */
export function withoutFootage(gap: { start: number; end: number | null }, spans: readonly Part[], now: number): Part {
  let start = gap.start;
  let end = gap.end ?? now;
  for (const span of spans) {
    if (span.start <= gap.start && span.end > start && span.end < end) start = span.end;
    else if (span.start > start && span.start < end && span.end >= (gap.end ?? now)) end = span.start;
  }
  return { start, end };
}

// The chronology as it is read: each correction stands with what it corrects, where that stood. Pure.

import type { IncidentNote, NoteId, UtcMicros } from '../../lib/backend/backend';

export interface ChronologyLine {
  /** The note as it holds now: the last correction, or itself. */
  note: IncidentNote;
  /** What it replaced, the first first: struck through, and readable. */
  before: IncidentNote[];
  at: UtcMicros;
}

/** One line for each note that was not a correction, in the order of the moments they are about. */
export function chronology(notes: readonly IncidentNote[]): ChronologyLine[] {
  const by_id = new Map<NoteId, IncidentNote>(notes.map((each) => [each.note.id, each]));
  const corrected = new Set(notes.flatMap((each) => (each.corrects !== null && by_id.has(each.corrects) ? [each.corrects] : [])));
  const lines: ChronologyLine[] = [];
  for (const last of notes) {
    if (corrected.has(last.note.id)) continue;
    const before: IncidentNote[] = [];
    const seen = new Set([last.note.id]);
    let id = last.corrects;
    while (id !== null && !seen.has(id)) {
      const earlier = by_id.get(id);
      if (!earlier) break;
      seen.add(id);
      before.unshift(earlier);
      id = earlier.corrects;
    }
    lines.push({ note: last, before, at: before[0]?.note.at ?? last.note.at });
  }
  // A note that was corrected twice: each correction has its line.
  return lines.sort((a, b) => a.at - b.at || a.note.note.created - b.note.note.created);
}

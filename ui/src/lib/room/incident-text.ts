// What an incident's sheet says, as it is typed in; and what becomes of two that were typed at once. Pure.

import type { CameraId, IncidentText, UnitId, UtcMicros } from '../backend/backend';

/** The sheet as a form has it: paper forms one a line. */
export type IncidentFields = Omit<IncidentText, 'forms'> & { forms: string };

export const MOST_FORMS = 16;

export function emptyText(detected: UtcMicros): IncidentText {
  return {
    title: '', category: null, severity: 'medium', source: 'camera', detected, occurred: null, ended: null, unit: null,
    road: '', place: '', forces: '', outcome: null, outcome_note: '', forms: [],
  };
}

/** Seen on a camera: unit and place are the camera's. */
export function textOfCamera(camera: { id: CameraId; code: string; name: string; unit: UnitId | null; place: string } | null, detected: UtcMicros): IncidentText {
  const text = emptyText(detected);
  if (!camera) return text;
  const place = [camera.name, camera.place].filter(Boolean).join(', ');
  return { ...text, occurred: detected, unit: camera.unit, place: place.slice(0, 200) };
}

export function fieldsOf(text: IncidentText): IncidentFields {
  return { ...text, forms: text.forms.join('\n') };
}

export function textOf(fields: IncidentFields): IncidentText {
  const word = (text: string) => text.normalize('NFC').trim();
  return {
    title: word(fields.title),
    category: fields.category,
    severity: fields.severity,
    source: fields.source,
    detected: fields.detected,
    occurred: fields.occurred,
    ended: fields.ended,
    unit: fields.unit,
    road: word(fields.road),
    place: word(fields.place),
    forces: word(fields.forces),
    outcome: fields.outcome,
    outcome_note: word(fields.outcome_note),
    forms: fields.forms.split('\n').map(word).filter(Boolean),
  };
}

export type TextField = keyof IncidentText;
export const FIELDS: readonly TextField[] = [
  'title', 'category', 'severity', 'source', 'detected', 'occurred', 'ended', 'unit', 'road', 'place', 'forces', 'outcome', 'outcome_note', 'forms',
];

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function sameText(a: IncidentText, b: IncidentText): boolean {
  return changed(a, b).length === 0;
}

/** Fields in which two sheets differ. */
export function changed(a: IncidentText, b: IncidentText): TextField[] {
  return FIELDS.filter((field) => !same(a[field], b[field]));
}

export interface Merged {
  /** Mine, with what only the other one changed. */
  text: IncidentText;
  /** Fields that both changed, each to something else: a person chooses. */
  clashes: TextField[];
  /** Fields that were taken over from the other one. */
  taken: TextField[];
}

/** Two changes of one sheet, made at once: `base` is what both began with. Nothing is dropped without being named. */
export function merge(base: IncidentText, mine: IncidentText, theirs: IncidentText): Merged {
  const text: IncidentText = { ...mine };
  const clashes: TextField[] = [];
  const taken: TextField[] = [];
  for (const field of FIELDS) {
    const [i_did, they_did] = [!same(base[field], mine[field]), !same(base[field], theirs[field])];
    if (!they_did || same(mine[field], theirs[field])) continue;
    if (i_did) clashes.push(field);
    else {
      Object.assign(text, { [field]: theirs[field] });
      taken.push(field);
    }
  }
  return { text, clashes, taken };
}

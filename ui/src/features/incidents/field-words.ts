// What the fields of a sheet are called, and what they say.

import type { IncidentText } from '../../lib/backend/backend';
import type { TextField } from '../../lib/room/incident-text';
import type { RoomState } from '../../lib/room/room.svelte';
import { momentText } from '../../lib/time/time';
import { outcomeText, severityText, sourceText } from '../../lib/words/incidents';
import { m } from '../../lib/words/words.svelte';

const NAMES: Record<TextField, () => string> = {
  title: () => m.inc_title(),
  category: () => m.category(),
  severity: () => m.severity(),
  source: () => m.source(),
  detected: () => m.inc_detected(),
  occurred: () => m.inc_occurred(),
  ended: () => m.inc_ended(),
  unit: () => m.field_unit(),
  road: () => m.inc_road(),
  place: () => m.inc_place(),
  forces: () => m.inc_forces(),
  outcome: () => m.outcome(),
  outcome_note: () => m.outcome_note(),
  forms: () => m.inc_forms(),
};

export function fieldName(field: TextField): string {
  return NAMES[field]();
}

/** What a field says, for a person. */
export function fieldText(text: IncidentText, field: TextField, room: RoomState): string {
  switch (field) {
    case 'category':
      return text.category ? room.categoryName(text.category) : m.category_none();
    case 'severity':
      return severityText(text.severity);
    case 'source':
      return sourceText(text.source);
    case 'outcome':
      return text.outcome ? outcomeText(text.outcome) : m.outcome_none();
    case 'unit':
      return room.unitName(text.unit) ?? m.inc_empty();
    case 'forms':
      return text.forms.join('; ') || m.inc_empty();
    case 'detected':
    case 'occurred':
    case 'ended': {
      const at = text[field];
      return at === null ? m.inc_empty() : momentText(at);
    }
    default:
      return text[field] || m.inc_empty();
  }
}

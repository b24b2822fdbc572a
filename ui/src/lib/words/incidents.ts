// The words of incidents: states, moves, severities, where the room learned of it, outcomes.

import type { IncidentSource, IncidentState, Outcome, Severity } from '../backend/backend';
import { m } from './words.svelte';

const STATES: Record<IncidentState, () => string> = {
  new: () => m.incident_new(),
  verifying: () => m.incident_verifying(),
  handling: () => m.incident_handling(),
  waiting: () => m.incident_waiting(),
  closed: () => m.incident_closed(),
  reopened: () => m.incident_reopened(),
  cancelled: () => m.incident_cancelled(),
};

export function stateText(state: IncidentState): string {
  return STATES[state]();
}

/** What the button says that moves an incident there. */
export function moveText(from: IncidentState, to: IncidentState): string {
  if (from === 'waiting' && to === 'closed') return m.move_approve();
  if (from === 'waiting' && to !== 'cancelled') return m.move_send_back();
  if (to === 'waiting') return m.move_submit();
  if (to === 'reopened') return m.move_reopen();
  if (to === 'cancelled') return m.move_cancel();
  return stateText(to);
}

/** Sent back, opened again, cancelled: the station wants to know why. */
export function wantsReason(from: IncidentState, to: IncidentState): boolean {
  return to === 'cancelled' || to === 'reopened' || (from === 'waiting' && to !== 'closed');
}

/** Closed or cancelled: nothing is written into it until it is opened again. */
export function isOver(state: IncidentState): boolean {
  return state === 'closed' || state === 'cancelled';
}

/** The way of an incident; what leads off it comes last. */
export const WAY: readonly IncidentState[] = ['new', 'verifying', 'handling', 'waiting', 'closed', 'reopened', 'cancelled'];

export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
const SEVERITY: Record<Severity, () => string> = {
  low: () => m.severity_low(),
  medium: () => m.severity_medium(),
  high: () => m.severity_high(),
  critical: () => m.severity_critical(),
};

export function severityText(severity: Severity): string {
  return SEVERITY[severity]();
}

export const SOURCES: readonly IncidentSource[] = ['camera', 'report', 'phone', 'patrol', 'other'];
const SOURCE: Record<IncidentSource, () => string> = {
  camera: () => m.source_camera(),
  report: () => m.source_report(),
  phone: () => m.source_phone(),
  patrol: () => m.source_patrol(),
  other: () => m.source_other(),
};

export function sourceText(source: IncidentSource): string {
  return SOURCE[source]();
}

export const OUTCOMES: readonly Outcome[] = ['handled', 'transferred', 'watching', 'no_violation', 'false_report'];
const OUTCOME: Record<Outcome, () => string> = {
  handled: () => m.outcome_handled(),
  transferred: () => m.outcome_transferred(),
  watching: () => m.outcome_watching(),
  no_violation: () => m.outcome_no_violation(),
  false_report: () => m.outcome_false_report(),
};

export function outcomeText(outcome: Outcome): string {
  return OUTCOME[outcome]();
}

// The shifts of a day as a person types them. Pure.

import type { ShiftPlan } from '../../lib/backend/backend';

export interface PlanRow {
  name: string;
  /** As typed: `6:00`, `14h30`. */
  begin: string;
}

export const SHIFTS_MOST = 6;

/** Minutes after midnight; null: no time. */
export function minuteOf(typed: string): number | null {
  const found = /^(\d{1,2})(?:[:hg.](\d{2})?)?$/.exec(typed.trim());
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? 0)];
  return hour > 23 || minute > 59 ? null : hour * 60 + minute;
}

export function minuteName(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

export function rowsOf(plan: ShiftPlan): PlanRow[] {
  return plan.shifts.map((shift) => ({ name: shift.name, begin: minuteName(shift.begin_min) }));
}

/** What a row cannot stay like. */
export type PlanFault = 'no_name' | 'same_name' | 'no_time' | 'same_time';

export function faultOf(rows: readonly PlanRow[], at: number): PlanFault | null {
  const row = rows[at];
  if (!row) return null;
  const others = rows.filter((_, other) => other !== at);
  const name = row.name.normalize('NFC').trim();
  if (name === '') return 'no_name';
  if (others.some((other) => other.name.normalize('NFC').trim() === name)) return 'same_name';
  const minute = minuteOf(row.begin);
  if (minute === null) return 'no_time';
  return others.some((other) => minuteOf(other.begin) === minute) ? 'same_time' : null;
}

/** In the order of their begin; null: some row cannot be. */
export function planOf(rows: readonly PlanRow[]): ShiftPlan | null {
  if (rows.length === 0 || rows.length > SHIFTS_MOST || rows.some((_, at) => faultOf(rows, at) !== null)) return null;
  const shifts = rows.map((row) => ({ name: row.name.normalize('NFC').trim(), begin_min: minuteOf(row.begin) ?? 0 }));
  return { shifts: shifts.sort((a, b) => a.begin_min - b.begin_min) };
}

/** How long each shift is, in minutes, in the order of the plan. */
export function lengthsOf(plan: ShiftPlan): number[] {
  const { shifts } = plan;
  return shifts.map((shift, at) => {
    const next = shifts[(at + 1) % shifts.length]?.begin_min ?? shift.begin_min;
    return (next - shift.begin_min + 1440 - 1) % 1440 + 1;
  });
}

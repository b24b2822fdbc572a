// The daily sheet of camera conditions: which day, and what stands out in it. Pure.

import type { CameraDay, UtcMicros } from '../../lib/backend/backend';

/** Local midnight so many days after the day that holds `at`. */
export function midnight(at: UtcMicros, days = 0): UtcMicros {
  const day = new Date(at / 1000);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime() * 1000;
}

/** Somebody should look at it: it was lost for a minute, or a minute is missing in its recording. */
export function stands_out(day: CameraDay): boolean {
  return day.lost_s >= 60 || day.missing_s >= 60;
}

export interface DaySums {
  cameras: number;
  /** Lost for a minute at least. */
  lost: number;
  /** A minute at least is missing in the recording. */
  missing: number;
  /** Of them because of a disk. */
  disk: number;
  /** Mean share with pictures of those that were measured; null: none was. */
  live: number | null;
}

export function sumsOf(days: readonly CameraDay[]): DaySums {
  const measured = days.flatMap((day) => (day.live === null ? [] : [day.live]));
  return {
    cameras: days.length,
    lost: days.filter((day) => day.lost_s >= 60).length,
    missing: days.filter((day) => day.missing_s >= 60).length,
    disk: days.filter((day) => day.disk_s >= 60).length,
    live: measured.length === 0 ? null : measured.reduce((sum, share) => sum + share, 0) / measured.length,
  };
}

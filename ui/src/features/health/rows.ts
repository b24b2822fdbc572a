// The table of all cameras' health: its rows, what they are sorted and found by. Pure.

import type { Camera, CameraFlag, CameraHealth, Session } from '../../lib/backend/backend';
import { cameraView, leading, type CameraPhase } from '../../lib/room/cameras';
import { fits } from '../../lib/words/fold';

export interface HealthRow {
  camera: Camera;
  phase: CameraPhase;
  session: Session | null;
  health: CameraHealth | null;
  unit: string;
}

export type Column = 'code' | 'name' | 'state' | 'up' | 'losses' | 'fps' | 'bitrate' | 'size' | 'key' | 'loss' | 'clock' | 'flags';

const PHASES: Record<CameraPhase, number> = { lost: 0, stalled: 1, connecting: 2, live: 3 };
/** What everybody has says nothing about the one: unencrypted streams are told, not counted. */
export const isHeavy = (flag: CameraFlag): boolean => flag !== 'plain_rtsp';

export function rowsOf(cameras: readonly Camera[], health: readonly CameraHealth[], unitOf: (camera: Camera) => string, query: string): HealthRow[] {
  const by_id = new Map(health.map((each) => [each.camera, each]));
  return cameras
    .map((camera) => {
      const live = camera.sessions.find((s) => s.state.phase === 'live' && s.which === 'main') ?? camera.sessions.find((s) => s.state.phase === 'live');
      return { camera, phase: cameraView(camera).phase, session: live ?? leading(camera), health: by_id.get(camera.id) ?? null, unit: unitOf(camera) };
    })
    .filter((row) => fits(query, row.camera.code, row.camera.name, row.camera.place, row.unit));
}

function value(row: HealthRow, column: Column): number | string | null {
  const stats = row.phase === 'live' ? row.session?.stats : null;
  switch (column) {
    case 'code':
      return row.camera.code;
    case 'name':
      return row.camera.name;
    case 'state':
      return PHASES[row.phase];
    case 'up':
      return row.health?.up_day ?? null;
    case 'losses':
      return row.health?.losses_day ?? null;
    case 'fps':
      return stats?.fps ?? null;
    case 'bitrate':
      return stats?.bitrate_bps ?? null;
    case 'size':
      return stats && stats.height_px > 0 ? stats.height_px : null;
    case 'key':
      return stats?.key_interval_s ?? null;
    case 'loss':
      return stats?.loss ?? null;
    case 'clock':
      return stats?.clock_offset_us == null ? null : Math.abs(stats.clock_offset_us);
    case 'flags':
      return row.health ? row.health.flags.filter(isHeavy).length : null;
  }
}

/** Sorted, what is not known last either way; equal ones by code. */
export function sortRows(rows: readonly HealthRow[], column: Column, down: boolean): HealthRow[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    const by_code = a.camera.code.localeCompare(b.camera.code, 'vi', { numeric: true });
    if (x === null || y === null) return x === y ? by_code : x === null ? 1 : -1;
    const order = typeof x === 'string' ? x.localeCompare(String(y), 'vi', { numeric: true }) : x - Number(y);
    return sign * order || by_code;
  });
}

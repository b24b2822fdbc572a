// Every kind of alarm, in the order of a list to choose from.

import type { AlarmKind } from '../../lib/backend/backend';

const ALL: Record<AlarmKind, true> = {
  camera_lost: true, camera_undecodable: true, not_recording: true, no_volume: true, recording_overload: true, volume_failed: true, volume_missing: true,
  volume_foreign: true, volume_full: true, files_damaged: true, index_rebuilt: true, overloaded: true, workers_failing: true, station_crashed: true, clock_stepped: true, seal_opened: true, backup_overdue: true,
  audit_failing: true, checkpoint_away: true,
};
export const KINDS = Object.keys(ALL) as AlarmKind[];

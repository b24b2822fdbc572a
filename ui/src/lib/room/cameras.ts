// A camera's state as the screens say it, from its sessions. Pure.

import type { Camera, Session, SessionState } from '../backend/backend';

/** `stalled`: connected, but nothing comes. `lost`: no connection. */
export type CameraPhase = 'live' | 'connecting' | 'stalled' | 'lost';

export interface CameraView {
  phase: CameraPhase;
  /** The session that says so. */
  state: SessionState | null;
}

/** The small stream speaks for the camera; one stream alone speaks for itself. Any live stream makes it live. */
export function cameraView(camera: Camera): CameraView {
  const live = camera.sessions.find((s) => s.state.phase === 'live');
  if (live) return { phase: 'live', state: live.state };
  const session = leading(camera);
  if (!session) return { phase: 'connecting', state: null };
  const { state } = session;
  switch (state.phase) {
    case 'stalled':
      return { phase: 'stalled', state };
    case 'retrying':
      return { phase: 'lost', state };
    default:
      // Connecting again after a loss is still a loss to whoever looks at the tile.
      return { phase: state.reason !== null ? 'lost' : 'connecting', state };
  }
}

/** The session that stands for the camera: sub, else main; idle ones only if there is no other. */
export function leading(camera: Camera): Session | null {
  const awake = camera.sessions.filter((s) => s.state.phase !== 'idle');
  const from = awake.length > 0 ? awake : camera.sessions;
  return from.find((s) => s.which === 'sub') ?? from[0] ?? null;
}

/** Width / height of what the camera sends, if known. */
export function aspectOf(camera: Camera | undefined, large: boolean): number | null {
  const wanted = large ? 'main' : 'sub';
  const known = camera?.sessions.filter((s) => s.stats.width_px > 0 && s.stats.height_px > 0) ?? [];
  const session = known.find((s) => s.which === wanted) ?? known[0];
  return session ? session.stats.width_px / session.stats.height_px : null;
}

// The health of the station in memory: plausible figures, the same for the same time. Part of fake.ts.

import type { Camera, CameraFlag, CameraHealth, Commands, History, HistoryFigure, RoomStatus } from './backend';

const SECOND_US = 1_000_000;
const now = () => Date.now() * 1000;

type Asked = 'health.station' | 'health.cameras' | 'health.camera' | 'health.history';
export type HealthHandlers = { [K in Asked]: (args: Commands[K]['args']) => Commands[K]['reply'] };

/** Between 0 and 1, wandering slowly, another for each seed. */
function wave(seed: number, at_s: number): number {
  const of = (period: number, phase: number) => Math.sin((at_s / period) * 2 * Math.PI + phase + seed * 1.7);
  return 0.5 + 0.22 * of(86_400, 1) + 0.14 * of(4700, 2) + 0.09 * of(610, 3) + 0.05 * of(97, 4);
}

const STATION: Partial<Record<HistoryFigure, (w: number) => number>> = {
  cpu: (w) => 0.12 + 0.2 * w,
  memory: (w) => 2.1e8 + 2e7 * w,
  network: (w) => 6.1e8 + 6e7 * w,
  disk_write: (w) => 6e8 + 6e7 * w,
  latency: (w) => 60 + 60 * w,
  painted: (w) => 14 + w,
  live: () => 239,
  recording: () => 239,
};
const CAMERA: Partial<Record<HistoryFigure, (w: number) => number>> = {
  network: (w) => 2.6e6 + 8e5 * w,
  fps: (w) => 14.6 + 0.5 * w,
  loss: (w) => Math.max(0, w - 0.8) * 0.03,
  up: () => 1,
};

function health(camera: Camera, i: number): CameraHealth {
  const dark = camera.sessions.every((s) => s.state.phase !== 'live');
  const flags: CameraFlag[] = [];
  if (i % 11 === 5) flags.push('default_password');
  flags.push('plain_rtsp');
  if (i % 7 === 2) flags.push('clock_off');
  if (i % 9 === 4) flags.push('key_frames_rare');
  const losses = dark ? 2 : i % 5 === 0 ? 1 : 0;
  return { camera: camera.id, up_day: dark ? 0.962 : losses > 0 ? 0.9981 : 1, up_week: dark ? 0.991 : 0.9996, losses_day: losses, losses_week: losses * 3, flags };
}

export function fakeHealth(room: { cameras(): Camera[]; status(): RoomStatus }): HealthHandlers {
  const started = now() - 29 * 3600 * SECOND_US;
  const find = (id: string) => room.cameras().findIndex((camera) => camera.id === id);
  return {
    'health.station': () => ({
      started, status: room.status(), cores: 2, memory_bytes: 8.2e9, disk_write_bps: 6.3e8, clock_synchronised: true, now: now(),
      workers: [0, 1].map((n) => ({ pid: 4120 + n, restarts: n, dropped: n * 12, cpu_core: 0.11 + n * 0.02, rss_bytes: 8.4e7, streams: Math.ceil(room.cameras().length / 2) })),
    }),
    'health.cameras': () => room.cameras().map(health),
    'health.camera': (id) => {
      const i = find(id);
      const camera = room.cameras()[i];
      if (!camera) throw new Error('no camera');
      const known = health(camera, i);
      const lost = (hours: number, seconds: number) => ({ id: `${id}${hours}`, camera: id, lost: now() - hours * 3600 * SECOND_US, back: now() - hours * 3600 * SECOND_US + seconds * SECOND_US, reason: 'unreachable' as const });
      const standing = camera.sessions.find((s) => s.state.reason !== null);
      const losses = known.losses_day > 0 ? [lost(5, 74), lost(31, 640), lost(90, 22)] : [];
      if (standing) losses.unshift({ ...lost(0, 0), id: `${id}now`, lost: standing.state.since, back: null as unknown as number });
      return { health: known, sessions: camera.sessions, losses };
    },
    'health.history': ({ camera, span }): History => {
      const [length_s, step_s] = span === 'hour' ? [3600, 10] : span === 'day' ? [86_400, 300] : [604_800, 600];
      const to = now();
      const seed = camera === null ? 0 : find(camera) + 1;
      const at: number[] = [];
      for (let s = length_s; s >= 0; s -= step_s) {
        // The station did not run for a while.
        if (span !== 'hour' && s > length_s * 0.62 && s < length_s * 0.66) continue;
        at.push(to - s * SECOND_US);
      }
      const figures = Object.entries(camera === null ? STATION : CAMERA) as [HistoryFigure, (w: number) => number][];
      return {
        from: to - length_s * SECOND_US, to, step_us: step_s * 2.5 * SECOND_US, at,
        series: figures.map(([figure, of], n) => ({ figure, values: at.map((t) => of(wave(seed + n, t / SECOND_US))) })),
      };
    },
  };
}

// Chooses the way to the station.

import type { Backend } from './backend';
import { SocketBackend } from './socket';
import { inWindowProgram, TauriBackend } from './tauri';

export async function openBackend(): Promise<Backend> {
  const wanted = new URLSearchParams(location.search);
  if (import.meta.env.DEV && wanted.has('fake')) {
    const { FakeBackend } = await import('./fake');
    return new FakeBackend(Number(wanted.get('fake')), wanted);
  }
  const url = websocketAddress(location.search);
  if (url) return new SocketBackend(url, wanted.get('window') ?? 'main');
  if (inWindowProgram()) return new TauriBackend();
  throw new Error('neither a window program nor a station address');
}

/** The part after `ws=` whole: it has its own `?token=`, which need not be escaped. Loopback only. */
export function websocketAddress(search: string): string | null {
  const raw = /[?&]ws=(.*)$/.exec(search)?.[1];
  if (!raw) return null;
  const url = raw.startsWith('ws%3A') || raw.startsWith('ws%3a') ? decodeURIComponent(raw.split('&')[0] ?? '') : raw;
  return /^ws:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+\//.test(url) ? url : null;
}

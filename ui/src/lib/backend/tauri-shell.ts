// The window program around the page.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { asFailure, type CameraId } from './backend';
import type { Autostart, CloseChoice, Monitor, Place, Shell, ShellEvent } from './shell';

async function ask<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw asFailure(thrown);
  }
}

export class TauriShell implements Shell {
  on(fn: (event: ShellEvent) => void): () => void {
    const stop = listen<ShellEvent>('window', ({ payload }) => fn(payload));
    return () => void stop.then((off) => off());
  }

  answer = (choice: CloseChoice) => ask<void>('window_answer', { choice });
  setBare = (bare: boolean) => ask<void>('window_bare', { bare });
  monitors = () => ask<Monitor[]>('window_monitors');
  newWall = (monitor: Monitor | null) => ask<void>('window_new', { monitor });
  autostart = () => ask<Autostart>('autostart_get');
  setAutostart = (wanted: Autostart) => ask<Autostart>('autostart_set', { wanted });
  keepPlace = (place: Place) => ask<void>('place_keep', { place });
  pick = (what: 'folder' | 'file', title: string) => ask<string | null>('path_pick', { what, title });
  tray = () => ask<boolean>('tray_get');
  listen = (camera: CameraId | null) => ask<void>('audio_listen', { camera });
}

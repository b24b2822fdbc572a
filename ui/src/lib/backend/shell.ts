// The window around the page, where there is one: closing, further windows, the frame, sound. Implemented for the window
// program (tauri-shell.ts) and for tests and design work (fake-shell.ts); a page in a browser has none.

import type { CameraId, UtcMicros } from './bindings/wire';

/** What a person chose when the window was to be closed; `shown`: the page shows the question. */
export type CloseChoice = 'shown' | 'leave' | 'stop' | 'cancel';

/** A monitor, in device pixels of the desktop. */
export interface Monitor {
  /** What the system calls it; may be empty. */
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** This window stands on it. */
  here: boolean;
}

export interface Autostart {
  on: boolean;
  /** It opens as a wall alone. */
  bare: boolean;
}

/** Whose sound is heard, or why not. */
export interface AudioNow {
  camera: CameraId | null;
  state: 'off' | 'waiting' | 'playing' | 'no_audio' | 'lost' | 'no_device' | 'unsupported';
}

/** What the window program tells its page. */
export type ShellEvent = { kind: 'close_asked' } | { kind: 'bare'; bare: boolean } | { kind: 'audio'; audio: AudioNow };

/** Where the eye is in a window. */
export interface Place {
  view: string;
}

/** What is known of the window from its beginning. */
export interface ShellInfo {
  bare: boolean;
  /** The window before this one crashed then, and this one came in its place. */
  came_back: UtcMicros | null;
  /** Where the eye was when it was last open. */
  place: Place | null;
  /** Ask at once whether everything is to be stopped. */
  ask_close: boolean;
}

export interface Shell {
  on(fn: (event: ShellEvent) => void): () => void;
  /** Rejects with a `Failure` when the station does not stop. */
  answer(choice: CloseChoice): Promise<void>;
  setBare(bare: boolean): Promise<void>;
  monitors(): Promise<Monitor[]>;
  /** Opens a further wall, on a monitor if one is named. */
  newWall(monitor: Monitor | null): Promise<void>;
  autostart(): Promise<Autostart>;
  /** Answers what stands on the disk then. */
  setAutostart(wanted: Autostart): Promise<Autostart>;
  /** Whether the room's mark is in the desktop's tray. */
  tray(): Promise<boolean>;
  /** For the next beginning of the page, also after a crash. */
  keepPlace(place: Place): Promise<void>;
  /** Lets a person choose a folder or a file in the desktop's own dialog; null: none was chosen. */
  pick(what: 'folder' | 'file', title: string): Promise<string | null>;
  /** Hears this camera from now on; null: nothing. */
  listen(camera: CameraId | null): Promise<void>;
}

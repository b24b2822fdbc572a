// The window as the page knows it: its frame, the question of its close button, and whose sound is heard.

import { asFailure, type Backend, type CameraId, type UtcMicros, type WindowInfo } from '../backend/backend';
import type { AudioNow, CloseChoice, Monitor, Place, Shell } from '../backend/shell';

/** Between the two presses that close the window. */
const QUIT_TWICE_MS = 3000;
/** A place that holds so long is worth keeping. */
const PLACE_RESTS_MS = 400;

export class ShellState {
  /** Absent: the page is in a browser. */
  readonly here: Shell | null;
  /** The window's name: `main`, `wall-2`, ... */
  name = $state('main');
  /** Only the wall is to be seen. */
  bare = $state(false);
  /** The close button was pressed. */
  closing = $state(false);
  monitors = $state.raw<Monitor[]>([]);
  audio = $state.raw<AudioNow>({ camera: null, state: 'off' });
  #quit_ms = 0;
  #place_timer: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend) {
    this.here = backend.shell();
  }

  get main(): boolean {
    return this.name === 'main';
  }

  /** How a path is chosen; absent: the page is in a browser, where it is typed. */
  picker(what: 'folder' | 'file', title: string): (() => Promise<string | null>) | undefined {
    const { here } = this;
    return here ? () => here.pick(what, title).catch(() => null) : undefined;
  }

  /** Begins with what the window says of itself. Answers when the one before it crashed, if it did. */
  take(info: WindowInfo): UtcMicros | null {
    this.name = info.window;
    this.bare = info.bare ?? false;
    if (info.ask_close) this.closing = true;
    return info.came_back ?? null;
  }

  /** Listens to the window; answers how to stop. */
  join(): () => void {
    void this.lookForMonitors();
    return (
      this.here?.on((event) => {
        if (event.kind === 'close_asked') {
          this.closing = true;
          // At once: a page that says nothing counts as dead.
          void this.here?.answer('shown').catch(() => {});
        } else if (event.kind === 'bare') this.bare = event.bare;
        else this.audio = event.audio;
      }) ?? (() => {})
    );
  }

  async lookForMonitors(): Promise<void> {
    try {
      this.monitors = (await this.here?.monitors()) ?? [];
    } catch (thrown) {
      console.warn('monitors', asFailure(thrown).problem.detail);
    }
  }

  /** True: that was the second press, and the window closes. The station goes on. */
  quit(now_ms = performance.now()): boolean {
    const twice = this.#quit_ms > 0 && now_ms - this.#quit_ms <= QUIT_TWICE_MS;
    this.#quit_ms = twice ? 0 : now_ms;
    if (twice) void this.here?.answer('leave').catch(() => {});
    return twice;
  }

  async answer(choice: CloseChoice): Promise<void> {
    if (choice === 'cancel') this.closing = false;
    await this.here?.answer(choice);
  }

  /** Keeps where the eye is, when it rests. */
  keepPlace(place: Place): void {
    clearTimeout(this.#place_timer);
    this.#place_timer = setTimeout(() => void this.here?.keepPlace(place).catch(() => {}), PLACE_RESTS_MS);
  }

  toggleBare(): void {
    void this.here?.setBare(!this.bare);
  }

  /** Hears this camera; the one that is heard already, or none: silence. */
  async listen(camera: CameraId | null): Promise<void> {
    const wanted = camera === null || camera === this.audio.camera ? null : camera;
    this.audio = { camera: wanted, state: wanted === null ? 'off' : 'waiting' };
    await this.here?.listen(wanted);
  }
}

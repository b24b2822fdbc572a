// A window in memory, for tests and for work on the screens.

import type { AudioNow, Autostart, CloseChoice, Monitor, Place, Shell, ShellEvent } from './shell';

export class FakeShell implements Shell {
  readonly #fns = new Set<(event: ShellEvent) => void>();
  /** Everything that was asked, for tests. */
  readonly calls: unknown[][] = [];
  #autostart: Autostart = { on: false, bare: false };
  /** What the camera that is listened to answers. */
  sound: AudioNow['state'] = 'playing';
  /** What was kept last. */
  place: Place | null = null;
  /** What is chosen in a dialog; null: what is usual. */
  picked: string | null = null;
  /** The next answer fails so. */
  failing: Error | null = null;

  on(fn: (event: ShellEvent) => void): () => void {
    this.#fns.add(fn);
    return () => this.#fns.delete(fn);
  }

  say(event: ShellEvent): void {
    for (const fn of this.#fns) fn(event);
  }

  async answer(choice: CloseChoice): Promise<void> {
    this.calls.push(['answer', choice]);
    const { failing } = this;
    this.failing = null;
    if (failing) throw failing;
  }

  async setBare(bare: boolean): Promise<void> {
    this.calls.push(['bare', bare]);
    this.say({ kind: 'bare', bare });
  }

  async monitors(): Promise<Monitor[]> {
    return [
      { name: 'DP-1', x: 0, y: 0, width: 1920, height: 1080, here: true },
      { name: 'HDMI-1', x: 1920, y: 0, width: 3840, height: 2160, here: false },
    ];
  }

  async newWall(monitor: Monitor | null): Promise<void> {
    this.calls.push(['new', monitor?.name ?? null]);
  }

  async autostart(): Promise<Autostart> {
    return this.#autostart;
  }

  async setAutostart(wanted: Autostart): Promise<Autostart> {
    this.#autostart = wanted.on ? wanted : { on: false, bare: false };
    return this.#autostart;
  }

  async keepPlace(place: Place): Promise<void> {
    this.place = place;
  }

  async pick(what: 'folder' | 'file'): Promise<string | null> {
    this.calls.push(['pick', what]);
    return this.picked ?? (what === 'folder' ? '/media/truc/USB 64' : '/home/truc/Tải về/Biên bản.pdf');
  }

  async tray(): Promise<boolean> {
    return false;
  }

  async listen(camera: string | null): Promise<void> {
    this.calls.push(['listen', camera]);
    const state = camera === null ? 'off' : this.sound;
    this.say({ kind: 'audio', audio: { camera, state } });
  }
}

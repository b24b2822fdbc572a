import { describe, expect, it, vi } from 'vitest';
import { FakeBackend } from '../backend/fake';
import { ShellState } from './shell.svelte';

function open() {
  const backend = new FakeBackend(4);
  const shell = new ShellState(backend);
  const off = shell.join();
  return { shell, fake: backend.fake_shell, off };
}

describe('the window', () => {
  it('asks before it closes, and says at once that it asks', () => {
    const { shell, fake } = open();
    fake.say({ kind: 'close_asked' });
    expect(shell.closing).toBe(true);
    expect(fake.calls).toEqual([['answer', 'shown']]);
  });

  it('is left with two presses within three seconds, not with one and not with slow ones', () => {
    const { shell, fake } = open();
    expect(shell.quit(1000)).toBe(false);
    expect(shell.quit(4500)).toBe(false);
    expect(fake.calls).toEqual([]);
    expect(shell.quit(5000)).toBe(true);
    expect(fake.calls).toEqual([['answer', 'leave']]);
    expect(shell.quit(5100)).toBe(false);
  });

  it('changes its frame when the window did', async () => {
    const { shell, fake } = open();
    expect(shell.take({ window: 'wall-2', presenter: 'native', bare: true, came_back: 7 })).toBe(7);
    expect([shell.main, shell.bare]).toEqual([false, true]);
    shell.toggleBare();
    await Promise.resolve();
    expect(fake.calls).toEqual([['bare', false]]);
    expect(shell.bare).toBe(false);
  });

  it('hears one camera at a time', async () => {
    const { shell, fake } = open();
    await shell.listen('a');
    expect(shell.audio).toEqual({ camera: 'a', state: 'playing' });
    fake.sound = 'no_audio';
    await shell.listen('b');
    expect(shell.audio).toEqual({ camera: 'b', state: 'no_audio' });
    await shell.listen('b');
    expect(shell.audio).toEqual({ camera: null, state: 'off' });
    expect(fake.calls).toEqual([['listen', 'a'], ['listen', 'b'], ['listen', null]]);
  });

  it('keeps where the eye was, once it rests', () => {
    vi.useFakeTimers();
    try {
      const { shell, fake } = open();
      shell.keepPlace({ view: 'review' });
      shell.keepPlace({ view: 'live' });
      expect(fake.place).toBeNull();
      vi.advanceTimersByTime(1000);
      expect(fake.place).toEqual({ view: 'live' });
    } finally {
      vi.useRealTimers();
    }
  });
});

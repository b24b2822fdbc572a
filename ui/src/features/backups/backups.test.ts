import { describe, expect, it, vi } from 'vitest';
import { Failure } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { Backups, draftOf, minuteOf, timeOf, typedOf } from './backups.svelte';

describe('the plan', () => {
  it('has a time of day', () => {
    expect([timeOf(0), timeOf(150), timeOf(1439)]).toEqual(['00:00', '02:30', '23:59']);
    expect([minuteOf('2:30'), minuteOf(' 23:59 '), minuteOf('24:00'), minuteOf('2:60'), minuteOf('2h30'), minuteOf('')]).toEqual([150, 1439, null, null, null, null]);
  });

  it('is sent as it is typed, what is no number so that the station refuses its field', async () => {
    const backend = new FakeBackend(16);
    const { plan } = await backend.call('backup.get', null);
    const typed = typedOf(plan);
    expect(draftOf(typed)).toMatchObject({ at_minute: 150, keep: 14, passphrase: null });
    expect(draftOf({ ...typed, keys: false, passphrase: 'không dùng đến' }).passphrase).toBeNull();
    for (const [change, field] of [[{ time: 'đêm' }, 'at_minute'], [{ every: '1,5' }, 'every_days'], [{ keep: '' }, 'keep'], [{ passphrase: 'ngắn' }, 'passphrase']] as const) {
      await expect(backend.call('backup.set', draftOf({ ...typed, ...change }))).rejects.toSatisfy((f) => f instanceof Failure && f.problem.field === field);
    }
  });
});

describe('backups', () => {
  it('follow one that is made, to its end', async () => {
    vi.useFakeTimers();
    const backend = new FakeBackend(16);
    const backups = new Backups(backend);
    const off = backups.join();
    await vi.advanceTimersByTimeAsync(0);
    const before = backups.state?.list.length ?? 0;
    backups.take(await backend.call('backup.start', { id: 'a', folder: '/x', keys: true, passphrase: 'một câu đủ dài' }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(backups.running?.share).toBeGreaterThan(0.2);
    await expect(backend.call('backup.start', { id: 'b', folder: '/x', keys: false, passphrase: null })).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([backups.running, backups.state?.list.length, backups.state?.good?.id]).toEqual([null, before + 1, 'a']);
    off();
    vi.useRealTimers();
  });

  it('are stopped', async () => {
    const backend = new FakeBackend(16);
    const backups = new Backups(backend);
    const off = backups.join();
    await backend.call('backup.start', { id: 'a', folder: '/x', keys: false, passphrase: null });
    await backend.call('backup.cancel', 'a');
    await backups.fetch();
    expect(backups.state?.list[0]).toMatchObject({ id: 'a', phase: 'cancelled' });
    off();
  });
});

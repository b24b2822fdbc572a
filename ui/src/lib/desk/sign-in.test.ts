import { describe, expect, it } from 'vitest';
import { ACCESS, unavailable, type CommandName } from '../backend/backend';
import { FakeBackend } from '../backend/fake';
import { FAKE_PASSWORD } from '../backend/fake-people';
import { SignIn } from './sign-in.svelte';

async function joined(options: Record<string, string>): Promise<{ backend: FakeBackend; sign: SignIn }> {
  const backend = new FakeBackend(4, new URLSearchParams(options));
  const sign = new SignIn(backend);
  sign.join();
  await settle();
  return { backend, sign };
}
const settle = () => new Promise((go) => setTimeout(go, 10));

describe('a room without people', () => {
  it('asks nobody to sign in, and everybody may do everything', async () => {
    const { sign } = await joined({});
    expect([sign.out, sign.open, sign.may('administrator'), sign.may('supervisor')]).toEqual([false, true, true, true]);
    await sign.lock();
    expect(sign.locked).toBe(false);
  });

  it('has its first person signed in at once, with every role', async () => {
    const { sign } = await joined({});
    expect((await sign.first('p1', 'An', 'Nguyễn An', 'ngan'))?.field).toBe('password');
    expect(sign.needed).toBe(false);
    expect(await sign.first('p1', 'an', 'Nguyễn An', 'matkhaudai')).toBeNull();
    expect([sign.person?.name, sign.may('supervisor'), sign.open]).toEqual(['Nguyễn An', true, true]);
  });
});

describe('signing in', () => {
  it('opens with the right password, and tells how long to wait after wrong ones', async () => {
    const { sign } = await joined({ people: 'out' });
    expect([sign.out, sign.open, sign.may('operator')]).toEqual([true, false, false]);
    for (let i = 0; i < 3; i += 1) expect((await sign.signIn('trucban2', 'sai'))?.key).toBe('problem_sign_in_wrong');
    const wait = await sign.signIn('trucban2', FAKE_PASSWORD);
    expect(wait?.key).toBe('problem_sign_in_wait');
    expect(Number(wait?.params['seconds'])).toBeGreaterThan(0);
    expect(sign.out).toBe(true);
  });

  it('is come back to after the connection was lost', async () => {
    const { backend, sign } = await joined({ people: 'out' });
    await sign.signIn('trucban2', FAKE_PASSWORD);
    const turns = sign.turns;
    // The station knows nothing of the new connection.
    backend.people.lose();
    backend.setLink('lost');
    backend.setLink('joined');
    await settle();
    expect([sign.person?.login, sign.out]).toEqual(['trucban2', false]);
    expect(sign.turns).toBeGreaterThan(turns);
    expect(backend.calls.at(-1)?.name).toBe('people.sign_in_again');
  });

  it('is not come back to once signed out', async () => {
    const { backend, sign } = await joined({ people: 'out' });
    await sign.signIn('trucban2', FAKE_PASSWORD);
    await sign.signOut();
    backend.setLink('lost');
    backend.setLink('joined');
    await settle();
    expect(sign.out).toBe(true);
  });

  it('comes back locked where its token is lost', async () => {
    const { backend, sign } = await joined({ people: 'out' });
    await sign.signIn('trucban2', FAKE_PASSWORD);
    const another = new SignIn(backend);
    backend.people.lose();
    another.join();
    await settle();
    expect([another.person?.login, another.locked, another.open]).toEqual(['trucban2', true, false]);
  });
});

describe('a locked desk', () => {
  it('hides at once, also while the station is away, and opens only with the password', async () => {
    const { backend, sign } = await joined({ people: 'in' });
    backend.failing.set('people.lock', unavailable());
    const locking = sign.lock();
    expect([sign.locked, sign.open]).toEqual([true, false]);
    await locking;
    expect(sign.locked).toBe(true);
    expect((await sign.unlock('sai'))?.key).toBe('problem_sign_in_wrong');
    expect(sign.locked).toBe(true);
    const turns = sign.turns;
    expect(await sign.unlock(FAKE_PASSWORD)).toBeNull();
    expect([sign.locked, sign.turns]).toEqual([false, turns + 1]);
  });

  it('stays locked when the station that comes back knows nothing of it', async () => {
    const { backend, sign } = await joined({ people: 'in' });
    backend.failing.set('people.lock', unavailable());
    await sign.lock();
    backend.setLink('lost');
    backend.setLink('joined');
    await settle();
    expect(sign.locked).toBe(true);
    expect((await backend.call('people.at_desk', null)).locked).toBe(true);
  });

  it('locks itself where no hand moves', async () => {
    const { sign } = await joined({ people: 'in', idle: '60' });
    sign.lookIdle(Date.now() + 59_000);
    expect(sign.locked).toBe(false);
    sign.lookIdle(Date.now() + 61_000);
    await settle();
    expect(sign.locked).toBe(true);
  });

  it('stays open where a hand moves at another window, and is told of hands at this one', async () => {
    const { backend, sign } = await joined({ people: 'in', idle: '60' });
    backend.people.hand_elsewhere = true;
    sign.lookIdle(Date.now() + 61_000);
    await settle();
    expect(sign.locked).toBe(false);
    const told = () => backend.calls.filter((call) => call.name === 'people.hand').length;
    sign.hand(Date.now());
    sign.hand(Date.now() + 1000);
    expect(told()).toBe(1);
    sign.hand(Date.now() + 30_000);
    expect(told()).toBe(2);
    backend.people.hand_elsewhere = false;
    sign.lookIdle(Date.now() + 95_000);
    await settle();
    expect(sign.locked).toBe(true);
  });

  it('can do what the station’s table says, by role and at a locked desk', async () => {
    const { sign } = await joined({ people: 'locked' });
    expect([sign.can('camera.list'), sign.can('people.unlock'), sign.can('bookmark.add'), sign.can('shift.now')]).toEqual([true, true, false, false]);
    expect(await sign.signIn('dieutra1', FAKE_PASSWORD)).toBeNull();
    expect(sign.person?.roles).toEqual(['investigator']);
    const can = (names: CommandName[]) => names.filter((name) => sign.can(name));
    const all = Object.keys(ACCESS) as CommandName[];
    // Every command, as the table has it for an investigator.
    const meant = all.filter((name) => ACCESS[name].some((access) => ['anyone', 'watcher', 'signed_in', 'investigator'].includes(access)));
    expect(can(all)).toEqual(meant);
    expect(can(['camera.add', 'camera.update', 'camera.delete', 'volume.put', 'volume.remove', 'room.set', 'station.stop', 'people.put', 'audit.list'])).toEqual([]);
    expect(can(['layout.put', 'alarm.acknowledge', 'incident.merge'])).toEqual(['layout.put', 'alarm.acknowledge', 'incident.merge']);
  });

  it('can do everything while there is nobody', async () => {
    const { sign } = await joined({});
    expect(Object.keys(ACCESS).every((name) => sign.can(name as CommandName))).toBe(true);
  });

  it('is another’s after another signs in', async () => {
    const { sign } = await joined({ people: 'locked' });
    expect(await sign.signIn('dieutra1', FAKE_PASSWORD)).toBeNull();
    expect([sign.person?.name, sign.locked, sign.may('supervisor'), sign.may('investigator', 'supervisor')]).toEqual(['Điều tra 01', false, false, true]);
  });
});

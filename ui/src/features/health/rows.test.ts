import { describe, expect, it } from 'vitest';
import type { Camera, CameraHealth } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { rowsOf, sortRows } from './rows';

async function rows(query = '') {
  const backend = new FakeBackend(16);
  const cameras = await backend.call('camera.list', null);
  const health = await backend.call('health.cameras', null);
  return rowsOf(cameras, health, () => 'Xã Ea Siên', query);
}
const codes = (all: { camera: Camera }[]) => all.map((row) => row.camera.code);

describe('the table of health', () => {
  it('sorts by what is asked for, what is not known last', async () => {
    const all = await rows();
    expect(codes(sortRows(all, 'code', false)).slice(0, 2)).toEqual(['C001', 'C002']);
    expect(codes(sortRows(all, 'code', true))[0]).toBe('C016');
    expect(codes(sortRows(all, 'state', false)).slice(0, 3)).toEqual(['C010', 'C014', 'C007']);
    for (const down of [true, false]) {
      const by_rate = sortRows(all, 'bitrate', down);
      expect(by_rate.at(-1)?.phase).not.toBe('live');
    }
    const up = sortRows(all, 'up', false).map((row) => row.health?.up_day ?? 1);
    expect(up).toEqual([...up].sort((a, b) => a - b));
  });

  it('finds without tone marks, by unit too', async () => {
    expect(codes(await rows('c012'))).toEqual(['C012']);
    expect((await rows('ea sien')).length).toBe(16);
    expect((await rows('khong co gi')).length).toBe(0);
  });

  it('knows cameras that nothing is measured of yet', () => {
    const camera = { id: 'x', code: 'C1', name: 'Một', place: '', sessions: [] } as unknown as Camera;
    const [row] = rowsOf([camera], [] as CameraHealth[], () => '', '');
    expect([row?.health, row?.session, row?.phase]).toEqual([null, null, 'connecting']);
  });
});

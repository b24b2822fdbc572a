import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../../lib/backend/fake';
import { FAKE_PASSWORD } from '../../lib/backend/fake-people';
import { newId } from '../../lib/backend/ids';
import { clockSays, nextMinute, referenceTime } from './clock';

const at = (h: number, m: number, s = 0, day = 23) => new Date(2026, 10, day, h, m, s).getTime() * 1000;

describe('a reference time', () => {
  it('is read as people type it', () => {
    expect(referenceTime('14:32:07', at(14, 30))).toBe(at(14, 32, 7));
    expect(referenceTime(' 9h05 ', at(9, 4))).toBe(at(9, 5));
    for (const text of ['', '25:00', '14:60', '14:32:61', 'mười giờ', '1432']) expect(referenceTime(text, at(14, 30)), text).toBeNull();
  });

  it('may be on the other side of midnight', () => {
    expect(referenceTime('00:00:10', at(23, 59, 58))).toBe(at(0, 0, 10, 24));
    expect(referenceTime('23:59:59', at(0, 0, 2))).toBe(at(23, 59, 59, 22));
  });

  it('is offered as the next full minute, with time to get ready', () => {
    expect(nextMinute(at(14, 30, 20))).toBe(at(14, 31));
    expect(nextMinute(at(14, 30, 57))).toBe(at(14, 32));
  });

  it('says nothing finer than a hand can', () => {
    expect(clockSays({ offset_ms: 400, uncertainty_ms: 500 })).toBe('same');
    // Reference minus station: the station is ahead.
    expect(clockSays({ offset_ms: -1200, uncertainty_ms: 500 })).toBe('fast');
    expect(clockSays({ offset_ms: 1200, uncertainty_ms: 500 })).toBe('slow');
  });
});

describe('a handover', () => {
  it('is signed by two, and the next shift opens with it', async () => {
    const backend = new FakeBackend(16, new URLSearchParams({ people: 'trucban1' }));
    const shift = await backend.call('shift.now', null);
    const draft = {
      shift: shift?.id ?? '', next: newId(), next_name: '', commander: 'Chỉ huy 01', remarks: 'Theo dõi Cổng chợ.',
      from: 'trucban1', from_password: FAKE_PASSWORD, to: 'trucban2', to_password: FAKE_PASSWORD,
    };
    await expect(backend.call('shift.handover', { ...draft, to: 'trucban1' })).rejects.toMatchObject({ problem: { field: 'to' } });
    const desk = await backend.call('shift.handover', draft);
    expect(desk.person?.name).toBe('Trực ban 02');
    const next = await backend.call('shift.now', null);
    expect([next?.id, next?.taken_over?.remarks, next?.taken_over?.from]).toEqual([draft.next, 'Theo dõi Cổng chợ.', 'Trực ban 01']);
    await expect(backend.call('shift.handover', draft)).rejects.toMatchObject({ problem: { code: 'Conflict' } });
  });
});

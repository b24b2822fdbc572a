// The shift book of the station in memory. Part of fake.ts.

import { Failure } from './backend';
import type { AtDesk, Camera, ClockCheck, Code, Commands, EventData, EventName, Handover, HandoverState, Incident, RelatedIncident, Shift, ShiftPlan, Task } from './backend';
import { newId } from './ids';

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
const now = () => Date.now() * 1000;

export interface ShiftRoom {
  cameras(): Camera[];
  who(): string;
  open(): Incident[];
  /** Proves two persons, and signs the second one in. */
  sign(from: string, from_password: string, to: string, to_password: string): { desk: AtDesk; from: string; to: string };
  log(command: string, object: string): void;
  tell<N extends EventName>(event: N, data: EventData<N>): void;
}

type Shifted = Extract<keyof Commands, `shift.${string}` | `task.${string}`>;
export type ShiftHandlers = { [K in Shifted]: (args: Commands[K]['args']) => Commands[K]['reply'] };

function problem(code: Code, key: string, field: string | null = null, params: Record<string, string> = {}): Failure {
  return new Failure({ code, key, field, params, detail: '' });
}

export class FakeShift {
  readonly #room: ShiftRoom;
  readonly shifts: Shift[] = [];
  readonly tasks: Task[] = [];
  #plan: ShiftPlan = { shifts: [{ name: 'Ca 1', begin_min: 390 }, { name: 'Ca 2', begin_min: 780 }, { name: 'Ca 3', begin_min: 1350 }] };

  constructor(room: ShiftRoom, filled: boolean) {
    this.#room = room;
    if (!filled) return;
    const task = (text: string, by: string, hours: number) => this.tasks.push({ id: newId(), text, incident: null, by, at: now() - hours * HOUR_US, done: null, done_by: null });
    task('Theo dõi lại Cổng chợ Ea Siên lúc tan chợ, 17:00–18:00.', 'Trực ban 01', 3);
    task('Gọi kỹ thuật kiểm tra đường truyền C010.', 'Trực ban 01', 2);
    const names = ['Trực ban 01', 'Trực ban 02', 'Trực ban 03'];
    let taken: Handover | null = null;
    for (let i = 6; i >= 0; i -= 1) {
      const [name, from, to] = [`Ca ${((8 - i) % 3) + 1}`, names[(i + 1) % 3] ?? '', names[i % 3] ?? ''];
      const begun = now() - (1.5 + i * 8) * HOUR_US;
      const ended = i === 0 ? null : begun + 8 * HOUR_US;
      const handover: Handover | null = ended === null ? null : { state: this.#state(ended), remarks: 'Thiết bị bình thường. Một vụ đang theo dõi tại UBND xã.', from, to, at: ended };
      const clock: ClockCheck = { at: begun + 2 * MINUTE_US, offset_ms: -180, uncertainty_ms: 500, source: '117', by: from };
      this.shifts.unshift({ id: newId(), name, begun, ended, persons: [i === 0 ? 'Trực ban 02' : from], commander: 'Chỉ huy 01', clock, handover, taken_over: taken });
      taken = handover;
    }
  }

  get present(): Shift | null {
    return this.shifts.find((shift) => shift.ended === null) ?? null;
  }

  #state(at = now()): HandoverState {
    const cameras = this.#room.cameras();
    const lost = cameras.filter((camera) => camera.sessions.some((s) => s.state.phase === 'retrying' || s.state.phase === 'stalled')).map((camera) => camera.id);
    const open = this.#room.open();
    const named = ({ id, number, text, state }: Incident): RelatedIncident => ({ id, number, title: text.title, state });
    return {
      at, cameras: cameras.length, live: cameras.length - lost.length, lost, not_recording: cameras.filter((c) => c.recordings.some((r) => r.phase === 'failing')).map((c) => c.id),
      storage_days: 23.4, clock: this.present?.clock ?? null,
      new_incidents: open.filter((each) => each.opened >= (this.present?.begun ?? 0)).map(named), open_incidents: open.map(named),
      tasks: this.tasks.filter((task) => task.done === null),
    };
  }

  #tell(shift: Shift): Shift {
    this.#room.tell('shift.changed', structuredClone(shift));
    return shift;
  }

  readonly handlers: ShiftHandlers = {
    'shift.plan': () => this.#plan,
    'shift.plan_set': (plan) => (this.#plan = plan),
    'shift.now': () => this.present,
    'shift.list': ({ before, limit }) => this.shifts.filter((shift) => before === null || shift.begun < before).slice(0, limit),
    'shift.begin': ({ id, name, commander }) => {
      if (this.present) throw problem('Precondition', 'problem_shift_present');
      const shift: Shift = { id, name: name || 'Ca 2', begun: now(), ended: null, persons: [this.#room.who()], commander, clock: null, handover: null, taken_over: this.shifts[0]?.handover ?? null };
      this.shifts.unshift(shift);
      this.#room.log('shift.begin', `shift ${id}`);
      return this.#tell(shift);
    },
    'shift.clock': ({ reference, station, source }) => {
      const shift = this.present;
      if (!shift) throw problem('Precondition', 'problem_shift_none');
      if (source.trim() === '') throw problem('Invalid', 'problem_clock_source', 'source');
      shift.clock = { at: station, offset_ms: Math.round((reference - station) / 1000), uncertainty_ms: 500, source, by: this.#room.who() };
      this.#room.log('shift.clock', `shift ${shift.id}`);
      return this.#tell(shift);
    },
    'shift.state': () => this.#state(),
    'shift.handover': (d) => {
      const shift = this.present;
      if (!shift || shift.id !== d.shift) throw problem('Conflict', 'problem_shift_over');
      if (d.from === d.to) throw problem('Invalid', 'problem_handover_same', 'to');
      const { desk, from, to } = this.#room.sign(d.from, d.from_password, d.to, d.to_password);
      Object.assign(shift, { ended: now(), handover: { state: this.#state(), remarks: d.remarks, from, to, at: now() } });
      this.#tell(shift);
      const next: Shift = { id: d.next, name: d.next_name || 'Ca 3', begun: now(), ended: null, persons: [to], commander: d.commander, clock: null, handover: null, taken_over: shift.handover };
      this.shifts.unshift(next);
      this.#room.log('shift.handover', `shift ${shift.id}`);
      this.#tell(next);
      return desk;
    },
    'task.list': () => this.tasks.filter((task) => task.done === null),
    'task.put': (task) => {
      if (task.text.trim() === '') throw problem('Invalid', 'problem_task_text', 'text');
      const known = this.tasks.find((each) => each.id === task.id);
      const put: Task = known ? Object.assign(known, { text: task.text, incident: task.incident }) : { ...task, by: this.#room.who(), at: now(), done: null, done_by: null };
      if (!known) this.tasks.push(put);
      this.#room.tell('task.changed', structuredClone(put));
      return put;
    },
    'task.done': (id) => {
      const task = this.tasks.find((each) => each.id === id);
      if (!task) throw problem('NotFound', 'problem_task_not_found');
      Object.assign(task, { done: task.done ?? now(), done_by: task.done_by ?? this.#room.who() });
      this.#room.tell('task.changed', structuredClone(task));
      return task;
    },
  };
}

// Layouts and tours of the station in memory.

import { Failure, type Camera, type Code, type Layout, type Tour } from './backend';
import type { Handlers } from './fake';
import { newId } from './ids';

interface Room {
  cameras: () => Camera[];
  operator: () => string;
  tell: (event: string, data: unknown) => void;
}

function problem(code: Code, key: string, field: string | null = null): Failure {
  return new Failure({ code, key, field, params: {}, detail: '' });
}

interface Kept {
  id: string;
  name: string;
  shared: boolean;
  edits: number;
  owner: string;
}

export class FakeLayouts {
  readonly #room: Room;
  list: Layout[] = [];
  tours: Tour[] = [];
  readonly #deleted = new Map<string, Layout | Tour>();

  constructor(room: Room, some: boolean) {
    this.#room = room;
    if (some) this.#fill();
  }

  #fill(): void {
    const all = this.#room.cameras().map((camera) => camera.id);
    const layout = (name: string, form: Layout['shape']['form'], from: number, count: number, shared = true, hotspot: number | null = null): Layout => ({
      id: newId(), name, shared, shape: { form, cells: null }, cameras: all.slice(from, from + count), hotspot, edits: 1,
      owner: shared ? 'Chỉ huy Y Moan' : this.#room.operator(), changed_by: shared ? 'Chỉ huy Y Moan' : this.#room.operator(), changed: Date.now() * 1000 - 3.6e9,
    });
    this.list = [
      layout('Trục QL14', '16', 0, 16),
      layout('Chợ và trường học', '1+5', 4, 11),
      layout('Cửa ngõ phía bắc', '2+8', 8, 10),
      layout('Theo dõi', '1+7', 2, 7, false, 0),
    ];
    const [first, second, third] = this.list;
    if (!first || !second || !third) return;
    const steps = [first, second, third].map((each, i) => ({ layout: each.id, page: null, dwell_s: 10 + 10 * i }));
    this.tours = [{ id: newId(), name: 'Tuần tra đêm', shared: true, steps, edits: 1, owner: 'Chỉ huy Y Moan', changed_by: 'Chỉ huy Y Moan', changed: Date.now() * 1000 }];
  }

  #check(list: readonly Kept[], draft: Omit<Kept, 'owner'>, kind: 'layout' | 'tour'): void {
    const who = this.#room.operator();
    if (draft.name.trim() === '' || draft.name.length > 80) throw problem('Invalid', `problem_${kind}_name`, 'name');
    const before = list.find((each) => each.id === draft.id) ?? this.#deleted.get(draft.id);
    if ((before?.edits ?? 0) !== draft.edits) throw problem('Conflict', `problem_${kind}_conflict`);
    const owner = before?.owner ?? who;
    if (before?.shared && !draft.shared && owner !== who) throw problem('Precondition', `problem_${kind}_not_own`);
    const taken = list.some((each) => each.id !== draft.id && each.name === draft.name && each.shared === draft.shared && (each.shared || each.owner === owner));
    if (taken) throw problem('Conflict', `problem_${kind}_name_taken`);
  }

  readonly handlers: Handlers = {
    'layout.list': () => this.list.filter((each) => each.shared || each.owner === this.#room.operator()),
    'layout.put': (draft) => {
      this.#check(this.list, draft, 'layout');
      const before = this.list.find((each) => each.id === draft.id) ?? this.#deleted.get(draft.id);
      const who = this.#room.operator();
      const layout: Layout = { ...draft, edits: draft.edits + 1, owner: before?.owner ?? who, changed_by: who, changed: Date.now() * 1000 };
      const known = this.list.some((each) => each.id === draft.id);
      this.list = known ? this.list.map((each) => (each.id === layout.id ? layout : each)) : [...this.list, layout];
      this.#room.tell('layout.changed', layout);
      return layout;
    },
    'layout.delete': ({ id, edits }) => {
      const layout = this.list.find((each) => each.id === id);
      if (!layout) throw problem('NotFound', 'problem_layout_not_found');
      if (layout.edits !== edits) throw problem('Conflict', 'problem_layout_conflict');
      this.#deleted.set(id, layout);
      this.list = this.list.filter((each) => each.id !== id);
      this.#room.tell('layout.deleted', id);
      return null;
    },
    'layout.order': (ids) => {
      const wanted = ids.flatMap((id) => this.list.find((each) => each.id === id) ?? []);
      this.list = this.list.map((each) => (ids.includes(each.id) ? (wanted.shift() ?? each) : each));
      const order = this.list.map((each) => each.id);
      this.#room.tell('layout.ordered', order);
      return order;
    },
    'tour.list': () => this.tours.filter((each) => each.shared || each.owner === this.#room.operator()),
    'tour.put': (draft) => {
      this.#check(this.tours, draft, 'tour');
      if (draft.steps.length === 0) throw problem('Invalid', 'problem_tour_steps', 'steps');
      const before = this.tours.find((each) => each.id === draft.id) ?? this.#deleted.get(draft.id);
      const who = this.#room.operator();
      const tour: Tour = { ...draft, edits: draft.edits + 1, owner: before?.owner ?? who, changed_by: who, changed: Date.now() * 1000 };
      const known = this.tours.some((each) => each.id === draft.id);
      this.tours = known ? this.tours.map((each) => (each.id === tour.id ? tour : each)) : [...this.tours, tour];
      this.#room.tell('tour.changed', tour);
      return tour;
    },
    'tour.delete': ({ id, edits }) => {
      const tour = this.tours.find((each) => each.id === id);
      if (!tour) throw problem('NotFound', 'problem_tour_not_found');
      if (tour.edits !== edits) throw problem('Conflict', 'problem_tour_conflict');
      this.#deleted.set(id, tour);
      this.tours = this.tours.filter((each) => each.id !== id);
      this.#room.tell('tour.deleted', id);
      return null;
    },
  };
}

// Every form of the page: how it is opened, what it sends. A file with a field that stands in none of these lists fails a
// test, so that a new form goes through the same trials as all others.

import type { Component } from 'svelte';
import { BookmarkForm } from '../lib/desk/forms.svelte';
import { IncidentForm } from '../lib/desk/incident-form.svelte';
import { FAKE_PASSWORD } from '../lib/backend/fake-people';
import type { Commands, IncidentFile } from '../lib/backend/backend';
import { newId } from '../lib/backend/ids';
import { nowMicros } from '../lib/time/time';
import { m } from '../lib/words/words.svelte';
import { noFilters } from '../features/incidents/list.svelte';
import { Backups } from '../features/backups/backups.svelte';
import { OpenIncident } from '../features/incidents/file.svelte';
import { all, fields, labelOf, one, settle, show, type, until, type DeskSet, type TextField } from './stage';

export interface Form {
  /** The component, below `src/`. */
  file: string;
  /** For two ways of one component. */
  way?: string;
  /** Options of the station in memory. */
  room?: string;
  cameras?: number;
  /** The command that keeps what was typed. */
  command: keyof Commands;
  open(set: DeskSet): Promise<() => void>;
  /** Fields that take only certain words, by their label, with good ones. */
  fixed?: () => Record<string, string>;
  /** Fields whose contents are not a text that is kept: an empty one of them hinders nobody. */
  aside?: () => string[];
  /** What else must be chosen before it can be sent; also again, after a fault. */
  choose?: () => void | Promise<void>;
  /** The button that sends, where the form has none of its own. */
  button?: () => HTMLElement | null;
  /** It may be sent without a word in it. */
  blank?: true;
  /** Emptied after each try: passwords. */
  secret?: true;
  /** Of what is sent, what changes with the moment of each try. */
  moments?: string[];
  /** What a text looks like in it, for a path: it is sent byte for byte, also what is not in one normal form. */
  written?: (text: string) => string;
}

const DAY_US = 86_400_000_000;
const form = (component: unknown) => component as Component<never>;
const hour = () => nowMicros() - DAY_US / 24;
const buttonOf = (text: string) => all('button').find((each) => each.textContent?.trim().startsWith(text)) ?? null;
const pick = (selector: string) => one(selector)?.click();
function select(element: HTMLSelectElement | null | undefined, value: string) {
  if (!element) return;
  element.value = value;
  element.dispatchEvent(new Event('change', { bubbles: true }));
}

/** The incident with everything in it, open. */
async function openCase(set: DeskSet): Promise<{ open: OpenIncident; file: IncidentFile }> {
  const open = new OpenIncident(set.station);
  const [found] = set.station.casebook.open().slice(-2);
  await open.load(found?.id ?? null);
  return { open, file: await until('an open incident', () => open.file) };
}

async function backupsOf(set: DeskSet) {
  const backups = new Backups(set.station);
  await backups.fetch();
  return { backups, info: await until('the state of backups', () => backups.state) };
}
/** The same one in both fields. */
async function passphrases() {
  for (const field of fields()) if (field.type === 'password') type(field, 'mười hai con bò vàng');
  await settle();
}

async function clip(set: DeskSet) {
  const camera = set.desk.room.ordered[0]?.id ?? '';
  return { cameras: [camera], start: hour(), end: hour() + 60_000_000, at: hour() + 1_000_000 };
}

export const FORMS: Form[] = [
  {
    file: 'features/quicknote/QuickNote.svelte', command: 'note.add',
    open: async (set) => show(set, form((await import('../features/quicknote/QuickNote.svelte')).default), {}),
    button: () => null,
  },
  {
    file: 'features/bookmark/BookmarkPanel.svelte', command: 'bookmark.update', blank: true,
    open: async (set) => {
      const [mark] = await set.station.call('bookmark.list', { cameras: [], text: '', hidden: false, limit: 50 }).then((found) => found.filter((each) => each.author === set.desk.room.me));
      if (!mark) throw new Error('no bookmark');
      return show(set, form((await import('../features/bookmark/BookmarkPanel.svelte')).default), { form: new BookmarkForm(mark) });
    },
    // A tag is put behind the others by Enter; the next trial finds its box empty.
    aside: () => [m.tag_add()],
    button: () => buttonOf(m.save()),
  },
  {
    file: 'features/bookmarks/BookmarkDialog.svelte', way: 'new', command: 'bookmark.add', blank: true,
    open: async (set) => {
      set.desk.dialogs.mark = await clip(set);
      return show(set, form((await import('../features/bookmarks/BookmarkDialog.svelte')).default), {});
    },
    aside: () => [m.bm_tags()],
  },
  {
    file: 'features/bookmarks/BookmarkDialog.svelte', way: 'hide', command: 'bookmark.hide',
    open: async (set) => {
      const found = await set.station.call('bookmark.list', { cameras: [], text: '', hidden: false, limit: 50 });
      set.desk.dialogs.edit = found.find((each) => each.author === set.desk.room.me) ?? null;
      const leave = await show(set, form((await import('../features/bookmarks/BookmarkDialog.svelte')).default), {});
      (await until('the way to hide', () => buttonOf(m.bm_hide()))).click();
      await settle();
      return leave;
    },
    aside: () => [m.bookmark_title(), m.bm_tags(), m.bookmark_note()],
    button: () => buttonOf(m.bm_hide_do()),
  },
  {
    file: 'features/holds/HoldDialog.svelte', command: 'hold.add',
    open: async (set) => {
      set.desk.dialogs.hold = await clip(set);
      return show(set, form((await import('../features/holds/HoldDialog.svelte')).default), {});
    },
  },
  {
    file: 'features/holds/LiftDialog.svelte', command: 'hold.lift',
    open: async (set) => {
      const holds = await set.station.call('hold.list', { cameras: [], ended: false });
      set.desk.dialogs.lift = holds[0] ?? null;
      return show(set, form((await import('../features/holds/LiftDialog.svelte')).default), {});
    },
  },
  {
    file: 'features/copies/CopyDialog.svelte', command: 'copy.start', blank: true, written: (text) => `/mnt/${text}`,
    open: async (set) => {
      set.desk.dialogs.copy = await clip(set);
      return show(set, form((await import('../features/copies/CopyDialog.svelte')).default), {});
    },
    // What it takes is reckoned first.
    choose: async () => {
      await new Promise((go) => setTimeout(go, 300));
      await until('the estimate', () => one<HTMLButtonElement>('button[type=submit]')?.disabled === false);
    },
  },
  {
    file: 'features/newincident/IncidentPanel.svelte', command: 'incident.open',
    open: async (set) => {
      const made = IncidentForm.about(set.desk.drafts, set.desk.room.ordered[0] ?? null, hour());
      set.desk.incident = made;
      return show(set, form((await import('../features/newincident/IncidentPanel.svelte')).default), { form: made, wide: true });
    },
  },
  {
    file: 'features/incidents/SheetForm.svelte', command: 'incident.update',
    open: async (set) => show(set, form((await import('../features/incidents/SheetForm.svelte')).default), { ...(await openCase(set)), onclose: () => {} }),
  },
  {
    file: 'features/incidents/SubjectForm.svelte', command: 'incident.subject',
    open: async (set) => {
      const leave = await show(set, form((await import('../features/incidents/Subjects.svelte')).default), await openCase(set));
      pick('[data-add-subject]');
      await settle();
      return leave;
    },
    fixed: () => ({ [m.inc_plate()]: '47K1-123.45' }),
  },
  {
    file: 'features/incidents/Notices.svelte', command: 'incident.notice',
    open: async (set) => {
      const leave = await show(set, form((await import('../features/incidents/Notices.svelte')).default), await openCase(set));
      pick('[data-add-notice]');
      await settle();
      return leave;
    },
  },
  {
    file: 'features/incidents/AddDialog.svelte', command: 'incident.link',
    open: async (set) => {
      const leave = await show(set, form((await import('../features/incidents/AddDialog.svelte')).default), { shown: true, ...(await openCase(set)), onclose: () => {} });
      buttonOf(m.inc_add_footage())?.click();
      await settle();
      return leave;
    },
    blank: true,
  },
  {
    file: 'features/incidents/MergeDialog.svelte', command: 'incident.merge',
    open: async (set) => {
      const { open, file } = await openCase(set);
      return show(set, form((await import('../features/incidents/MergeDialog.svelte')).default), { shown: true, open, incident: file.incident, onclose: () => {} });
    },
    aside: () => [m.inc_find_incident()],
    choose: async () => (await until('another incident', () => one<HTMLElement>('input[type=radio]'))).click(),
  },
  {
    file: 'features/incidents/ReasonDialog.svelte', command: 'incident.move',
    open: async (set) => {
      const { open, file } = await openCase(set);
      const { id, state } = file.incident;
      const props = {
        open: true, title: m.move_state(), hint: '', action: m.save(), onclose: () => {},
        ondo: (reason: string) => open.act((backend) => backend.call('incident.move', { id, from: state, to: 'cancelled', reason })),
      };
      return show(set, form((await import('../features/incidents/ReasonDialog.svelte')).default), props);
    },
  },
  {
    file: 'features/incidents/NoteBox.svelte', command: 'incident.note',
    open: async (set) => {
      const { open, file } = await openCase(set);
      return show(set, form((await import('../features/incidents/NoteBox.svelte')).default), { open, incident: file.incident, notes: file.notes });
    },
    button: () => buttonOf(m.inc_note_add()),
  },
  {
    file: 'features/layouts/NameLayout.svelte', command: 'layout.put',
    open: async (set) => {
      set.desk.dialogs.name_layout = { what: 'new', layout: null };
      return show(set, form((await import('../features/layouts/NameLayout.svelte')).default), {});
    },
  },
  {
    file: 'features/layouts/TourForm.svelte', command: 'tour.put', room: 'layouts',
    open: async (set) => show(set, form((await import('../features/layouts/TourForm.svelte')).default), { tour: 'new', ondone: () => {} }),
    fixed: () => ({ [m.tour_dwell()]: '20' }),
  },
  {
    file: 'features/people/PersonForm.svelte', command: 'people.put', room: 'people=in',
    open: async (set) => show(set, form((await import('../features/people/PersonForm.svelte')).default), { person: null, onsaved: () => {}, onclose: () => {} }),
    fixed: () => ({ [m.person_login()]: 'an.nv', [m.people_password()]: FAKE_PASSWORD }),
    choose: () => {
      const role = one('[data-role=operator]');
      if (role?.getAttribute('aria-pressed') !== 'true') role?.click();
    },
  },
  {
    file: 'features/signin/SignInForm.svelte', command: 'people.sign_in', room: 'people=out', secret: true,
    open: async (set) => show(set, form((await import('../features/signin/SignInForm.svelte')).default), {}),
    choose: () => {
      pick('[data-login=trucban1]');
    },
    fixed: () => ({ [m.sign_password()]: FAKE_PASSWORD }),
  },
  {
    file: 'features/signin/FirstPerson.svelte', command: 'people.first',
    open: async (set) => {
      set.desk.sign.first_open = true;
      return show(set, form((await import('../features/signin/FirstPerson.svelte')).default), {});
    },
    fixed: () => ({ [m.person_login()]: 'chihuy', [m.sign_password()]: FAKE_PASSWORD, [m.password_again()]: FAKE_PASSWORD }),
  },
  {
    file: 'features/signin/BreakGlassForm.svelte', command: 'people.break_glass', room: 'people=out',
    open: async (set) => show(set, form((await import('../features/signin/BreakGlassForm.svelte')).default), { onback: () => {} }),
    fixed: () => ({ [m.glass_code()]: 'ABCDE-FGHIJ-KLMNO-PQRST-UVWXY' }),
  },
  {
    file: 'features/signin/LockPanel.svelte', command: 'people.unlock', room: 'people=locked', secret: true,
    open: async (set) => show(set, form((await import('../features/signin/LockPanel.svelte')).default), {}),
    fixed: () => ({ [m.sign_password()]: FAKE_PASSWORD }),
  },
  {
    file: 'features/signin/PasswordForm.svelte', command: 'people.password', room: 'people=in',
    open: async (set) => show(set, form((await import('../features/signin/PasswordForm.svelte')).default), { onback: () => {}, back: m.cancel() }),
    fixed: () => ({ [m.password_old()]: FAKE_PASSWORD, [m.password_new()]: 'matkhau-moi', [m.password_again()]: 'matkhau-moi' }),
  },
  {
    file: 'features/storage/KeepSettings.svelte', command: 'room.set', blank: true, written: (text) => `/mnt/${text}`,
    open: async (set) => show(set, form((await import('../features/storage/KeepSettings.svelte')).default), {}),
    fixed: () => ({ [m.keep_days_room()]: '45' }),
  },
  {
    file: 'features/storage/VolumeForm.svelte', command: 'volume.put',
    open: async (set) => show(set, form((await import('../features/storage/VolumeForm.svelte')).default), { volume: 'new', onclose: () => {} }),
    fixed: () => ({ [m.vol_path()]: '/mnt/ghi9', [m.vol_quota()]: '', [m.vol_reserve()]: '' }),
    choose: async () => {
      await new Promise((go) => setTimeout(go, 400));
      await settle();
    },
  },
  {
    file: 'features/cameras/CameraForm.svelte', command: 'camera.add',
    open: async (set) => show(set, form((await import('../features/cameras/CameraForm.svelte')).default), { camera: null, onclose: () => {} }),
    fixed: () => ({ [m.field_code()]: 'C901', [m.field_main_url()]: 'rtsp://10.20.1.99:554/luong1', [m.field_sub_url()]: '', [m.field_username()]: '', [m.field_password()]: '' }),
  },
  {
    file: 'features/room/SettingsDialog.svelte', command: 'room.set',
    open: async (set) => {
      set.desk.settings_open = true;
      return show(set, form((await import('../features/room/SettingsDialog.svelte')).default), {});
    },
    fixed: () => ({ [m.setting_pre()]: '30', [m.setting_post()]: '60', [m.setting_lock()]: '10' }),
  },
  {
    file: 'features/shifts/BeginShift.svelte', command: 'shift.begin', room: 'lost=0', blank: true,
    open: async (set) => show(set, form((await import('../features/shifts/BeginShift.svelte')).default), {}),
  },
  {
    file: 'features/shifts/ClockForm.svelte', command: 'shift.clock', moments: ['reference', 'station'],
    open: async (set) => {
      const shift = set.station.shift.present;
      const leave = await show(set, form((await import('../features/shifts/ClockForm.svelte')).default), { shift, may: true });
      pick('[data-clock]');
      await settle();
      return leave;
    },
    fixed: () => ({ [m.shift_clock_reference()]: new Date().toTimeString().slice(0, 8) }),
  },
  {
    file: 'features/shifts/TaskList.svelte', command: 'task.put',
    open: async (set) => show(set, form((await import('../features/shifts/TaskList.svelte')).default), { tasks: [], onchanged: () => {} }),
    button: () => null,
  },
  {
    file: 'features/shifts/PlanDialog.svelte', command: 'shift.plan_set',
    open: async (set) => {
      const leave = await show(set, form((await import('../features/shifts/PlanDialog.svelte')).default), { open: true, onclose: () => {} });
      await until('the plan', () => buttonOf(m.plan_add()));
      // Two shifts of one name are refused: one is left to be written.
      while (all('li').length > 1) {
        all<HTMLButtonElement>('li button').at(-1)?.click();
        await settle();
      }
      return leave;
    },
    fixed: () => ({ [m.plan_begin({ number: '1' })]: '6:00' }),
  },
  {
    file: 'features/incidents/SavedFilters.svelte', command: 'filter.put',
    open: async (set) => show(set, form((await import('../features/incidents/SavedFilters.svelte')).default), { filters: noFilters(), saving: true }),
  },
  {
    file: 'features/shifts/HandoverForm.svelte', command: 'shift.handover', room: 'people=trucban1', blank: true,
    open: async (set) => {
      const leave = await show(set, form((await import('../features/shifts/HandoverForm.svelte')).default), { shift: set.station.shift.present, onclose: () => {} });
      await until('what is handed over', () => all('select').length >= 2);
      await settle();
      return leave;
    },
    choose: () => {
      const [from, to] = all<HTMLSelectElement>('select');
      select(from, 'trucban1');
      select(to, 'trucban2');
      for (const each of all<HTMLInputElement>('[data-sign]')) type(each, FAKE_PASSWORD);
    },
    fixed: () => ({ [m.sign_password()]: FAKE_PASSWORD }),
  },
  {
    file: 'features/backups/BackupNow.svelte', command: 'backup.start', written: (text) => `/mnt/${text}`,
    open: async (set) => {
      const leave = await show(set, form((await import('../features/backups/BackupNow.svelte')).default), await backupsOf(set));
      pick('[data-backup-now]');
      await settle();
      return leave;
    },
    choose: passphrases,
  },
  {
    file: 'features/backups/PlanForm.svelte', command: 'backup.set', written: (text) => `/mnt/${text}`,
    open: async (set) => show(set, form((await import('../features/backups/PlanForm.svelte')).default), { ...(await backupsOf(set)), readonly: false }),
    fixed: () => ({ [m.backup_time()]: '03:15', [m.backup_every()]: '1', [m.backup_keep()]: '14' }),
    choose: passphrases,
  },
  {
    file: 'features/incidents/AttachDialog.svelte', command: 'incident.attach', written: (text) => `/mnt/${text}`, moments: ['id'],
    open: async (set) => show(set, form((await import('../features/incidents/AttachDialog.svelte')).default), { ...(await openCase(set)), shown: true, onclose: () => {} }),
  },
  {
    file: 'features/incidents/SaveDialog.svelte', command: 'incident.save_attachment', written: (text) => `/mnt/${text}`,
    open: async (set) => {
      const { file } = await openCase(set);
      const attachment = await set.station.call('incident.attach', { id: newId(), incident: file.incident.id, path: '/mnt/bien-ban.pdf' }).then((with_it) => with_it.attachments[0] ?? null);
      return show(set, form((await import('../features/incidents/SaveDialog.svelte')).default), { attachment, incident: file.incident.id, onclose: () => {} });
    },
  },
];

/** Parts of the forms above: they are tried with them. */
export const PARTS: Record<string, string> = {
  'lib/ui/MomentField.svelte': 'a moment in many of them',
  'features/bookmarks/BookmarkFieldset.svelte': 'BookmarkDialog',
  'features/cameras/ConnectionFieldset.svelte': 'CameraForm',
  'features/cameras/NeighbourFieldset.svelte': 'CameraForm',
  'features/cameras/RecordFieldset.svelte': 'CameraForm, BulkRecord',
  'features/incidents/SheetFieldset.svelte': 'SheetForm',
  'features/incidents/IncidentPick.svelte': 'MergeDialog, AddDialog',
  'features/signin/PasswordField.svelte': 'the forms for signing in',
  'features/alarms/SoundFields.svelte': 'SettingsDialog',
  'features/audit/CheckpointFields.svelte': 'SettingsDialog',
  'features/backups/PassphraseFields.svelte': 'BackupNow, PlanForm',
  'lib/ui/PathField.svelte': 'BackupNow, PlanForm, AttachDialog, SaveDialog',
};

/** They only ask: nothing of what is typed is kept at the station. */
export const ASKING = [
  'features/bookmarks/BookmarkFilter.svelte',
  'features/cameras/CameraTable.svelte',
  'features/holds/HoldList.svelte',
  'features/incidents/IncidentFilter.svelte',
  'features/incidents/IncidentList.svelte',
  'features/layouts/LayoutMenu.svelte',
  'features/review/TimeEntry.svelte',
  'features/statistics/PeriodChooser.svelte',
  'features/room/SearchBox.svelte',
  'features/tree/Tree.svelte',
  'views/Audit.svelte',
  'views/Cameras.svelte',
  'views/Health.svelte',
  'views/Stills.svelte',
  'views/Storage.svelte',
];

/** Nothing is written in them, only ticked; or a word goes with a button that may be pressed without one. */
export const TICKED: Record<string, string> = {
  'features/alarms/AlarmList.svelte': 'a comment goes with acknowledging; the same alarms acknowledged again are the same',
  'features/alarms/AlarmPanel.svelte': 'as AlarmList',
  'features/alarms/AlarmRow.svelte': 'a tick before an alarm',
  'features/cameras/BulkRecord.svelte': 'what is recorded, for cameras that are there',
  'features/shell/WindowFieldset.svelte': 'how this window starts',
};

export { fields, labelOf };
export type { TextField };

// The wire between page and station: commands, events, their data. Generated from crates/link by
// `cargo run -p easien-link --example bindings`; a test compares. Do not edit.

/** An abnormal state that wants a person. */
export type Alarm = {
  /** Its id. */
  id: AlarmId,
  /** What it is about. */
  kind: AlarmKind,
  /** How much it matters. */
  priority: AlarmPriority,
  /** The camera, if it is about one. */
  camera: CameraId | null,
  /** The volume, if it is about one. */
  volume: VolumeId | null,
  /** Name of the volume then, a count, a number of seconds: what the sentence needs. */
  subject: string,
  /** In English, technical; may be empty. */
  detail: string,
  /** When it began. */
  raised: UtcMicros,
  /** When it was over; absent: it is not. */
  cleared: UtcMicros | null,
  /** When a person took note. */
  acknowledged: UtcMicros | null,
  /** Who. */
  acknowledged_by: string | null,
  /** What that person wrote; may be empty. */
  comment: string,
  /** Its cameras, where it is about several or may grow: those in trouble first, by the time that it began. */
  cameras: Array<AlarmCamera>,
  /** What they have in common, where that is known. */
  shared: AlarmShared | null,
};

/** Takes note of alarms. */
export type AlarmAcknowledge = {
  /** Which, 1 to 200. */
  ids: Array<AlarmId>,
  /** What is known about it, at most 1000 characters; may be empty. */
  comment: string,
};

/** A camera of an alarm. */
export type AlarmCamera = {
  /** Which. */
  camera: CameraId,
  /** Since when; of one that was in trouble several times meanwhile, the last time. */
  lost: UtcMicros,
  /** Well again since; absent: it is not. */
  back: UtcMicros | null,
  /** Why, if known. */
  reason: LossReason | null,
};

/** An abnormal state that wants a person. */
export type AlarmId = string;

/** What an alarm is about. One sentence each in the page's catalogue (`alarm_...`). */
export type AlarmKind = "volume_failed" | "volume_missing" | "volume_foreign" | "volume_full" | "no_volume" | "recording_overload" | "clock_stepped" | "files_damaged" | "index_rebuilt" | "camera_lost" | "camera_undecodable" | "not_recording" | "overloaded" | "workers_failing" | "station_crashed" | "audit_failing" | "checkpoint_away" | "seal_opened" | "backup_overdue";

/** How much an alarm wants a person. */
export type AlarmPriority = "low" | "medium" | "high" | "critical";

/** Which alarms; newest first. */
export type AlarmQuery = {
  /** Only those that are not over or not acknowledged. */
  open: boolean,
  /** Only those that are over and acknowledged. */
  closed: boolean,
  /** Only of these kinds; empty: any. */
  kinds: Array<AlarmKind>,
  /** Only about this camera, alone or among others. */
  camera?: CameraId,
  /** Over after this, or not over. */
  from?: UtcMicros,
  /** Raised before this. */
  to?: UtcMicros,
  /** At most so many, 1 to 500; 0: 100. */
  limit: number,
};

/** What the cameras of an alarm have in common. */
export type AlarmShared = { "by": "host", "value": string } | { "by": "network", "value": string } | { "by": "place", "value": string } | { "by": "unit", "value": UnitId } | { "by": "room" };

/** What alarms sound like, in the room's main window. */
export type AlarmSound = {
  /** Of critical ones. */
  critical: AlarmTone,
  /** Of high ones. */
  high: AlarmTone,
  /** Of medium ones. */
  medium: AlarmTone,
  /** Of low ones. */
  low: AlarmTone,
  /** 0 to 100. */
  volume: number,
  /** Of critical alarms that nobody took note of, again after so many seconds, 5 to 600; 0: once only. */
  repeat_s: number,
  /** Nothing sounds until then; absent: all does. */
  muted_until: UtcMicros | null,
};

/** A generated sound. */
export type AlarmTone = "none" | "soft" | "chime" | "rise" | "siren";

/** Who sits at this window program. */
export type AtDesk = {
  /** Signing in is needed here: there is at least one person. Until then everybody may do everything. */
  needed: boolean,
  /** Who is signed in. */
  person: Person | null,
  /** Signed in, and locked: the wall stays, records are hidden until the password is given again. */
  locked: boolean,
  /** Since when. */
  since: UtcMicros | null,
  /** To come back with ([`SignInAgain`]); only in the reply to signing in. */
  token: Secret | null,
  /** The window locks itself after so many seconds without a hand; 0: never. */
  idle_s: number,
  /** A code for the sealed envelope exists, made then. */
  sealed: UtcMicros | null,
  /** Names to choose from when signing in. */
  people: Array<PersonName>,
};

/** A file that belongs to an incident. */
export type Attachment = {
  /** Its id. */
  id: AttachmentId,
  /** The file's name, 1 to 200 characters, without a folder. */
  name: string,
  /** Its size in bytes. */
  bytes: number,
  /** Its SHA-256, hexadecimal. */
  sha256: string,
  /** Who brought it. */
  by: string,
  /** When. */
  at: UtcMicros,
  /** The incident that it was brought to, where a duplicate brought it along. */
  from: IncidentId | null,
  /** Struck through, like a note that was corrected; the file stays. */
  struck: Hidden | null,
  /** Whether its file is still what was brought. */
  state: AttachmentState,
};

/** A file that belongs to an incident. */
export type AttachmentId = string;

/** A file on its way to an incident. */
export type AttachmentProgress = {
  /** Which. */
  id: AttachmentId,
  /** Of which incident. */
  incident: IncidentId,
  /** Read. */
  done_bytes: number,
  /** In all; 0: it waits for its turn. */
  total_bytes: number,
};

/** Saves a copy of an attachment. */
export type AttachmentSave = {
  /** Which incident. */
  incident: IncidentId,
  /** Which attachment. */
  id: AttachmentId,
  /** Into this folder, absolute; nothing there is written over. */
  folder: string,
};

/** A copy of an attachment. */
export type AttachmentSaved = {
  /** Where it is. */
  path: string,
};

/** Whether an attachment's file is still what was brought. */
export type AttachmentState = "whole" | "checking" | "missing" | "changed";

/** Strikes an attachment through. */
export type AttachmentStrike = {
  /** Which incident. */
  incident: IncidentId,
  /** Which attachment. */
  id: AttachmentId,
  /** Why, 1 to 1,000 characters. */
  reason: string,
};

/** Adds a file to an incident. The station reads it where it is: window and station run as the same person on the same
 * machine. */
export type AttachmentWish = {
  /** Chosen by the client; the same id again is the same attachment. */
  id: AttachmentId,
  /** Which incident. */
  incident: IncidentId,
  /** Where the file is, absolute. */
  path: string,
};

/** Whose sound a window wants. */
export type AudioListen = {
  /** The camera. It replaces the one that this connection listened to. */
  camera: CameraId,
};

/** A piece of a camera's sound, for the connection that listens only. Order holds; a slow listener misses some. */
export type AudioSamples = {
  /** The camera. */
  camera: CameraId,
  /** How it is coded. */
  codec: Codec,
  /** Samples per second. */
  rate_hz: number,
  /** Channels. */
  channels: number,
  /** AAC: the AudioSpecificConfig, base64; empty for G.711. */
  config: string,
  /** The frames in their order, base64 each. */
  frames: Array<string>,
};

/** Why a camera is not heard. */
export type AudioSilence = "no_audio" | "lost";

/** A camera that a connection listens to is not heard, for that connection only. */
export type AudioSilent = {
  /** The camera. */
  camera: CameraId,
  /** Why. */
  why: AudioSilence,
};

/** So many rows, summed up and signed: kept off the machine, it shows what was changed or cut off later. */
export type AuditCheckpoint = {
  /** When. */
  at: UtcMicros,
  /** Rows that it covers. */
  rows: number,
  /** Root of their Merkle tree (RFC 6962, SHA-256), hexadecimal. */
  root: string,
  /** The checkpoint as a text to be printed or copied, with its signature. */
  text: string,
};

/** Who did what, when, to what. */
export type AuditEntry = {
  /** 1, 2, 3, ... without a hole. */
  seq: number,
  /** When. */
  at: UtcMicros,
  /** Who. */
  who: string,
  /** The command, as on the wire. */
  command: string,
  /** To what: kind and id. */
  object: string,
  /** What that is called today, if it has a name: a camera's code, an incident's number. */
  object_name: string,
  /** More, as the command writes it down. */
  detail: Record<string, unknown>,
};

/** Which rows of the audit; every field that is given narrows. Newest first. */
export type AuditQuery = {
  /** By this person. */
  who: string | null,
  /** Of this command, or all that begin so (`incident.`). */
  command: string | null,
  /** About this thing: `incident 0198...`. */
  object: string | null,
  /** At this time or later. */
  from: UtcMicros | null,
  /** Before this time. */
  to: UtcMicros | null,
  /** Only rows with a lower number. */
  before: number | null,
  /** At most so many, 1 to 500; 0: 100. */
  limit: number,
};

/** What the audit's own check found. */
export type AuditState = {
  /** Rows. */
  rows: number,
  /** The number of the first row that is not what was written, or is missing; absent: all is as it was written. */
  broken_at: number | null,
  /** The newest signed checkpoint. */
  checkpoint: AuditCheckpoint | null,
};

/** A backup. */
export type Backup = {
  /** Its id. */
  id: BackupId,
  /** Begun at. */
  begun: UtcMicros,
  /** Ended at. */
  ended: UtcMicros | null,
  /** The moment of the plan that it is for; absent: a person asked. */
  due: UtcMicros | null,
  /** Who asked; the station for one of the plan. */
  author: string,
  /** Where it is. */
  file: string,
  /** With the keys, sealed. */
  keys: boolean,
  /** How it goes. */
  phase: BackupPhase,
  /** What is being done. */
  stage: BackupStage | null,
  /** How far it is, 0 to 1, about. */
  share: number,
  /** The file's size. */
  bytes: number | null,
  /** What is in it, and what its rehearsal found. */
  report: BackupReport | null,
  /** Why it failed. */
  problem: Problem | null,
  /** Its file was taken away, for newer ones. */
  removed: UtcMicros | null,
  /** Its file is where it was made, in its size. */
  here: boolean,
  /** The command that restores it, for a shell; the station must be stopped, the data folder empty. */
  restore: string,
};

/** A backup that was made, or tried. */
export type BackupId = string;

/** How a backup goes. */
export type BackupPhase = "running" | "done" | "failed" | "cancelled";

/** When the station makes backups by itself. */
export type BackupPlan = {
  /** It does. */
  on: boolean,
  /** At this minute of the station's local day, 0 to 1439. */
  at_minute: number,
  /** Every so many days, 1 to 31. */
  every_days: number,
  /** Where to: a folder that is there, absolute, outside the data folder; empty: none was chosen yet. */
  folder: string,
  /** So many backups of the plan are kept in the folder, 1 to 365; older ones are taken away when a newer one was
   * rehearsed. */
  keep: number,
  /** With the station's keys, sealed with a passphrase: without them cameras' passwords must be typed again after a
   * restoring. */
  keys: boolean,
  /** In force since then. */
  since: UtcMicros,
};

/** Sets the plan. */
export type BackupPlanDraft = {
  /** See [`BackupPlan`]. */
  on: boolean,
  /** See [`BackupPlan`]. */
  at_minute: number,
  /** See [`BackupPlan`]. */
  every_days: number,
  /** See [`BackupPlan`]. */
  folder: string,
  /** See [`BackupPlan`]. */
  keep: number,
  /** See [`BackupPlan`]. */
  keys: boolean,
  /** A new passphrase, 12 to 256 characters; absent: the one in force stays. */
  passphrase: Secret | null,
};

/** What is in a backup, and what its rehearsal found: it was restored into a scratch folder and compared. */
export type BackupReport = {
  /** Files in it, the database one of them. */
  files: number,
  /** Their bytes. */
  file_bytes: number,
  /** Tables of the database. */
  tables: number,
  /** Rows of the database. */
  rows: number,
  /** Stills. */
  stills: number,
  /** Their bytes. */
  stills_bytes: number,
  /** Attachments. */
  attachments: number,
  /** Their bytes. */
  attachments_bytes: number,
  /** Files that came back with the same SHA-256. */
  rehearsed_files: number,
  /** Rows that came back, table by table as many. */
  rehearsed_rows: number,
  /** Rows of the audit whose codes were checked in the restored database. */
  audit_rows: number,
  /** The keys were opened in it. */
  keys_opened: boolean,
  /** Stills and attachments that were missing or changed in the data folder already: the first ones. */
  missing: Array<string>,
  /** How many. */
  missing_count: number,
  /** SHA-256 of the file without its last 64 bytes, which say the same; hexadecimal. */
  sha256: string,
  /** How long the rehearsal took. */
  seconds: number,
};

/** What is being done. */
export type BackupStage = "database" | "files" | "sealing" | "rehearsal";

/** Makes a backup now. */
export type BackupStart = {
  /** Chosen by the client; the same id again is the same backup. */
  id: BackupId,
  /** Where to; empty: the plan's folder. */
  folder: string,
  /** With the station's keys. */
  keys: boolean,
  /** What they are sealed with, 12 to 256 characters; absent: the plan's passphrase. */
  passphrase: Secret | null,
};

/** How backups are. */
export type BackupState = {
  /** The plan. */
  plan: BackupPlan,
  /** A passphrase was set, at this time. */
  passphrase: UtcMicros | null,
  /** It was set on another machine, or before this machine's key was made: it must be set again. */
  passphrase_lost: boolean,
  /** The next one of the plan. */
  next: UtcMicros | null,
  /** The newest good backup is older than two intervals. */
  overdue: boolean,
  /** The plan's folder is on the same disk as the data folder. */
  same_disk: boolean,
  /** What a backup takes about, in bytes; as much again while it is rehearsed. */
  estimate_bytes: number,
  /** Free in the plan's folder; absent: it is not there. */
  free_bytes: number | null,
  /** The newest good one. */
  good: Backup | null,
  /** The newest 50, one that runs first. */
  list: Array<Backup>,
};

/** A marked clip. */
export type Bookmark = {
  /** Its id. */
  id: BookmarkId,
  /** Its cameras. */
  cameras: Array<CameraId>,
  /** The moment marked. */
  at: UtcMicros,
  /** Begin of the clip, inclusive. */
  start: UtcMicros,
  /** End of the clip, exclusive. */
  end: UtcMicros,
  /** Who made it. */
  author: string,
  /** When it was made. */
  created: UtcMicros,
  /** How often it was edited. */
  edits: number,
  /** Whether anything of it is on disk, on any of its cameras. */
  recorded: boolean,
  /** An active hold protects at least a part of it. */
  held: boolean,
  /** Taken out of the lists; absent: it stands in them. */
  hidden: Hidden | null,
  /** Its title, 200 characters at most; may be empty. */
  title: string,
  /** Category code; absent: none. */
  category: string | null,
  /** Tags, 16 at most, 40 characters each. */
  tags: Array<string>,
  /** Free text, 10,000 characters at most. */
  note: string,
  /** Name of its colour: `blue`, `green`, `amber`, `violet`, `teal`, `pink`; empty: none. (Red is for alarms.) */
  colour: string,
};

/** Marks a clip. */
export type BookmarkDraft = {
  /** Chosen by the client. */
  id: BookmarkId,
  /** One or several cameras, 64 at most. */
  cameras: Array<CameraId>,
  /** The moment marked, within the clip. */
  at: UtcMicros,
  /** Begin of the clip, inclusive. */
  start: UtcMicros,
  /** End of the clip, exclusive; may lie in the future by as much as `bookmark_post_s` allows (3600 s). */
  end: UtcMicros,
  /** What it says, if that is known already. */
  text: BookmarkText | null,
};

/** Edits a bookmark. */
export type BookmarkEdit = {
  /** Which. */
  id: BookmarkId,
  /** How many edits the writer knew (`Bookmark::edits`): another number now is a conflict; absent: never mind. */
  edits: number | null,
  /** Its title, 200 characters at most; may be empty. */
  title: string,
  /** Category code; absent: none. */
  category: string | null,
  /** Tags, 16 at most, 40 characters each. */
  tags: Array<string>,
  /** Free text, 10,000 characters at most. */
  note: string,
  /** Name of its colour: `blue`, `green`, `amber`, `violet`, `teal`, `pink`; empty: none. (Red is for alarms.) */
  colour: string,
};

/** Takes a bookmark out of the lists (author, or supervisor). */
export type BookmarkHide = {
  /** Which. */
  id: BookmarkId,
  /** Why, 1 to 1000 characters. */
  reason: string,
};

/** A marked clip. */
export type BookmarkId = string;

/** Which bookmarks; every field that is given narrows. Newest moment first. */
export type BookmarkQuery = {
  /** Whose clip ends after this. */
  from?: UtcMicros,
  /** Whose clip begins before this. */
  to?: UtcMicros,
  /** With any of these cameras; empty: any. */
  cameras: Array<CameraId>,
  /** With a camera of this unit. */
  unit?: UnitId,
  /** Of this category. */
  category?: string,
  /** With this tag. */
  tag?: string,
  /** By this author. */
  author?: string,
  /** Whose title, note, tags or camera contain every word of this, without tone marks and case. */
  text: string,
  /** Those taken out of the lists too. */
  hidden: boolean,
  /** Only as far as it goes in some ten milliseconds: what words stand in very many places, or long ago, may then be left
   * out. Without it everything is looked at, however long it takes. */
  quick?: boolean,
  /** Only what was marked before this moment, for the next page. */
  before?: UtcMicros,
  /** At most so many, 1 to 500; 0: 100. */
  limit: number,
};

/** What a bookmark says. */
export type BookmarkText = {
  /** Its title, 200 characters at most; may be empty. */
  title: string,
  /** Category code; absent: none. */
  category: string | null,
  /** Tags, 16 at most, 40 characters each. */
  tags: Array<string>,
  /** Free text, 10,000 characters at most. */
  note: string,
  /** Name of its colour: `blue`, `green`, `amber`, `violet`, `teal`, `pink`; empty: none. (Red is for alarms.) */
  colour: string,
};

/** A bookmark as it was written once. */
export type BookmarkVersion = {
  /** 1 is the first. */
  number: number,
  /** Who wrote that. */
  author: string,
  /** When. */
  at: UtcMicros,
  /** Its title, 200 characters at most; may be empty. */
  title: string,
  /** Category code; absent: none. */
  category: string | null,
  /** Tags, 16 at most, 40 characters each. */
  tags: Array<string>,
  /** Free text, 10,000 characters at most. */
  note: string,
  /** Name of its colour: `blue`, `green`, `amber`, `violet`, `teal`, `pink`; empty: none. (Red is for alarms.) */
  colour: string,
};

/** Opens the sealed envelope: signs in with all roles when nobody else can, and raises an alarm. */
export type BreakGlass = {
  /** As in [`SignIn`]. */
  window: string,
  /** Who opens it, as they name themselves, 1 to 120 characters. */
  name: string,
  /** Why, 1 to 1,000 characters. */
  reason: string,
  /** The code in the envelope. */
  code: Secret,
};

/** Asks on which days there is footage. */
export type CalendarQuery = {
  /** Of these cameras; empty: of any. */
  cameras: Array<CameraId>,
  /** Begin of each day and the end of the last, as the page's local time has them; 2 to 64, ascending. */
  days: Array<UtcMicros>,
};

/** A camera with the state of its sessions. */
export type Camera = {
  /** Its id. */
  id: CameraId,
  /** E.g. C017; unique in the room. */
  code: string,
  /** E.g. "Cổng chợ Ea Siên". */
  name: string,
  /** Where it belongs. */
  unit: UnitId | null,
  /** Free text: road, kilometre. */
  place: string,
  /** The main stream's address, without credentials. */
  main_url: string,
  /** The sub stream's address, without credentials; empty: the camera has one stream only. */
  sub_url: string,
  /** User name at the camera; empty: none. */
  username: string,
  /** Whether a password is stored. It is never sent. */
  has_password: boolean,
  /** How its packets shall travel; absent: TCP first, UDP when refused. */
  transport: Transport | null,
  /** Its sessions: the sub stream's always, the main stream's while wanted. */
  sessions: Array<Session>,
  /** What is recorded of it, as wished. */
  record: RecordProfile,
  /** What is recorded of it, as it is: one for each stream that it has. */
  recordings: Array<Recording>,
};

/** How much moves before a camera. */
export type CameraActivity = {
  /** The camera. */
  camera: CameraId,
  /** 0 (still) to 100: sizes of non-key frames against their own recent quiet, over some seconds. */
  level: number,
};

/** Incidents of a camera. */
export type CameraCount = {
  /** Which. */
  camera: CameraId,
  /** Its incidents. */
  of: Counted,
};

/** A camera over a day. */
export type CameraDay = {
  /** Which. */
  camera: CameraId,
  /** Share of the measured time that it brought pictures, 0 to 1; absent: nothing was measured (the station did not
   * run, or it is longer ago than measurements are kept). */
  live: number | null,
  /** So much of the day was measured, in seconds. */
  measured_s: number,
  /** How often it was lost. */
  losses: number,
  /** So long it was lost in all, in seconds. */
  lost_s: number,
  /** The longest of these, in seconds. */
  longest_s: number,
  /** Recorded, in seconds: of the stream that has the most. */
  recorded_s: number,
  /** Not recorded although it should have been, in seconds. */
  missing_s: number,
  /** Of that because of a disk or because the station was too slow, in seconds; the rest because the camera was lost
   * or the station did not run. */
  disk_s: number,
};

/** A camera as written in the form. */
export type CameraDraft = {
  /** Chosen by the client. */
  id: CameraId,
  /** Empty: the next free one (C001, C002, ...). */
  code: string,
  /** E.g. "Cổng chợ Ea Siên". */
  name: string,
  /** Where it belongs. */
  unit: UnitId | null,
  /** Free text. */
  place: string,
  /** `rtsp://host[:port]/path`. A user and password inside are taken out into the fields below. */
  main_url: string,
  /** As above; empty: none. */
  sub_url: string,
  /** User name at the camera; empty: none. */
  username: string,
  /** Absent: as stored. Empty: none. */
  password: string | null,
  /** Absent: TCP first, UDP when refused. */
  transport: Transport | null,
  /** What is recorded of it; absent: as stored, at first both streams around the clock. */
  record: RecordProfile | null,
};

/** A camera was lost or came back. */
export type CameraEvent = {
  /** Unique among these. */
  id: string,
  /** Which camera. */
  camera: CameraId,
  /** Lost at. */
  lost: UtcMicros,
  /** Back at; absent: still lost. */
  back: UtcMicros | null,
  /** Why. */
  reason: LossReason,
};

/** What a camera fails, or does in a way that somebody should look at. */
export type CameraFlag = "default_password" | "no_password" | "plain_rtsp" | "clock_off" | "key_frames_rare" | "packets_lost" | "undecodable";

/** A camera over the last day and week. */
export type CameraHealth = {
  /** Which. */
  camera: CameraId,
  /** Share of the last 24 hours (or since it was added) without a loss that was written down, 0 to 1. Times when the
   * station did not run count as such. */
  up_day: number,
  /** The same of the last 7 days. */
  up_week: number,
  /** How often it was lost in the last 24 hours. */
  losses_day: number,
  /** How often it was lost in the last 7 days. */
  losses_week: number,
  /** What it fails. */
  flags: Array<CameraFlag>,
};

/** One physical camera. */
export type CameraId = string;

/** Which cameras a person may see. Both empty: all of them. */
export type CameraLimit = {
  /** Cameras of these units. */
  units: Array<UnitId>,
  /** And these cameras. */
  cameras: Array<CameraId>,
};

/** How long a camera's recordings last. */
export type CameraPlan = {
  /** Which. */
  camera: CameraId,
  /** Measured rate of the main stream; 0: not measured, or not recorded. */
  main_bps: number,
  /** Measured rate of the sub stream; 0: not measured, or not recorded. */
  sub_bps: number,
  /** Share of the week that it is recorded, 0 to 1. */
  share: number,
  /** Written in a day, in bytes. */
  bytes_per_day: number,
  /** Days wished. */
  keep_days: number,
  /** Days that fit, if all cameras are treated alike. */
  days_fit: number | null,
  /** Its oldest recording. */
  oldest: UtcMicros | null,
  /** On disk now, in bytes. */
  used_bytes: number,
};

/** A camera in full. */
export type CameraReport = {
  /** As in the table. */
  health: CameraHealth,
  /** Its sessions with their figures. */
  sessions: Array<Session>,
  /** When it was lost in the last 7 days, newest first, 200 at most. */
  losses: Array<CameraEvent>,
};

/** What trying a camera found, stream by stream. */
export type CameraTest = {
  /** The main stream. */
  main: StreamTest,
  /** The sub stream, if an address is given. */
  sub: StreamTest | null,
};

/** An incident category. */
export type Category = {
  /** Stable code, e.g. `traffic`. */
  code: string,
  /** Vietnamese name. */
  name_vi: string,
  /** English name. */
  name_en: string,
};

/** Incidents of a category. */
export type CategoryCount = {
  /** Its code. */
  category: string | null,
  /** Its incidents. */
  of: Counted,
};

/** How a folder off the machine is, that checkpoints are copied to. */
export type CheckpointFolder = {
  /** Its path. */
  path: string,
  /** It had every checkpoint then; absent: it never did. */
  whole: UtcMicros | null,
  /** Rows of the newest checkpoint in it. */
  rows: number,
  /** Why it does not take any now, in English, technical; absent: it does. */
  problem: string | null,
  /** It is away for longer than a day. */
  late: boolean,
};

/** The station's clock against a reference (phone, radio), typed in by a person. */
export type ClockCheck = {
  /** When, by the station's clock. */
  at: UtcMicros,
  /** Reference - station, milliseconds. */
  offset_ms: number,
  /** So much the offset may be wrong by, milliseconds. */
  uncertainty_ms: number,
  /** The reference: "117", "VOV", 1 to 120 characters. */
  source: string,
  /** Who compared. */
  by: string,
};

/** Types in a reference time. */
export type ClockCheckDraft = {
  /** What the reference showed. */
  reference: UtcMicros,
  /** What the station's clock showed when the key was pressed. */
  station: UtcMicros,
  /** The reference. */
  source: string,
};

/** What kind of failure, for programs. Few on purpose: the sentence for a person is [`Problem::key`]. */
export type Code = "Unauthenticated" | "Forbidden" | "NotFound" | "Conflict" | "Invalid" | "Precondition" | "Unavailable" | "Timeout" | "DiskFull" | "DataLoss" | "Unsupported" | "Cancelled" | "Internal";

/** How the bytes are coded. */
export type Codec = "H264" | "H265" | "Aac" | "Pcmu" | "Pcma";

/** A working copy of a clip. */
export type Copy = {
  /** What is going on. */
  phase: CopyPhase,
  /** Who asked. */
  author: string,
  /** When. */
  created: UtcMicros,
  /** Written so far, in bytes. */
  done_bytes: number,
  /** To be written in all, in bytes. */
  total_bytes: number,
  /** Seconds left, about. */
  seconds_left: number | null,
  /** The files that are complete. */
  files: Array<CopyFile>,
  /** Why it failed. */
  problem: Problem | null,
  /** Chosen by the client. */
  id: CopyId,
  /** Of these cameras, 1 to 16. */
  cameras: Array<CameraId>,
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive; at most 24 h after the begin. */
  end: UtcMicros,
  /** Which stream; absent: main where it is recorded, else sub. */
  which: StreamKind | null,
  /** Into this folder (absolute); a folder of its own is made in it. Empty: the room's setting. */
  folder: string,
};

/** Asks for a working copy of a clip: a plain MP4 a camera, and beside it what is in it and what is missing. */
export type CopyDraft = {
  /** Chosen by the client. */
  id: CopyId,
  /** Of these cameras, 1 to 16. */
  cameras: Array<CameraId>,
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive; at most 24 h after the begin. */
  end: UtcMicros,
  /** Which stream; absent: main where it is recorded, else sub. */
  which: StreamKind | null,
  /** Into this folder (absolute); a folder of its own is made in it. Empty: the room's setting. */
  folder: string,
};

/** One camera's part of a copy. */
export type CopyFile = {
  /** The camera. */
  camera: CameraId,
  /** Which stream. */
  which: StreamKind,
  /** File name within the folder; several parts where the camera's parameters changed. */
  file: string,
  /** Its size, in bytes. */
  bytes: number,
  /** What is in it: from the key frame before the begin asked for. */
  start: UtcMicros,
  /** To the end of its last picture. */
  end: UtcMicros,
  /** Pictures. */
  frames: number,
  /** What is missing within what was asked for. */
  gaps: Array<TimelineGap>,
};

/** A working copy of a clip. */
export type CopyId = string;

/** What is going on with a copy. */
export type CopyPhase = "running" | "done" | "failed" | "cancelled";

/** What a copy would take. */
export type CopyPlan = {
  /** Size of the copies, in bytes, about. */
  bytes: number,
  /** Free where they go. */
  free_bytes: number,
  /** Where they go. */
  folder: string,
  /** Camera by camera. */
  files: Array<CopyFile>,
};

/** Some incidents. */
export type Counted = {
  /** How many. */
  count: number,
  /** Of them closed now. One that was opened again is not. */
  closed: number,
  /** From when the room learned of it to when it was closed, of those that are. */
  open: Lengths,
  /** From when somebody was told to when they answered or were there, of every notice that was answered. */
  response: Lengths,
};

/** Asks for the day of all cameras. */
export type DayQuery = {
  /** Its begin: local midnight. */
  from: UtcMicros,
  /** Its end; 30 hours later at most. */
  to: UtcMicros,
};

/** How the cameras were over a day. */
export type DaySheet = {
  /** As asked. */
  from: UtcMicros,
  /** As asked; of a day that is not over, now. */
  to: UtcMicros,
  /** Every camera that is in the room now and may be seen, by its code. */
  cameras: Array<CameraDay>,
  /** The disks as they are now. */
  volumes: Array<Volume>,
  /** Days of recording that fit now; absent: not known. */
  storage_days: number | null,
};

/** A change. Each carries the new whole, so that a missed one is mended by the next or by asking again. */
export type Event = { "event": "room.changed", "data": Room } | { "event": "room.status", "data": RoomStatus } | { "event": "camera.changed", "data": Camera } | { "event": "camera.deleted", "data": CameraId } | { "event": "unit.changed", "data": Unit } | { "event": "session.changed", "data": Session } | { "event": "feed.changed", "data": FeedItem } | { "event": "recording.changed", "data": Recording } | { "event": "volume.changed", "data": Array<Volume> } | { "event": "alarm.changed", "data": Alarm } | { "event": "hold.changed", "data": Hold } | { "event": "copy.changed", "data": Copy } | { "event": "backup.changed", "data": Backup } | { "event": "neighbours.changed", "data": Neighbours } | { "event": "layout.changed", "data": Layout } | { "event": "layout.deleted", "data": LayoutId } | { "event": "layout.ordered", "data": Array<LayoutId> } | { "event": "tour.changed", "data": Tour } | { "event": "tour.deleted", "data": TourId } | { "event": "attachment.progress", "data": AttachmentProgress } | { "event": "incident.changed", "data": Incident } | { "event": "shift.changed", "data": Shift } | { "event": "task.changed", "data": Task } | { "event": "desk.changed", "data": AtDesk } | { "event": "review.state", "data": ReviewState } | { "event": "window.asked", "data": WindowAsk } | { "event": "station.stopping", "data": StationStopping } | { "event": "audio.samples", "data": AudioSamples } | { "event": "audio.silent", "data": AudioSilent } | { "event": "resync" };

/** One thing in the feed. */
export type FeedItem = { "kind": "note", "item": Note } | { "kind": "bookmark", "item": Bookmark } | { "kind": "still", "item": Still } | { "kind": "camera", "item": CameraEvent } | { "kind": "alarm", "item": Alarm } | { "kind": "incident", "item": Incident };

/** A named filter of a list. */
export type FilterId = string;

/** Makes the first person, an administrator with all roles, and signs them in. Possible while there is nobody. */
export type FirstPerson = {
  /** As in [`SignIn`]. */
  window: string,
  /** Chosen by the client. */
  id: PersonId,
  /** What they sign in with. */
  login: string,
  /** Name as it stands in records. */
  name: string,
  /** Their password, 8 to 256 characters. */
  password: Secret,
};

/** A stretch of a camera's footage. */
export type Footage = {
  /** Which camera. */
  camera: CameraId,
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive. */
  end: UtcMicros,
};

/** One thing found. */
export type Found = {
  /** Which. */
  what: FoundWhat,
  /** When it was, or was written. */
  at: UtcMicros | null,
  /** Its first line: code and name, number and title, the text. */
  title: string,
  /** The part of the text that was found; empty: the title says it. */
  excerpt: string,
  /** What to light up in the title: begin and end, counted in UTF-16 units as pages do. */
  title_marks: Array<[number, number]>,
  /** The same in the excerpt. */
  excerpt_marks: Array<[number, number]>,
  /** The tone marks are those that were typed. */
  exact: boolean,
};

/** What was found. */
export type FoundKind = "camera" | "incident" | "note" | "bookmark" | "subject" | "person" | "shift";

/** Where a find leads. */
export type FoundWhat = { "kind": "camera",
/** Which. */
id: CameraId, } | { "kind": "incident",
/** Which. */
id: IncidentId, } | { "kind": "note",
/** Which. */
id: NoteId,
/** The incident it was written in; absent: one of the feed. */
incident: IncidentId | null,
/** The camera it is about. */
camera: CameraId | null, } | { "kind": "bookmark",
/** Which. */
id: BookmarkId, } | { "kind": "subject",
/** The incident. */
incident: IncidentId, } | { "kind": "person",
/** Who. */
id: PersonId, } | { "kind": "shift",
/** Which. */
id: ShiftId, };

/** Why there is no recording. One sentence each in the page's catalogue (`gap_...`). */
export type GapCause = { "cause": "camera_lost",
/** As the session knew it. */
reason: LossReason | null, } | { "cause": "overload" } | { "cause": "disk_full" } | { "cause": "disk_failed" } | { "cause": "stopped" } | { "cause": "scheduled" } | { "cause": "station_stopped" } | { "cause": "station_died" } | { "cause": "clock_step",
/** By how much, in microseconds; negative: back. */
step_us: number, } | { "cause": "timestamp_leap" } | { "cause": "parameters_changed" } | { "cause": "file_damaged" };

/** What was handed over, and by whom to whom. Locked. */
export type Handover = {
  /** As it was. */
  state: HandoverState,
  /** Remarks, 10,000 characters at most. */
  remarks: string,
  /** Who handed over, having signed in for it. */
  from: string,
  /** Who took over, having signed in for it. */
  to: string,
  /** When both had. */
  at: UtcMicros,
};

/** Hands the shift over. Both persons give their passwords; the window is the second one's afterwards. */
export type HandoverDraft = {
  /** The shift that ends. */
  shift: ShiftId,
  /** The shift that begins; chosen by the client. */
  next: ShiftId,
  /** Name of the next shift; empty: as planned for this hour. */
  next_name: string,
  /** Who commands the next shift. */
  commander: string,
  /** Remarks, 10,000 characters at most. */
  remarks: string,
  /** The one who hands over: login. */
  from: string,
  /** And password. */
  from_password: Secret,
  /** The one who takes over: login. */
  to: string,
  /** And password. */
  to_password: Secret,
};

/** What is handed over, as the station finds it. */
export type HandoverState = {
  /** When it was looked at. */
  at: UtcMicros,
  /** Cameras in the room. */
  cameras: number,
  /** Of them live. */
  live: number,
  /** Of them lost. */
  lost: Array<CameraId>,
  /** Of them not recorded although they should be. */
  not_recording: Array<CameraId>,
  /** Days of recording that fit; absent: not known. */
  storage_days: number | null,
  /** The clock as it was compared last in this shift. */
  clock: ClockCheck | null,
  /** Incidents opened in this shift. */
  new_incidents: Array<RelatedIncident>,
  /** Incidents that are open, the new ones included. */
  open_incidents: Array<RelatedIncident>,
  /** Tasks not done. */
  tasks: Array<Task>,
};

/** Something was taken out of the lists, and can still be read. */
export type Hidden = {
  /** When. */
  at: UtcMicros,
  /** By whom. */
  who: string,
  /** Why. */
  reason: string,
};

/** How something was. Where nothing was measured (the station did not run) there is no point in time. */
export type History = {
  /** From when. */
  from: UtcMicros,
  /** Until when. */
  to: UtcMicros,
  /** Between two points at most this lies, else the station did not measure between them. */
  step_us: number,
  /** The points in time, ascending. */
  at: Array<UtcMicros>,
  /** The figures at those points. */
  series: Array<HistorySeries>,
};

/** What is measured. */
export type HistoryFigure = "cpu" | "memory" | "network" | "disk_write" | "latency" | "painted" | "live" | "recording" | "fps" | "loss" | "up";

/** Asks how something was. */
export type HistoryQuery = {
  /** Which camera; absent: the station. */
  camera: CameraId | null,
  /** How far back. */
  span: HistorySpan,
};

/** One figure's history. */
export type HistorySeries = {
  /** Which. */
  figure: HistoryFigure,
  /** As many as there are points; absent: not known then. */
  values: Array<number | null>,
};

/** How far back. */
export type HistorySpan = "hour" | "day" | "week";

/** What protects a clip from retention. */
export type Hold = {
  /** Its id. */
  id: HoldId,
  /** Of these cameras. */
  cameras: Array<CameraId>,
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive. */
  end: UtcMicros,
  /** Why. */
  reason: string,
  /** Until when; absent: until lifted. */
  until: UtcMicros | null,
  /** The bookmark it was made from. */
  bookmark: BookmarkId | null,
  /** Who. */
  author: string,
  /** When it was placed. */
  created: UtcMicros,
  /** Lifted: when, by whom, why. */
  lifted: Hidden | null,
  /** It protects now: not lifted, not run out. */
  active: boolean,
  /** What it protects on disk, in bytes. */
  bytes: number,
};

/** Protects footage. */
export type HoldDraft = {
  /** Chosen by the client. */
  id: HoldId,
  /** Of these cameras, 1 to 64. */
  cameras: Array<CameraId>,
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive. */
  end: UtcMicros,
  /** Why, 1 to 1000 characters. */
  reason: string,
  /** Until when; absent: until lifted. */
  until: UtcMicros | null,
  /** The bookmark it was made from, if one. */
  bookmark: BookmarkId | null,
};

/** What protects a clip from retention. */
export type HoldId = string;

/** Lifts a hold (who placed it, or a supervisor). */
export type HoldLift = {
  /** Which. */
  id: HoldId,
  /** Why, 1 to 1000 characters. */
  reason: string,
};

/** Which holds; every field that is given narrows. Newest first, 500 at most. */
export type HoldQuery = {
  /** With any of these cameras; empty: any. */
  cameras: Array<CameraId>,
  /** Ending after this. */
  from?: UtcMicros,
  /** Beginning before this. */
  to?: UtcMicros,
  /** Those that protect no more too. */
  ended: boolean,
};

/** An incident as lists show it. */
export type Incident = {
  /** Its id. */
  id: IncidentId,
  /** Its number: `ES-2026-0142`. */
  number: string,
  /** What its sheet says. */
  text: IncidentText,
  /** How far it is. */
  state: IncidentState,
  /** Since when. */
  state_since: UtcMicros,
  /** Who opened it. */
  opened_by: string,
  /** When. */
  opened: UtcMicros,
  /** Who approved it, when it was closed last. */
  approved_by: string | null,
  /** When it was closed last. */
  closed: UtcMicros | null,
  /** The incident that this one became part of. */
  merged_into: IncidentId | null,
  /** How often its sheet was changed. */
  edits: number,
  /** Cameras of its footage, in order. */
  cameras: Array<CameraId>,
  /** Notes in its chronology, corrections included. */
  notes: number,
};

/** How many incidents are in a state. */
export type IncidentCount = {
  /** The state. */
  state: IncidentState,
  /** How many. */
  count: number,
};

/** Opens an incident. */
export type IncidentDraft = {
  /** Chosen by the client; the same id again is the same incident. */
  id: IncidentId,
  /** What its sheet says. */
  text: IncidentText,
  /** Footage that belongs to it, 64 at most; it is held at once. */
  footage: Array<Footage>,
  /** Bookmarks that belong to it, 64 at most. */
  bookmarks: Array<BookmarkId>,
  /** Stills that belong to it, 64 at most. */
  stills: Array<StillId>,
  /** The first words of its chronology; empty: none. */
  note: string,
};

/** Changes what an incident's sheet says. */
export type IncidentEdit = {
  /** Which. */
  id: IncidentId,
  /** What it says from now on. */
  text: IncidentText,
  /** The writer's `Incident::edits`; another number now is a conflict, with both texts kept by their writers. */
  edits: number,
};

/** An incident with everything that belongs to it. */
export type IncidentFile = {
  /** Itself. */
  incident: Incident,
  /** Where the caller may move it. */
  moves: Array<IncidentState>,
  /** Its chronology, oldest first. */
  notes: Array<IncidentNote>,
  /** Its footage. */
  footage: Array<LinkedFootage>,
  /** Its bookmarks. */
  bookmarks: Array<Bookmark>,
  /** Its stills. */
  stills: Array<Still>,
  /** Subjects and vehicles. */
  subjects: Array<Subject>,
  /** Who was told. */
  notices: Array<Notice>,
  /** Attachments. */
  attachments: Array<Attachment>,
  /** Related incidents, both ways. */
  related: Array<RelatedIncident>,
  /** Duplicates that became part of it. */
  merged: Array<RelatedIncident>,
  /** Its sheet as it was, and the states it went through, newest first. */
  history: Array<IncidentStep>,
};

/** A case file. */
export type IncidentId = string;

/** Adds to or takes from what belongs to an incident. Taking away keeps the row, with who, when and why. */
export type IncidentLink = {
  /** Which. */
  id: IncidentId,
  /** What. */
  what: Linked,
  /** Why it is taken away, 1 to 1,000 characters; absent: it is added. */
  removed: string | null,
};

/** Makes an incident part of another. Both histories stay; the first is cancelled and points at the second. */
export type IncidentMerge = {
  /** The duplicate. */
  id: IncidentId,
  /** What it becomes part of. */
  into: IncidentId,
  /** Why, 1 to 1,000 characters. */
  reason: string,
};

/** Moves an incident from one state to another. */
export type IncidentMove = {
  /** Which. */
  id: IncidentId,
  /** The state that the mover saw; another one now is a conflict. */
  from: IncidentState,
  /** Where to. */
  to: IncidentState,
  /** Why, 1,000 characters at most; needed to send back, to reopen, to cancel. */
  reason: string,
};

/** A note in an incident's chronology. */
export type IncidentNote = {
  /** What was written. */
  note: Note,
  /** The note that this one corrects. */
  corrects: NoteId | null,
  /** The note that corrects this one. */
  corrected_by: NoteId | null,
  /** The incident it was written in, where a duplicate brought it along. */
  from: IncidentId | null,
};

/** Adds to an incident's chronology. */
export type IncidentNoteDraft = {
  /** Chosen by the client; the same id with the same content again is the same note. */
  id: NoteId,
  /** Which incident. */
  incident: IncidentId,
  /** The text, 1 to 10,000 characters. */
  text: string,
  /** The moment it is about. */
  at: UtcMicros,
  /** The note it corrects; that one stays readable, struck through. */
  corrects: NoteId | null,
};

/** An order of incidents. */
export type IncidentOrder = "detected" | "number" | "severity";

/** A page of incidents. */
export type IncidentPage = {
  /** The incidents. */
  items: Array<Incident>,
  /** More follow. */
  more: boolean,
  /** How many there are of each state, whatever the query's states say; only with the first page. */
  counts: Array<IncidentCount>,
};

/** Which incidents; every field that is given narrows. */
export type IncidentQuery = {
  /** Of these states; empty: of all. */
  states: Array<IncidentState>,
  /** Of this category or one below it. */
  category: string | null,
  /** Of this unit. */
  unit: UnitId | null,
  /** With footage of this camera. */
  camera: CameraId | null,
  /** Opened by this person. */
  opened_by: string | null,
  /** Detected at this time or later. */
  from: UtcMicros | null,
  /** Detected before this time. */
  to: UtcMicros | null,
  /** Words of number, title, place, notes; plates in part. */
  text: string,
  /** The order. */
  order: IncidentOrder,
  /** The other way round. */
  reversed: boolean,
  /** The last incident of the page before; absent: from the begin. */
  after: IncidentId | null,
  /** At most so many, 1 to 500; 0: 100. */
  limit: number,
  /** Only as far as it goes in some ten milliseconds: what words stand in very many places, or long ago, may then be left
   * out. Without it everything is looked at, however long it takes. */
  quick?: boolean,
};

/** How the room learned of it. */
export type IncidentSource = "camera" | "report" | "phone" | "patrol" | "other";

/** How far an incident is. */
export type IncidentState = "new" | "verifying" | "handling" | "waiting" | "closed" | "reopened" | "cancelled";

/** What happened to an incident's sheet or state once. */
export type IncidentStep = {
  /** When. */
  at: UtcMicros,
  /** Who. */
  who: string,
  /** The state it was moved to; absent: its sheet was changed. */
  state: IncidentState | null,
  /** What its sheet said until then; absent: its state was moved. */
  before: IncidentText | null,
  /** Why. */
  reason: string,
};

/** What an incident's sheet says. */
export type IncidentText = {
  /** Its title, 1 to 200 characters. */
  title: string,
  /** Category code; absent: none yet. */
  category: string | null,
  /** How grave. */
  severity: Severity,
  /** How the room learned of it. */
  source: IncidentSource,
  /** When the room learned of it. */
  detected: UtcMicros,
  /** When it happened, or began; absent: not known. */
  occurred: UtcMicros | null,
  /** When it was over; absent: not known, or not yet. */
  ended: UtcMicros | null,
  /** Commune or ward. */
  unit: UnitId | null,
  /** Road, 200 characters at most. */
  road: string,
  /** Place, 200 characters at most. */
  place: string,
  /** Forces that took part, 2,000 characters at most. */
  forces: string,
  /** What became of it. */
  outcome: Outcome | null,
  /** What is to be said of the outcome, 10,000 characters at most. */
  outcome_note: string,
  /** Related paper forms, e.g. "145/BB-XM 12/2026", 16 at most, 80 characters each. */
  forms: Array<string>,
};

/** Looks for the next of something. */
export type Jump = {
  /** On these cameras. */
  cameras: Array<CameraId>,
  /** From here, exclusive. */
  at: UtcMicros,
  /** What. */
  to: JumpTo,
  /** Forward in time, or back. */
  forward: boolean,
};

/** Where to jump. */
export type JumpTo = "bookmark" | "alarm" | "gap" | "footage";

/** A saved layout. */
export type Layout = {
  /** Its id. */
  id: LayoutId,
  /** Its name. */
  name: string,
  /** Everybody's; else the owner's alone. */
  shared: boolean,
  /** How the wall is cut into tiles. */
  shape: WallShape,
  /** Cameras tile by tile over all pages; absent: an empty tile. One that is not in the room any more stays named. */
  cameras: Array<CameraId | null>,
  /** The tile of each page that follows the chosen camera. */
  hotspot: number | null,
  /** Counts its changes. */
  edits: number,
  /** Who made it. */
  owner: string,
  /** Who changed it last. */
  changed_by: string,
  /** When. */
  changed: UtcMicros,
};

/** Takes a layout out of the list. */
export type LayoutDelete = {
  /** Which. */
  id: LayoutId,
  /** The count of edits that the person saw. */
  edits: number,
};

/** Saves a layout. */
export type LayoutDraft = {
  /** Chosen by the client. */
  id: LayoutId,
  /** 1 to 80 characters; unique among the shared ones, or among one's own. */
  name: string,
  /** Everybody's; else the owner's alone. */
  shared: boolean,
  /** How the wall is cut into tiles. */
  shape: WallShape,
  /** Cameras tile by tile over all pages, at most 256; absent: an empty tile. The hotspot takes none. */
  cameras: Array<CameraId | null>,
  /** The tile of each page that follows the chosen camera, with its main stream. */
  hotspot: number | null,
  /** The count of edits that the person saw; 0: it is new. */
  edits: number,
};

/** A saved layout of the wall. */
export type LayoutId = string;

/** Lengths of time, summed up. */
export type Lengths = {
  /** Of so many. */
  count: number,
  /** Half of them are no longer, in seconds; 0 of none. */
  median_s: number,
  /** Nine of ten are no longer, in seconds; 0 of none. */
  p90_s: number,
};

/** What may belong to an incident. */
export type Linked = { "kind": "footage", "of": Footage } | { "kind": "bookmark", "of": BookmarkId } | { "kind": "still", "of": StillId } | { "kind": "incident", "of": IncidentId };

/** Footage that belongs to an incident. */
export type LinkedFootage = {
  /** Which. */
  footage: Footage,
  /** Who linked it. */
  by: string,
  /** When. */
  at: UtcMicros,
  /** The hold that protects it; absent: it was lifted or ran out. */
  hold: HoldId | null,
};

/** Why a session was lost or could not be made. One sentence each in the page's catalogue (`loss_...`). */
export type LossReason = "dns" | "unreachable" | "refused" | "timeout" | "unauthorized" | "forbidden" | "not_found" | "transport_refused" | "busy" | "protocol" | "no_video" | "unsupported_codec" | "undecodable" | "stalled" | "closed";

/** Incidents of a month. */
export type MonthCount = {
  /** Year. */
  year: number,
  /** 1 to 12. */
  month: number,
  /** How many. */
  count: number,
};

/** How another process of the same user opens a mosaic: `/proc/{pid}/fd/{fd}`. */
export type MosaicHandle = {
  /** The process that holds it. */
  pid: number,
  /** Its descriptor there. */
  fd: number,
  /** Its size. */
  bytes: number,
  /** Differs for each mosaic of a station's life. */
  generation: number,
};

/** Where a camera's road goes on. */
export type Neighbour = {
  /** The next camera. */
  camera: CameraId,
  /** About how long one drives there, 0 to 3600 s. */
  seconds: number,
  /** Which way, e.g. "về Buôn Hồ"; may be empty. */
  direction: string,
};

/** A camera's neighbours, in the order of the keys that lead to them. */
export type Neighbours = {
  /** The camera. */
  camera: CameraId,
  /** Where the road goes on, 8 at most. */
  next: Array<Neighbour>,
};

/** An append-only text. */
export type Note = {
  /** Its id. */
  id: NoteId,
  /** The text. */
  text: string,
  /** The camera it is about. */
  camera: CameraId | null,
  /** The moment it is about. */
  at: UtcMicros,
  /** Category code. */
  category: string | null,
  /** Who wrote it. */
  author: string,
  /** When it was written. */
  created: UtcMicros,
};

/** Writes a note. */
export type NoteDraft = {
  /** Chosen by the client. */
  id: NoteId,
  /** The text, 1 to 10,000 characters. */
  text: string,
  /** The camera it is about, if one. */
  camera: CameraId | null,
  /** The moment it is about. */
  at: UtcMicros,
  /** Category code. */
  category: string | null,
};

/** An append-only text by a person at a time. */
export type NoteId = string;

/** Somebody was told of an incident. */
export type Notice = {
  /** Chosen by the client. */
  id: NoticeId,
  /** Who was told, 1 to 200 characters. */
  whom: string,
  /** When. */
  notified: UtcMicros,
  /** When they answered or were there; absent: not yet. */
  responded: UtcMicros | null,
  /** Remarks, 1,000 characters at most. */
  remark: string,
  /** Who wrote it down. */
  by: string,
};

/** Somebody who was told of an incident. */
export type NoticeId = string;

/** Writes down who was told, or that they answered. */
export type NoticePut = {
  /** Which incident. */
  incident: IncidentId,
  /** The notice. */
  notice: Notice,
};

/** What became of it. */
export type Outcome = "handled" | "transferred" | "watching" | "no_violation" | "false_report";

/** A part of a list, newest first. */
export type Page = {
  /** Only what is older than this; absent: from the newest. */
  before: UtcMicros | null,
  /** At most so many, 1 to 500. */
  limit: number,
};

/** Where the page presenter connects. */
export type PageDoor = {
  /** `ws://127.0.0.1:PORT/?token=...`; whoever has it may do what the window may. */
  url: string,
};

/** Changes one's own password. */
export type PasswordChange = {
  /** The present one. */
  old: Secret,
  /** The new one, 8 to 256 characters. */
  new: Secret,
};

/** A password to prove that one is who one is. */
export type PasswordProof = {
  /** The password. */
  password: Secret,
};

/** Somebody who works in the room. */
export type Person = {
  /** Their id. */
  id: PersonId,
  /** What they sign in with; never given to another. */
  login: string,
  /** Name as it stands in records. */
  name: string,
  /** The roles held, one at least. */
  roles: Array<Role>,
  /** Which cameras they may see. */
  limit: CameraLimit,
  /** May not sign in any more; their records stay theirs. */
  retired: UtcMicros | null,
  /** Must choose another password at the next sign-in: an administrator set this one. */
  must_change: boolean,
  /** When they signed in last. */
  seen: UtcMicros | null,
};

/** Adds a person, or changes one. */
export type PersonDraft = {
  /** Chosen by the client. */
  id: PersonId,
  /** What they sign in with: 1 to 40 letters, digits, `.`, `-`, `_`; capitals do not matter. */
  login: string,
  /** Name as it stands in records, 1 to 120 characters. */
  name: string,
  /** The roles held, one at least. */
  roles: Array<Role>,
  /** Which cameras they may see. */
  limit: CameraLimit,
  /** May sign in no more. */
  retired: boolean,
  /** A new password, to be changed at the next sign-in; absent: as it is. Needed for a new person. */
  password: Secret | null,
};

/** Somebody who works in the room. */
export type PersonId = string;

/** A person to choose from when signing in. */
export type PersonName = {
  /** What they sign in with. */
  login: string,
  /** Their name. */
  name: string,
};

/** A file's content for the screen. */
export type Picture = {
  /** As a `data:` URL. */
  url: string,
};

/** A part of a picture, in shares of its width and height: `0 <= x`, `0 < w`, `x + w <= 1`, the same for `y` and `h`. */
export type PicturePart = {
  /** Left edge. */
  x: number,
  /** Upper edge. */
  y: number,
  /** Width. */
  w: number,
  /** Height. */
  h: number,
};

/** A shift that comes every day. */
export type PlannedShift = {
  /** Its name, 1 to 40 characters, another one than those of the same day: "Ca 1". */
  name: string,
  /** Begin, minutes after midnight, 0 to 1439. */
  begin_min: number,
};

/** An error as it crosses the wire. Never holds a credential. */
export type Problem = {
  /** For programs. */
  code: Code,
  /** Name of the sentence in the page's catalogue, e.g. `problem_camera_code_taken`. Letters, digits, underscores. */
  key: string,
  /** What the sentence is filled with, e.g. `code -> C017`. */
  params: { [key in string]: string },
  /** Name of the form field that is wrong, as in the command's arguments, if it is one field. */
  field: string | null,
  /** For the log and the curious: English, technical, without credentials. */
  detail: string,
};

/** What is recorded of a camera, when, and how long it is kept. */
export type RecordProfile = {
  /** Which streams. */
  streams: RecordStreams,
  /** The times of the week at which it is recorded, by the station's local time; empty: around the clock. */
  schedule: Array<WeekSpan>,
  /** Days kept, 1 to 3650; absent: the room's setting. */
  keep_days: number | null,
};

/** Which of a camera's streams are recorded. */
export type RecordStreams = "both" | "main" | "sub" | "off";

/** A stream's recording as it is now. */
export type Recording = {
  /** The camera. */
  camera: CameraId,
  /** Which of its streams. */
  which: StreamKind,
  /** What is going on. */
  phase: RecordingPhase,
  /** Since when. */
  since: UtcMicros,
  /** Why not, unless `recording`. */
  cause: GapCause | null,
  /** Written per second over the last minutes, in bits. */
  bitrate_bps: number,
};

/** What is going on with a stream's recording. */
export type RecordingPhase = "off" | "waiting" | "recording" | "failing";

/** Another incident, by its name. */
export type RelatedIncident = {
  /** Its id. */
  id: IncidentId,
  /** Its number. */
  number: string,
  /** Its title. */
  title: string,
  /** How far it is. */
  state: IncidentState,
};

/** Nothing is recorded at the playhead. */
export type ReviewMissing = {
  /** Why, if it is known. */
  cause: GapCause | null,
  /** Since when. */
  since: UtcMicros | null,
  /** When recording goes on. */
  until: UtcMicros | null,
};

/** Moves a window's playhead. What is absent stays as it is. */
export type ReviewSet = {
  /** Which window. */
  window: string,
  /** To this moment. Beyond the newest recording: to the newest. */
  at?: UtcMicros,
  /** Play or pause. */
  playing?: boolean,
  /** Times real time: 0.125 to 64, or -64 to -0.125 for reverse. */
  speed?: number,
  /** The person drags: pictures of the nearest key frames come first, exact ones when the hand rests. */
  scrubbing: boolean,
};

/** A window's playhead as it is. */
export type ReviewState = {
  /** Which window. */
  window: string,
  /** The moment. */
  at: UtcMicros,
  /** It moves. */
  playing: boolean,
  /** Times real time; negative: reverse. */
  speed: number,
  /** It waits for pictures that are not there yet. */
  waiting: boolean,
  /** It is at the newest that there is, and follows it. */
  newest: boolean,
  /** The window's archive tiles. */
  tiles: Array<ReviewTile>,
};

/** Steps through the pictures of one tile; the others follow in time. */
export type ReviewStep = {
  /** Which window. */
  window: string,
  /** Whose pictures are counted. */
  tile: number,
  /** How many pictures forward, negative: back; -100 to 100. */
  frames: number,
};

/** What an archive tile shows. */
export type ReviewTile = {
  /** The tile's number in its window. */
  tile: number,
  /** The camera. */
  camera: CameraId,
  /** Which of its streams is shown. */
  which: StreamKind | null,
  /** When the picture that is shown was taken, by the station's clock; absent: none is shown. */
  at: UtcMicros | null,
  /** A key frame stands in for the exact picture. */
  key_only: boolean,
  /** Nothing is recorded at the playhead. */
  missing: ReviewMissing | null,
};

/** What a person may be. One person may hold several. */
export type Role = "operator" | "investigator" | "supervisor" | "administrator";

/** The room. */
export type Room = {
  /** The station's name, e.g. "Ea Siên". */
  name: string,
  /** Who is in front of the window, until sign-in exists. */
  operator: string,
  /** The program's version. */
  version: string,
  /** Where the data is. */
  data_folder: string,
  /** What the numbers of incidents begin with now: `ES`. */
  prefix: string,
  /** Settings that people may change. */
  settings: RoomSettings,
  /** Whether there is a disk that can be recorded to now; the screen says so when not. */
  recording: boolean,
  /** The secret that protects the camera passwords: `systemd`, `file`. */
  master_key: string,
  /** What stands between the decoder and the rest, in force now: `process`. */
  sandbox: string,
  /** Simulated cameras can be started here (the program camsim and ffmpeg are there). */
  can_simulate: boolean,
};

/** Settings that people may change. */
export type RoomSettings = {
  /** The station's name, e.g. "Ea Siên". */
  name: string,
  /** Who is in front of the window. */
  operator: string,
  /** Language of the screens: `vi` or `en`. */
  language: string,
  /** Seconds before the moment that a bookmark takes in, 0 to 3600. */
  bookmark_pre_s: number,
  /** Seconds after the moment that a bookmark takes in, 0 to 3600. */
  bookmark_post_s: number,
  /** How stills are written. */
  still_format: StillFormat,
  /** Days that recordings are kept, where a camera says nothing else, 1 to 3650. */
  keep_days: number,
  /** Where working copies of clips go, where the person names no other folder; empty: `copies` in the data folder. */
  copy_folder: string,
  /** A camera in trouble for longer raises an alarm, 3 to 600 s. */
  alarm_after_s: number,
  /** What alarms sound like. */
  alarm_sound: AlarmSound,
  /** A desk where nobody moved a hand for so long is locked, 60 to 86,400 s; 0: never. */
  lock_after_s: number,
  /** What incidents' numbers begin with: 1 to 6 letters A to Z and digits; empty: made of the station's name. */
  station_prefix: string,
  /** Days that an incident's footage is held after its closing, 0 to 3650. */
  hold_after_close_days: number,
  /** Folders off the machine (a USB stick, a share) that each signed checkpoint of the audit is copied to; whole paths, 4 at
   * most. */
  checkpoint_folders: Array<string>,
  /** Largest file that may be attached to an incident, 1 to 4096 MB. */
  attachment_most_mb: number,
};

/** The figures of the bottom strip. */
export type RoomStatus = {
  /** Cameras in the room. */
  cameras: number,
  /** Cameras with at least one live session. */
  live: number,
  /** Cameras being recorded, in at least one stream. */
  recording: number,
  /** Cameras that should be recorded now and are not, in any of the streams that should be. */
  not_recording: number,
  /** Days of recording that fit, at the rates measured now; absent while nothing is measured. */
  storage_days: number | null,
  /** Free for recordings on all volumes, in bytes. */
  storage_free_bytes: number,
  /** Share of all cores used by station and workers, 0 to 1; absent in the first seconds. */
  cpu: number | null,
  /** Cores used by station and workers together. */
  cpu_core: number | null,
  /** Memory of station and workers, in bytes. */
  rss_bytes: number,
  /** Received from all cameras, in bits per second. */
  network_bps: number,
  /** Free on the data folder's disk, in bytes. */
  disk_free_bytes: number,
  /** Picture workers that are up. */
  workers: number,
  /** Arrival of a picture's last packet to its painting, median of the last seconds over all windows, in
   * milliseconds; absent without a window. */
  glass_ms: number | null,
  /** Pictures painted per second and tile, over all windows; absent without a window. */
  painted_fps: number | null,
  /** CPU of the picture workers, in cores; absent in the first seconds. */
  pictures_core: number | null,
  /** CPU that pictures may cost now, in cores; less while other programs need the machine. */
  pictures_budget_core: number,
  /** Steps that pictures were taken down to fit it; 0: all are as they are wanted. */
  pictures_level: number,
};

/** A filter that somebody gave a name. Personal; while nobody needs to sign in, the room's. */
export type SavedFilter = {
  /** Chosen by the client. */
  id: FilterId,
  /** Its name, 1 to 80 characters. */
  name: string,
  /** What it asks for. Where a page begins and how long it is are left out of it. */
  query: IncidentQuery,
};

/** A new code for the sealed envelope; it is shown once, and the one before opens nothing any more. */
export type SealedCode = {
  /** Five groups of five characters. */
  code: Secret,
  /** When it was made. */
  made: UtcMicros,
};

/** The one search. */
export type SearchQuery = {
  /** Words, all of which must be there; tone marks, case and order do not matter; the last may be a beginning; `"..."`
   * is a phrase. 200 characters at most. */
  text: string,
  /** Only of these kinds; empty: of all. */
  kinds: Array<FoundKind>,
  /** At this time or later. */
  from: UtcMicros | null,
  /** Before this time. */
  to: UtcMicros | null,
  /** At most so many, 1 to 200; 0: 30. */
  limit: number,
  /** Only as far as it goes in some ten milliseconds: what words stand in very many places, or long ago, may then be left
   * out. Without it everything is looked at, however long it takes. */
  quick?: boolean,
};

/** A password, a code, a token: travels as a text, and is never shown. */
export type Secret = string;

/** One RTSP connection to one stream. */
export type Session = {
  /** The camera. */
  camera: CameraId,
  /** Which of its streams. */
  which: StreamKind,
  /** Its state. */
  state: SessionState,
  /** Its figures. */
  stats: SessionStats,
};

/** Where a session is in its life. */
export type SessionPhase = "idle" | "connecting" | "live" | "stalled" | "retrying";

/** A session's state, for the screen. */
export type SessionState = {
  /** Where it is in its life. */
  phase: SessionPhase,
  /** Since when it is there. While retrying: since when the picture is lost, over all tries. */
  since: UtcMicros,
  /** Why it was lost, while stalled, retrying, or connecting again. */
  reason: LossReason | null,
  /** When the next try is due, while retrying. */
  next_try: UtcMicros | null,
  /** Tries since it was last live. */
  attempt: number,
  /** How the packets travel, while live or stalled. */
  transport: Transport | null,
};

/** A session's figures over the last seconds. */
export type SessionStats = {
  /** Video codec. */
  codec: Codec | null,
  /** Width in pixels; 0 while unknown. */
  width_px: number,
  /** Height in pixels; 0 while unknown. */
  height_px: number,
  /** Pictures per second, measured. */
  fps: number,
  /** Bits per second of all media, measured. */
  bitrate_bps: number,
  /** Lost packets as a share of those expected, 0 to 1. */
  loss: number,
  /** Packets lost since the session began. */
  lost_packets: number,
  /** Seconds from key frame to key frame, measured. */
  key_interval_s: number | null,
  /** When the newest sample arrived. */
  last_sample: UtcMicros | null,
  /** How much moves, 0 to 1: from the sizes of non-key frames against their own recent past. */
  activity: number,
  /** The camera's clock minus the station's, from RTCP sender reports, in microseconds. */
  clock_offset_us: number | null,
  /** Audio codec, if there is audio. */
  audio: Codec | null,
  /** Samples dropped for viewers that were too slow. */
  viewer_drops: number,
  /** How often the session was made anew since the start of the station. */
  reconnects: number,
};

/** How grave an incident is. */
export type Severity = "low" | "medium" | "high" | "critical";

/** One turn on duty. */
export type Shift = {
  /** Its id. */
  id: ShiftId,
  /** Its name: "Ca 1". */
  name: string,
  /** Taken over at. */
  begun: UtcMicros,
  /** Handed over at; absent: it is the present one. */
  ended: UtcMicros | null,
  /** Who is on duty, the one who took over first. */
  persons: Array<string>,
  /** Who commands. */
  commander: string,
  /** The clock as it was compared at the begin. */
  clock: ClockCheck | null,
  /** What was handed over at its end; absent: it is the present one. */
  handover: Handover | null,
  /** What was handed over to it at its begin; absent: nothing was. */
  taken_over: Handover | null,
};

/** Begins the first shift of a station, or one after a time without. */
export type ShiftBegin = {
  /** Chosen by the client. */
  id: ShiftId,
  /** Its name; empty: as planned for this hour. */
  name: string,
  /** Who commands, 120 characters at most. */
  commander: string,
};

/** One turn on duty. */
export type ShiftId = string;

/** When shifts begin, in the room's local time. */
export type ShiftPlan = {
  /** The shifts of a day, 1 to 6, in the order of their begin. A shift ends where the next one begins. */
  shifts: Array<PlannedShift>,
};

/** Signs a person in at this window program, in place of whoever was. */
export type SignIn = {
  /** The window program's name for itself; it may come back to its sign-in after a restart of the station. */
  window: string,
  /** What they sign in with. */
  login: string,
  /** Their password. */
  password: Secret,
};

/** Comes back to a sign-in after the connection, the window or the station was lost. */
export type SignInAgain = {
  /** As given when signing in. */
  window: string,
  /** The token of that sign-in. */
  token: Secret,
};

/** Starts simulated cameras. */
export type Simulate = {
  /** How many, 1 to 240. */
  cameras: number,
};

/** The station. */
export type StationHealth = {
  /** When it was started. */
  started: UtcMicros,
  /** The figures of the bottom strip. */
  status: RoomStatus,
  /** Cores of this machine. */
  cores: number,
  /** Memory of this machine, in bytes; 0: it does not tell. */
  memory_bytes: number,
  /** Written to disks by the station over the last seconds, in bits per second; absent: not known. */
  disk_write_bps: number | null,
  /** The picture workers. */
  workers: Array<WorkerHealth>,
  /** Whether the system keeps the clock by a time server; absent: it does not tell. */
  clock_synchronised: boolean | null,
  /** The clock of this machine now. */
  now: UtcMicros,
};

/** The station ends in order because a person said so. Windows close and do not start it again. */
export type StationStopping = {
  /** Who said so. */
  by: string,
  /** When. */
  at: UtcMicros,
};

/** Incidents of a time, counted. An incident counts at the time when the room learned of it. Duplicates that became part
 * of another and cancelled incidents are told by their number and are in no other figure; what belonged to a duplicate
 * counts with the incident that it became part of. An incident that the caller may see no camera of is in none. */
export type Statistics = {
  /** As asked. */
  from: UtcMicros,
  /** As asked. */
  to: UtcMicros,
  /** All of them. */
  all: Counted,
  /** Those that the room learned of by a time without a camera: no footage and no bookmark. */
  without_camera: number,
  /** Cancelled, and no duplicates. */
  cancelled: number,
  /** Duplicates. */
  merged: number,
  /** By category as it stands on the sheet, the most first; absent: none was chosen. */
  by_category: Array<CategoryCount>,
  /** By unit, the most first; absent: none was chosen. */
  by_unit: Array<UnitCount>,
  /** By camera, the most first. One with three cameras counts at each of them. */
  by_camera: Array<CameraCount>,
  /** By hour of the day in the room's local time: 24. */
  by_hour: Array<number>,
  /** By month in the room's local time, ascending, months without one included. */
  by_month: Array<MonthCount>,
  /** From when the room learned of it to when somebody was told first, of those where somebody was. */
  told: Lengths,
};

/** Asks for the incidents of a time, counted. */
export type StatisticsQuery = {
  /** The room learned of them at this time or later. */
  from: UtcMicros,
  /** And before this time; ten years at most. */
  to: UtcMicros,
};

/** A still. */
export type Still = {
  /** Its id. */
  id: StillId,
  /** Of which camera. */
  camera: CameraId,
  /** From which stream. */
  which: StreamKind,
  /** When the picture arrived. */
  at: UtcMicros,
  /** The camera's clock minus the station's at that time, in microseconds, if known. */
  clock_offset_us: number | null,
  /** Width in pixels. */
  width_px: number,
  /** Height in pixels. */
  height_px: number,
  /** File name within the stills folder. */
  file: string,
  /** Size of the file. */
  bytes: number,
  /** SHA-256 of the file, hexadecimal. */
  sha256: string,
  /** A small JPEG as a `data:` URL. */
  thumbnail: string,
  /** Who took it. */
  author: string,
};

/** Asks for a still. */
export type StillDraft = {
  /** Chosen by the client. */
  id: StillId,
  /** Of which camera. */
  camera: CameraId,
  /** Of which stream it is shown now: the enlarged tile's main, else sub. The main stream is preferred if it runs. */
  which: StreamKind,
  /** The recorded moment it is of: the newest picture not after it; absent: what is live. */
  at: UtcMicros | null,
};

/** How stills are written. */
export type StillFormat = "png" | "jpeg";

/** A full-resolution picture taken from a stream. */
export type StillId = string;

/** How long the disks last, from what is measured. */
export type StoragePlan = {
  /** Room for recordings on all volumes that can be written to, used and free, in bytes. */
  capacity_bytes: number,
  /** Of it taken. */
  used_bytes: number,
  /** Of that held, and so never deleted. */
  held_bytes: number,
  /** Written in a day at the rates measured and the schedules set, in bytes. */
  bytes_per_day: number,
  /** Days that fit; absent while nothing is measured. */
  days_fit: number | null,
  /** Needed to keep every camera as long as is wished, in bytes. */
  needed_bytes: number,
  /** The oldest recording. */
  oldest: UtcMicros | null,
  /** Camera by camera, by code. */
  cameras: Array<CameraPlan>,
};

/** Which of a camera's streams: main is the large one (e.g. 1080p), sub the small one (e.g. 640x360). */
export type StreamKind = "main" | "sub";

/** What trying a stream found. */
export type StreamTest = {
  /** Why it does not work; absent: it works. */
  failure: LossReason | null,
  /** Technical detail in English, without credentials. */
  detail: string,
  /** Codec. */
  codec: Codec | null,
  /** Width in pixels. */
  width_px: number,
  /** Height in pixels. */
  height_px: number,
  /** Pictures per second, measured. */
  fps: number,
  /** Bits per second, measured. */
  bitrate_bps: number,
  /** How the packets travelled. */
  transport: Transport | null,
  /** Audio codec, if there is audio. */
  audio: Codec | null,
  /** The picture, as a `data:` URL of a JPEG. */
  picture: string | null,
};

/** A person or a vehicle that an incident is about. */
export type Subject = {
  /** Chosen by the client. */
  id: SubjectId,
  /** Person or vehicle. */
  kind: SubjectKind,
  /** The plate as it was read, 20 characters at most: `47K1-123.45`; empty: none, or a person. */
  plate: string,
  /** Colour, 40 characters at most. */
  colour: string,
  /** Name or description, 1,000 characters at most. Plate or description must say something. */
  description: string,
  /** Taken away again; it stays readable. */
  hidden: Hidden | null,
  /** How often it was changed; on writing: as it was when it was looked at. A change meanwhile is a conflict. */
  edits: number,
};

/** A person or a vehicle that an incident is about. */
export type SubjectId = string;

/** What a subject is. */
export type SubjectKind = "person" | "vehicle";

/** Writes a subject down, changes it, or takes it away. */
export type SubjectPut = {
  /** Which incident. */
  incident: IncidentId,
  /** The subject. */
  subject: Subject,
  /** Why it is taken away, 1 to 1,000 characters; absent: it stays. */
  removed: string | null,
};

/** A task passed on from shift to shift. */
export type Task = {
  /** Chosen by the client. */
  id: TaskId,
  /** What is to be done, 1 to 1,000 characters. */
  text: string,
  /** The incident it belongs to. */
  incident: IncidentId | null,
  /** Who wrote it. */
  by: string,
  /** When. */
  at: UtcMicros | null,
  /** Done when, and by whom; absent: not yet. */
  done: UtcMicros | null,
  /** By whom. */
  done_by: string | null,
};

/** A task passed on from shift to shift. */
export type TaskId = string;

/** A small picture. */
export type Thumbnail = {
  /** As a `data:` URL of a JPEG. */
  url: string,
  /** When it was taken. */
  at: UtcMicros,
};

/** Asks for a small picture. */
export type ThumbnailQuery = {
  /** Of which camera. */
  camera: CameraId,
  /** The nearest key frame not after this; else the next one within 10 s. */
  at: UtcMicros,
  /** Width in pixels, 32 to 640. */
  width_px: number,
};

/** What a tile shows. */
export type TileShow = {
  /** The tile's number in its window, 0 to 255. */
  tile: number,
  /** The camera. */
  camera: CameraId,
  /** Width of the tile's video rectangle in device pixels. */
  width_px: number,
  /** Height of the tile's video rectangle in device pixels. */
  height_px: number,
  /** Enlarged: take the main stream up; the sub picture is shown until it paints. */
  large: boolean,
  /** It shows the archive at the window's playhead (`review.set`) instead of what is live. */
  archive: boolean,
  /** A small tile among many, to be glanced at: its key frames are enough. */
  glance: boolean,
  /** Where the eye is: this tile loses last when there is too little CPU, and its main stream is made ready. */
  focused: boolean,
  /** The part of the picture that fills the tile (digital zoom); absent: the whole. */
  view: PicturePart | null,
};

/** A tile's place in the mosaic. */
export type TileShown = {
  /** The tile's number in its window. */
  tile: number,
  /** Index of its slot in the mosaic. */
  slot: number,
  /** The slot's assignment; pictures of an older one are not this tile's. */
  assignment: number,
};

/** Something is missing of every stream that should be recorded. */
export type TimelineGap = {
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive; absent: it goes on. */
  end: UtcMicros | null,
  /** Which stream; absent: every one. */
  which: StreamKind | null,
  /** Why. */
  cause: GapCause,
};

/** One camera's part of the timeline. */
export type TimelineLane = {
  /** Which camera. */
  camera: CameraId,
  /** What is recorded, in order, without overlap; what is nearer together than a pixel (a bucket) is one. */
  spans: Array<TimelineSpan>,
  /** What is missing, in order. */
  gaps: Array<TimelineGap>,
  /** How much moves, bucket by bucket: 0 to 254; 255: not known. */
  activity: Array<number>,
};

/** Asks for what is recorded of some cameras. */
export type TimelineQuery = {
  /** 1 to 64 cameras. */
  cameras: Array<CameraId>,
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive. */
  end: UtcMicros,
  /** So many parts of equal length for the activity, 0 to 4000. */
  buckets: number,
};

/** Something is recorded. */
export type TimelineSpan = {
  /** Begin, inclusive. */
  start: UtcMicros,
  /** End, exclusive. */
  end: UtcMicros,
  /** Of the main stream. */
  main: boolean,
  /** Of the sub stream. */
  sub: boolean,
};

/** Layouts shown in turn. */
export type Tour = {
  /** Its id. */
  id: TourId,
  /** Its name. */
  name: string,
  /** Everybody's; else the owner's alone. */
  shared: boolean,
  /** What is shown, in turn and again. */
  steps: Array<TourStep>,
  /** Counts its changes. */
  edits: number,
  /** Who made it. */
  owner: string,
  /** Who changed it last. */
  changed_by: string,
  /** When. */
  changed: UtcMicros,
};

/** Takes a tour out of the list. */
export type TourDelete = {
  /** Which. */
  id: TourId,
  /** The count of edits that the person saw. */
  edits: number,
};

/** Saves a tour. */
export type TourDraft = {
  /** Chosen by the client. */
  id: TourId,
  /** 1 to 80 characters; unique among the shared ones, or among one's own. */
  name: string,
  /** Everybody's; else the owner's alone. */
  shared: boolean,
  /** 1 to 64. */
  steps: Array<TourStep>,
  /** The count of edits that the person saw; 0: it is new. */
  edits: number,
};

/** Layouts shown in turn. */
export type TourId = string;

/** A step of a tour. */
export type TourStep = {
  /** What is shown; a layout that was deleted meanwhile is passed over. */
  layout: LayoutId,
  /** Which of its pages, from 0; absent: each in turn. */
  page: number | null,
  /** How long a page stands, 3 to 3600 s. */
  dwell_s: number,
};

/** Where a tour is. */
export type TourView = {
  /** Which; absent: the pages of what is shown. */
  tour: TourId | null,
  /** The stop, from 0, counting every page. */
  stop: number,
  /** How long a page stands where no saved tour says it. */
  dwell_s: number,
  /** A person stopped it for a while. */
  paused: boolean,
};

/** How the packets travel. */
export type Transport = "tcp" | "udp";

/** A commune or ward. */
export type Unit = {
  /** Chosen by the client. */
  id: UnitId,
  /** E.g. "Xã Ea Siên". */
  name: string,
};

/** Incidents of a unit. */
export type UnitCount = {
  /** Which. */
  unit: UnitId | null,
  /** Its incidents. */
  of: Counted,
};

/** A commune or ward. */
export type UnitId = string;

/** Microseconds since 1970-01-01T00:00:00 UTC (leap seconds not counted, as in Unix time). */
export type UtcMicros = number;

/** A place on a disk that recordings are written to. */
export type Volume = {
  /** What it is like now. */
  state: VolumeState,
  /** Since when. */
  since: UtcMicros,
  /** In English, technical: what the system said; empty: nothing. */
  detail: string,
  /** The disk's size. */
  total_bytes: number,
  /** Free on the disk. */
  free_bytes: number,
  /** Taken by recordings. */
  used_bytes: number,
  /** Streams written to it now. */
  streams: number,
  /** Chosen by the client; for a folder that is a volume already, its own id (`volume.inspect`). */
  id: VolumeId,
  /** E.g. "Ổ 1". */
  name: string,
  /** An absolute path of a folder. */
  path: string,
  /** Recordings take at most so much; absent: what the disk has, less the reserve. */
  quota_bytes: number | null,
  /** So much is always left free, in bytes. */
  reserve_bytes: number,
  /** It is written to. */
  enabled: boolean,
};

/** A place on a disk that recordings are written to, as a person sets it. */
export type VolumeDraft = {
  /** Chosen by the client; for a folder that is a volume already, its own id (`volume.inspect`). */
  id: VolumeId,
  /** E.g. "Ổ 1". */
  name: string,
  /** An absolute path of a folder. */
  path: string,
  /** Recordings take at most so much; absent: what the disk has, less the reserve. */
  quota_bytes: number | null,
  /** So much is always left free, in bytes. */
  reserve_bytes: number,
  /** It is written to. */
  enabled: boolean,
};

/** A place on a disk that recordings are written to; known by a file in it, never by its path. */
export type VolumeId = string;

/** What a folder is, before it is made a volume. */
export type VolumeInspection = {
  /** The volume that it is already, if one. */
  id: VolumeId | null,
  /** It can be written to. */
  writable: boolean,
  /** It lies on the same disk as this volume of the room. */
  same_disk_as: VolumeId | null,
  /** The disk's size. */
  total_bytes: number,
  /** Free on the disk. */
  free_bytes: number,
};

/** What a volume is like. */
export type VolumeState = "ready" | "disabled" | "missing" | "foreign" | "full" | "read_only" | "degraded";

/** A tile's place on the wall, in units. */
export type WallCell = {
  /** Left edge. */
  x: number,
  /** Top edge. */
  y: number,
  /** Width. */
  w: number,
  /** Height. */
  h: number,
};

/** Square grids, and large tiles with small ones around them. */
export type WallForm = "1" | "2" | "3" | "4" | "9" | "16" | "25" | "36" | "64" | "1+5" | "1+7" | "2+8";

/** A window's wall as remembered: what stands on it, and where the eye is. */
export type WallMemory = {
  /** Which window. */
  window: string,
  /** How the wall is cut into tiles. */
  shape: WallShape,
  /** Cameras tile by tile over all pages; absent: an empty tile. */
  tiles: Array<CameraId | null>,
  /** Where the eye is. */
  view: WallView,
  /** Who was in front of it; told by the station. */
  who: string | null,
  /** When it was remembered; told by the station. */
  at: UtcMicros | null,
};

/** What a window painted since its last report. */
export type WallReport = {
  /** Which window. */
  window: string,
  /** Tiles that may be painted. */
  tiles: number,
  /** Pictures painted per second, all tiles together. */
  painted_fps: number,
  /** Arrival to painting, median, in milliseconds; absent if nothing was painted. */
  glass_ms_p50: number | null,
  /** Arrival to painting, 95th percentile, in milliseconds. */
  glass_ms_p95: number | null,
  /** The window program's own process, to be counted with its children. */
  pid: number,
};

/** A wall's shape. */
export type WallShape = {
  /** What it was before anything was dragged. */
  form: WallForm,
  /** Tile by tile, as many as the form has; absent: as the form says. */
  cells: Array<WallCell> | null,
};

/** What a window shows. */
export type WallShow = {
  /** Which window. */
  window: string,
  /** Its tiles; those not named are taken down. */
  tiles: Array<TileShow>,
};

/** Where the pixels are. */
export type WallShown = {
  /** The window's mosaic. */
  mosaic: MosaicHandle,
  /** Its tiles' places. */
  tiles: Array<TileShown>,
};

/** Where the eye is on a wall. What an older program did not know is as if it were not there. */
export type WallView = {
  /** The page, from 0. */
  page: number,
  /** The tile with the frame. */
  focus: number,
  /** That tile fills the wall. */
  large: boolean,
  /** The saved layout that is open; absent: all cameras. */
  layout: LayoutId | null,
  /** The tile that follows the chosen camera. */
  hotspot: number | null,
  /** The camera that stands there. */
  followed: CameraId | null,
  /** A person chose the shape; else it grows with the room. */
  chosen: boolean,
  /** The tour that goes on. */
  tour: TourView | null,
  /** Cameras were brought up over what was there: why, as the screen says it; may be empty. */
  brought: string | null,
  /** All cameras at once are shown instead of the wall. Kept apart from the wall, under the window's name and `_overview`. */
  overview: boolean,
  /** There they stand by number, not by unit. */
  by_number: boolean,
};

/** A time of the week: `[from_minute, to_minute)` of one day. */
export type WeekSpan = {
  /** 0 Monday to 6 Sunday. */
  day: number,
  /** Minutes since midnight, 0 to 1439. */
  from_minute: number,
  /** Minutes since midnight, 1 to 1440. */
  to_minute: number,
};

/** A wish for one window, or for all. */
export type WindowAsk = {
  /** Its name; absent: every window. */
  window: string | null,
  /** What it is asked. */
  wish: WindowWish,
};

/** What a window is asked by another program of the same person. */
export type WindowWish = "raise" | "close" | "leave";

/** A picture worker. */
export type WorkerHealth = {
  /** Its process; absent while it is down. */
  pid: number | null,
  /** Restarts since the start of the station. */
  restarts: number,
  /** Samples dropped because it was too slow. */
  dropped: number,
  /** Cores used over the last seconds; absent at first. */
  cpu_core: number | null,
  /** Its memory, in bytes. */
  rss_bytes: number,
  /** Streams that it decodes. */
  streams: number,
};

/** Every command: its arguments and its reply. */
export interface Commands {
  /** The room: who and where, settings, what is not possible yet and why. */
  "room.get": { args: null; reply: Room };
  /** Changes the room's settings. */
  "room.set": { args: RoomSettings; reply: Room };
  /** Starts simulated cameras on this machine and adds them to the room. */
  "room.simulate": { args: Simulate; reply: Array<Camera> };
  /** Who sits at this desk, and whether signing in is needed. */
  "people.at_desk": { args: null; reply: AtDesk };
  /** Makes the first person, an administrator, and signs them in; only while there is nobody. */
  "people.first": { args: FirstPerson; reply: AtDesk };
  /** Signs in, in place of whoever was at this desk. */
  "people.sign_in": { args: SignIn; reply: AtDesk };
  /** Comes back to a sign-in that a crash or a lost connection interrupted. */
  "people.sign_in_again": { args: SignInAgain; reply: AtDesk };
  /** Signs out. */
  "people.sign_out": { args: null; reply: AtDesk };
  /** Locks the desk: the wall stays, records are hidden. */
  "people.lock": { args: null; reply: AtDesk };
  /** A hand moved at one of the window program's windows; told every few seconds at most. */
  "people.hand": { args: null; reply: null };
  /** No hand moved at this window for so long that it locks: locks the desk, unless one moved at another of its windows. */
  "people.idle": { args: null; reply: AtDesk };
  /** Unlocks it with the password of whoever is signed in. */
  "people.unlock": { args: PasswordProof; reply: AtDesk };
  /** Changes one's own password. */
  "people.password": { args: PasswordChange; reply: AtDesk };
  /** Everybody, by name. */
  "people.list": { args: null; reply: Array<Person> };
  /** Adds a person or changes one. The last administrator stays one. */
  "people.put": { args: PersonDraft; reply: Person };
  /** Makes a new code for the sealed envelope. */
  "people.seal": { args: null; reply: SealedCode };
  /** Opens the sealed envelope. */
  "people.break_glass": { args: BreakGlass; reply: AtDesk };
  /** All units, in their order. */
  "unit.list": { args: null; reply: Array<Unit> };
  /** Adds a unit, or renames it if the id exists. */
  "unit.put": { args: Unit; reply: Unit };
  /** All incident categories, in their order. */
  "category.list": { args: null; reply: Array<Category> };
  /** All cameras with the state of their sessions. */
  "camera.list": { args: null; reply: Array<Camera> };
  /** Adds a camera. The same id with the same content again is the same camera. */
  "camera.add": { args: CameraDraft; reply: Camera };
  /** Changes a camera; an absent password stays as it is. */
  "camera.update": { args: CameraDraft; reply: Camera };
  /** Takes a camera out of the room. Its bookmarks, notes and stills stay. */
  "camera.delete": { args: CameraId; reply: null };
  /** Connects once and says what comes, with a picture, or the plain reason why not. */
  "camera.test": { args: CameraDraft; reply: CameraTest };
  /** A camera's sessions with their figures. */
  "camera.health": { args: CameraId; reply: Array<Session> };
  /** How much moves before each live camera, for the overview; asked every few seconds while somebody looks. */
  "camera.activity": { args: null; reply: Array<CameraActivity> };
  /** Says what a window shows now; replaces what it showed before. */
  "wall.show": { args: WallShow; reply: WallShown };
  /** What a window painted, every 2 s, for the bottom strip and the benchmarks. */
  "wall.report": { args: WallReport; reply: null };
  /** Opens the loopback WebSocket for the page presenter, if it is not open, and says where it is. */
  "page.open": { args: null; reply: PageDoor };
  /** A window's remembered wall, if any. */
  "wall.recall": { args: string; reply: WallMemory | null };
  /** Remembers a window's wall for the next start. */
  "wall.remember": { args: WallMemory; reply: null };
  /** The shared layouts and one's own, in their order. */
  "layout.list": { args: null; reply: Array<Layout> };
  /** Saves a layout: a new one, a changed one, or a deleted one back. */
  "layout.put": { args: LayoutDraft; reply: Layout };
  /** Takes a layout out of the list. `layout.put` brings it back. */
  "layout.delete": { args: LayoutDelete; reply: null };
  /** Puts the layouts named into this order. */
  "layout.order": { args: Array<LayoutId>; reply: Array<LayoutId> };
  /** The shared tours and one's own. */
  "tour.list": { args: null; reply: Array<Tour> };
  /** Saves a tour: a new one, a changed one, or a deleted one back. */
  "tour.put": { args: TourDraft; reply: Tour };
  /** Takes a tour out of the list. `tour.put` brings it back. */
  "tour.delete": { args: TourDelete; reply: null };
  /** Asks one window, or all, to come to the front or to close. */
  "window.ask": { args: WindowAsk; reply: null };
  /** Ends the station in order, and recording with it. */
  "station.stop": { args: null; reply: null };
  /** This connection is sent a camera's sound from now on, in place of any other's. */
  "audio.listen": { args: AudioListen; reply: null };
  /** This connection is sent no sound any more. */
  "audio.stop": { args: null; reply: null };
  /** Marks a moment on one or several cameras. */
  "bookmark.add": { args: BookmarkDraft; reply: Bookmark };
  /** Titles, categorises and tags a bookmark of one's own. */
  "bookmark.update": { args: BookmarkEdit; reply: Bookmark };
  /** Bookmarks, newest first, filtered. */
  "bookmark.list": { args: BookmarkQuery; reply: Array<Bookmark> };
  /** Everything a bookmark ever said, newest first. */
  "bookmark.history": { args: BookmarkId; reply: Array<BookmarkVersion> };
  /** Takes a bookmark out of the lists, with a reason. It stays readable. */
  "bookmark.hide": { args: BookmarkHide; reply: Bookmark };
  /** Protects footage from retention. */
  "hold.add": { args: HoldDraft; reply: Hold };
  /** Lifts a hold, with a reason. */
  "hold.lift": { args: HoldLift; reply: Hold };
  /** Holds, newest first. */
  "hold.list": { args: HoldQuery; reply: Array<Hold> };
  /** Moves a window's playhead, plays, pauses, sets its speed. */
  "review.set": { args: ReviewSet; reply: ReviewState };
  /** Steps picture by picture. */
  "review.step": { args: ReviewStep; reply: ReviewState };
  /** The next bookmark, alarm, gap or recording, if there is one. */
  "review.jump": { args: Jump; reply: UtcMicros | null };
  /** What is recorded, what is missing, what moves. */
  "review.timeline": { args: TimelineQuery; reply: Array<TimelineLane> };
  /** Seconds of footage, day by day. */
  "review.calendar": { args: CalendarQuery; reply: Array<number> };
  /** A small recorded picture, if there is one. */
  "review.thumbnail": { args: ThumbnailQuery; reply: Thumbnail | null };
  /** What a working copy would take. */
  "copy.estimate": { args: CopyDraft; reply: CopyPlan };
  /** Makes a working copy of a clip. */
  "copy.start": { args: CopyDraft; reply: Copy };
  /** Stops a copy and takes away what is not complete. */
  "copy.cancel": { args: CopyId; reply: Copy };
  /** Copies since the start of the station, newest first. */
  "copy.list": { args: null; reply: Array<Copy> };
  /** Every camera's neighbours, of those that have any. */
  "neighbour.list": { args: null; reply: Array<Neighbours> };
  /** Sets a camera's neighbours. */
  "neighbour.put": { args: Neighbours; reply: Neighbours };
  /** The volumes that recordings are on. */
  "volume.list": { args: null; reply: Array<Volume> };
  /** What a folder is, before it is made a volume. */
  "volume.inspect": { args: string; reply: VolumeInspection };
  /** Adds a volume, or changes it if the id exists; a degraded one is tried again. */
  "volume.put": { args: VolumeDraft; reply: Volume };
  /** Forgets a volume that holds no recordings, or is missing for good; its files stay. */
  "volume.remove": { args: VolumeId; reply: null };
  /** How many days fit, from what is measured. */
  "storage.plan": { args: null; reply: StoragePlan };
  /** The plan of backups, and how the last ones went. */
  "backup.get": { args: null; reply: BackupState };
  /** Sets when the station makes backups by itself, where to, with which passphrase. */
  "backup.set": { args: BackupPlanDraft; reply: BackupState };
  /** Makes a backup now, and rehearses its restoring. */
  "backup.start": { args: BackupStart; reply: Backup };
  /** Stops a backup and takes away what is not complete. */
  "backup.cancel": { args: BackupId; reply: Backup };
  /** Alarms, newest first. */
  "alarm.list": { args: AlarmQuery; reply: Array<Alarm> };
  /** Takes note of alarms, all or none. */
  "alarm.acknowledge": { args: AlarmAcknowledge; reply: Array<Alarm> };
  /** The station's health now. */
  "health.station": { args: null; reply: StationHealth };
  /** Every camera's last day and week, and what it fails. */
  "health.cameras": { args: null; reply: Array<CameraHealth> };
  /** A camera's health in full. */
  "health.camera": { args: CameraId; reply: CameraReport };
  /** How the station or a camera was. */
  "health.history": { args: HistoryQuery; reply: History };
  /** How all cameras were over a day. */
  "health.day": { args: DayQuery; reply: DaySheet };
  /** Takes a full-resolution picture of what a camera shows, or showed. */
  "still.take": { args: StillDraft; reply: Still };
  /** Stills, newest first. */
  "still.list": { args: Page; reply: Array<Still> };
  /** A still's file. */
  "still.picture": { args: StillId; reply: Picture };
  /** Writes a note tied to a camera and a time. */
  "note.add": { args: NoteDraft; reply: Note };
  /** What happened in this shift, newest first. */
  "feed.list": { args: Page; reply: Array<FeedItem> };
  /** Opens an incident; its footage is held. */
  "incident.open": { args: IncidentDraft; reply: IncidentFile };
  /** Incidents, filtered and in an order. */
  "incident.list": { args: IncidentQuery; reply: IncidentPage };
  /** An incident with everything that belongs to it. */
  "incident.get": { args: IncidentId; reply: IncidentFile };
  /** Changes what its sheet says. */
  "incident.update": { args: IncidentEdit; reply: IncidentFile };
  /** Moves it from one state to another. */
  "incident.move": { args: IncidentMove; reply: IncidentFile };
  /** Makes a duplicate part of another incident. */
  "incident.merge": { args: IncidentMerge; reply: IncidentFile };
  /** Adds to its chronology, or corrects a note there. */
  "incident.note": { args: IncidentNoteDraft; reply: IncidentFile };
  /** Adds footage, bookmarks, stills, other incidents; or takes them away, with a reason. */
  "incident.link": { args: IncidentLink; reply: IncidentFile };
  /** Writes a person or a vehicle down, changes it, or takes it away with a reason. */
  "incident.subject": { args: SubjectPut; reply: IncidentFile };
  /** Writes down who was told and when they answered. */
  "incident.notice": { args: NoticePut; reply: IncidentFile };
  /** Adds a file to it. */
  "incident.attach": { args: AttachmentWish; reply: IncidentFile };
  /** Stops the reading of a file; nothing of it stays. */
  "incident.attach_stop": { args: AttachmentId; reply: null };
  /** Strikes an attachment through, with a reason. It stays. */
  "incident.strike": { args: AttachmentStrike; reply: IncidentFile };
  /** Saves a copy of an attachment into a folder. */
  "incident.save_attachment": { args: AttachmentSave; reply: AttachmentSaved };
  /** What was written down about it: who saw, held, copied, changed what of it. */
  "incident.audit": { args: IncidentId; reply: Array<AuditEntry> };
  /** The incidents of a time, counted for the supervisor's report. */
  "incident.statistics": { args: StatisticsQuery; reply: Statistics };
  /** One's own saved filters of the list of incidents, by name. */
  "filter.list": { args: null; reply: Array<SavedFilter> };
  /** Saves a filter: a new one, or one's own changed. */
  "filter.put": { args: SavedFilter; reply: SavedFilter };
  /** Forgets one's own filter. */
  "filter.delete": { args: FilterId; reply: null };
  /** When shifts begin. */
  "shift.plan": { args: null; reply: ShiftPlan };
  /** Sets when shifts begin. */
  "shift.plan_set": { args: ShiftPlan; reply: ShiftPlan };
  /** The present shift, if one has begun. */
  "shift.now": { args: null; reply: Shift | null };
  /** Shifts, newest first. */
  "shift.list": { args: Page; reply: Array<Shift> };
  /** Begins a shift where none is. */
  "shift.begin": { args: ShiftBegin; reply: Shift };
  /** Compares the station's clock with a reference. */
  "shift.clock": { args: ClockCheckDraft; reply: Shift };
  /** What would be handed over now. */
  "shift.state": { args: null; reply: HandoverState };
  /** Hands the shift over; both persons sign by their passwords. */
  "shift.handover": { args: HandoverDraft; reply: AtDesk };
  /** The tasks that are not done, the oldest first. */
  "task.list": { args: null; reply: Array<Task> };
  /** Writes a task down. */
  "task.put": { args: Task; reply: Task };
  /** A task is done. */
  "task.done": { args: TaskId; reply: Task };
  /** The one search: cameras, incidents, notes, bookmarks, plates, people, shifts. */
  "search.find": { args: SearchQuery; reply: Array<Found> };
  /** The audit, newest first. */
  "audit.list": { args: AuditQuery; reply: Array<AuditEntry> };
  /** Goes through the whole audit. */
  "audit.check": { args: null; reply: AuditState };
  /** Signs a checkpoint now. */
  "audit.checkpoint": { args: null; reply: AuditCheckpoint };
  /** The folders that checkpoints are copied to, and how they are. */
  "audit.folders": { args: null; reply: Array<CheckpointFolder> };
}

/** A command's name. */
export type CommandName = keyof Commands;

/** Who may call what; any one of them is enough. */
export type Access = 'anyone' | 'watcher' | 'signed_in' | Role;

/** The table of permissions: docs/reference/permissions.md. */
export const ACCESS: Readonly<Record<CommandName, readonly Access[]>> = {
  'room.get': ['anyone'],
  'room.set': ['operator', 'administrator'],
  'room.simulate': ['administrator'],
  'people.at_desk': ['anyone'],
  'people.first': ['anyone'],
  'people.sign_in': ['anyone'],
  'people.sign_in_again': ['anyone'],
  'people.sign_out': ['watcher'],
  'people.lock': ['signed_in'],
  'people.hand': ['signed_in'],
  'people.idle': ['signed_in'],
  'people.unlock': ['watcher'],
  'people.password': ['watcher'],
  'people.list': ['supervisor', 'administrator'],
  'people.put': ['administrator'],
  'people.seal': ['administrator'],
  'people.break_glass': ['anyone'],
  'unit.list': ['watcher'],
  'unit.put': ['administrator'],
  'category.list': ['watcher'],
  'camera.list': ['watcher'],
  'camera.add': ['administrator'],
  'camera.update': ['administrator'],
  'camera.delete': ['administrator'],
  'camera.test': ['administrator'],
  'camera.health': ['operator', 'investigator', 'supervisor', 'administrator'],
  'camera.activity': ['watcher'],
  'wall.show': ['watcher'],
  'wall.report': ['watcher'],
  'page.open': ['watcher'],
  'wall.recall': ['watcher'],
  'wall.remember': ['watcher'],
  'layout.list': ['operator', 'investigator', 'supervisor'],
  'layout.put': ['operator', 'investigator', 'supervisor'],
  'layout.delete': ['operator', 'investigator', 'supervisor'],
  'layout.order': ['operator', 'investigator', 'supervisor'],
  'tour.list': ['operator', 'investigator', 'supervisor'],
  'tour.put': ['operator', 'investigator', 'supervisor'],
  'tour.delete': ['operator', 'investigator', 'supervisor'],
  'window.ask': ['anyone'],
  'station.stop': ['supervisor', 'administrator'],
  'audio.listen': ['operator', 'investigator', 'supervisor'],
  'audio.stop': ['operator', 'investigator', 'supervisor'],
  'bookmark.add': ['operator', 'investigator', 'supervisor'],
  'bookmark.update': ['operator', 'investigator', 'supervisor'],
  'bookmark.list': ['operator', 'investigator', 'supervisor'],
  'bookmark.history': ['operator', 'investigator', 'supervisor'],
  'bookmark.hide': ['operator', 'investigator', 'supervisor'],
  'hold.add': ['operator', 'investigator', 'supervisor'],
  'hold.lift': ['operator', 'investigator', 'supervisor'],
  'hold.list': ['operator', 'investigator', 'supervisor', 'administrator'],
  'review.set': ['operator', 'investigator', 'supervisor'],
  'review.step': ['operator', 'investigator', 'supervisor'],
  'review.jump': ['operator', 'investigator', 'supervisor'],
  'review.timeline': ['operator', 'investigator', 'supervisor'],
  'review.calendar': ['operator', 'investigator', 'supervisor'],
  'review.thumbnail': ['operator', 'investigator', 'supervisor'],
  'copy.estimate': ['operator', 'investigator', 'supervisor'],
  'copy.start': ['operator', 'investigator', 'supervisor'],
  'copy.cancel': ['operator', 'investigator', 'supervisor'],
  'copy.list': ['operator', 'investigator', 'supervisor'],
  'neighbour.list': ['operator', 'investigator', 'supervisor', 'administrator'],
  'neighbour.put': ['investigator', 'supervisor', 'administrator'],
  'volume.list': ['operator', 'investigator', 'supervisor', 'administrator'],
  'volume.inspect': ['administrator'],
  'volume.put': ['administrator'],
  'volume.remove': ['administrator'],
  'storage.plan': ['operator', 'investigator', 'supervisor', 'administrator'],
  'backup.get': ['supervisor', 'administrator'],
  'backup.set': ['administrator'],
  'backup.start': ['administrator'],
  'backup.cancel': ['administrator'],
  'alarm.list': ['operator', 'investigator', 'supervisor', 'administrator'],
  'alarm.acknowledge': ['operator', 'investigator', 'supervisor'],
  'health.station': ['operator', 'investigator', 'supervisor', 'administrator'],
  'health.cameras': ['operator', 'investigator', 'supervisor', 'administrator'],
  'health.camera': ['operator', 'investigator', 'supervisor', 'administrator'],
  'health.history': ['operator', 'investigator', 'supervisor', 'administrator'],
  'health.day': ['operator', 'investigator', 'supervisor', 'administrator'],
  'still.take': ['operator', 'investigator', 'supervisor'],
  'still.list': ['operator', 'investigator', 'supervisor'],
  'still.picture': ['operator', 'investigator', 'supervisor'],
  'note.add': ['operator', 'investigator', 'supervisor'],
  'feed.list': ['operator', 'investigator', 'supervisor'],
  'incident.open': ['operator', 'investigator', 'supervisor'],
  'incident.list': ['operator', 'investigator', 'supervisor'],
  'incident.get': ['operator', 'investigator', 'supervisor'],
  'incident.update': ['operator', 'investigator', 'supervisor'],
  'incident.move': ['operator', 'investigator', 'supervisor'],
  'incident.merge': ['investigator', 'supervisor'],
  'incident.note': ['operator', 'investigator', 'supervisor'],
  'incident.link': ['operator', 'investigator', 'supervisor'],
  'incident.subject': ['operator', 'investigator', 'supervisor'],
  'incident.notice': ['operator', 'investigator', 'supervisor'],
  'incident.attach': ['operator', 'investigator', 'supervisor'],
  'incident.attach_stop': ['operator', 'investigator', 'supervisor'],
  'incident.strike': ['operator', 'investigator', 'supervisor'],
  'incident.save_attachment': ['operator', 'investigator', 'supervisor'],
  'incident.audit': ['investigator', 'supervisor'],
  'incident.statistics': ['supervisor'],
  'filter.list': ['operator', 'investigator', 'supervisor'],
  'filter.put': ['operator', 'investigator', 'supervisor'],
  'filter.delete': ['operator', 'investigator', 'supervisor'],
  'shift.plan': ['signed_in'],
  'shift.plan_set': ['supervisor', 'administrator'],
  'shift.now': ['signed_in'],
  'shift.list': ['operator', 'investigator', 'supervisor'],
  'shift.begin': ['operator', 'supervisor'],
  'shift.clock': ['operator', 'supervisor'],
  'shift.state': ['operator', 'supervisor'],
  'shift.handover': ['operator', 'supervisor'],
  'task.list': ['operator', 'investigator', 'supervisor'],
  'task.put': ['operator', 'investigator', 'supervisor'],
  'task.done': ['operator', 'investigator', 'supervisor'],
  'search.find': ['operator', 'investigator', 'supervisor'],
  'audit.list': ['supervisor', 'administrator'],
  'audit.check': ['supervisor', 'administrator'],
  'audit.checkpoint': ['supervisor', 'administrator'],
  'audit.folders': ['supervisor', 'administrator'],
};

/** Every `Problem.key` that can come; each needs a sentence in every catalogue. */
export const PROBLEM_KEYS = [
  /** No such command. `{command}` */
  "problem_unknown_command",
  /** The arguments do not fit the command. `{command}` */
  "problem_arguments",
  /** The caller lacks the role. `{command}` */
  "problem_forbidden",
  /** The desk is locked. `{command}` */
  "problem_locked",
  /** Nobody is signed in here. `{command}` */
  "problem_signed_out",
  /** Name or password is wrong. */
  "problem_sign_in_wrong",
  /** Too many wrong passwords; to be tried again after a while. `{seconds}` */
  "problem_sign_in_wait",
  /** There is no sealed code, or it was used. */
  "problem_sealed_none",
  /** The sealed code is wrong. */
  "problem_sealed_wrong",
  /** No such person. */
  "problem_person_not_found",
  /** One signs in with 1 to 40 letters without marks, digits, `.`, `-`, `_`. Field `login` */
  "problem_person_login",
  /** Another person signs in with this. Field `login` */
  "problem_person_login_taken",
  /** What a person signs in with does not change. Field `login` */
  "problem_person_login_stays",
  /** A person's name has 1 to 120 characters. Field `name` */
  "problem_person_name",
  /** Another person has this name; a record must say who it was. Field `name` */
  "problem_person_name_taken",
  /** A person has one role at least. Field `roles` */
  "problem_person_roles",
  /** The last administrator must stay one. Field `roles` */
  "problem_person_last",
  /** A password has 8 to 256 characters. Field `password` or `new` */
  "problem_person_password",
  /** The new password is the old one. Field `new` */
  "problem_person_password_same",
  /** There are people already; an administrator adds more. Field `login` */
  "problem_person_not_first",
  /** The first person makes themselves the administrator. */
  "problem_person_no_first",
  /** Whoever may not see all cameras adds nobody, and puts cameras only where they see them. */
  "problem_person_limited",
  /** A desk is locked after 60 to 86,400 s, or never (0). Field `lock_after_s` */
  "problem_lock_seconds",
  /** A day has 1 to 6 shifts with different names, in the order of their begin. Field `shifts` */
  "problem_shift_plan",
  /** A shift's name has 1 to 40 characters. Field `name` */
  "problem_shift_name",
  /** A commander's name has at most 120 characters. Field `commander` */
  "problem_shift_commander",
  /** Remarks have at most 10,000 characters. Field `remarks` */
  "problem_shift_remarks",
  /** A shift is on: it must be handed over. */
  "problem_shift_present",
  /** No shift has begun. */
  "problem_shift_none",
  /** This shift was handed over already. */
  "problem_shift_over",
  /** The source of the reference time has 1 to 120 characters. Field `source` */
  "problem_clock_source",
  /** The reference time cannot be right. Field `reference` */
  "problem_clock_reference",
  /** Two different persons hand over and take over. Field `to` */
  "problem_handover_same",
  /** Only operators and supervisors sign a handover. Field `from` or `to` */
  "problem_handover_person",
  /** A password that somebody else set signs nothing. Field `from` or `to` */
  "problem_handover_password",
  /** Folders for checkpoints are whole paths, 4 at most. Field `checkpoint_folders` */
  "problem_checkpoint_folder",
  /** A task has 1 to 1,000 characters. Field `text` */
  "problem_task_text",
  /** A search has at most 200 characters. Field `text` */
  "problem_search_text",
  /** A defect of ours; the log knows more. */
  "problem_internal",
  /** The station is not there, or went away before it answered. Trying again may help. */
  "problem_station_unavailable",
  /** The station is stopping and takes no commands. */
  "problem_stopping",
  /** Too many calls at once on one connection. */
  "problem_busy",
  /** A message was larger than the wire allows. */
  "problem_too_large",
  /** Not done within the time limit. */
  "problem_timeout",
  /** The database refused; nothing was written. */
  "problem_storage",
  /** Stored data is damaged. */
  "problem_damaged",
  /** No room left on the disk; nothing was written. */
  "problem_disk_full",
  /** The thing named does not exist. */
  "problem_not_found",
  /** The id stands for something else already. */
  "problem_id_taken",
  /** The number of items asked for is not between 1 and 500. Field `limit`. */
  "problem_page_limit",
  /** No such camera. */
  "problem_camera_not_found",
  /** Another camera has this code. `{code}`, field `code` */
  "problem_camera_code_taken",
  /** A code has 1 to 16 letters, digits, `-`, `_` or `.`. Field `code` */
  "problem_camera_code",
  /** A name has 1 to 120 characters. Field `name` */
  "problem_camera_name",
  /** A place has at most 200 characters. Field `place` */
  "problem_camera_place",
  /** The main stream's address is missing. Field `main_url` */
  "problem_camera_url_empty",
  /** Not an address; it looks like `rtsp://192.168.1.20:554/stream`. Field `main_url` or `sub_url` */
  "problem_camera_url",
  /** The address does not begin with `rtsp://`. Field `main_url` or `sub_url` */
  "problem_camera_url_scheme_missing",
  /** `{scheme}` is not RTSP. Field `main_url` or `sub_url` */
  "problem_camera_url_scheme",
  /** Encrypted RTSP (`rtsps://`) is not supported yet. Field `main_url` or `sub_url` */
  "problem_camera_url_rtsps",
  /** An `@` behind the host: user and password belong in their own fields, an `@` of the path is written `%40`. Field `main_url` or `sub_url` */
  "problem_camera_url_at",
  /** The two addresses hold different users or passwords. Field `sub_url` */
  "problem_camera_url_credentials",
  /** The user name has at most 128 characters, no colon, no control characters. Field `username` */
  "problem_camera_username",
  /** The password has at most 256 characters, no control characters. Field `password` */
  "problem_camera_password",
  /** The address leads to another host: the stored password goes nowhere else, type it again. Field `password` */
  "problem_camera_password_again",
  /** A password without a user name. Field `username` */
  "problem_camera_username_missing",
  /** A time begins before it ends, and is ten years at most. Field `from` */
  "problem_statistics_time",
  /** A day has 30 hours at most, and has begun. Field `from` */
  "problem_day_time",
  /** A filter's name has 1 to 80 characters. Field `name` */
  "problem_filter_name",
  /** There is a filter of this name already. `{name}`, field `name` */
  "problem_filter_name_taken",
  /** There are 100 saved filters already. Field `name` */
  "problem_filters_full",
  /** No such unit. Field `unit` */
  "problem_unit_not_found",
  /** A unit's name has 1 to 120 characters. Field `name` */
  "problem_unit_name",
  /** Another unit has this name. `{name}`, field `name` */
  "problem_unit_name_taken",
  /** No such category. Field `category` */
  "problem_category_not_found",
  /** The station's name has 1 to 120 characters. Field `name` */
  "problem_room_name",
  /** The operator's name has 1 to 120 characters. Field `operator` */
  "problem_room_operator",
  /** Languages are `vi` and `en`. Field `language` */
  "problem_room_language",
  /** A bookmark takes in 0 to 3600 seconds before and after. Field `bookmark_pre_s`, `bookmark_post_s`, `pre_s`, `post_s` */
  "problem_bookmark_seconds",
  /** A window's name has 1 to 64 letters, digits, `-` or `_`. Field `window` */
  "problem_window_name",
  /** A wall has at most 256 tiles, each number once. Field `tiles` */
  "problem_wall_tiles",
  /** A tile's picture is 1 to 7680 pixels wide and 1 to 4320 high. `{tile}`, field `tiles` */
  "problem_wall_tile_size",
  /** The part of a picture that fills a tile lies within the picture. `{tile}`, field `tiles` */
  "problem_wall_tile_view",
  /** A wall's tiles cover it once, as many as its form has. Field `shape` or `hotspot` */
  "problem_wall_shape",
  /** No such layout. */
  "problem_layout_not_found",
  /** A layout's name has 1 to 80 characters. Field `name` */
  "problem_layout_name",
  /** Another layout has this name. */
  "problem_layout_name_taken",
  /** Somebody changed the layout meanwhile. */
  "problem_layout_conflict",
  /** Only who made a shared layout makes it personal. */
  "problem_layout_not_own",
  /** There are 500 layouts already. */
  "problem_layout_many",
  /** No such tour. */
  "problem_tour_not_found",
  /** A tour's name has 1 to 80 characters. Field `name` */
  "problem_tour_name",
  /** Another tour has this name. */
  "problem_tour_name_taken",
  /** Somebody changed the tour meanwhile. */
  "problem_tour_conflict",
  /** Only who made a shared tour makes it personal. */
  "problem_tour_not_own",
  /** There are 500 tours already. */
  "problem_tour_many",
  /** A tour has 1 to 64 steps of 3 to 3600 s. Field `steps` */
  "problem_tour_steps",
  /** The programs that decode pictures cannot be started. */
  "problem_picture_unavailable",
  /** The door for the page presenter cannot be opened. */
  "problem_page_unavailable",
  /** No such bookmark. */
  "problem_bookmark_not_found",
  /** A bookmark has 1 to 64 cameras. Field `cameras` */
  "problem_bookmark_cameras",
  /** The moment is in the future, or before 2000. Field `at` */
  "problem_moment",
  /** A title has at most 200 characters. Field `title` */
  "problem_bookmark_title",
  /** At most 16 tags of at most 40 characters each. Field `tags` */
  "problem_bookmark_tags",
  /** A bookmark's text has at most 10,000 characters. Field `note` */
  "problem_bookmark_note",
  /** The clip ends before it begins, is longer than 24 hours, or does not hold its moment. Field `start` or `end` */
  "problem_bookmark_clip",
  /** There is no such colour. Field `colour` */
  "problem_bookmark_colour",
  /** Somebody edited the bookmark meanwhile. */
  "problem_bookmark_conflict",
  /** The bookmark is somebody else's. `{author}` */
  "problem_bookmark_not_own",
  /** A reason has 1 to 1000 characters. Field `reason` */
  "problem_reason",
  /** No such hold. */
  "problem_hold_not_found",
  /** A hold has 1 to 64 cameras. Field `cameras` */
  "problem_hold_cameras",
  /** A hold ends before it begins, is longer than 31 days, or its last day is over already. Field `end` or `until` */
  "problem_hold_interval",
  /** The hold is somebody else's. `{author}` */
  "problem_hold_not_own",
  /** The hold protects no more already. */
  "problem_hold_ended",
  /** The window shows nothing of the archive. */
  "problem_review_no_tiles",
  /** Speeds are 1/8 to 64, forward or back. Field `speed` */
  "problem_review_speed",
  /** At most 100 pictures at a time. Field `frames` */
  "problem_review_step",
  /** At most 16 tiles show the archive. Field `tiles` */
  "problem_review_tiles",
  /** An interval that ends before it begins, or is too long. Field `end` */
  "problem_interval",
  /** 1 to 64 cameras. Field `cameras` */
  "problem_cameras_count",
  /** Nothing is recorded there. */
  "problem_not_recorded",
  /** The file of recording is damaged. `{file}` */
  "problem_segment_damaged",
  /** The disk that the recording is on is not there. `{volume}` */
  "problem_volume_away",
  /** No such copy. */
  "problem_copy_not_found",
  /** A copy has 1 to 16 cameras. Field `cameras` */
  "problem_copy_cameras",
  /** An alarm is raised after 3 to 600 seconds of trouble. */
  "problem_alarm_seconds",
  /** The volume is 0 to 100, repeats come after 5 to 600 seconds or never. */
  "problem_alarm_sound",
  /** One to 200 alarms can be acknowledged at once. */
  "problem_alarm_count",
  /** What is written on acknowledging is at most 1000 characters. */
  "problem_alarm_comment",
  /** Not a folder that can be written to; an absolute path is asked for. `{folder}`, field `folder` */
  "problem_copy_folder",
  /** Not enough room: `{needed}` bytes are needed, `{free}` are free. Field `folder` */
  "problem_copy_no_room",
  /** Too many copies at once. */
  "problem_copy_busy",
  /** At most 8 neighbours, each another camera, once, at most 3600 s away. Field `next` */
  "problem_neighbours",
  /** No such volume. */
  "problem_volume_not_found",
  /** A volume's name has 1 to 120 characters. Field `name` */
  "problem_volume_name",
  /** Not a folder that can be written to; an absolute path is asked for. `{path}`, field `path` */
  "problem_volume_path",
  /** The folder is another volume already. `{id}`, field `path` */
  "problem_volume_taken",
  /** There are recordings on it; it can be switched off, not forgotten. `{name}` */
  "problem_volume_in_use",
  /** The quota is smaller than 1 GiB, or the reserve larger than the disk. Field `quota_bytes` or `reserve_bytes` */
  "problem_volume_sizes",
  /** Recordings are kept 1 to 3650 days. Field `keep_days` */
  "problem_keep_days",
  /** Times of the week that overlap, are empty, or are none. Field `schedule` */
  "problem_record_schedule",
  /** No such alarm. */
  "problem_alarm_not_found",
  /** No such still. */
  "problem_still_not_found",
  /** There is no picture of this camera now. */
  "problem_still_no_picture",
  /** The still's file could not be written. */
  "problem_still_write",
  /** The still's file is not there any more. `{file}` */
  "problem_still_file_missing",
  /** The still's file is not what was written: its SHA-256 differs. `{file}` */
  "problem_still_file_changed",
  /** A note has 1 to 10,000 characters. Field `text` */
  "problem_note_text",
  /** A number begins with 1 to 6 letters A to Z or digits. Field `station_prefix` */
  "problem_station_prefix",
  /** Footage is held 0 to 3650 days after closing. Field `hold_after_close_days` */
  "problem_hold_after_close",
  /** No such incident. */
  "problem_incident_not_found",
  /** An incident's title has 1 to 200 characters. Field `title` */
  "problem_incident_title",
  /** Longer than there is room for on the sheet. Field `road`, `place`, `forces` or `outcome_note` */
  "problem_incident_text",
  /** At most 16 forms of 1 to 80 characters each. Field `forms` */
  "problem_incident_forms",
  /** In the future, before 2000, or over before it began. Field `detected`, `occurred` or `ended` */
  "problem_incident_times",
  /** Somebody changed the sheet meanwhile. */
  "problem_incident_conflict",
  /** Somebody changed that person or vehicle meanwhile. */
  "problem_subject_conflict",
  /** Somebody moved the incident meanwhile. */
  "problem_incident_moved",
  /** The caller may not move it there from where it is. */
  "problem_incident_move",
  /** The incident is closed or cancelled: nothing is written into it unless it is opened again. */
  "problem_incident_over",
  /** At most 64 at once and 500 in all. Field `footage`, `bookmarks`, `stills` or `what` */
  "problem_incident_links",
  /** Footage that ends before it begins, is longer than 31 days, or lies in the future. Field `footage` or `what` */
  "problem_incident_footage",
  /** What is to be taken away does not belong to the incident. */
  "problem_incident_not_linked",
  /** An incident cannot be part of itself, or related to itself. */
  "problem_incident_itself",
  /** The note to be corrected is not in this incident. Field `corrects` */
  "problem_incident_note_not_found",
  /** The note was corrected already; the correction can be corrected. Field `corrects` */
  "problem_incident_note_corrected",
  /** The note is somebody else's. `{author}`, field `corrects` */
  "problem_incident_note_not_own",
  /** A plate has at most 20 characters, and is a vehicle's. Field `plate` */
  "problem_subject_plate",
  /** A colour has at most 40 characters, a description 1,000; a subject needs a plate or a description. Field `colour` or `description` */
  "problem_subject_text",
  /** Who was told has 1 to 200 characters, a remark at most 1,000. Field `whom` or `remark` */
  "problem_notice_text",
  /** In the future, before 2000, or answered before told. Field `notified` or `responded` */
  "problem_notice_times",
  /** Not the absolute path of a plain file that is there. `{path}`, field `path` */
  "problem_attachment_path",
  /** The room's own files and the system's cannot be attached. `{path}`, field `path` */
  "problem_attachment_private",
  /** The file cannot be read. `{path}`, field `path` */
  "problem_attachment_read",
  /** Larger than the setting allows. `{bytes}` bytes, `{most}` MB, field `path` */
  "problem_attachment_too_large",
  /** Somebody wrote into the file while it was read. `{path}`, field `path` */
  "problem_attachment_changing",
  /** The reading was stopped; nothing stays. */
  "problem_attachment_stopped",
  /** A name has 1 to 200 characters and no folder. Field `name` */
  "problem_attachment_name",
  /** The attachment is not in this incident. */
  "problem_attachment_not_found",
  /** Somebody else brought it. `{author}` */
  "problem_attachment_not_own",
  /** It is struck through already. */
  "problem_attachment_struck",
  /** Its file is not there any more. */
  "problem_attachment_missing",
  /** Its file is not what was brought. */
  "problem_attachment_damaged",
  /** The folder is not there or cannot be written. `{folder}`, field `folder` */
  "problem_attachment_folder",
  /** An attachment may have 1 to 4096 MB. Field `attachment_most_mb` */
  "problem_attachment_most",
  /** A backup's folder is not there, cannot be written, or is not absolute. `{folder}`, field `folder` */
  "problem_backup_folder",
  /** A backup inside the data folder would be lost with it. `{folder}`, field `folder` */
  "problem_backup_inside",
  /** A backup and its rehearsal need more room. `{needed}` and `{free}` in bytes */
  "problem_backup_no_room",
  /** Every 1 to 31 days at a minute of the day, 1 to 365 kept. Field `at_minute`, `every_days` or `keep` */
  "problem_backup_plan",
  /** A passphrase has 12 to 256 characters. Field `passphrase` */
  "problem_backup_passphrase",
  /** With keys a backup needs a passphrase, and none was set. Field `passphrase` */
  "problem_backup_passphrase_none",
  /** The passphrase that was set cannot be opened with this machine's key: it must be set again. Field `passphrase` */
  "problem_backup_passphrase_lost",
  /** A backup is being made already. */
  "problem_backup_busy",
  /** The backup was made, but restored it was not the same: it was thrown away. */
  "problem_backup_rehearsal",
  /** The backup was not made. */
  "problem_backup_failed",
  /** No such backup. */
  "problem_backup_not_found",
  /** 1 to 240 simulated cameras. Field `cameras` */
  "problem_simulate_count",
  /** The program camsim, or ffmpeg which it needs, is not on this machine. */
  "problem_simulate_missing",
  /** The simulated cameras did not start. */
  "problem_simulate_failed",
] as const;

/** One of them. */
export type ProblemKey = (typeof PROBLEM_KEYS)[number];

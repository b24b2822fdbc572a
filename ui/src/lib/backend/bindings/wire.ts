// The wire between page and station: commands, events, their data. Generated from crates/link by
// `cargo run -p easien-link --example bindings`; a test compares. Do not edit.

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
  /** Its title; may be empty. */
  title: string,
  /** Category code. */
  category: string | null,
  /** Tags. */
  tags: Array<string>,
  /** Free text. */
  note: string,
  /** Who made it. */
  author: string,
  /** When it was made. */
  created: UtcMicros,
  /** Whether anything is recorded behind it. */
  recorded: boolean,
};

/** Marks a moment. */
export type BookmarkDraft = {
  /** Chosen by the client. */
  id: BookmarkId,
  /** One or several cameras. */
  cameras: Array<CameraId>,
  /** The moment. */
  at: UtcMicros,
  /** Seconds before it. */
  pre_s: number,
  /** Seconds after it. */
  post_s: number,
};

/** Edits a bookmark. */
export type BookmarkEdit = {
  /** Which. */
  id: BookmarkId,
  /** Its title. */
  title: string,
  /** Category code; absent: none. */
  category: string | null,
  /** Tags. */
  tags: Array<string>,
  /** Free text. */
  note: string,
};

/** A marked clip. */
export type BookmarkId = string;

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

/** One physical camera. */
export type CameraId = string;

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

/** What kind of failure, for programs. Few on purpose: the sentence for a person is [`Problem::key`]. */
export type Code = "Unauthenticated" | "Forbidden" | "NotFound" | "Conflict" | "Invalid" | "Precondition" | "Unavailable" | "Timeout" | "DiskFull" | "DataLoss" | "Unsupported" | "Cancelled" | "Internal";

/** How the bytes are coded. */
export type Codec = "H264" | "H265" | "Aac" | "Pcmu" | "Pcma";

/** A change. Each carries the new whole, so that a missed one is mended by the next or by asking again. */
export type Event = { "event": "room.changed", "data": Room } | { "event": "room.status", "data": RoomStatus } | { "event": "camera.changed", "data": Camera } | { "event": "camera.deleted", "data": CameraId } | { "event": "unit.changed", "data": Unit } | { "event": "session.changed", "data": Session } | { "event": "feed.changed", "data": FeedItem } | { "event": "resync" };

/** One thing in the feed. */
export type FeedItem = { "kind": "note", "item": Note } | { "kind": "bookmark", "item": Bookmark } | { "kind": "still", "item": Still } | { "kind": "camera", "item": CameraEvent };

/** Why a session was lost or could not be made. One sentence each in the page's catalogue (`loss_...`). */
export type LossReason = "dns" | "unreachable" | "refused" | "timeout" | "unauthorized" | "forbidden" | "not_found" | "transport_refused" | "busy" | "protocol" | "no_video" | "unsupported_codec" | "undecodable" | "stalled" | "closed";

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

/** A file's content for the screen. */
export type Picture = {
  /** As a `data:` URL. */
  url: string,
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
  /** Settings that people may change. */
  settings: RoomSettings,
  /** Whether anything is recorded. False until recording exists; the screen says so. */
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
};

/** The figures of the bottom strip. */
export type RoomStatus = {
  /** Cameras in the room. */
  cameras: number,
  /** Cameras with at least one live session. */
  live: number,
  /** Cameras being recorded. */
  recording: number,
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
};

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

/** Starts simulated cameras. */
export type Simulate = {
  /** How many, 1 to 240. */
  cameras: number,
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
};

/** How stills are written. */
export type StillFormat = "png" | "jpeg";

/** A full-resolution picture taken from a stream. */
export type StillId = string;

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

/** How the packets travel. */
export type Transport = "tcp" | "udp";

/** A commune or ward. */
export type Unit = {
  /** Chosen by the client. */
  id: UnitId,
  /** E.g. "Xã Ea Siên". */
  name: string,
};

/** A commune or ward. */
export type UnitId = string;

/** Microseconds since 1970-01-01T00:00:00 UTC (leap seconds not counted, as in Unix time). */
export type UtcMicros = number;

/** A window's wall as remembered. */
export type WallMemory = {
  /** Which window. */
  window: string,
  /** Tiles in the grid: 1, 4, 9, 16, 25, 36, 64. */
  grid: number,
  /** Cameras tile by tile; absent: an empty tile. */
  tiles: Array<CameraId | null>,
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

/** Every command: its arguments and its reply. */
export interface Commands {
  /** The room: who and where, settings, what is not possible yet and why. */
  "room.get": { args: null; reply: Room };
  /** Changes the room's settings. */
  "room.set": { args: RoomSettings; reply: Room };
  /** Starts simulated cameras on this machine and adds them to the room. */
  "room.simulate": { args: Simulate; reply: Array<Camera> };
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
  /** Marks a moment on one or several cameras. */
  "bookmark.add": { args: BookmarkDraft; reply: Bookmark };
  /** Titles, categorises and tags a bookmark of one's own. */
  "bookmark.update": { args: BookmarkEdit; reply: Bookmark };
  /** Takes a full-resolution picture of what a camera shows. */
  "still.take": { args: StillDraft; reply: Still };
  /** Stills, newest first. */
  "still.list": { args: Page; reply: Array<Still> };
  /** A still's file. */
  "still.picture": { args: StillId; reply: Picture };
  /** Writes a note tied to a camera and a time. */
  "note.add": { args: NoteDraft; reply: Note };
  /** What happened in this shift, newest first. */
  "feed.list": { args: Page; reply: Array<FeedItem> };
}

/** A command's name. */
export type CommandName = keyof Commands;

/** Every `Problem.key` that can come; each needs a sentence in every catalogue. */
export const PROBLEM_KEYS = [
  /** No such command. `{command}` */
  "problem_unknown_command",
  /** The arguments do not fit the command. `{command}` */
  "problem_arguments",
  /** The caller lacks the role. `{command}` */
  "problem_forbidden",
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
  /** Grids have 1, 4, 9, 16, 25, 36 or 64 tiles. Field `grid` */
  "problem_wall_grid",
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
  /** The bookmark is somebody else's. `{author}` */
  "problem_bookmark_not_own",
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
  /** 1 to 240 simulated cameras. Field `cameras` */
  "problem_simulate_count",
  /** The program camsim, or ffmpeg which it needs, is not on this machine. */
  "problem_simulate_missing",
  /** The simulated cameras did not start. */
  "problem_simulate_failed",
] as const;

/** One of them. */
export type ProblemKey = (typeof PROBLEM_KEYS)[number];

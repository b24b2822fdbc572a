//! The sentences of everything that can go wrong on the wire or in the station: one key each, as it stands in
//! [`easien_model::Problem::key`], with the placeholders it fills. The page's catalogues are tested against this list
//! (`PROBLEM_KEYS` in the generated `wire.ts`), and a test of the station fails when it sends a key that is not here.
//!
//! Not here: why a session was lost ([`easien_model::LossReason`]; the page names those sentences `loss_...`).

macro_rules! problems {
    ($( $(#[doc = $doc:literal])+ $name:ident = $key:literal; )*) => {
        $( $(#[doc = $doc])+ pub const $name: &str = $key; )*

        /// Every key, with what it means (English, for whoever writes the catalogue).
        pub const PROBLEMS: &[(&str, &str)] = &[$(($key, concat!($($doc),+))),*];
    };
}

problems! {
    /// No such command. `{command}`
    UNKNOWN_COMMAND = "problem_unknown_command";
    /// The arguments do not fit the command. `{command}`
    ARGUMENTS = "problem_arguments";
    /// The caller lacks the role. `{command}`
    FORBIDDEN = "problem_forbidden";
    /// The desk is locked. `{command}`
    LOCKED = "problem_locked";
    /// Nobody is signed in here. `{command}`
    SIGNED_OUT = "problem_signed_out";
    /// Name or password is wrong.
    SIGN_IN_WRONG = "problem_sign_in_wrong";
    /// Too many wrong passwords; to be tried again after a while. `{seconds}`
    SIGN_IN_WAIT = "problem_sign_in_wait";
    /// There is no sealed code, or it was used.
    SEALED_NONE = "problem_sealed_none";
    /// The sealed code is wrong.
    SEALED_WRONG = "problem_sealed_wrong";
    /// No such person.
    PERSON_NOT_FOUND = "problem_person_not_found";
    /// One signs in with 1 to 40 letters without marks, digits, `.`, `-`, `_`. Field `login`
    PERSON_LOGIN = "problem_person_login";
    /// Another person signs in with this. Field `login`
    PERSON_LOGIN_TAKEN = "problem_person_login_taken";
    /// What a person signs in with does not change. Field `login`
    PERSON_LOGIN_STAYS = "problem_person_login_stays";
    /// A person's name has 1 to 120 characters. Field `name`
    PERSON_NAME = "problem_person_name";
    /// Another person has this name; a record must say who it was. Field `name`
    PERSON_NAME_TAKEN = "problem_person_name_taken";
    /// A person has one role at least. Field `roles`
    PERSON_ROLES = "problem_person_roles";
    /// The last administrator must stay one. Field `roles`
    PERSON_LAST = "problem_person_last";
    /// A password has 8 to 256 characters. Field `password` or `new`
    PERSON_PASSWORD = "problem_person_password";
    /// The new password is the old one. Field `new`
    PERSON_PASSWORD_SAME = "problem_person_password_same";
    /// There are people already; an administrator adds more. Field `login`
    PERSON_NOT_FIRST = "problem_person_not_first";
    /// The first person makes themselves the administrator.
    PERSON_NO_FIRST = "problem_person_no_first";
    /// Whoever may not see all cameras adds nobody, and puts cameras only where they see them.
    PERSON_LIMITED = "problem_person_limited";
    /// A desk is locked after 60 to 86,400 s, or never (0). Field `lock_after_s`
    LOCK_SECONDS = "problem_lock_seconds";
    /// A day has 1 to 6 shifts with different names, in the order of their begin. Field `shifts`
    SHIFT_PLAN = "problem_shift_plan";
    /// A shift's name has 1 to 40 characters. Field `name`
    SHIFT_NAME = "problem_shift_name";
    /// A commander's name has at most 120 characters. Field `commander`
    SHIFT_COMMANDER = "problem_shift_commander";
    /// Remarks have at most 10,000 characters. Field `remarks`
    SHIFT_REMARKS = "problem_shift_remarks";
    /// A shift is on: it must be handed over.
    SHIFT_PRESENT = "problem_shift_present";
    /// No shift has begun.
    SHIFT_NONE = "problem_shift_none";
    /// This shift was handed over already.
    SHIFT_OVER = "problem_shift_over";
    /// The source of the reference time has 1 to 120 characters. Field `source`
    CLOCK_SOURCE = "problem_clock_source";
    /// The reference time cannot be right. Field `reference`
    CLOCK_REFERENCE = "problem_clock_reference";
    /// Two different persons hand over and take over. Field `to`
    HANDOVER_SAME = "problem_handover_same";
    /// Only operators and supervisors sign a handover. Field `from` or `to`
    HANDOVER_PERSON = "problem_handover_person";
    /// A password that somebody else set signs nothing. Field `from` or `to`
    HANDOVER_PASSWORD = "problem_handover_password";
    /// Folders for checkpoints are whole paths, 4 at most. Field `checkpoint_folders`
    CHECKPOINT_FOLDER = "problem_checkpoint_folder";
    /// A task has 1 to 1,000 characters. Field `text`
    TASK_TEXT = "problem_task_text";
    /// A search has at most 200 characters. Field `text`
    SEARCH_TEXT = "problem_search_text";
    /// A defect of ours; the log knows more.
    INTERNAL = "problem_internal";
    /// The station is not there, or went away before it answered. Trying again may help.
    STATION_UNAVAILABLE = "problem_station_unavailable";
    /// The station is stopping and takes no commands.
    STOPPING = "problem_stopping";
    /// Too many calls at once on one connection.
    BUSY = "problem_busy";
    /// A message was larger than the wire allows.
    TOO_LARGE = "problem_too_large";
    /// Not done within the time limit.
    TIMEOUT = "problem_timeout";
    /// The database refused; nothing was written.
    STORAGE = "problem_storage";
    /// Stored data is damaged.
    DAMAGED = "problem_damaged";
    /// No room left on the disk; nothing was written.
    DISK_FULL = "problem_disk_full";
    /// The thing named does not exist.
    NOT_FOUND = "problem_not_found";
    /// The id stands for something else already.
    ID_TAKEN = "problem_id_taken";
    /// The number of items asked for is not between 1 and 500. Field `limit`.
    PAGE_LIMIT = "problem_page_limit";

    /// No such camera.
    CAMERA_NOT_FOUND = "problem_camera_not_found";
    /// Another camera has this code. `{code}`, field `code`
    CAMERA_CODE_TAKEN = "problem_camera_code_taken";
    /// A code has 1 to 16 letters, digits, `-`, `_` or `.`. Field `code`
    CAMERA_CODE = "problem_camera_code";
    /// A name has 1 to 120 characters. Field `name`
    CAMERA_NAME = "problem_camera_name";
    /// A place has at most 200 characters. Field `place`
    CAMERA_PLACE = "problem_camera_place";
    /// The main stream's address is missing. Field `main_url`
    CAMERA_URL_EMPTY = "problem_camera_url_empty";
    /// Not an address; it looks like `rtsp://192.168.1.20:554/stream`. Field `main_url` or `sub_url`
    CAMERA_URL = "problem_camera_url";
    /// The address does not begin with `rtsp://`. Field `main_url` or `sub_url`
    CAMERA_URL_SCHEME_MISSING = "problem_camera_url_scheme_missing";
    /// `{scheme}` is not RTSP. Field `main_url` or `sub_url`
    CAMERA_URL_SCHEME = "problem_camera_url_scheme";
    /// Encrypted RTSP (`rtsps://`) is not supported yet. Field `main_url` or `sub_url`
    CAMERA_URL_RTSPS = "problem_camera_url_rtsps";
    /// An `@` behind the host: user and password belong in their own fields, an `@` of the path is written `%40`.
    /// Field `main_url` or `sub_url`
    CAMERA_URL_AT = "problem_camera_url_at";
    /// The two addresses hold different users or passwords. Field `sub_url`
    CAMERA_URL_CREDENTIALS = "problem_camera_url_credentials";
    /// The user name has at most 128 characters, no colon, no control characters. Field `username`
    CAMERA_USERNAME = "problem_camera_username";
    /// The password has at most 256 characters, no control characters. Field `password`
    CAMERA_PASSWORD = "problem_camera_password";
    /// The address leads to another host: the stored password goes nowhere else, type it again. Field `password`
    CAMERA_PASSWORD_AGAIN = "problem_camera_password_again";
    /// A password without a user name. Field `username`
    CAMERA_USERNAME_MISSING = "problem_camera_username_missing";

    /// A time begins before it ends, and is ten years at most. Field `from`
    STATISTICS_TIME = "problem_statistics_time";
    /// A day has 30 hours at most, and has begun. Field `from`
    DAY_TIME = "problem_day_time";
    /// A filter's name has 1 to 80 characters. Field `name`
    FILTER_NAME = "problem_filter_name";
    /// There is a filter of this name already. `{name}`, field `name`
    FILTER_NAME_TAKEN = "problem_filter_name_taken";
    /// There are 100 saved filters already. Field `name`
    FILTERS_FULL = "problem_filters_full";

    /// No such unit. Field `unit`
    UNIT_NOT_FOUND = "problem_unit_not_found";
    /// A unit's name has 1 to 120 characters. Field `name`
    UNIT_NAME = "problem_unit_name";
    /// Another unit has this name. `{name}`, field `name`
    UNIT_NAME_TAKEN = "problem_unit_name_taken";
    /// No such category. Field `category`
    CATEGORY_NOT_FOUND = "problem_category_not_found";

    /// The station's name has 1 to 120 characters. Field `name`
    ROOM_NAME = "problem_room_name";
    /// The operator's name has 1 to 120 characters. Field `operator`
    ROOM_OPERATOR = "problem_room_operator";
    /// Languages are `vi` and `en`. Field `language`
    ROOM_LANGUAGE = "problem_room_language";
    /// A bookmark takes in 0 to 3600 seconds before and after. Field `bookmark_pre_s`, `bookmark_post_s`, `pre_s`, `post_s`
    BOOKMARK_SECONDS = "problem_bookmark_seconds";

    /// A window's name has 1 to 64 letters, digits, `-` or `_`. Field `window`
    WINDOW_NAME = "problem_window_name";
    /// A wall has at most 256 tiles, each number once. Field `tiles`
    WALL_TILES = "problem_wall_tiles";
    /// A tile's picture is 1 to 7680 pixels wide and 1 to 4320 high. `{tile}`, field `tiles`
    WALL_TILE_SIZE = "problem_wall_tile_size";
    /// The part of a picture that fills a tile lies within the picture. `{tile}`, field `tiles`
    WALL_TILE_VIEW = "problem_wall_tile_view";
    /// A wall's tiles cover it once, as many as its form has. Field `shape` or `hotspot`
    WALL_SHAPE = "problem_wall_shape";
    /// No such layout.
    LAYOUT_NOT_FOUND = "problem_layout_not_found";
    /// A layout's name has 1 to 80 characters. Field `name`
    LAYOUT_NAME = "problem_layout_name";
    /// Another layout has this name.
    LAYOUT_NAME_TAKEN = "problem_layout_name_taken";
    /// Somebody changed the layout meanwhile.
    LAYOUT_CONFLICT = "problem_layout_conflict";
    /// Only who made a shared layout makes it personal.
    LAYOUT_NOT_OWN = "problem_layout_not_own";
    /// There are 500 layouts already.
    LAYOUT_MANY = "problem_layout_many";
    /// No such tour.
    TOUR_NOT_FOUND = "problem_tour_not_found";
    /// A tour's name has 1 to 80 characters. Field `name`
    TOUR_NAME = "problem_tour_name";
    /// Another tour has this name.
    TOUR_NAME_TAKEN = "problem_tour_name_taken";
    /// Somebody changed the tour meanwhile.
    TOUR_CONFLICT = "problem_tour_conflict";
    /// Only who made a shared tour makes it personal.
    TOUR_NOT_OWN = "problem_tour_not_own";
    /// There are 500 tours already.
    TOUR_MANY = "problem_tour_many";
    /// A tour has 1 to 64 steps of 3 to 3600 s. Field `steps`
    TOUR_STEPS = "problem_tour_steps";
    /// The programs that decode pictures cannot be started.
    PICTURE_UNAVAILABLE = "problem_picture_unavailable";
    /// The door for the page presenter cannot be opened.
    PAGE_UNAVAILABLE = "problem_page_unavailable";

    /// No such bookmark.
    BOOKMARK_NOT_FOUND = "problem_bookmark_not_found";
    /// A bookmark has 1 to 64 cameras. Field `cameras`
    BOOKMARK_CAMERAS = "problem_bookmark_cameras";
    /// The moment is in the future, or before 2000. Field `at`
    MOMENT = "problem_moment";
    /// A title has at most 200 characters. Field `title`
    BOOKMARK_TITLE = "problem_bookmark_title";
    /// At most 16 tags of at most 40 characters each. Field `tags`
    BOOKMARK_TAGS = "problem_bookmark_tags";
    /// A bookmark's text has at most 10,000 characters. Field `note`
    BOOKMARK_NOTE = "problem_bookmark_note";
    /// The clip ends before it begins, is longer than 24 hours, or does not hold its moment. Field `start` or `end`
    BOOKMARK_CLIP = "problem_bookmark_clip";
    /// There is no such colour. Field `colour`
    BOOKMARK_COLOUR = "problem_bookmark_colour";
    /// Somebody edited the bookmark meanwhile.
    BOOKMARK_CONFLICT = "problem_bookmark_conflict";
    /// The bookmark is somebody else's. `{author}`
    BOOKMARK_NOT_OWN = "problem_bookmark_not_own";

    /// A reason has 1 to 1000 characters. Field `reason`
    REASON = "problem_reason";
    /// No such hold.
    HOLD_NOT_FOUND = "problem_hold_not_found";
    /// A hold has 1 to 64 cameras. Field `cameras`
    HOLD_CAMERAS = "problem_hold_cameras";
    /// A hold ends before it begins, is longer than 31 days, or its last day is over already. Field `end` or `until`
    HOLD_INTERVAL = "problem_hold_interval";
    /// The hold is somebody else's. `{author}`
    HOLD_NOT_OWN = "problem_hold_not_own";
    /// The hold protects no more already.
    HOLD_ENDED = "problem_hold_ended";

    /// The window shows nothing of the archive.
    REVIEW_NO_TILES = "problem_review_no_tiles";
    /// Speeds are 1/8 to 64, forward or back. Field `speed`
    REVIEW_SPEED = "problem_review_speed";
    /// At most 100 pictures at a time. Field `frames`
    REVIEW_STEP = "problem_review_step";
    /// At most 16 tiles show the archive. Field `tiles`
    REVIEW_TILES = "problem_review_tiles";
    /// An interval that ends before it begins, or is too long. Field `end`
    INTERVAL = "problem_interval";
    /// 1 to 64 cameras. Field `cameras`
    CAMERAS_COUNT = "problem_cameras_count";
    /// Nothing is recorded there.
    NOT_RECORDED = "problem_not_recorded";
    /// The file of recording is damaged. `{file}`
    SEGMENT_DAMAGED = "problem_segment_damaged";
    /// The disk that the recording is on is not there. `{volume}`
    VOLUME_AWAY = "problem_volume_away";

    /// No such copy.
    COPY_NOT_FOUND = "problem_copy_not_found";
    /// A copy has 1 to 16 cameras. Field `cameras`
    COPY_CAMERAS = "problem_copy_cameras";
    /// An alarm is raised after 3 to 600 seconds of trouble.
    ALARM_SECONDS = "problem_alarm_seconds";
    /// The volume is 0 to 100, repeats come after 5 to 600 seconds or never.
    ALARM_SOUND = "problem_alarm_sound";
    /// One to 200 alarms can be acknowledged at once.
    ALARM_COUNT = "problem_alarm_count";
    /// What is written on acknowledging is at most 1000 characters.
    ALARM_COMMENT = "problem_alarm_comment";
    /// Not a folder that can be written to; an absolute path is asked for. `{folder}`, field `folder`
    COPY_FOLDER = "problem_copy_folder";
    /// Not enough room: `{needed}` bytes are needed, `{free}` are free. Field `folder`
    COPY_NO_ROOM = "problem_copy_no_room";
    /// Too many copies at once.
    COPY_BUSY = "problem_copy_busy";

    /// At most 8 neighbours, each another camera, once, at most 3600 s away. Field `next`
    NEIGHBOURS = "problem_neighbours";

    /// No such volume.
    VOLUME_NOT_FOUND = "problem_volume_not_found";
    /// A volume's name has 1 to 120 characters. Field `name`
    VOLUME_NAME = "problem_volume_name";
    /// Not a folder that can be written to; an absolute path is asked for. `{path}`, field `path`
    VOLUME_PATH = "problem_volume_path";
    /// The folder is another volume already. `{id}`, field `path`
    VOLUME_TAKEN = "problem_volume_taken";
    /// There are recordings on it; it can be switched off, not forgotten. `{name}`
    VOLUME_IN_USE = "problem_volume_in_use";
    /// The quota is smaller than 1 GiB, or the reserve larger than the disk. Field `quota_bytes` or `reserve_bytes`
    VOLUME_SIZES = "problem_volume_sizes";
    /// Recordings are kept 1 to 3650 days. Field `keep_days`
    KEEP_DAYS = "problem_keep_days";
    /// Times of the week that overlap, are empty, or are none. Field `schedule`
    RECORD_SCHEDULE = "problem_record_schedule";

    /// No such alarm.
    ALARM_NOT_FOUND = "problem_alarm_not_found";

    /// No such still.
    STILL_NOT_FOUND = "problem_still_not_found";
    /// There is no picture of this camera now.
    STILL_NO_PICTURE = "problem_still_no_picture";
    /// The still's file could not be written.
    STILL_WRITE = "problem_still_write";
    /// The still's file is not there any more. `{file}`
    STILL_FILE_MISSING = "problem_still_file_missing";
    /// The still's file is not what was written: its SHA-256 differs. `{file}`
    STILL_FILE_CHANGED = "problem_still_file_changed";

    /// A note has 1 to 10,000 characters. Field `text`
    NOTE_TEXT = "problem_note_text";

    /// A number begins with 1 to 6 letters A to Z or digits. Field `station_prefix`
    STATION_PREFIX = "problem_station_prefix";
    /// Footage is held 0 to 3650 days after closing. Field `hold_after_close_days`
    HOLD_AFTER_CLOSE = "problem_hold_after_close";
    /// No such incident.
    INCIDENT_NOT_FOUND = "problem_incident_not_found";
    /// An incident's title has 1 to 200 characters. Field `title`
    INCIDENT_TITLE = "problem_incident_title";
    /// Longer than there is room for on the sheet. Field `road`, `place`, `forces` or `outcome_note`
    INCIDENT_TEXT = "problem_incident_text";
    /// At most 16 forms of 1 to 80 characters each. Field `forms`
    INCIDENT_FORMS = "problem_incident_forms";
    /// In the future, before 2000, or over before it began. Field `detected`, `occurred` or `ended`
    INCIDENT_TIMES = "problem_incident_times";
    /// Somebody changed the sheet meanwhile.
    INCIDENT_CONFLICT = "problem_incident_conflict";
    /// Somebody changed that person or vehicle meanwhile.
    SUBJECT_CONFLICT = "problem_subject_conflict";
    /// Somebody moved the incident meanwhile.
    INCIDENT_MOVED = "problem_incident_moved";
    /// The caller may not move it there from where it is.
    INCIDENT_MOVE = "problem_incident_move";
    /// The incident is closed or cancelled: nothing is written into it unless it is opened again.
    INCIDENT_OVER = "problem_incident_over";
    /// At most 64 at once and 500 in all. Field `footage`, `bookmarks`, `stills` or `what`
    INCIDENT_LINKS = "problem_incident_links";
    /// Footage that ends before it begins, is longer than 31 days, or lies in the future. Field `footage` or `what`
    INCIDENT_FOOTAGE = "problem_incident_footage";
    /// What is to be taken away does not belong to the incident.
    INCIDENT_NOT_LINKED = "problem_incident_not_linked";
    /// An incident cannot be part of itself, or related to itself.
    INCIDENT_ITSELF = "problem_incident_itself";
    /// The note to be corrected is not in this incident. Field `corrects`
    INCIDENT_NOTE_NOT_FOUND = "problem_incident_note_not_found";
    /// The note was corrected already; the correction can be corrected. Field `corrects`
    INCIDENT_NOTE_CORRECTED = "problem_incident_note_corrected";
    /// The note is somebody else's. `{author}`, field `corrects`
    INCIDENT_NOTE_NOT_OWN = "problem_incident_note_not_own";
    /// A plate has at most 20 characters, and is a vehicle's. Field `plate`
    SUBJECT_PLATE = "problem_subject_plate";
    /// A colour has at most 40 characters, a description 1,000; a subject needs a plate or a description. Field `colour` or `description`
    SUBJECT_TEXT = "problem_subject_text";
    /// Who was told has 1 to 200 characters, a remark at most 1,000. Field `whom` or `remark`
    NOTICE_TEXT = "problem_notice_text";
    /// In the future, before 2000, or answered before told. Field `notified` or `responded`
    NOTICE_TIMES = "problem_notice_times";

    /// Not the absolute path of a plain file that is there. `{path}`, field `path`
    ATTACHMENT_PATH = "problem_attachment_path";
    /// The room's own files and the system's cannot be attached. `{path}`, field `path`
    ATTACHMENT_PRIVATE = "problem_attachment_private";
    /// The file cannot be read. `{path}`, field `path`
    ATTACHMENT_READ = "problem_attachment_read";
    /// Larger than the setting allows. `{bytes}` bytes, `{most}` MB, field `path`
    ATTACHMENT_TOO_LARGE = "problem_attachment_too_large";
    /// Somebody wrote into the file while it was read. `{path}`, field `path`
    ATTACHMENT_CHANGING = "problem_attachment_changing";
    /// The reading was stopped; nothing stays.
    ATTACHMENT_STOPPED = "problem_attachment_stopped";
    /// A name has 1 to 200 characters and no folder. Field `name`
    ATTACHMENT_NAME = "problem_attachment_name";
    /// The attachment is not in this incident.
    ATTACHMENT_NOT_FOUND = "problem_attachment_not_found";
    /// Somebody else brought it. `{author}`
    ATTACHMENT_NOT_OWN = "problem_attachment_not_own";
    /// It is struck through already.
    ATTACHMENT_STRUCK = "problem_attachment_struck";
    /// Its file is not there any more.
    ATTACHMENT_MISSING = "problem_attachment_missing";
    /// Its file is not what was brought.
    ATTACHMENT_DAMAGED = "problem_attachment_damaged";
    /// The folder is not there or cannot be written. `{folder}`, field `folder`
    ATTACHMENT_FOLDER = "problem_attachment_folder";
    /// An attachment may have 1 to 4096 MB. Field `attachment_most_mb`
    ATTACHMENT_MOST = "problem_attachment_most";

    /// A backup's folder is not there, cannot be written, or is not absolute. `{folder}`, field `folder`
    BACKUP_FOLDER = "problem_backup_folder";
    /// A backup inside the data folder would be lost with it. `{folder}`, field `folder`
    BACKUP_INSIDE = "problem_backup_inside";
    /// A backup and its rehearsal need more room. `{needed}` and `{free}` in bytes
    BACKUP_NO_ROOM = "problem_backup_no_room";
    /// Every 1 to 31 days at a minute of the day, 1 to 365 kept. Field `at_minute`, `every_days` or `keep`
    BACKUP_PLAN = "problem_backup_plan";
    /// A passphrase has 12 to 256 characters. Field `passphrase`
    BACKUP_PASSPHRASE = "problem_backup_passphrase";
    /// With keys a backup needs a passphrase, and none was set. Field `passphrase`
    BACKUP_PASSPHRASE_NONE = "problem_backup_passphrase_none";
    /// The passphrase that was set cannot be opened with this machine's key: it must be set again. Field `passphrase`
    BACKUP_PASSPHRASE_LOST = "problem_backup_passphrase_lost";
    /// A backup is being made already.
    BACKUP_BUSY = "problem_backup_busy";
    /// The backup was made, but restored it was not the same: it was thrown away.
    BACKUP_REHEARSAL = "problem_backup_rehearsal";
    /// The backup was not made.
    BACKUP_FAILED = "problem_backup_failed";
    /// No such backup.
    BACKUP_NOT_FOUND = "problem_backup_not_found";

    /// 1 to 240 simulated cameras. Field `cameras`
    SIMULATE_COUNT = "problem_simulate_count";
    /// The program camsim, or ffmpeg which it needs, is not on this machine.
    SIMULATE_MISSING = "problem_simulate_missing";
    /// The simulated cameras did not start.
    SIMULATE_FAILED = "problem_simulate_failed";
}

#[cfg(test)]
mod tests {
    use super::PROBLEMS;
    use std::collections::BTreeSet;

    #[test]
    fn keys_are_unique_and_are_names() {
        let keys: BTreeSet<_> = PROBLEMS.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), PROBLEMS.len());
        for key in keys {
            assert!(key.starts_with("problem_"), "{key}");
            assert!(key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{key}");
        }
    }
}

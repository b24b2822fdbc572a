//! `easien-station archive check|rebuild`: looks at the files of recording without the station, and makes their index
//! anew from them. Prints to the terminal; its words are English.

use crate::folder::Folder;
use crate::index::Index;
use crate::rebuild::{keep_gaps, words};
use crate::run::EXIT_TAKEN;
use anyhow::Context;
use easien_archive::{Depth, FileReport, VolumeIdentity, check as check_volume, rebuild as rebuild_volume};
use easien_model::{Clock, SystemClock};
use easien_store::{RECORDINGS_FILE, Recordings, Store};
use serde_json::json;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Something is wrong with the files.
const EXIT_FOUND: u8 = 1;
/// It could not be done.
const EXIT_FAILED: u8 = 2;
/// How often progress is told.
const TELL: Duration = Duration::from_secs(2);

/// Reads every file of recording and says what is wrong. Ends with 1 when something is, with 2 when it cannot look.
#[must_use]
pub fn check(data: &Path, volume: Option<&Path>, as_json: bool) -> ExitCode {
    ended(try_check(data, volume, as_json))
}

/// Makes the index anew from the files of all volumes. Ends with 0 when all files are in it as whole, with 1 when some
/// are damaged or left out, with 2 when it could not be done (the old index then stands), with 3 when a station runs.
#[must_use]
pub fn rebuild(data: &Path, volume: Option<&Path>) -> ExitCode {
    ended(try_rebuild(data, volume))
}

fn ended(result: anyhow::Result<u8>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("easien-station archive: {error:#}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}

/// Where the volumes are: those that the casebook knows, else the first one's usual place; and the one given.
fn roots(data: &Path, volume: Option<&Path>, only: bool) -> anyhow::Result<Vec<PathBuf>> {
    let mut roots = Vec::new();
    if !(only && volume.is_some()) {
        match Store::volumes_of(data) {
            Ok(rows) => roots.extend(rows.into_iter().map(|row| PathBuf::from(row.path))),
            Err(error) => {
                eprintln!("the volumes of the room are not known ({error}); its own folder is looked at");
                roots.push(data.join("recordings"));
            }
        }
    }
    roots.extend(volume.map(Path::to_owned));
    let mut there = Vec::new();
    for root in roots {
        let root = match fs::canonicalize(&root) {
            Ok(root) => root,
            Err(error) => {
                anyhow::ensure!(volume.is_none_or(|wanted| wanted != root), "{}: {error}", root.display());
                eprintln!("{}: {error}", root.display());
                continue;
            }
        };
        if !there.contains(&root) {
            there.push(root);
        }
    }
    anyhow::ensure!(!there.is_empty(), "no volume is there");
    Ok(there)
}

/// Tells how far it is, on the terminal's other stream.
struct Progress {
    told: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { told: Instant::now() }
    }

    fn tell(&mut self, report: &FileReport) {
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            let (done, all) = report.progress;
            eprintln!("{done} of {all} files, {} MB", report.done_bytes / 1_000_000);
        }
    }
}

fn findings(report: &FileReport) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

fn print(out: &mut impl Write, root: &Path, report: &FileReport, as_json: bool) -> std::io::Result<()> {
    if !as_json {
        return writeln!(out, "{}: {}", report.path, findings(report).join("; "));
    }
    let line = json!({
        "volume": root, "path": report.path, "bytes": report.bytes, "well": report.is_well(),
        "findings": findings(report),
        "segment": report.identity.as_ref().map(|identity| identity.segment),
        "camera": report.identity.as_ref().map(|identity| identity.code.clone()),
    });
    writeln!(out, "{line}")
}

fn try_check(data: &Path, volume: Option<&Path>, as_json: bool) -> anyhow::Result<u8> {
    let index = match Recordings::open_to_read(data) {
        Ok(index) => Some(Index(index)),
        Err(error) => {
            eprintln!("the index is not looked at: {error}");
            None
        }
    };
    let mut bad = 0_u64;
    let mut out = std::io::stdout().lock();
    for root in roots(data, volume, true)? {
        let mut progress = Progress::new();
        // Nobody may read any more: then nobody wants to know.
        let mut broken = false;
        let checked = check_volume(
            &root,
            index.as_ref().map(|index| index as &dyn easien_archive::SegmentIndex),
            Depth::Seals,
            &mut |report| {
                bad += u64::from(!report.is_well());
                if as_json || !report.is_well() {
                    broken |= print(&mut out, &root, report, as_json).is_err();
                }
                progress.tell(report);
                !broken
            },
        )
        .with_context(|| format!("{} cannot be checked", root.display()))?;
        let easien_archive::Checked { files, well, bytes, missing } = checked;
        let line = format!(
            "{}: {files} files, {bytes} bytes; {well} well, {} not; {missing} rows without a file",
            root.display(),
            files - well
        );
        if as_json { eprintln!("{line}") } else { writeln!(out, "{line}")? }
    }
    Ok(if bad == 0 { 0 } else { EXIT_FOUND })
}

fn try_rebuild(data: &Path, volume: Option<&Path>) -> anyhow::Result<u8> {
    anyhow::ensure!(data.is_dir(), "there is no data folder {}", data.display());
    let folder = Folder::open(data)?;
    let Some(_lock) = folder.lock()? else {
        eprintln!("a station runs on {}: stop it first", folder.root().display());
        return Ok(EXIT_TAKEN);
    };
    let root = folder.root();
    let roots = roots(root, volume, false)?;
    let now = SystemClock.utc_now();
    // Made beside, so that whatever happens the old one stands until the new one is complete.
    let beside = root.join("recordings.rebuild");
    match fs::remove_dir_all(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} is in the way", beside.display()));
        }
        _ => {}
    }
    fs::create_dir(&beside).with_context(|| format!("{} cannot be made", beside.display()))?;
    let (index, _) = Recordings::open(&beside, now).context("the new index cannot be made")?;
    if let Ok(old) = Recordings::open_to_read(root) {
        match keep_gaps(&old, &index) {
            Ok(gaps) => println!("{gaps} gaps with their causes were taken over from the old index"),
            Err(error) => eprintln!("the gaps of the old index cannot be read: {error}"),
        }
    }
    let index = Index(index);
    let mut bad = false;
    for volume in &roots {
        let known = VolumeIdentity::read(volume);
        if !matches!(known, Ok(Some(_))) {
            eprintln!("{}: not a volume of recordings, left out", volume.display());
            bad = true;
            continue;
        }
        let mut progress = Progress::new();
        let mut broken = false;
        let done = rebuild_volume(volume, &index, Depth::Seals, &mut |report| {
            if !report.is_well() {
                broken |= print(&mut std::io::stdout(), volume, report, false).is_err();
            }
            progress.tell(report);
            !broken
        })
        .with_context(|| format!("{}: the index was not made", volume.display()))?;
        bad |= done.damaged + done.left_out > 0;
        println!("{}: {}", volume.display(), words(&done));
    }
    index.0.close().context("the new index cannot be closed")?;
    change_places(root, &beside, now.0)?;
    Ok(if bad { EXIT_FOUND } else { 0 })
}

/// The old index goes aside, the new one takes its place.
fn change_places(root: &Path, beside: &Path, now_us: i64) -> anyhow::Result<()> {
    let aside = format!("recordings-aside-{now_us}.db");
    let mut kept = false;
    for end in ["", "-wal", "-shm"] {
        let old = root.join(format!("{RECORDINGS_FILE}{end}"));
        match fs::rename(&old, root.join(format!("{aside}{end}"))) {
            Ok(()) => kept = true,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("{} stays", old.display())),
        }
    }
    // A mark of damage was the old one's.
    let _ = fs::remove_file(root.join(format!("{RECORDINGS_FILE}-damaged")));
    for end in ["-wal", ""] {
        match fs::rename(
            beside.join(format!("{RECORDINGS_FILE}{end}")),
            root.join(format!("{RECORDINGS_FILE}{end}")),
        ) {
            Err(error) if end.is_empty() || error.kind() != ErrorKind::NotFound => {
                return Err(error).context("the new index does not get its place");
            }
            _ => {}
        }
    }
    fs::File::open(root)?.sync_all()?;
    let _ = fs::remove_dir_all(beside);
    if kept {
        println!("the old index is kept as {}", root.join(aside).display());
    }
    Ok(())
}

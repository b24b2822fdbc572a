//! `easien-station backup`: takes a backup, also beside a running station, and restores one, which needs the station
//! stopped. What a backup is and how it is made belongs to `backup`.

use crate::backup::{
    Fault, Locker, Opener, SUFFIX, clear_left, folder_of, make as make_file, of_made, stored,
};
use anyhow::{Context, ensure};
use easien_model::{BackupId, Clock, SystemClock};
use easien_store::{BackupDraft, BackupOutcome, DATABASE_FILE, Store};
use secrecy::zeroize::Zeroizing;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Who asked, in the audit.
const WHO: &str = "easien-station";

/// Takes a backup and rehearses its restoring. Ends with 0 when both went well.
#[must_use]
pub fn make(data: &Path, to: &Path, passphrase: Option<&Path>) -> ExitCode {
    end(try_make(data, to, passphrase))
}

/// Restores a backup into an empty data folder.
#[must_use]
pub fn restore(from: &Path, data: &Path, passphrase: Option<&Path>) -> ExitCode {
    end(try_restore(from, data, passphrase))
}

fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("easien-station: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn read_passphrase(file: Option<&Path>) -> anyhow::Result<Option<Zeroizing<String>>> {
    let Some(file) = file else { return Ok(None) };
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    // An editor may have put a mark before it and a line's end behind it.
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
    Ok(Some(Zeroizing::new(text.to_owned())))
}

fn try_make(data: &Path, to: &Path, passphrase: Option<&Path>) -> anyhow::Result<()> {
    ensure!(data.join(DATABASE_FILE).is_file(), "{} holds no {DATABASE_FILE}", data.display());
    let locker = read_passphrase(passphrase)?.map(|phrase| Locker::new(&phrase)).transpose()?;
    let to: PathBuf = std::path::absolute(to)?;
    clear_left(folder_of(&to), &format!("{SUFFIX}.part"));
    let store = Store::open(data, Arc::new(SystemClock))?;
    let begun = SystemClock.utc_now();
    let made = make_file(data, &store, &to, locker.as_ref(), &|_, _| true);
    let (outcome, bytes, report) = match &made {
        Ok(made) => (BackupOutcome::Done, Some(made.bytes), stored(Some(&of_made(made)), None)),
        Err(fault) => (BackupOutcome::Failed, None, stored(None, Some(&fault.problem()))),
    };
    // A slip of the hand is no backup that failed.
    if !matches!(made, Err(Fault::Exists(_) | Fault::Folder { .. })) {
        let draft = BackupDraft {
            id: BackupId::new(),
            begun,
            due: None,
            file: to.display().to_string(),
            keys: locker.is_some(),
            outcome,
            bytes,
            report,
        };
        store.add_backup(WHO, &draft)?;
    }
    store.close()?;
    let made = made?;
    let report = of_made(&made);
    println!(
        "taken: {} files, {} bytes, {} rows, keys {}",
        report.files,
        report.file_bytes,
        report.rows,
        if made.manifest.keys { "sealed in it" } else { "not in it" },
    );
    println!(
        "rehearsed: restored into a scratch folder, {} files and {} rows of {} tables are the same, {} rows of the audit hold",
        report.rehearsed_files, report.rehearsed_rows, report.tables, report.audit_rows,
    );
    if report.missing_count > 0 {
        println!("MISSING or changed in the data folder already: {} files", report.missing_count);
        report.missing.iter().for_each(|name| println!("  {name}"));
    }
    println!("{}: sha256 {}", to.display(), made.sha256);
    Ok(())
}

fn try_restore(from: &Path, data: &Path, passphrase: Option<&Path>) -> anyhow::Result<()> {
    let phrase = read_passphrase(passphrase)?;
    let opener = phrase.as_ref().map(|phrase| Opener::Passphrase(phrase));
    let manifest = crate::backup::restore(from, data, opener)?;
    println!("restored: {} files, {} rows", manifest.files.len(), manifest.rows.values().sum::<u64>());
    if !manifest.keys {
        println!(
            "The backup holds no keys: put the old station's master.key into the folder before starting it."
        );
    }
    Ok(())
}

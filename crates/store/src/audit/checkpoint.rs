//! Signed checkpoints of the audit, as texts that are printed or copied off the machine: a C2SP tlog-checkpoint in a
//! C2SP signed note (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note), so that tools for transparency
//! logs read them too.

use super::Root;
use crate::error::{Error, Result};
use crate::store::Store;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use easien_model::UtcMicros;
use ed25519_dalek::{Signature, VerifyingKey};
use rusqlite::params;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Algorithm of a note's signature: Ed25519.
const ED25519: u8 = 1;

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// When it was made.
    pub at: UtcMicros,
    /// Rows that it covers.
    pub rows: u64,
    /// Root of their tree.
    pub root: Root,
    /// The text.
    pub text: String,
}

/// A checkpoint's text, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointText {
    /// Of which station.
    pub station: Uuid,
    /// Rows that it covers.
    pub rows: u64,
    /// Root of their tree.
    pub root: Root,
    body: String,
    signature: (u32, Vec<u8>),
}

fn origin(station: Uuid) -> String {
    format!("easien/{station}")
}

fn body(station: Uuid, rows: u64, root: &Root, at: UtcMicros) -> String {
    format!("{}\n{rows}\n{}\nmade at {} us since 1970 UTC\n", origin(station), BASE64.encode(root), at.0)
}

/// The first four bytes of SHA-256 over name, line feed, algorithm, key.
fn key_hash(name: &str, public: &[u8; 32]) -> u32 {
    let hash = Sha256::new()
        .chain_update(name.as_bytes())
        .chain_update([b'\n', ED25519])
        .chain_update(public)
        .finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

fn signed(body: &str, name: &str, public: &[u8; 32], signature: &[u8]) -> String {
    let line = [&key_hash(name, public).to_be_bytes()[..], signature].concat();
    format!("{body}\n\u{2014} {name} {}\n", BASE64.encode(line))
}

impl CheckpointText {
    /// Reads a checkpoint's text; carriage returns and blank lines around it do not matter.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').replace('\r', "");
        let (body, signatures) = text.trim().split_once("\n\n")?;
        let mut lines = body.lines();
        let name = lines.next()?;
        let station = Uuid::parse_str(name.strip_prefix("easien/")?).ok()?;
        let rows = lines.next()?.parse().ok()?;
        let root = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
        let prefix = format!("\u{2014} {name} ");
        let line = signatures.lines().find_map(|line| line.strip_prefix(&prefix))?;
        let line = BASE64.decode(line.trim()).ok()?;
        let (hash, signature) = line.split_at_checked(4)?;
        let hash = u32::from_be_bytes(hash.try_into().ok()?);
        Some(Self { station, rows, root, body: format!("{body}\n"), signature: (hash, signature.to_vec()) })
    }

    /// Whether one of these keys signed it.
    #[must_use]
    pub fn is_signed_by(&self, keys: &[[u8; 32]]) -> bool {
        let name = origin(self.station);
        let Ok(signature) = Signature::from_slice(&self.signature.1) else { return false };
        keys.iter().filter(|key| key_hash(&name, key) == self.signature.0).any(|key| {
            VerifyingKey::from_bytes(key)
                .is_ok_and(|key| key.verify_strict(self.body.as_bytes(), &signature).is_ok())
        })
    }
}

/// What a checkpoint that was kept elsewhere says of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointVerdict {
    /// Everything that it covers is still there, as it was.
    Holds,
    /// It is of another station.
    Foreign,
    /// No key of this station signed it, or it was changed.
    Unsigned,
    /// It covers more rows than there are: some were cut off, or an older database was put in place.
    Cut {
        /// Rows that there were.
        rows: u64,
    },
    /// What it covers is not what it was.
    Changed,
}

impl Store {
    /// Signs a checkpoint over all rows that there are now and keeps it. Goes through all rows: seconds for millions.
    ///
    /// # Errors
    /// `Damaged` when the audit is not as it was written: nothing is signed then. Else what SQLite says.
    pub fn sign_checkpoint(&self) -> Result<CheckpointRow> {
        let check = self.walk_audit(None, false)?;
        if let Some(fault) = check.fault {
            return Err(Error::Damaged(format!("the audit: {fault:?}")));
        }
        let (Some(root), at) = (check.root, self.now()) else {
            return Err(Error::Damaged("the audit has no rows".to_owned()));
        };
        if let Some(known) = self.checkpoint_of(check.rows)? {
            return Ok(known);
        }
        let body = body(self.station(), check.rows, &root, at);
        let (number, public, signature) = self.sign(body.as_bytes())?;
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO audit_checkpoint (rows, at, root, key, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![check.rows as i64, at.0, root, number, signature])?;
            Ok(())
        })?;
        let text = signed(&body, &origin(self.station()), &public, &signature);
        Ok(CheckpointRow { at, rows: check.rows, root, text })
    }

    fn checkpoint_of(&self, rows: u64) -> Result<Option<CheckpointRow>> {
        Ok(self.newest_checkpoint()?.filter(|known| known.rows == rows))
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn newest_checkpoint(&self) -> Result<Option<CheckpointRow>> {
        Ok(self.read_checkpoints("ORDER BY rows DESC LIMIT 1")?.pop())
    }

    /// Every checkpoint, the oldest first: a few a day.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checkpoints(&self) -> Result<Vec<CheckpointRow>> {
        self.read_checkpoints("ORDER BY rows")
    }

    fn read_checkpoints(&self, rest: &str) -> Result<Vec<CheckpointRow>> {
        let station = self.station();
        self.read(|db| {
            let query = format!(
                "SELECT rows, at, root, signature, public FROM audit_checkpoint
                 JOIN station_key ON station_key.number = audit_checkpoint.key {rest}"
            );
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map([], |row| {
                let (rows, at, root) = (row.get::<_, i64>(0)? as u64, UtcMicros(row.get(1)?), row.get(2)?);
                let (signature, public): ([u8; 64], [u8; 32]) = (row.get(3)?, row.get(4)?);
                let body = body(station, rows, &root, at);
                Ok(CheckpointRow {
                    at,
                    rows,
                    root,
                    text: signed(&body, &origin(station), &public, &signature),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Holds the audit against a checkpoint that was kept elsewhere.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hold_against(&self, checkpoint: &CheckpointText) -> Result<CheckpointVerdict> {
        let verdict = self.hold_all_against(std::slice::from_ref(checkpoint))?.pop();
        Ok(verdict.unwrap_or(CheckpointVerdict::Unsigned))
    }

    /// Holds the audit against checkpoints that were kept elsewhere, in one walk; a verdict for each.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hold_all_against(&self, checkpoints: &[CheckpointText]) -> Result<Vec<CheckpointVerdict>> {
        let keys: Vec<[u8; 32]> = self.station_keys()?.into_iter().map(|key| key.public).collect();
        let roots = self.audit_roots(checkpoints.iter().map(|checkpoint| checkpoint.rows).collect())?;
        let verdict = |checkpoint: &CheckpointText| {
            if checkpoint.station != self.station() {
                return CheckpointVerdict::Foreign;
            }
            if !checkpoint.is_signed_by(&keys) {
                return CheckpointVerdict::Unsigned;
            }
            match roots.get(&checkpoint.rows) {
                None => CheckpointVerdict::Cut { rows: checkpoint.rows },
                Some(root) if *root != checkpoint.root => CheckpointVerdict::Changed,
                Some(_) => CheckpointVerdict::Holds,
            }
        };
        Ok(checkpoints.iter().map(verdict).collect())
    }
}

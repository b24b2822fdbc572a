//! The station's signing keys (Ed25519, RFC 8032): one is in use, older ones stay known, so that what they signed can
//! still be checked. The secret half is sealed with the master key.

use crate::audit;
use crate::error::{Error, Result};
use crate::secret::{MasterKey, Place};
use crate::sql::{utc, utc_opt};
use crate::store::Store;
use easien_model::UtcMicros;
use ed25519_dalek::{Signer, SigningKey};
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::zeroize::Zeroizing;
use serde_json::json;

/// A key of the station, its public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationKeyRow {
    /// 1 is the first one.
    pub number: u32,
    /// The public key as RFC 8032 has it.
    pub public: [u8; 32],
    /// Made when.
    pub made: UtcMicros,
    /// Signs no more, since then.
    pub retired: Option<UtcMicros>,
}

fn place(number: &[u8]) -> Place<'_> {
    Place { column: "station_key.sealed", row: number }
}

/// Makes the first key of a database that has none.
pub(crate) fn settle(db: &Connection, key: &MasterKey, at: UtcMicros) -> Result<()> {
    if db.query_row("SELECT EXISTS (SELECT 1 FROM station_key)", [], |row| row.get(0))? {
        return Ok(());
    }
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut()).map_err(|error| Error::Random(error.to_string()))?;
    let public = SigningKey::from_bytes(&secret).verifying_key().to_bytes();
    let number = 1_u32;
    let sealed = key.seal(place(&number.to_be_bytes()), secret.as_ref())?;
    let change = db.unchecked_transaction()?;
    change.execute(
        "INSERT INTO station_key (number, public, sealed, made_at) VALUES (?1, ?2, ?3, ?4)",
        params![number, public, sealed, at.0],
    )?;
    let detail = json!({ "public": audit::hex(&public) });
    audit::write(&change, at, audit::STATION, "station.key", "station key 1", &detail)?;
    change.commit()?;
    Ok(())
}

impl Store {
    /// The station's keys, the newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn station_keys(&self) -> Result<Vec<StationKeyRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT number, public, made_at, retired_at FROM station_key ORDER BY number DESC",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(StationKeyRow {
                    number: row.get(0)?,
                    public: row.get(1)?,
                    made: utc(row, 2)?,
                    retired: utc_opt(row, 3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Signs with the key in use. Gives its number, its public half and the signature.
    ///
    /// # Errors
    /// `Damaged` without a key, `Unopenable` with another master key, or what SQLite says.
    pub fn sign(&self, message: &[u8]) -> Result<(u32, [u8; 32], [u8; 64])> {
        let key = self.key_shared();
        let row: Option<(u32, Vec<u8>)> = self.read(|db| {
            Ok(db
                .prepare_cached(
                    "SELECT number, sealed FROM station_key WHERE retired_at IS NULL ORDER BY number DESC LIMIT 1",
                )?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?)
        })?;
        let Some((number, sealed)) = row else {
            return Err(Error::Damaged("the station has no key".to_owned()));
        };
        let secret = key.open(place(&number.to_be_bytes()), &sealed)?;
        let secret: &[u8; 32] = secret.as_slice().try_into().map_err(|_| Error::Unopenable)?;
        let signing = SigningKey::from_bytes(secret);
        Ok((number, signing.verifying_key().to_bytes(), signing.sign(message).to_bytes()))
    }
}

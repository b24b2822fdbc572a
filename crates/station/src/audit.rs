//! The audit as people look at it: its rows, its check, its signed checkpoints. Writing it is the store's.

use crate::station::{Station, lock};
use easien_link::data::{AuditCheckpoint, AuditEntry, AuditQuery, AuditState};
use easien_link::{Caller, problems};
use easien_model::{Code, Problem};
use easien_store::{AuditFault, AuditFilter, AuditRow, CheckpointRow};
use serde_json::json;

fn checkpoint(row: CheckpointRow) -> AuditCheckpoint {
    AuditCheckpoint {
        at: row.at,
        rows: row.rows,
        root: row.root.iter().map(|byte| format!("{byte:02x}")).collect(),
        text: row.text,
    }
}

impl Station {
    /// What an audited thing is called today.
    fn object_name(&self, object: &str) -> String {
        let Some((kind, id)) = object.split_once(' ') else { return String::new() };
        match kind {
            "camera" => lock(&self.cameras)
                .values()
                .find(|row| row.id.to_string() == id)
                .map(|row| row.code.clone())
                .unwrap_or_default(),
            "incident" => id
                .parse()
                .ok()
                .and_then(|id| self.store.incident(id).ok().flatten())
                .map(|row| row.number)
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    pub(crate) fn audit_entry(&self, row: AuditRow) -> AuditEntry {
        AuditEntry {
            seq: u64::try_from(row.seq).unwrap_or_default(),
            at: row.at,
            who: row.who,
            command: row.command,
            object_name: self.object_name(&row.object),
            object: row.object,
            detail: row.detail,
        }
    }

    pub(crate) async fn list_audit(
        &self,
        caller: &Caller,
        query: AuditQuery,
    ) -> Result<Vec<AuditEntry>, Problem> {
        if query.limit > 500 {
            return Err(Problem::new(Code::Invalid, problems::PAGE_LIMIT).field("limit"));
        }
        let filter = AuditFilter {
            who: query.who,
            command: query.command,
            object: query.object,
            from: query.from,
            to: query.to,
            before: query.before.map(i64::from),
            limit: if query.limit == 0 { 100 } else { query.limit },
        };
        let (station, sight) = (self.clone(), caller.sight.clone());
        let rows = self.store(move |store| {
            let (mut filter, mut found) = (filter, Vec::new());
            // A page is full of what may be seen.
            loop {
                let rows = store.audit_rows(&filter)?;
                let last = rows.len() < filter.limit as usize || sight.is_full();
                filter.before = rows.last().map(|row| row.seq);
                found.extend(
                    rows.into_iter().filter(|row| station.audit_seen(&sight, &row.object, &row.detail)),
                );
                if last || found.len() >= filter.limit as usize {
                    found.truncate(filter.limit as usize);
                    return Ok(found);
                }
            }
        });
        let rows = rows.await?;
        // Names are looked up in the store.
        let station = self.clone();
        self.blocking(move || rows.into_iter().map(|row| station.audit_entry(row)).collect()).await
    }

    pub(crate) async fn check_audit(&self, caller: &Caller) -> Result<AuditState, Problem> {
        let check = self.store(|store| store.check_audit(None)).await?;
        let broken_at = check.fault.map(|fault| match fault {
            AuditFault::Row(row) | AuditFault::Missing { row, .. } | AuditFault::Changed { row, .. } => {
                u64::try_from(row).unwrap_or_default()
            }
            AuditFault::Unwritten { .. } => 0,
        });
        let (who, detail) = (caller.name.clone(), json!({ "rows": check.rows, "broken_at": broken_at }));
        self.store(move |store| store.add_audit(&who, "audit.check", "audit", &detail)).await?;
        let newest = self.store(|store| store.newest_checkpoint()).await?;
        Ok(AuditState { rows: check.rows, broken_at, checkpoint: newest.map(checkpoint) })
    }

    pub(crate) async fn sign_checkpoint(&self, caller: &Caller) -> Result<AuditCheckpoint, Problem> {
        let who = caller.name.clone();
        self.store(move |store| {
            store.add_audit(&who, "audit.checkpoint", "audit", &json!({}))?;
            store.sign_checkpoint()
        })
        .await
        .map(checkpoint)
        .inspect(|_| self.checkpoints.look())
    }
}

//! The archive as players read it.

use super::footage::{Footage, Group, Missing, Place};
use easien_archive::{ArchiveError, Gop, Reader, reader};
use easien_model::{GapCause, Sample, StreamId, UtcMicros};
use std::sync::Arc;

/// Beyond every recording.
const FAR: UtcMicros = UtcMicros(i64::MAX / 4);

/// What cannot be read is told as missing, so long.
const UNREADABLE_S: i64 = 1;

fn group(gop: Gop) -> Option<Group> {
    let end = gop.end;
    Group::new(gop.samples.clone(), Some(end), Some(Arc::new(gop)))
}

fn gop(group: &Group) -> Option<&Gop> {
    group.token.as_ref()?.downcast_ref()
}

/// Why something that is in the index cannot be read.
fn cause(error: &ArchiveError) -> Option<GapCause> {
    match error {
        ArchiveError::NoVolume(_) => Some(GapCause::DiskFailed),
        ArchiveError::Index(_) => None,
        _ => Some(GapCause::FileDamaged),
    }
}

/// What could be read; what could not is written down and is nothing.
fn said<T>(what: &'static str, stream: StreamId, result: Result<Option<T>, ArchiveError>) -> Option<T> {
    result.unwrap_or_else(|error| {
        tracing::debug!(%stream, %error, what, "a recording cannot be read");
        None
    })
}

impl Footage for Reader {
    fn place(&self, stream: StreamId, at: UtcMicros) -> Place {
        match self.locate(stream, at) {
            Ok(reader::Place::In(row)) => {
                let whole = (Some(row.start), row.end.as_ref().map(|end| end.end));
                let about = (Some(at), Some(at.plus_seconds(UNREADABLE_S)));
                let (cause, (since, until)) = match self.gop(stream, at) {
                    Ok(Some(_)) => return Place::Recorded,
                    Ok(None) => (Some(GapCause::FileDamaged), about),
                    Err(error @ ArchiveError::NoVolume(_)) => (cause(&error), whole),
                    Err(error) => (cause(&error), about),
                };
                Place::Missing(Missing { cause, since, until })
            }
            Ok(reader::Place::Later { .. }) => Place::Edge,
            Ok(reader::Place::Gap { since, until, cause }) => Place::Missing(Missing { cause, since, until }),
            Err(error) => {
                tracing::warn!(%stream, %error, "what is recorded is not known");
                let until = Some(at.plus_seconds(UNREADABLE_S));
                Place::Missing(Missing { cause: cause(&error), since: Some(at), until })
            }
        }
    }

    fn group(&self, stream: StreamId, at: UtcMicros) -> Option<Group> {
        group(said("group", stream, self.gop(stream, at))?)
    }

    fn after(&self, before: &Group) -> Option<Group> {
        let of = gop(before)?;
        let next = said("next", before.stream, self.next_gop(of))?;
        if !next.key && next.begin - of.end < 1_000 {
            // The group itself has grown: all of it, so that it can be decoded from its key frame.
            let whole = said("grown", before.stream, self.gop(before.stream, next.begin));
            if let Some(whole) = whole.filter(|whole| whole.key) {
                return group(whole);
            }
        }
        group(next)
    }

    fn before(&self, after: &Group) -> Option<Group> {
        group(said("previous", after.stream, self.previous_gop(gop(after)?))?)
    }

    fn key(&self, stream: StreamId, at: UtcMicros) -> Option<Arc<Sample>> {
        said("key frame", stream, self.key_frame(stream, at))
    }

    fn newest(&self, stream: StreamId) -> Option<Group> {
        let end = match self.locate(stream, FAR).ok()? {
            reader::Place::Later { newest } => newest,
            _ => {
                let last = self.index().neighbour(stream, FAR, false).ok()??;
                last.end.map(|end| end.end)?
            }
        };
        self.group(stream, UtcMicros(end.0 - 1))
    }
}

//! Neighbours: along which cameras a road goes on, as people say.

use crate::station::Station;
use easien_link::data::{Neighbour, Neighbours};
use easien_link::{Caller, Event};
use easien_model::{CameraId, Problem};
use easien_store::NeighbourRow;

fn neighbours(camera: CameraId, next: Vec<NeighbourRow>) -> Neighbours {
    let next = next
        .into_iter()
        .map(|row| Neighbour { camera: row.camera, seconds: row.seconds, direction: row.direction })
        .collect();
    Neighbours { camera, next }
}

impl Station {
    pub(crate) async fn list_neighbours(&self) -> Result<Vec<Neighbours>, Problem> {
        let rows = self.store(|store| store.neighbours()).await?;
        Ok(rows.into_iter().map(|(camera, next)| neighbours(camera, next)).collect())
    }

    /// Neighbours that the caller may not see stay where they are.
    async fn hidden_neighbours(
        &self,
        caller: &Caller,
        camera: CameraId,
    ) -> Result<Vec<NeighbourRow>, Problem> {
        if caller.sight.is_full() {
            return Ok(Vec::new());
        }
        let all = self.store(|store| store.neighbours()).await?;
        let of = all.into_iter().find(|(id, _)| *id == camera).map(|(_, next)| next).unwrap_or_default();
        Ok(of.into_iter().filter(|row| !caller.sight.sees(row.camera)).collect())
    }

    pub(crate) async fn put_neighbours(
        &self,
        caller: &Caller,
        wanted: Neighbours,
    ) -> Result<Neighbours, Problem> {
        let who = caller.name.clone();
        let hidden = self.hidden_neighbours(caller, wanted.camera).await?;
        let next = wanted
            .next
            .into_iter()
            .map(|one| NeighbourRow {
                camera: one.camera,
                seconds: one.seconds,
                direction: one.direction.trim().to_owned(),
            })
            .chain(hidden)
            .collect();
        let _order = self.changes.lock().await;
        let rows = self.store(move |store| store.put_neighbours(&who, wanted.camera, next)).await?;
        let changed = neighbours(wanted.camera, rows);
        self.tell(Event::NeighboursChanged(changed.clone()));
        Ok(changed)
    }
}

//! Takes away what there can be very much of, in as many transactions as that needs: others come in between.

use crate::error::Result;
use crate::store::clean_up::BATCH;
use crate::store::traces::{self, Purge};
use crate::store::{Actor, Store, Tx};

/// Takes traces away, and tells how many there were.
pub async fn traces(store: &Store, actor: Actor, wanted: Purge) -> Result<i64> {
    let organization = wanted.organization.clone();
    let announced = wanted.clone();
    let announce = move |tx: &mut Tx| traces::announce_purge(tx, &announced);
    let count = store.write(&organization, actor.clone(), announce).await?;
    loop {
        let wanted = wanted.clone();
        let batch = move |tx: &mut Tx| traces::purge(tx, &wanted);
        if store.write(&organization, actor.clone(), batch).await? < BATCH {
            return Ok(count);
        }
    }
}

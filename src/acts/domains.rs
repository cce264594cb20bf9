//! A domain is verified by what its DNS says.

use crate::dns::Dns;
use crate::error::Result;
use crate::store::domains::{self, Domain};
use crate::store::setup_links::{self, Reach};
use crate::store::{Actor, Store};

/// Asks for the record of a domain, keeps what came of it, and fails if it is not there.
pub async fn verify(store: &Store, dns: &Dns, actor: Actor, domain: Domain) -> Result<Domain> {
    let (record, _) = domain.record();
    let found = dns.txt(&record).await?;
    let scope = domain.organization_id.clone();
    let checked = store.write(&scope, actor, move |tx| {
        setup_links::must_be_trusted(tx, Reach::Organization(&domain.organization_id))?;
        domains::verify(tx, &domain, &found)
    });
    let checked = checked.await?;
    checked.into_result()
}

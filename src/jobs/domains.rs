//! Looks for the DNS records of domains that were added lately.
//!
//! Several instances share the work: each takes rows that are due, which the others then leave alone. A record that is found
//! twice makes the domain live once.

use super::goes_on;
use crate::acts;
use crate::dns::Dns;
use crate::error::{Error, Result};
use crate::store::domains::{self, Domain};
use crate::store::{Actor, Scope, Store};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::watch;

/// How often is looked for what is due.
const EVERY: Duration = Duration::from_secs(15);

/// Does what is due until `stop` says `true` or is dropped. A failure is logged, and the next round tries again.
pub async fn run(store: Store, dns: Dns, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = round(&store, &dns, &stop).await {
            tracing::warn!(error = ?error, "looking for domains failed");
        }
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Looks for what is due now: how many domains.
pub async fn round(store: &Store, dns: &Dns, stop: &watch::Receiver<bool>) -> Result<usize> {
    let mut looked = 0;
    while !*stop.borrow() {
        let due = store.write(Scope::Own, Actor::System, domains::claim).await?;
        if due.is_empty() {
            break;
        }
        looked += due.len();
        for done in join_all(due.into_iter().map(|domain| look(store, dns, domain))).await {
            // The lease ends by itself, so it is looked for again.
            if let Err(error) = done {
                tracing::error!(error = ?error, "what came of looking for a domain was not written");
            }
        }
    }
    Ok(looked)
}

async fn look(store: &Store, dns: &Dns, domain: Domain) -> Result<()> {
    let (id, scope) = (domain.id.clone(), domain.organization_id.clone());
    match acts::domains::verify(store, dns, Actor::System, domain).await {
        // Of a record that is missing the look is written down. Of one that was removed there is nothing to write.
        Ok(_)
        | Err(Error::Conflict { code: "domain_not_verified", .. } | Error::NotFound { .. }) => {
            Ok(())
        }
        Err(Error::Conflict { .. } | Error::Busy(_)) => {
            store.write(&scope, Actor::System, move |tx| domains::put_off(tx, &id)).await
        }
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::testing::answering;
    use crate::domain::DomainName;
    use crate::store::organizations::{self, NewOrganization};
    use crate::store::testing;
    use chrono::TimeDelta;

    #[tokio::test]
    async fn a_domain_becomes_live_by_itself_when_its_record_is_there() {
        let store = testing::store();
        let new = NewOrganization { domains: vec![], ..testing::globex() };
        let of = store.system(|tx| organizations::create(tx, new)).id;
        let domain = store.system(|tx| {
            domains::add(tx, &of, &DomainName::parse("globex.example").unwrap(), false)
        });
        let (_stop, stopped) = watch::channel(false);
        let now = || store.read_now(|db| domains::find_in(db, &of, "globex.example")).unwrap();
        let silent = answering(None);
        assert_eq!(round(&store, &silent, &stopped).await.unwrap(), 0, "nothing is due yet");
        store.clock().advance(TimeDelta::minutes(1));
        let empty = answering(Some(""));
        assert_eq!(round(&store, &empty, &stopped).await.unwrap(), 1);
        assert!(now().checked_at.is_some() && !now().is_live());
        store.clock().advance(TimeDelta::minutes(1));
        let dns = answering(Some(&domain.record().1));
        assert_eq!(round(&store, &dns, &stopped).await.unwrap(), 1);
        assert!(now().is_live() && now().checks().is_none());
        let kinds = store.kinds(Some(&of));
        assert_eq!(kinds.last().map(String::as_str), Some("domain.verified"));
        store.clock().advance(TimeDelta::hours(1));
        assert_eq!(round(&store, &dns, &stopped).await.unwrap(), 0);
    }
}

//! What doors do that needs more than the store: it waits for the network first, then changes something, or
//! needs several transactions.

pub mod demo;
pub mod domains;
pub mod mail;
pub mod metadata;
pub mod openid;
pub mod purge;
pub mod refresh;
pub mod webhooks;

use crate::config::Config;
use crate::crypto::MasterKey;
use crate::dns::Dns;
use crate::error::Result;
use crate::fetch::{AllowList, Fetcher, Limits};
use crate::store::Store;
use openid::Upstream;
use refresh::Refresher;
use std::net::SocketAddr;
use std::time::Duration;
use webhooks::Sender;

/// How long an endpoint has for its answer to an event.
const TOLD_WITHIN: Duration = Duration::from_secs(15);

/// What fetches documents from addresses of customers, with these settings. Where the demo is on, its own provider's, too.
pub fn fetcher(config: &Config) -> Result<Fetcher> {
    let mut allowed: Vec<String> =
        config.metadata.allow_private.iter().map(ToString::to_string).collect();
    if config.demo_is_on() {
        allowed.push(config.public_url.host_and_port());
    }
    Fetcher::new(AllowList::parse(&allowed)?, Limits::default())
}

/// What tells apps of the end of sessions, with these settings. In development an app may be on this machine.
pub fn app_fetcher(config: &Config) -> Result<Fetcher> {
    let mut allowed: Vec<String> =
        config.oidc.allow_private.iter().map(ToString::to_string).collect();
    if config.is_development() {
        allowed.extend(["localhost", "127.0.0.0/8", "::1/128"].map(str::to_owned));
    }
    let limits = Limits { time: Duration::from_secs(5), size: 0, redirects: 0 };
    Fetcher::new(AllowList::parse(&allowed)?, limits)
}

/// What talks to providers that speak OpenID Connect, with these settings. In development one may be on this machine.
pub fn upstream(config: &Config) -> Result<Upstream> {
    let mut allowed: Vec<String> =
        config.metadata.allow_private.iter().map(ToString::to_string).collect();
    let allow_http = config.is_development();
    if allow_http {
        allowed.extend(["localhost", "127.0.0.0/8", "::1/128"].map(str::to_owned));
    }
    let limits = Limits { time: Duration::from_secs(5), size: 512 * 1024, redirects: 3 };
    Ok(Upstream { fetcher: Fetcher::new(AllowList::parse(&allowed)?, limits)?, allow_http })
}

/// What tells endpoints of events, with these settings. In development one may be on this machine.
pub fn sender(config: &Config, store: Store, master: MasterKey) -> Result<Sender> {
    let mut allowed: Vec<String> =
        config.webhooks.allow_private.iter().map(ToString::to_string).collect();
    if config.is_development() {
        allowed.extend(["localhost", "127.0.0.0/8", "::1/128"].map(str::to_owned));
    }
    // Of an answer only the beginning is read.
    let limits = Limits { time: TOLD_WITHIN, size: 512, redirects: 0 };
    Ok(Sender { store, fetcher: Fetcher::new(AllowList::parse(&allowed)?, limits)?, master })
}

/// What asks for DNS records, with these settings.
pub fn dns(config: &Config) -> Result<Dns> {
    let servers: Vec<SocketAddr> = config.dns.resolver.iter().map(|server| server.0).collect();
    Dns::new(&servers)
}

/// What reads metadata again, with these settings.
#[must_use]
pub fn refresher(config: &Config, store: Store, fetcher: Fetcher) -> Refresher {
    Refresher {
        store,
        fetcher,
        public_url: config.public_url.as_str().to_owned(),
        interval: config.metadata.refresh.delta(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, PublicUrl, Surroundings, load_from};
    use crate::fetch::Fault;
    use crate::store::testing;
    use std::net::TcpListener;
    use tokio::time::Instant;

    async fn told(settings: &[(&str, &str)]) -> Fault {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let flags = Flags { config: None, settings: settings.collect() };
        let config = load_from(&flags, &Surroundings::default()).unwrap().config;
        // Nobody listens at port 1.
        let told = app_fetcher(&config).unwrap().post_form("http://127.0.0.1:1/", &[]).await;
        told.unwrap_err()
    }

    #[tokio::test]
    async fn an_app_on_this_machine_is_told_in_development_or_where_it_is_allowed() {
        let production = [
            ("public_url", "https://sso.example.com"),
            ("database.url", "sqlite://./never-opened.db"),
            ("secrets.master_key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ];
        assert!(matches!(told(&[]).await, Fault::Connect { .. }));
        assert!(matches!(told(&production).await, Fault::PrivateAddress { .. }));
        let allowed = [&production[..], &[("oidc.allow_private", "127.0.0.1:2")]].concat();
        assert!(matches!(told(&allowed).await, Fault::PrivateAddress { .. }));
        let allowed = [&production[..], &[("oidc.allow_private", "127.0.0.0/8")]].concat();
        assert!(matches!(told(&allowed).await, Fault::Connect { .. }));
    }

    #[tokio::test]
    async fn metadata_on_this_machine_is_read_at_our_own_port_alone_and_where_the_demo_is_on() {
        // Nobody listens at these ports.
        let fetched = async |demo: &str, url: &str| {
            let url_of_ours = ("public_url", "http://localhost:1");
            let settings = [("mode", "development"), ("demo", demo), url_of_ours];
            let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let flags = Flags { config: None, settings: settings.into() };
            let config = load_from(&flags, &Surroundings::default()).unwrap().config;
            let fault = fetcher(&config).unwrap().get(url).await.unwrap_err();
            matches!(fault, Fault::PrivateAddress { .. })
        };
        assert!(!fetched("auto", "http://localhost:1/demo/idp").await);
        assert!(fetched("auto", "http://localhost:2/demo/idp").await, "another port");
        assert!(fetched("auto", "http://127.0.0.1:1/demo/idp").await, "another name");
        assert!(fetched("off", "http://localhost:1/demo/idp").await, "no demo");
        let whole: PublicUrl = "https://sso.example.com".parse().unwrap();
        assert_eq!(whole.host_and_port(), "sso.example.com:443", "never any port");
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_says_nothing_is_given_up_after_15_seconds() {
        // The system takes what comes, and nobody answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks", silent.local_addr().unwrap());
        let config = load_from(&Flags::default(), &Surroundings::default()).unwrap().config;
        let store = testing::store();
        let master = MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap();
        let sender = sender(&config, store.clone(), master).unwrap();
        let began = Instant::now();
        let fault = sender.fetcher.deliver(&url, &[], "{}".to_owned()).await.unwrap_err();
        let host = silent.local_addr().unwrap().to_string();
        assert_eq!(fault, Fault::TimeOut { host, seconds: 15 });
        assert_eq!(began.elapsed().as_secs(), 15);
    }
}

//! Outbound HTTP that cannot reach private networks, whatever an address or its DNS says.

mod address;
mod fault;
mod post;

pub use address::AllowList;
pub use fault::Fault;
pub use post::Reply;

use crate::error::{Error, Result};
use fault::{Blocked, Unresolved};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, tls};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// What a fetch may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For all of it: names, connections, redirects, body.
    pub time: Duration,
    /// The body, in bytes.
    pub size: usize,
    /// How many redirects are followed.
    pub redirects: u8,
}

/// Fetches documents from addresses that customers give us.
#[derive(Debug, Clone)]
pub struct Fetcher {
    allow: Arc<AllowList>,
    limits: Limits,
    /// Connects to public addresses and to allowed networks.
    guarded: Client,
    /// Connects anywhere: for hosts that are allowed by name. None if there are none.
    open: Option<Client>,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it was found, after redirects.
    pub url: Url,
    /// Its media type, as the server told it.
    pub content_type: Option<String>,
    /// For [`Fetcher::get_if_changed`].
    pub validators: Validators,
    /// The document itself.
    pub body: Vec<u8>,
}

/// By what a server tells whether the document that we have is still the same (RFC 9110 section 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The header `ETag`.
    pub etag: Option<String>,
    /// The header `Last-Modified`.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Longer than any in use, short enough to be kept.
    const LONGEST: usize = 1024;

    fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| value.len() <= Self::LONGEST).map(str::to_owned)
        };
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }

    fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

impl Default for Limits {
    /// Ten seconds, 10 MB (a federation's metadata is large), three redirects.
    fn default() -> Self {
        Self { time: Duration::from_secs(10), size: 10 * 1024 * 1024, redirects: 3 }
    }
}

impl Fetcher {
    /// Prepares the connections.
    pub fn new(allow: AllowList, limits: Limits) -> Result<Self> {
        let allow = Arc::new(allow);
        let guarded = client(Guard { allow: Some(Arc::clone(&allow)) })?;
        // A client reads all certificates of the system, so it is not made without need.
        let open = allow.has_names().then(|| client(Guard { allow: None })).transpose()?;
        Ok(Self { allow, limits, guarded, open })
    }

    /// Fetches a document.
    pub async fn get(&self, url: &str) -> Result<Fetched, Fault> {
        let document = self.get_if_changed(url, &Validators::default()).await?;
        // Without validators, "not modified" is no answer.
        document.ok_or_else(|| Fault::Broken { host: url.to_owned() })
    }

    /// Fetches a document if it is not the one that came with these validators (RFC 9110 section 13.1). That it is the
    /// same is believed only where the question was put.
    pub async fn get_if_changed(
        &self,
        url: &str,
        known: &Validators,
    ) -> Result<Option<Fetched>, Fault> {
        let mut url = Url::parse(url).map_err(|_| Fault::Url("not an absolute address"))?;
        let work = self.follow(&mut url, known);
        let outcome = tokio::time::timeout(self.limits.time, work).await;
        outcome.unwrap_or_else(|_| {
            let seconds = self.limits.time.as_secs();
            Err(Fault::TimeOut { host: fault::host(&url), seconds })
        })
    }

    /// Redirects are followed by hand: each address is checked like the first.
    async fn follow(&self, url: &mut Url, known: &Validators) -> Result<Option<Fetched>, Fault> {
        for _ in 0..=self.limits.redirects {
            let response = self.send(url, known).await?;
            match response.status() {
                StatusCode::NOT_MODIFIED if !known.is_empty() => return Ok(None),
                status if status.is_success() => return self.read(url, response).await.map(Some),
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => *url = next(url, response.headers())?,
                status => {
                    let host = fault::host(url);
                    return Err(Fault::Status { host, status: status.as_u16() });
                }
            }
        }
        Err(Fault::Redirect("there are too many in a row"))
    }

    async fn send(&self, url: &Url, known: &Validators) -> Result<Response, Fault> {
        let mut request = self.client_for(url)?.get(url.clone());
        for (name, value) in
            [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.send().await.map_err(|error| Fault::from_reqwest(url, &error))
    }

    /// Checks an address, and chooses who may connect to it.
    fn client_for(&self, url: &Url) -> Result<&Client, Fault> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(Fault::Url("not https or http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Fault::Url("one with a user name or password in it"));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Fault::Url("without a host"));
        };
        if let Some(open) = self.open.as_ref().filter(|_| self.allow.names(&host, port)) {
            return Ok(open);
        }
        // A literal address is not asked of the resolver, so it is checked here.
        let literal = match host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) if !self.allow.permits(address) => {
                Err(Fault::PrivateAddress { host: fault::host(url) })
            }
            _ => Ok(&self.guarded),
        }
    }

    async fn read(&self, url: &Url, mut response: Response) -> Result<Fetched, Fault> {
        let most = self.limits.size;
        let too_large = || Fault::TooLarge { host: fault::host(url), most };
        let announced = response.content_length().unwrap_or_default();
        if usize::try_from(announced).is_ok_and(|length| length > most) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| Fault::from_reqwest(url, &error))?
        {
            if body.len() + chunk.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let headers = response.headers();
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Fetched {
            url: url.clone(),
            content_type: content_type.map(str::to_owned),
            validators: Validators::of(headers),
            body,
        })
    }
}

/// Where a redirect leads (RFC 9110 section 10.2.2).
fn next(from: &Url, headers: &HeaderMap) -> Result<Url, Fault> {
    let to = headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|location| from.join(location).ok())
        .ok_or(Fault::Redirect("it leads nowhere"))?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(Fault::Redirect("it leads from https to an address without"));
    }
    Ok(to)
}

/// A client that connects anywhere and follows no redirect: for the demo, whose app and browser are where the gateway is.
/// Never for an address that somebody else gave.
pub fn unguarded() -> Result<Client> {
    client(Guard { allow: None })
}

fn client(guard: Guard) -> Result<Client> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let builder = Client::builder();
    builder
        .user_agent(concat!("Vestibule/", env!("CARGO_PKG_VERSION")))
        // A proxy would resolve names itself and reach whatever it likes.
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .tls_version_min(tls::Version::TLS_1_2)
        .pool_max_idle_per_host(0)
        .dns_resolver(guard)
        .build()
        .map_err(|error| Error::Internal(error.into()))
}

/// Resolves names and gives out only addresses that may be connected to. The connection is made to what was checked, so
/// a name that changes its address in between gains nothing.
struct Guard {
    allow: Option<Arc<AllowList>>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<_> = found.map_err(|_| Unresolved)?.collect();
            if found.is_empty() {
                return Err(Unresolved.into());
            }
            let kept: Vec<_> = found
                .into_iter()
                .filter(|found| allow.as_ref().is_none_or(|allow| allow.permits(found.ip())))
                .collect();
            if kept.is_empty() {
                return Err(Blocked.into());
            }
            let addresses: Addrs = Box::new(kept.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;

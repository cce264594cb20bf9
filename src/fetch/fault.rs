//! Why a document could not be fetched, in words for whoever typed the address.

use crate::error::Error;
use openssl::error::ErrorStack;
use std::error::Error as StdError;
use url::Url;

/// Why a document could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not an address that can be fetched.
    #[error("This address is {0}. It has to start with https:// and a host name.")]
    Url(&'static str),
    /// The host is in a private network.
    #[error(
        "{host} is in a private network, which is not fetched from. Upload the file instead, or allow the host in the \
         configuration (`metadata.allow_private`)."
    )]
    PrivateAddress {
        /// The host.
        host: String,
    },
    /// The host's name has no address.
    #[error("{host} was not found in DNS. Check the address for typing errors.")]
    Dns {
        /// The host.
        host: String,
    },
    /// No connection.
    #[error("{host} does not accept connections. Check the address, or try again later.")]
    Connect {
        /// The host.
        host: String,
    },
    /// No trust.
    #[error("{host} did not prove its identity by TLS: {why}.")]
    Tls {
        /// The host.
        host: String,
        /// What OpenSSL says.
        why: String,
    },
    /// Too slow.
    #[error("{host} did not answer within {seconds} seconds. Try again later.")]
    TimeOut {
        /// The host.
        host: String,
        /// How long we waited.
        seconds: u64,
    },
    /// An answer, but not a document.
    #[error("{host} answered with status {status} instead of the file.")]
    Status {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// Too much.
    #[error("{host} sent more than {most} bytes, which is too much for metadata.")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        most: usize,
    },
    /// A redirect that is not followed.
    #[error("This address redirects, but {0}. Give the address of the file itself.")]
    Redirect(&'static str),
    /// The connection broke, or what came was not HTTP.
    #[error("The answer of {host} broke off or is not HTTP. Try again later.")]
    Broken {
        /// The host.
        host: String,
    },
}

/// Given out by the resolver where all addresses of a name are private.
#[derive(Debug, thiserror::Error)]
#[error("all addresses are private")]
pub(super) struct Blocked;

/// Given out by the resolver where a name has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address")]
pub(super) struct Unresolved;

impl Fault {
    /// The code that docs/errors.md has for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "invalid",
            Self::PrivateAddress { .. } => "metadata_private_address",
            _ => "metadata_unreachable",
        }
    }

    /// A few words for a log.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Url(_) => "its address cannot be asked",
            Self::PrivateAddress { .. } => "its address is in a private network",
            Self::Dns { .. } => "its host has no address",
            Self::Connect { .. } => "it takes no connection",
            Self::Tls { .. } => "it did not prove its identity by TLS",
            Self::TimeOut { .. } => "it did not answer in time",
            Self::Status { .. } | Self::Redirect(_) => "it did not accept",
            Self::TooLarge { .. } | Self::Broken { .. } => "its answer broke off",
        }
    }

    /// As an error of the input field that the address came from.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Error {
        Error::invalid(pointer, self.code(), self.to_string())
    }

    /// reqwest tells kinds apart only by what caused its error.
    pub(super) fn from_reqwest(url: &Url, error: &reqwest::Error) -> Self {
        let host = host(url);
        let mut text = String::new();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = cause {
            if error.is::<Blocked>() {
                return Self::PrivateAddress { host };
            }
            if error.is::<Unresolved>() {
                return Self::Dns { host };
            }
            if error.is::<ErrorStack>() {
                return Self::Tls { host, why: tls(&text) };
            }
            text = error.to_string();
            cause = error.source();
        }
        if error.is_connect() { Self::Connect { host } } else { Self::Broken { host } }
    }
}

/// The host as people write it.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// OpenSSL's reason: what stands in brackets at the end, or else its whole text.
fn tls(text: &str) -> String {
    let bracketed = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    bracketed.map_or(text, |(_, reason)| reason).to_owned()
}

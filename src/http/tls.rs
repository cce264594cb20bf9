//! Our own TLS, where no proxy does it: certificate and key are given to each connection as it comes, so that they can be
//! read again while the gateway runs.

use super::server::State;
use crate::config::Tls;
use crate::error::{Error, Result};
use anyhow::Context;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{ClientHelloResponse, SslAcceptor, SslAcceptorBuilder, SslMethod, SslRef};
use openssl::x509::X509;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Certificate and key as the files have them, at the start and when they are read again.
pub(super) struct OwnTls {
    certificate: PathBuf,
    key: PathBuf,
    now: RwLock<Arc<Pair>>,
}

/// What is shown to whoever connects.
struct Pair {
    certificate: X509,
    chain: Vec<X509>,
    key: PKey<Private>,
}

impl OwnTls {
    /// Reads the files that the settings name, if they name any.
    pub(super) fn open(tls: &Tls) -> Result<Option<Arc<Self>>> {
        let (Some(certificate), Some(key)) = (tls.cert.clone(), tls.key.clone()) else {
            return Ok(None);
        };
        let now = RwLock::new(Arc::new(Pair::read(&certificate, &key)?));
        Ok(Some(Arc::new(Self { certificate, key, now })))
    }

    /// Reads the files again. What cannot be used changes nothing.
    fn reread(&self) -> Result<()> {
        let pair = Pair::read(&self.certificate, &self.key)?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
        Ok(())
    }

    /// TLS as Mozilla's intermediate profile has it.
    pub(super) fn acceptor(self: &Arc<Self>) -> Result<SslAcceptorBuilder> {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())
            .context("preparing TLS")?;
        let own = self.clone();
        builder.set_client_hello_callback(move |connection, _| {
            let pair = own.now.read().unwrap_or_else(PoisonError::into_inner).clone();
            pair.show(connection)?;
            Ok(ClientHelloResponse::SUCCESS)
        });
        Ok(builder)
    }
}

impl Pair {
    fn read(certificate: &Path, key: &Path) -> Result<Self> {
        let pem = fs::read(certificate).map_err(|error| unusable("cert", certificate, error))?;
        let all = X509::stack_from_pem(&pem);
        let mut all = all.map_err(|error| unusable("cert", certificate, error))?.into_iter();
        let none = || unusable("cert", certificate, "there is no certificate in it");
        let first = all.next().ok_or_else(none)?;
        let pem = fs::read(key).map_err(|error| unusable("key", key, error))?;
        let private = PKey::private_key_from_pem(&pem);
        let private = private.map_err(|error| unusable("key", key, error))?;
        let public = first.public_key().map_err(|error| unusable("cert", certificate, error))?;
        if !public.public_eq(&private) {
            return Err(unusable("key", key, "it is not the key of the certificate"));
        }
        Ok(Self { certificate: first, chain: all.collect(), key: private })
    }

    fn show(&self, connection: &mut SslRef) -> Result<(), openssl::error::ErrorStack> {
        connection.set_certificate(&self.certificate)?;
        connection.set_private_key(&self.key)?;
        self.chain.iter().try_for_each(|above| connection.add_chain_cert(above.clone()))
    }
}

fn unusable(name: &str, path: &Path, why: impl Display) -> Error {
    let path = path.display();
    let detail = format!("The file {path} of tls.{name} cannot be used: {why}.");
    Error::invalid(format!("/tls/{name}"), "tls_unusable", detail)
}

impl State {
    /// Reads certificate and key of our own TLS again, if there is any.
    pub(super) fn renew_tls(&self) -> Result<()> {
        self.tls.get().map_or(Ok(()), |own| own.reread())
    }
}

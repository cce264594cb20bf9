//! Who a provider is that speaks OpenID Connect, and what we are to it: the flags of `create` and `refresh`.

use crate::acts;
use crate::acts::openid::Change;
use crate::cli::failure::{Failure, Result};
use crate::cli::shell::{self, Shell};
use crate::crypto::Secret;
use crate::oidc::provider::AuthMethod;
use crate::store::connections::Connection;

/// Who the provider is, and what we are to it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct OpenIdArguments {
    /// OpenID Connect: the provider's issuer
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Where its discovery document is, if not below the issuer
    #[arg(long, value_name = "URL")]
    discovery_url: Option<String>,
    /// The client ID that the provider has for us
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// A file with the client secret that the provider gave; - is standard input
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<String>,
    /// How we prove who we are: `client_secret_basic`, `client_secret_post` or `private_key_jwt`
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<AuthMethod>,
    /// What to ask for beside openid, email and profile; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Accept that a connection in use gets a provider with another issuer
    #[arg(long)]
    accept_new_issuer: bool,
}

impl OpenIdArguments {
    /// Whether any of it was said.
    pub(super) fn is_given(&self) -> bool {
        let Self { issuer, discovery_url, client_id, client_secret_file, .. } = self;
        let texts = [issuer, discovery_url, client_id, client_secret_file];
        let is_text = texts.into_iter().any(Option::is_some);
        is_text || self.auth_method.is_some() || !self.scopes.is_empty() || self.accept_new_issuer
    }

    fn change(self) -> Result<Change> {
        let secret = match self.client_secret_file {
            Some(file) => {
                let text = String::from_utf8_lossy(&shell::read_file(&file)?).trim().to_owned();
                Some(Secret::from(text))
            }
            None => None,
        };
        Ok(Change {
            issuer: self.issuer,
            discovery_url: self.discovery_url,
            client_id: self.client_id,
            client_secret: secret,
            auth_method: self.auth_method,
            scopes: (!self.scopes.is_empty()).then_some(self.scopes),
            accept_new_issuer: self.accept_new_issuer,
        })
    }
}

/// Reads what the provider says of itself and gives it to a connection.
pub(super) fn configure(
    shell: &Shell,
    connection: Connection,
    arguments: OpenIdArguments,
) -> Result<Connection> {
    let (store, master, upstream) =
        (shell.store()?, shell.master()?, acts::upstream(shell.config()?)?);
    let (id, change) = (connection.id.clone(), arguments.change()?);
    let with = (store, &master, &upstream);
    let configured =
        shell.wait(acts::openid::configure(with, shell::actor(), connection, change))?;
    configured.map_err(|error| Failure::from(error).of_connection(&id))
}

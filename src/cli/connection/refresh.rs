//! `vestibule connection refresh`: what is known of the identity provider.

use super::create::two_protocols;
use super::openid::{self, OpenIdArguments};
use super::show;
use crate::acts;
use crate::acts::metadata::{Pin, Reading, Source, Terms, Values};
use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::shell::{self, Shell};
use crate::saml::Binding;
use crate::store::ConnectionId;
use crate::store::connections::{self, Connection, Protocol};

/// What to read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The connection
    connection: ConnectionId,
    #[command(flatten)]
    metadata: MetadataArguments,
    #[command(flatten)]
    openid: OpenIdArguments,
}

/// Where metadata is.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct MetadataArguments {
    /// The address of the provider's metadata
    #[arg(long, value_name = "URL", conflicts_with_all = ["metadata_file", "sign_on_url"])]
    metadata_url: Option<String>,
    /// The file with the provider's metadata; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "sign_on_url")]
    metadata_file: Option<String>,
    /// The provider's entity ID: which to take of several, or a single value
    #[arg(long, value_name = "ID")]
    entity_id: Option<String>,
    /// Where people sign in: a single value, where there is no metadata
    #[arg(long, value_name = "URL", requires_all = ["entity_id", "certificates"])]
    sign_on_url: Option<String>,
    /// How people get there: redirect or post
    #[arg(long, default_value = "redirect", value_parser = binding)]
    binding: Binding,
    /// A file with a signing certificate; may be given several times
    #[arg(long = "certificate", value_name = "FILE", requires = "sign_on_url")]
    certificates: Vec<String>,
    /// Where logout messages go: a single value, for single logout
    #[arg(long, value_name = "URL", requires = "sign_on_url")]
    logout_url: Option<String>,
    /// How they get there: redirect or post; as people do if it is left out
    #[arg(long, value_parser = binding, requires = "logout_url")]
    logout_binding: Option<Binding>,
    /// Accept that a connection in use gets a provider with another entity ID
    #[arg(long)]
    accept_new_entity: bool,
    /// A file with the certificate by which metadata must be signed from now on
    #[arg(long, value_name = "FILE")]
    metadata_certificate: Option<String>,
    /// Take metadata unsigned again
    #[arg(long, conflicts_with = "metadata_certificate")]
    no_metadata_certificate: bool,
}

fn binding(text: &str) -> Result<Binding, String> {
    match text {
        "redirect" => Ok(Binding::Redirect),
        "post" => Ok(Binding::Post),
        _ => Err("it is neither redirect nor post".to_owned()),
    }
}

impl MetadataArguments {
    /// Where the metadata is, if that was said.
    pub(super) fn source(&self) -> Result<Option<Source>> {
        if let Some(url) = &self.metadata_url {
            return Ok(Some(Source::Url(url.clone())));
        }
        if let Some(file) = &self.metadata_file {
            return Ok(Some(Source::Xml(shell::read_file(file)?)));
        }
        let (Some(sign_on_url), Some(entity_id)) = (&self.sign_on_url, &self.entity_id) else {
            return Ok(None);
        };
        let read =
            |file: &String| Ok(String::from_utf8_lossy(&shell::read_file(file)?).into_owned());
        Ok(Some(Source::Values(Values {
            entity_id: entity_id.clone(),
            sign_on_url: sign_on_url.clone(),
            binding: self.binding,
            certificates: self.certificates.iter().map(read).collect::<Result<_>>()?,
            logout: self
                .logout_url
                .clone()
                .map(|url| (url, self.logout_binding.unwrap_or(self.binding))),
        })))
    }
}

pub(super) fn run(shell: &Shell, arguments: Arguments) -> Result {
    let id = arguments.connection;
    let connection = shell.read(|db| connections::find(db, &id))?;
    let source = arguments.metadata.source()?;
    if connection.protocol == Protocol::Oidc || arguments.openid.is_given() {
        if source.is_some() {
            return Err(two_protocols());
        }
        return show::connection(shell, openid::configure(shell, connection, arguments.openid)?);
    }
    let source = match (source, &connection.metadata_url) {
        (Some(source), _) => source,
        (None, Some(url)) => Source::Url(url.clone()),
        (None, None) => {
            return Err(Failure::new(
                Exit::Usage,
                "metadata_required",
                "It is not known where the metadata is.",
                format!("{id} has no metadata address."),
                "Add --metadata-url URL or --metadata-file FILE.",
            ));
        }
    };
    show::connection(shell, import(shell, connection, source, &arguments.metadata)?)
}

/// Reads metadata and gives it to a connection.
pub(super) fn import(
    shell: &Shell,
    connection: Connection,
    source: Source,
    arguments: &MetadataArguments,
) -> Result<Connection> {
    let (store, config) = (shell.store()?, shell.config()?);
    let pin = pin(arguments)?;
    let settings = pin.clone().apply(connection.settings.clone().into_inner())?;
    let choose = match source {
        Source::Values(_) => None,
        Source::Url(_) | Source::Xml(_) => arguments.entity_id.clone(),
    };
    let id = connection.id.clone();
    let imported = shell.wait(async {
        let fetcher = acts::fetcher(config)?;
        let public_url = config.public_url.as_str();
        let (now, signed_by) = (shell.now(), settings.metadata_keys());
        let reading = Reading { fetcher: &fetcher, public_url, choose, signed_by, now };
        let accept_new_entity = arguments.accept_new_entity;
        let terms = Terms { accept_new_entity, pin, ..Terms::default() };
        acts::metadata::import(store, shell::actor(), connection, source, &reading, terms).await
    })?;
    imported.map_err(|error| Failure::from(error).of_connection(&id))
}

/// By whom metadata must be signed from now on.
fn pin(arguments: &MetadataArguments) -> Result<Pin> {
    match (&arguments.metadata_certificate, arguments.no_metadata_certificate) {
        (Some(file), _) => {
            Ok(Pin::By(String::from_utf8_lossy(&shell::read_file(file)?).into_owned()))
        }
        (None, true) => Ok(Pin::Nobody),
        (None, false) => Ok(Pin::Kept),
    }
}

//! `vestibule metadata check`: what an identity provider's metadata says, or what is wrong with it.

use super::connection::described;
use super::failure::Result;
use super::output::cell;
use super::shell::{self, Shell};
use crate::acts;
use crate::acts::metadata::{Reading, Source};
use crate::saml::metadata::IdentityProvider;
use crate::views::identity_provider::IdentityProviderView;
use clap::Subcommand;

/// What to do with metadata.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read metadata as a connection would, and change nothing
    Check {
        /// Its address, its file, or - for standard input
        #[arg(value_name = "URL or FILE")]
        source: String,
        /// Which identity provider to take, where it describes several
        #[arg(long, value_name = "ID")]
        entity_id: Option<String>,
    },
}

pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    let Command::Check { source, entity_id } = command;
    let is_url = ["https://", "http://"].iter().any(|scheme| source.starts_with(scheme));
    let from =
        if is_url { Source::Url(source.clone()) } else { Source::Xml(shell::read_file(source)?) };
    let config = shell.config()?;
    let provider = shell.wait(async {
        let fetcher = acts::fetcher(config)?;
        let public_url = config.public_url.as_str();
        let choose = entity_id.clone();
        let (now, signed_by) = (shell.now(), None);
        let reading = Reading { fetcher: &fetcher, public_url, choose, signed_by, now };
        from.read(&reading).await
    })?;
    told(shell, provider?)
}

fn told(shell: &Shell, provider: IdentityProvider) -> Result {
    let mut fields = vec![("entity_id", provider.entity_id.clone())];
    for endpoint in &provider.sign_on {
        fields.push(("sign_on", format!("{} ({:?})", endpoint.location, endpoint.binding)));
    }
    for certificate in &provider.certificates {
        fields.push(("certificate", described(certificate)));
    }
    for format in &provider.name_id_formats {
        fields.push(("name_id_format", format.clone()));
    }
    fields.push(("wants_signed_requests", super::output::yes(provider.wants_signed_requests)));
    fields.push(("valid_until", cell(provider.valid_until)));
    shell.out.object(&IdentityProviderView::from(provider), &fields)?;
    shell.out.note("This metadata can be used.");
    Ok(())
}

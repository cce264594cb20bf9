//! Whether an address is registered, and where it differs from one that is.

use crate::check::{Compared, Difference, DifferenceKind, Piece};
use crate::oidc::client::UnknownRedirect;
use crate::store::applications::Application;
use url::Url;

/// Whether an address that somebody asked about is registered.
pub(super) struct Asked {
    pub(super) address: String,
    pub(super) is_registered: bool,
    /// The registered address that is most like it.
    pub(super) nearest: Option<Nearest>,
}

/// Two addresses that are alike.
pub(super) struct Nearest(Difference);

impl Nearest {
    /// Both in parts, what differs marked.
    pub(super) fn compared(&self) -> Compared {
        let Difference { kind, expected, received } = self.0.clone();
        Compared {
            kind: Some(kind),
            expected: Some(expected),
            received: Some(received),
            apart: None,
        }
    }
}

/// Whether an address is registered letter by letter. Whoever pastes the whole address of the authorization request asks for the
/// one in it.
pub(super) fn asked(of: &Application, text: &str) -> Option<Asked> {
    if text.is_empty() {
        return None;
    }
    let within = Url::parse(text).ok().and_then(|url| {
        let mut pairs = url.query_pairs();
        pairs.find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned())
    });
    let address = within.unwrap_or_else(|| text.to_owned());
    let refused = of.client().check_redirect(&address).err();
    let is_registered = refused.is_none();
    let nearest = refused.as_ref().and_then(UnknownRedirect::nearest).map(|nearest| {
        let whole = |text: &str| vec![Piece { text: text.to_owned(), differs: false }];
        Nearest(Difference::between(nearest, &address).unwrap_or_else(|| Difference {
            kind: DifferenceKind::Characters,
            expected: whole(nearest),
            received: whole(&address),
        }))
    });
    Some(Asked { address, is_registered, nearest })
}

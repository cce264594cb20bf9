//! What a link lets its holder set up, and in which steps.

use crate::store::types::word;

word!(
    /// What a link covers.
    Cover {
        /// Everything that signing in through a connection needs.
        SignIn = "sign_in",
        /// The organization's email domains.
        Domains = "domains",
        /// The connection's directory.
        Provisioning = "provisioning",
        /// The provider's metadata alone: a new certificate.
        Certificate = "certificate",
        /// What the directory's groups give: looking at it, and giving them places. It has no step.
        Groups = "groups",
        /// To read the connection's sign-in traces, with what is personal hidden.
        Traces = "traces",
    }
);

word!(
    /// A step of the setup, in the order in which they are usually taken.
    Step {
        /// Which identity provider it is.
        Provider = "provider",
        /// An app is made in its console.
        Create = "create",
        /// Our values are entered there.
        Values = "values",
        /// What it says of people, and who they are.
        Attributes = "attributes",
        /// What it says of itself comes here.
        Metadata = "metadata",
        /// An email domain is added.
        Domain = "domain",
        /// A sign-in that lets nobody in.
        Test = "test",
        /// A directory tells of people.
        Provisioning = "provisioning",
    }
);

word!(
    /// What is set up with the provider, which decides about the steps. Those that are not SAML are kept in
    /// [`super::SetupLink::provider`], where the guide is otherwise.
    Way {
        /// Sign-in by SAML, with a guide to the provider's console.
        Saml = "saml",
        /// Sign-in by OpenID Connect.
        OpenId = "openid",
        /// The directory alone.
        Directory = "scim",
    }
);

impl Way {
    /// Whether it has a step.
    fn has(self, step: Step) -> bool {
        match self {
            Self::Saml => true,
            // What is told of people is asked for with the scopes.
            Self::OpenId => step != Step::Attributes,
            Self::Directory => matches!(step, Step::Provider | Step::Provisioning),
        }
    }
}

impl Cover {
    /// What a link covers when nobody says.
    pub const USUAL: [Self; 3] = [Self::SignIn, Self::Domains, Self::Provisioning];
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Provider,
        Self::Create,
        Self::Values,
        Self::Attributes,
        Self::Metadata,
        Self::Domain,
        Self::Test,
        Self::Provisioning,
    ];

    /// Whether it is taken in the provider's console, or brings what that says.
    #[must_use]
    pub const fn is_in_console(self) -> bool {
        matches!(self, Self::Create | Self::Values | Self::Attributes | Self::Metadata)
    }

    /// Whether what is covered has this step.
    fn is_in(self, covers: &[Cover]) -> bool {
        let any = |of: &[Cover]| of.iter().any(|cover| covers.contains(cover));
        match self {
            Self::Provider | Self::Create | Self::Values | Self::Attributes | Self::Test => {
                any(&[Cover::SignIn])
            }
            Self::Metadata => any(&[Cover::SignIn, Cover::Certificate]),
            Self::Domain => any(&[Cover::Domains]),
            Self::Provisioning => any(&[Cover::Provisioning]),
        }
    }
}

word!(
    /// What a link is for, as its holder is told.
    Purpose {
        /// Something is set up.
        Setup = "setup",
        /// The provider's certificate is renewed, and nothing else.
        Renewal = "renewal",
        /// There is nothing to set up, but something to look at.
        Look = "look",
    }
);

impl Purpose {
    /// The one of a link with these steps.
    #[must_use]
    pub fn of(steps: &[Step]) -> Self {
        match steps {
            [] => Self::Look,
            [Step::Metadata] => Self::Renewal,
            _ => Self::Setup,
        }
    }
}

/// The steps of what is covered. A provider that shows its metadata before it asks for our values has that step before
/// the other.
#[must_use]
pub fn steps(covers: &[Cover], way: Way, is_metadata_first: bool) -> Vec<Step> {
    let is_taken = |step: &Step| step.is_in(covers) && way.has(*step);
    let mut steps: Vec<Step> = Step::ALL.into_iter().filter(is_taken).collect();
    let at = |wanted| steps.iter().position(|step| *step == wanted);
    if let (true, Some(values), Some(metadata)) =
        (is_metadata_first, at(Step::Values), at(Step::Metadata))
    {
        let moved = steps.remove(metadata);
        steps.insert(values, moved);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(covers: &[Cover], is_metadata_first: bool) -> String {
        of(covers, Way::Saml, is_metadata_first)
    }

    fn of(covers: &[Cover], way: Way, is_metadata_first: bool) -> String {
        let steps = steps(covers, way, is_metadata_first);
        steps.iter().map(|step| step.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_link_has_the_steps_of_what_it_covers() {
        assert_eq!(
            words(&Cover::USUAL, false),
            "provider create values attributes metadata domain test provisioning"
        );
        assert_eq!(words(&[Cover::Certificate], false), "metadata");
        assert_eq!(words(&[Cover::Provisioning], true), "provisioning");
        assert_eq!(words(&[Cover::Domains, Cover::Provisioning], false), "domain provisioning");
    }

    #[test]
    fn metadata_comes_before_the_values_where_the_console_has_it_so() {
        assert_eq!(
            words(&[Cover::SignIn], true),
            "provider create metadata values attributes test"
        );
    }

    #[test]
    fn a_link_without_a_step_is_for_looking_and_one_for_a_certificate_renews_it() {
        let of = |covers: &[Cover]| Purpose::of(&steps(covers, Way::Saml, false));
        assert_eq!(of(&[Cover::Traces]), Purpose::Look);
        assert_eq!(of(&[Cover::Traces, Cover::Groups]), Purpose::Look);
        assert_eq!(of(&[Cover::Traces, Cover::Certificate]), Purpose::Renewal);
        assert_eq!(of(&[Cover::Traces, Cover::Domains]), Purpose::Setup);
    }

    #[test]
    fn openid_connect_needs_no_attributes_and_a_directory_alone_only_its_own_step() {
        assert_eq!(
            of(&Cover::USUAL, Way::OpenId, false),
            "provider create values metadata domain test provisioning"
        );
        assert_eq!(of(&Cover::USUAL, Way::Directory, false), "provider provisioning");
    }
}

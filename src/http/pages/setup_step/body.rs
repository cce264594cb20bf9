//! What each step of a setup shows and asks.

use crate::guides::{Rows, Value};
use crate::http::pages::Way;
use crate::saml::check::Check;

/// A provider to choose.
pub struct Tile {
    /// The guide's ID.
    pub id: String,
    /// Two letters.
    pub tile: String,
    /// Its name.
    pub name: String,
    /// `SAML + SCIM`.
    pub speaks: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// A setup that was begun with another link.
pub struct Begun {
    /// The connection's ID.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// On which day it began.
    pub day: String,
}

/// Another provider, before it is chosen.
pub struct Change {
    /// What is posted as `provider`.
    pub id: String,
    /// The question.
    pub title: String,
    /// What comes of it.
    pub text: String,
    /// The button.
    pub label: String,
}

/// What the provider told.
pub struct Told {
    /// Whether its entity ID is the one that was given out, if one was: the key of a sentence.
    pub entity: &'static str,
    /// Whether it is as it should be.
    pub is_fine: bool,
    /// Its entity ID.
    pub entity_id: String,
    /// Where people sign in, each address once, and how requests get there.
    pub sign_on: Vec<(String, String)>,
    /// The certificates, each with the day on which it ends, and whether that is over.
    pub certificates: Vec<(String, String, bool)>,
}

/// A domain, with the record that makes it live.
pub struct DomainLine {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether people of it sign in here.
    pub is_live: bool,
    /// The record's name and value.
    pub record: (String, String),
    /// When it was looked for, when it is next, and until when.
    pub looks: Option<String>,
}

/// How the last test sign-in went.
pub struct Tested {
    /// Its trace.
    pub trace: String,
    /// When it began, in UTC.
    pub at: String,
    /// Whether one passed with the present settings: if not, one that passed did so with those before.
    pub is_present: bool,
    /// Whether it passed; none: the provider has not answered.
    pub passed: Option<bool>,
    /// Whether nobody came back in time.
    pub is_left: bool,
    /// Why it failed: code and title.
    pub cause: Option<(String, String)>,
    /// How to mend that, in the words of the provider's console.
    pub fix: Option<String>,
    /// Where in the console.
    pub path: Option<String>,
    /// The step to go back to.
    pub back_to: Option<Way>,
    /// Every check in order.
    pub checks: Vec<Check>,
}

impl Tested {
    /// Whether it passed with settings that are others now.
    pub(super) fn is_outdated(&self) -> bool {
        self.passed == Some(true) && !self.is_present
    }

    /// The checks that failed: they come first.
    pub(super) fn failed(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| !check.passed).collect()
    }

    /// Those that passed.
    pub(super) fn held(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| check.passed).collect()
    }
}

/// A request of the directory.
pub struct Arrival {
    /// When, in UTC.
    pub time: String,
    /// What it did, in words.
    pub effect: String,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Whether it may have been sent by a stranger, and not by the directory.
    pub is_anybodys: bool,
}

/// What a directory has done so far.
pub struct Arrivals {
    /// The newest requests.
    pub requests: Vec<Arrival>,
    /// People and groups.
    pub counts: String,
}

/// What was typed into the fields for metadata.
#[derive(Debug, Default)]
pub struct TypedMetadata {
    /// `metadata_url`.
    pub url: String,
    /// `metadata_xml`.
    pub xml: String,
    /// `entity_id`.
    pub entity_id: String,
    /// `sign_on_url`.
    pub sign_on_url: String,
    /// `certificate`.
    pub certificate: String,
}

impl TypedMetadata {
    /// Whether one of the single values was typed.
    pub(in crate::http) fn has_values(&self) -> bool {
        [&self.entity_id, &self.sign_on_url, &self.certificate].iter().any(|it| !it.is_empty())
    }
}

/// Several providers in what was given as metadata, of which one is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several {
    /// Their entity IDs; nothing: there are too many, and one is typed.
    pub listed: Vec<String>,
    /// The one that was chosen.
    pub chosen: String,
}

/// What a step shows and asks.
pub enum Body {
    /// Posted as `provider`, with `sure` where steps begin anew by it.
    Provider {
        /// What can be chosen.
        tiles: Vec<Tile>,
        /// What is about to take the place of another.
        change: Option<Change>,
    },
    /// The way to a new app.
    Create {
        /// Step by step; nothing: it is not known.
        path: Vec<String>,
        /// What the app has to speak, where the way is not known: the key of a sentence.
        any: &'static str,
        /// What is to be ticked there for provisioning.
        also: Option<String>,
    },
    /// What to enter.
    Values {
        /// Where.
        path: Vec<String>,
        /// What, in the order of the console.
        values: Vec<Value>,
        /// The address of the same as a file, where there is one.
        file: Option<String>,
    },
    /// What the provider tells of people, and of whom.
    Attributes {
        /// Where that is said.
        path: Vec<String>,
        /// Names, and what they are taken from.
        rows: Vec<(String, String)>,
        /// What the console calls them.
        called: Rows,
        /// How people get the app.
        assign: Vec<String>,
    },
    /// Posted as `metadata_url`, `metadata_xml`, or `entity_id`, `sign_on_url` and `certificate`, with `choose` where there are several.
    Metadata {
        /// Where the button is.
        path: Vec<String>,
        /// The button to use.
        button: String,
        /// What is mistaken for it.
        not_this: String,
        /// Whether it gives an address.
        has_url: bool,
        /// Whether what was given speaks of OpenID Connect, with which the setup can go on: posted as `openid`.
        is_openid: bool,
        /// Which of several providers is meant, where that is asked.
        several: Option<Several>,
        /// What was typed.
        typed: TypedMetadata,
        /// What is known.
        told: Option<Told>,
        /// Whether that was given in this step, and is not from before.
        is_done: bool,
        /// Whether a test passed with it, which other metadata takes away.
        is_tested: bool,
    },
    /// Posted as `issuer`, `client_id` and `client_secret`.
    OpenId {
        /// The issuer, as typed or known.
        issuer: String,
        /// The client ID, as typed or known.
        client_id: String,
        /// Whether there is a secret, which may stay.
        has_secret: bool,
        /// What the provider told: names and values.
        told: Vec<(String, String)>,
    },
    /// Posted as `domain`, or as `check` or `withdraw` with an ID.
    Domain {
        /// What was typed.
        typed: String,
        /// Those that there are.
        domains: Vec<DomainLine>,
        /// The one that is about to be taken back: its ID and its name.
        withdraws: Option<(String, String)>,
    },
    /// Posted as `begin`, or `without`.
    Test {
        /// The last one.
        last: Option<Tested>,
        /// Whether one passed with the present settings.
        is_tested: bool,
        /// What comes after that, in a sentence.
        next: Option<String>,
        /// Whether the page stands in a frame: then the form is answered there, and only what it has begun is opened in a new window.
        is_framed: bool,
        /// Where that is opened, by whoever comes first.
        opens: Option<String>,
    },
    /// Posted as `token`, or `groups`.
    Provisioning {
        /// What has to be said before it can be set up.
        first: Vec<String>,
        /// Where it is set up.
        path: Vec<String>,
        /// What to press once all is entered.
        then: Vec<String>,
        /// Where it is said which groups are told of.
        groups_path: Vec<String>,
        /// What to enter, and whether that is known at this moment; nothing: there is no provisioning.
        values: Vec<(Value, bool)>,
        /// Whether there is a live token.
        is_made: bool,
        /// Whether a token was made just now.
        is_known: bool,
        /// What becomes of the tokens that there are when another is made.
        of_tokens: String,
        /// Whether groups may be told of.
        are_groups_on: bool,
        /// What came.
        arrivals: Arrivals,
    },
}

//! What is typed about an endpoint: its address, what people say of it, and which events it wants.

use crate::error::Result;
use crate::http::console::form::Choice;
use crate::http::console::seat::{Develop, Posted};
use crate::http::console::stale::{self, Fields};
use crate::store::events::KINDS;
use crate::store::events::kinds::Kinds;
use crate::store::webhooks::Endpoint;

/// What was chosen and typed.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) url: String,
    pub(super) description: String,
    /// Nouns of which all events are wanted.
    pub(super) nouns: Vec<&'static str>,
    /// Other words, as a person writes them.
    pub(super) others: String,
    pub(super) organization: String,
}

impl Typed {
    /// What a form sent.
    pub(super) fn sent(posted: &Posted<Develop>) -> Self {
        let ticked = |noun: &&str| posted.text(&format!("noun.{noun}")) == "1";
        Self {
            url: posted.text("url").to_owned(),
            description: posted.text("description").to_owned(),
            nouns: nouns().into_iter().filter(ticked).collect(),
            others: posted.text("events").to_owned(),
            organization: posted.text("organization_id").to_owned(),
        }
    }

    /// What is set now.
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let words = endpoint.events.words();
        let whole = |noun: &&'static str| words.iter().any(|word| *word == all_of(noun));
        let nouns: Vec<_> = nouns().into_iter().filter(whole).collect();
        let is_other = |word: &&String| !nouns.iter().any(|noun| **word == all_of(noun));
        let others: Vec<&str> = words.iter().filter(is_other).map(String::as_str).collect();
        Self {
            url: endpoint.url.clone(),
            description: endpoint.description.clone().unwrap_or_default(),
            others: others.join(" "),
            organization: String::new(),
            nouns,
        }
    }

    /// Which events are wanted; nothing chosen: all.
    pub(super) fn kinds(&self) -> Result<Kinds> {
        let others = self.others.split([',', ' ', '\n', '\r', '\t']);
        let others = others.filter(|word| !word.is_empty()).map(str::to_owned);
        let words: Vec<String> = self.nouns.iter().map(|noun| all_of(noun)).chain(others).collect();
        Kinds::parse(&words, "/events")
    }

    /// As the fields of the form.
    pub(super) fn fields(&self) -> Fields {
        let mut fields = stale::fields([
            ("url", &self.url),
            ("description", &self.description),
            ("events", &self.others),
        ]);
        let noun = |noun: &'static str| {
            (format!("noun.{noun}"), stale::tick(self.nouns.contains(&noun)).to_owned())
        };
        fields.extend(nouns().into_iter().map(noun));
        fields
    }

    /// What people say of it; nothing: nothing.
    pub(super) fn description(&self) -> Option<String> {
        (!self.description.is_empty()).then(|| self.description.clone())
    }

    /// The ticks for nouns.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let choice = |noun: &'static str| Choice {
            value: noun.to_owned(),
            label: all_of(noun),
            is_chosen: self.nouns.contains(&noun),
        };
        nouns().into_iter().map(choice).collect()
    }
}

fn all_of(noun: &str) -> String {
    format!("{noun}.*")
}

/// What events are about, in the order of the list of kinds, each once.
fn nouns() -> Vec<&'static str> {
    let mut nouns: Vec<&'static str> =
        KINDS.iter().filter_map(|kind| kind.split('.').next()).collect();
    nouns.dedup();
    nouns
}

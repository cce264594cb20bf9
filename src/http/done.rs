//! What a browser is told once, on the page that an act leads to: that it is done.
//!
//! The answer that leads there leaves a word of the list below in a cookie. The page says the word's sentence, and its answer takes
//! the cookie away, so a page that is loaded again says nothing. Nothing that is said comes from an address.

use super::browser;
use super::pages::is_part;
use super::server::State;
use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

/// Makes the list of what can be said: each with the word of its sentence in `[console.done]`.
macro_rules! words {
    ($($name:ident = $word:literal,)*) => {
        /// What is said. The sentences are in the locale.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::http) enum Done { $($name,)* }

        impl Done {
            /// All that can be said.
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What the browser keeps.
            const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

words! {
    AlarmSeen = "alarm_seen",
    AlertClosed = "alert_closed",
    ApiKeyRevoked = "api_key_revoked",
    ApplicationDeleted = "application_deleted",
    ApplicationRestored = "application_restored",
    CertificateRemoved = "certificate_removed",
    CertificateTrusted = "certificate_trusted",
    ChangeAccepted = "change_accepted",
    ChangesApplied = "changes_applied",
    ConflictDecided = "conflict_decided",
    ConnectionDeleted = "connection_deleted",
    ConnectionDrafted = "connection_drafted",
    ConnectionMade = "connection_made",
    ConnectionOff = "connection_off",
    ConnectionOn = "connection_on",
    ConnectionRestored = "connection_restored",
    DirectoryAsked = "directory_asked",
    DomainAdded = "domain_added",
    DomainLive = "domain_live",
    DomainRemoved = "domain_removed",
    DraftKept = "draft_kept",
    DraftThrownAway = "draft_thrown_away",
    DraftUndone = "draft_undone",
    EndpointDeleted = "endpoint_deleted",
    EndpointOff = "endpoint_off",
    EndpointOn = "endpoint_on",
    EventSent = "event_sent",
    GroupRemoved = "group_removed",
    GroupsOff = "groups_off",
    GroupsOn = "groups_on",
    HoldsApplied = "holds_applied",
    HoldsRestored = "holds_restored",
    KeyAnnounced = "key_announced",
    KeyTakenOver = "key_taken_over",
    LinkRevoked = "link_revoked",
    MailQueued = "mail_queued",
    MemberRemoved = "member_removed",
    MetadataRead = "metadata_read",
    OpenIdChosen = "openid_chosen",
    OrganizationAdded = "organization_added",
    OrganizationDeleted = "organization_deleted",
    OrganizationRestored = "organization_restored",
    OwnProviderChosen = "own_provider_chosen",
    OwnProviderGivenUp = "own_provider_given_up",
    PasskeyAdded = "passkey_added",
    PasskeyRemoved = "passkey_removed",
    PasswordChanged = "password_changed",
    PlaceAdded = "place_added",
    PlaceDeleted = "place_deleted",
    ProviderNamed = "provider_named",
    ProviderSaved = "provider_saved",
    RoleChanged = "role_changed",
    RulesRun = "rules_run",
    Saved = "saved",
    SecretRevoked = "secret_revoked",
    SessionEnded = "session_ended",
    SessionsEnded = "sessions_ended",
    SettingsSaved = "settings_saved",
    SsoOptional = "sso_optional",
    SsoRequired = "sso_required",
    StepRemoved = "step_removed",
    StepReset = "step_reset",
    TokenRetired = "token_retired",
    TokenRevoked = "token_revoked",
    TracesPurged = "traces_purged",
    UserErased = "user_erased",
    UserRestored = "user_restored",
    UserSignedOut = "user_signed_out",
    UserSuspended = "user_suspended",
}

impl Done {
    fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|said| said.word() == word)
    }

    /// Its sentence.
    pub(in crate::http) fn sentence(self, state: &State) -> String {
        state.locale.text(&format!("console.done.{}", self.word())).to_owned()
    }

    /// Whether something is to be done next, so that it stays on the page.
    pub(in crate::http) const fn has_next_step(self) -> bool {
        matches!(self, Self::ConnectionMade)
    }
}

/// Leads from an act that is done to a page that says so.
pub(in crate::http) fn lead(state: &State, said: Done, to: &str) -> HttpResponse {
    let left = browser::done(state, said.word());
    HttpResponse::SeeOther().insert_header((LOCATION, to)).cookie(left).finish()
}

/// What an answer can say, and whether it has said it.
#[derive(Clone, Default)]
pub(super) struct Left {
    said: Option<Done>,
    is_told: Rc<Cell<bool>>,
}

tokio::task_local! {
    static LEFT: Left;
}

/// What an act before has left in this browser. Only a page that somebody asked for says it: no part of one, and no answer to a form.
pub(super) fn left(state: &State, request: &HttpRequest) -> Left {
    let is_page = *request.method() == Method::GET && !is_part(request);
    let word = is_page.then(|| browser::was_done(state, request)).flatten();
    Left { said: word.and_then(|word| Done::find(&word)), ..Left::default() }
}

impl Left {
    /// Answers a request whose browser has this left.
    pub(super) fn serving<F: Future>(&self, answer: F) -> impl Future<Output = F::Output> + use<F> {
        LEFT.scope(self.clone(), answer)
    }

    /// Whether a page has said it, so that no other does.
    pub(super) fn is_over(&self) -> bool {
        self.is_told.get()
    }
}

/// What the page that is being made has to say.
pub(super) fn tell() -> Option<Done> {
    let told = LEFT.try_with(|left| {
        left.is_told.set(left.said.is_some());
        left.said
    });
    told.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::world;

    #[test]
    fn each_word_has_a_sentence_of_its_own() {
        let world = world(&[]);
        let mut all = std::collections::HashSet::new();
        for said in Done::ALL {
            let sentence = said.sentence(&world.state);
            assert!(
                sentence.ends_with('.') && all.insert(sentence.clone()),
                "{said:?}: {sentence}"
            );
            assert_eq!(Done::find(said.word()), Some(*said));
        }
        assert_eq!(Done::find("anything else"), None);
    }
}

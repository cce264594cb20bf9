//! A gateway with one customer whose provider is in this process, and what tests expect of it.

use super::{Customer, Gateway, Idp, Registered, Underway};
use crate::user_agent::{Form, Page, UserAgent};
use vestibule::cause::Cause;
use vestibule::saml::issue::Issue;
use vestibule::store::connections::{Connection, Settings};
use vestibule::store::traces::Outcome;

/// A person of the customer.
pub(crate) const ADA: &str = "ada@globex.example";

/// A gateway with one customer whose provider is in this process.
pub(crate) struct World<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) customer: Customer<'a>,
    pub(crate) idp: Idp,
    pub(crate) connection: Connection,
    pub(crate) app: Registered,
}

impl<'a> World<'a> {
    pub(crate) fn of(gateway: &'a Gateway) -> Self {
        Self::with(gateway, Settings::default())
    }

    /// The connection has these settings.
    pub(crate) fn with(gateway: &'a Gateway, settings: Settings) -> Self {
        let customer = gateway.customer("globex.example");
        let idp = Idp::new("https://idp.globex.example");
        let connection = customer.connect_to_with(&idp, settings);
        let app = gateway.register(|_| {});
        Self { gateway, customer, idp, connection, app }
    }

    /// Begins a sign-in, up to the provider.
    pub(crate) async fn begin(&self, agent: &mut UserAgent) -> Underway {
        Idp::begin(agent, &self.app.authorize(self.gateway, &[("login_hint", ADA)])).await
    }

    /// A right answer about Ada.
    pub(crate) fn answer(&self, to: &Underway) -> Issue<'static> {
        self.idp.answer(self.gateway, to, ADA)
    }

    /// Answers for Ada; the page is what the gateway says.
    pub(crate) async fn come_back(&self, agent: &mut UserAgent, underway: &Underway) -> Page {
        let response = self.answer(underway).base64().unwrap();
        agent.submit_once(&underway.form(&response)).await
    }

    /// Signs Ada in.
    pub(crate) async fn sign_in(&self, agent: &mut UserAgent) {
        let underway = self.begin(agent).await;
        is_in(&self.come_back(agent, &underway).await);
    }

    /// Signs Ada in, in a new browser.
    pub(crate) async fn works(&self) {
        self.sign_in(&mut UserAgent::new()).await;
    }

    /// Posts what a hostile provider made of a sign-in, which must be refused with this cause.
    pub(crate) async fn refuses(&self, name: &str, cause: Cause, make: impl Fn(&Underway) -> Form) {
        let mut agent = UserAgent::new();
        let underway = self.begin(&mut agent).await;
        let page = agent.submit_once(&make(&underway)).await;
        self.refused(name, cause, &page);
        self.works().await;
    }

    /// The page tells the cause with its status, and a trace tells the same.
    pub(crate) fn refused(&self, name: &str, cause: Cause, page: &Page) {
        assert_eq!(page.status.as_u16(), cause.status(), "{name}: {}", page.body);
        assert!(page.body.contains(cause.code()), "{name}: {cause} in {}", page.body);
        let trace = self.gateway.last_trace();
        assert_eq!(trace.outcome, Outcome::Failed, "{name}");
        assert_eq!(trace.cause.as_deref(), Some(cause.code()), "{name}: {:?}", trace.checks);
        assert!(page.body.contains(trace.id.as_str()), "{name}: {}", page.body);
        assert_eq!(trace.connection_id.as_ref(), Some(&self.connection.id), "{name}");
        assert!(trace.checks.last().is_some_and(|check| !check.passed), "{name}: {trace:?}");
    }
}

/// The browser is on its way to the app, with a code.
#[track_caller]
pub(crate) fn is_in(page: &Page) {
    let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
    assert_eq!(location.path(), "/callback", "{location}");
    assert!(location.query_pairs().any(|(name, _)| name == "code"), "{location}");
}

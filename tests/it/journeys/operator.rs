//! One of the operator's people at the console, in a browser without scripts.

use crate::gateway::Gateway;
use crate::user_agent::{Page, UserAgent};
use vestibule::store::members;

const PASSWORD: &str = "seven lamps behind the harbour";

/// Somebody who is signed in at the console.
pub(crate) struct Operator {
    agent: UserAgent,
    url: String,
}

impl Operator {
    /// The first member of the console, who comes by the link of the start.
    pub(crate) async fn of(gateway: &Gateway) -> Self {
        let first = gateway.write(members::start).expect("there is no member yet");
        let mut operator = Self { agent: UserAgent::new(), url: gateway.url.clone() };
        let page = operator.open(&format!("/console/first?t={}", first.reveal())).await;
        let typed =
            [("name", "Maya Orbit"), ("email", "maya@orbit.example"), ("password", PASSWORD)];
        let page = operator.send(&page, "password", &typed).await;
        let at = (page.status.as_u16(), page.url.path());
        assert_eq!(at, (200, "/console/first/second-step"), "{}", page.body);
        operator
    }

    /// The same member in another browser.
    pub(crate) async fn again(gateway: &Gateway) -> Self {
        let mut operator = Self { agent: UserAgent::new(), url: gateway.url.clone() };
        let page = operator.open("/console/login").await;
        let typed = [("email", "maya@orbit.example"), ("password", PASSWORD)];
        let page = operator.send(&page, "password", &typed).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, "/console"), "{}", page.body);
        operator
    }

    /// Opens a page of the gateway.
    pub(crate) async fn open(&mut self, path: &str) -> Page {
        self.agent.get(format!("{}{path}", self.url)).await
    }

    /// Sends the form of a page that has a field, or whose address ends like this, with what is typed.
    pub(crate) async fn send(&mut self, page: &Page, of: &str, typed: &[(&str, &str)]) -> Page {
        let is_it = |form: &crate::user_agent::Form| {
            form.action.path().ends_with(of) || form.fields.iter().any(|(name, _)| name == of)
        };
        let form = page.forms().into_iter().find(is_it);
        let mut form = form.unwrap_or_else(|| panic!("no form for {of}: {}", page.body));
        for (name, value) in typed {
            form = form.with(name, value);
        }
        self.agent.submit(&form).await
    }
}

/// A secret that a page shows this once.
pub(super) fn shown_once(page: &Page) -> String {
    let secret = page.body.split("<code>").nth(1).and_then(|rest| rest.split('<').next());
    secret.unwrap_or_else(|| panic!("no secret: {}", page.body)).to_owned()
}

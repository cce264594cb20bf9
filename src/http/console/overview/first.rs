//! What is to be done first, and which of it is done.

use crate::error::Result;
use crate::http::server::State;
use crate::store::organizations::{self, Filter};
use crate::store::{Db, Window, applications, demo, webhooks};

/// As many rows show whether there is one that is not the demo's.
const BESIDE_DEMO: Window = Window { limit: 2, before: None };

/// What there is already.
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the list by itself")]
pub(super) struct Begun {
    pub(super) has_demo: bool,
    has_application: bool,
    has_customer: bool,
    has_endpoint: bool,
}

/// A line of the list, which ticks itself.
pub(super) struct Item {
    pub(super) is_done: bool,
    pub(super) title: String,
    pub(super) text: String,
    /// Where it is done, and what that says.
    pub(super) way: Option<(&'static str, String)>,
}

impl Begun {
    /// The demo's own things do not count.
    pub(super) fn read(db: &mut Db) -> Result<Self> {
        // A program of the vendor's own is no app that people sign in to.
        let applications = applications::page(db, &Window { limit: 20, before: None })?.data;
        let customers = organizations::page(db, &BESIDE_DEMO, &Filter::default())?.data;
        Ok(Self {
            has_demo: demo::find(db)?.is_some(),
            has_application: applications.iter().any(|one| !one.is_demo && !one.is_machine()),
            has_customer: customers.iter().any(|one| !one.is_demo),
            has_endpoint: !webhooks::page(db, &BESIDE_DEMO, None)?.data.is_empty(),
        })
    }

    /// An installation is new until an app, a customer and an address that customers can use are there.
    pub(super) fn is_new(&self, state: &State) -> bool {
        !(self.has_application && self.has_customer && state.config.public_url.is_https())
    }
}

/// The list: owner, app, address, customer, webhooks. Whoever reads it has an account already.
pub(super) fn items(
    state: &State,
    begun: &Begun,
    may_manage: bool,
    may_develop: bool,
) -> Vec<Item> {
    let address = state.config.public_url.as_str();
    let item = |word: &str, is_done, way| {
        let text = format!("console.home.first.{word}_text");
        Item {
            is_done,
            title: state.locale.text(&format!("console.home.first.{word}")).to_owned(),
            text: state.locale.fill(&text, &[("address", address)]),
            way,
        }
    };
    let way = |may: bool, is_done: bool, href: &'static str, label: &str| {
        (may && !is_done).then(|| (href, state.locale.text(label).to_owned()))
    };
    let application = way(
        may_develop,
        begun.has_application,
        "/console/applications/new",
        "console.applications.new",
    );
    let customer = way(
        may_manage,
        begun.has_customer,
        "/console/organizations/new",
        "console.organizations.new",
    );
    let webhooks =
        way(may_develop, begun.has_endpoint, "/console/webhooks/new", "console.webhooks.new");
    vec![
        item("owner", true, None),
        item("application", begun.has_application, application),
        item("address", state.config.public_url.is_https(), None),
        item("customer", begun.has_customer, customer),
        item("webhooks", begun.has_endpoint, webhooks),
    ]
}

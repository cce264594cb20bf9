//! Members who come to the console at the operator's own provider, with software nobody here wrote.

use crate::gateway::{Customer, Gateway};
use crate::peers::{self, lent};
use crate::user_agent::UserAgent;
use vestibule::store::connections::Connection;
use vestibule::store::members::{self, NewMember, Role, provider};
use vestibule::store::traces::{Outcome, TraceKind};
use vestibule::store::users;

/// Ada is a member, comes in at the provider, and is out once the organization switches her off.
pub(crate) async fn a_member_comes_and_goes(
    gateway: &Gateway,
    customer: &Customer<'_>,
    connection: &Connection,
    domain: &str,
) {
    let email = format!("ada@{domain}");
    let new = NewMember { email: email.clone(), name: "Ada".to_owned(), role: Role::Viewer };
    gateway.write(|tx| provider::choose(tx, &connection.id, connection.revision));
    let start = format!("{}/console/login/provider?next=/console/users", gateway.url);

    let page = peers::sign_in(&mut UserAgent::new(), &start, "ada").await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("console_refused"), "{}", page.body);
    assert!(gateway.read(members::list).is_empty(), "nobody becomes a member by that");

    gateway.write(|tx| members::create(tx, &new));
    let mut agent = UserAgent::new();
    let page = peers::sign_in(&mut agent, &start, "ada").await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/console/users"), "{}", page.body);
    let trace = gateway.last_trace();
    assert_eq!((trace.kind, trace.outcome), (TraceKind::Console, Outcome::Succeeded));
    let ada = customer.find(&email).expect("there is somebody to switch off");
    assert_eq!(trace.user_id.as_ref(), Some(&ada.id));
    // She is at the console, and signed in to nothing else.
    let page = agent.get(format!("{}/oauth/logout", gateway.url)).await;
    assert!(!page.body.contains(&email), "{}", page.body);

    gateway.write(|tx| users::suspend(tx, &ada.id));
    let page = agent.get(format!("{}/console/users", gateway.url)).await;
    assert_eq!(page.url.path(), "/console/login", "{}", page.body);
    let page = peers::sign_in(&mut UserAgent::new(), &start, "ada").await;
    assert!(page.body.contains("user_suspended"), "{}", page.body);
}

#[actix_web::test]
async fn a_member_comes_in_by_pysaml2_until_they_are_switched_off() {
    let provider = lent::pysaml2().await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    a_member_comes_and_goes(&gateway, &customer, &connection, "globex.example").await;
}

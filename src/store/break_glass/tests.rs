use super::*;
use crate::email::Email;
use crate::oidc::authorize::Incoming;
use crate::store::connections::Connection;
use crate::store::grants::Lifetimes;
use crate::store::organizations::{self, Admission, OrganizationPatch};
use crate::store::sessions::{self, Method, Session};
use crate::store::sign_in::{self, BreakGlass, Completed};
use crate::store::testing::{self, TestStore, globex, person, refused};
use crate::store::traces::{self, Outcome};
use crate::store::{connections, enforcement, users};
use chrono::TimeDelta;

const ADA: &str = "ada@globex.example";

struct Broken {
    store: TestStore,
    id: OrganizationId,
    connection: Connection,
}

/// An organization whose provider is broken, with Ada as its exempt owner.
fn broken() -> Broken {
    let store = testing::store();
    let (id, connection) = store.system(|tx| {
        let id = organizations::create(tx, globex())?.id;
        let connection = connections::create(tx, &id, testing::connection())?;
        enforcement::exempt(tx, &id, &Email::parse(ADA).unwrap())?;
        Ok((id, connection))
    });
    Broken { store, id, connection }
}

impl Broken {
    fn codes(&self, count: usize) -> Vec<Secret> {
        let made = self.store.system(|tx| create(tx, &self.id, count, false));
        made.into_iter().map(|(_, secret)| secret).collect()
    }

    fn left(&self) -> i32 {
        self.store.read_now(|db| organizations::find(db, &self.id)).unwrap().codes_left
    }

    fn enter(&self, who: &str, code: &Secret) -> Completed {
        let asked = BreakGlass {
            trace: None,
            organization: &self.id,
            connection: &self.connection,
            email: &Email::parse(who).unwrap(),
            code,
            browser: "00112233445566778899aabbccddeeff",
            session: TimeDelta::hours(8),
            lifetimes: Lifetimes {
                code: TimeDelta::minutes(1),
                access_token: TimeDelta::minutes(10),
                refresh_token: TimeDelta::days(30),
            },
        };
        self.store.system(|tx| sign_in::break_glass(tx, &asked)).1
    }

    fn is_in(&self, who: &str, code: &Secret) -> Session {
        match self.enter(who, code) {
            Completed::SignedIn { session, .. } => *session,
            Completed::Refused(cause) => panic!("{cause}"),
            _ => panic!("neither in nor out"),
        }
    }

    /// The cause, which the trace tells as well, with the check that did not pass.
    fn is_out(&self, who: &str, code: &Secret) -> String {
        let Completed::Refused(cause) = self.enter(who, code) else { panic!("{who} is in") };
        let window = crate::store::Window::default();
        let page = self.store.read_now(|db| traces::page(db, &window, &traces::Filter::default()));
        let trace = page.unwrap().data.remove(0);
        let trace = self.store.read_now(|db| traces::find(db, &trace.id)).unwrap();
        assert_eq!((trace.outcome, trace.cause.as_deref()), (Outcome::Failed, Some(cause.code())));
        let check = trace.checks.last().unwrap();
        assert!(!check.passed);
        format!("{cause} {}", check.name.key())
    }
}

#[test]
fn a_code_lets_an_exempt_owner_in_once() {
    let world = broken();
    let codes = world.codes(2);
    assert_eq!(world.left(), 2);
    let session = world.is_in(ADA, &codes[0]);
    assert_eq!(session.method, Method::BreakGlass);
    assert_eq!(session.expires_at.since(session.signed_in_at), TimeDelta::hours(1));
    assert_eq!(world.left(), 1);
    assert_eq!(world.is_out(ADA, &codes[0]), "break_glass_refused break_glass_code");
    world.is_in(ADA, &codes[1]);
    let kinds = world.store.kinds(Some(&world.id));
    assert_eq!(kinds.iter().filter(|kind| *kind == "break_glass_code.used").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| *kind == "sign_in.failed").count(), 1);
    let used = world.store.read_now(|db| list(db, &world.id)).unwrap();
    assert!(used.iter().all(|code| code.used_by.as_ref() == Some(&session.user_id)));
}

#[test]
fn whoever_is_exempt_no_more_is_out_who_came_by_a_code() {
    let world = broken();
    let codes = world.codes(1);
    let session = world.is_in(ADA, &codes[0]);
    world.store.system(|tx| enforcement::unexempt(tx, &world.id, ADA));
    let session = world.store.read_now(|db| sessions::by_id(db, &session.id)).unwrap().unwrap();
    assert!(session.ended_at.is_some());
}

#[test]
fn a_code_of_nobody_and_one_that_was_revoked_let_nobody_in() {
    let world = broken();
    let codes = world.codes(3);
    let stranger = crypto::paper_code(crypto::BREAK_GLASS);
    assert_eq!(world.is_out(ADA, &stranger), "break_glass_refused break_glass_code");
    let elsewhere = world.store.system(|tx| {
        let new = organizations::NewOrganization { domains: vec![], ..globex() };
        let other = organizations::create(tx, new)?.id;
        create(tx, &other, 1, false)
    });
    assert_eq!(world.is_out(ADA, &elsewhere[0].1), "break_glass_refused break_glass_code");
    let rows = world.store.read_now(|db| list(db, &world.id)).unwrap();
    let first = rows.iter().find(|row| row.hash == crypto::hash(codes[0].reveal())).unwrap();
    world.store.system(|tx| revoke(tx, &world.id, &first.id));
    assert_eq!(world.is_out(ADA, &codes[0]), "break_glass_refused break_glass_code");
    let again = world.store.try_system(|tx| revoke(tx, &world.id, &first.id));
    assert_eq!(refused(again), "code_ended");
    assert_eq!(world.store.system(|tx| revoke_all(tx, &world.id)), 2);
    assert_eq!(world.is_out(ADA, &codes[1]), "break_glass_refused break_glass_code");
    assert_eq!(world.left(), 0);
    let kinds = world.store.kinds(Some(&world.id));
    assert_eq!(kinds.iter().filter(|kind| *kind == "break_glass_code.revoked").count(), 3);
}

#[test]
fn a_code_in_the_wrong_hands_is_refused_and_stays_good() {
    let world = broken();
    let code = world.codes(1).remove(0);
    assert_eq!(world.is_out("eve@globex.example", &code), "break_glass_refused exempt_owner");
    // An owner whose address is of no domain of the organization has another way, but none through here.
    let consultant = "eve@elsewhere.example";
    world.store.system(|tx| enforcement::exempt(tx, &world.id, &Email::parse(consultant).unwrap()));
    assert_eq!(world.is_out(consultant, &code), "email_domain_not_allowed domain");
    world.is_in(ADA, &code);
}

#[test]
fn a_deactivated_person_cannot_use_a_code() {
    let world = broken();
    let code = world.codes(1).remove(0);
    let ada = world.store.system(|tx| users::create(tx, person(&world.id, ADA)));
    world.store.system(|tx| users::suspend(tx, &ada.id));
    assert_eq!(world.is_out(ADA, &code), "user_suspended person");
    world.store.system(|tx| users::restore(tx, &ada.id));
    let session = world.is_in(ADA, &code);
    assert_eq!(session.user_id, ada.id);
}

#[test]
fn nobody_new_comes_by_a_code_where_a_directory_says_who_there_is() {
    let world = broken();
    let code = world.codes(1).remove(0);
    world.store.system(|tx| {
        let patch =
            OrganizationPatch { admission: Some(Admission::Directory), ..Default::default() };
        organizations::change(tx, &world.id, patch)
    });
    assert_eq!(world.is_out(ADA, &code), "user_not_provisioned person");
}

#[test]
fn a_session_by_a_code_outlives_the_connection_but_not_the_person() {
    let world = broken();
    let code = world.codes(1).remove(0);
    let asked = world.store.system(|tx| {
        let provider = testing::provider("https://idp.example/1");
        connections::import(tx, &world.connection.id, provider, None, false)?;
        connections::activate(tx, &world.connection.id, true)
    });
    let session = world.is_in(ADA, &code);
    world.store.system(|tx| connections::disable(tx, &asked.id));
    let ended = |id| world.store.read_now(|db| sessions::by_id(db, id)).unwrap().unwrap().ended_at;
    assert_eq!(ended(&session.id), None);
    // No request of the provider ends it by a name.
    let named = world.store.read_now(|db| sessions::named(db, &asked.id, "")).unwrap();
    assert!(named.is_empty());
    world.store.system(|tx| users::suspend(tx, &session.user_id));
    assert!(ended(&session.id).is_some());
}

#[test]
fn a_grant_by_a_code_gives_no_refresh_token() {
    let world = broken();
    let code = world.codes(1).remove(0);
    let session = world.is_in(ADA, &code);
    let app = world.store.system(|tx| crate::store::applications::create(tx, testing::orbit())).0;
    let text = format!(
        "client_id={}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code&scope=openid+offline_access",
        app.id
    );
    let request = Incoming::parse(&text).check(&app.client()).unwrap();
    let lifetimes = Lifetimes {
        code: TimeDelta::minutes(1),
        access_token: TimeDelta::minutes(10),
        refresh_token: TimeDelta::days(30),
    };
    world
        .store
        .system(|tx| crate::store::grants::create(tx, &app.id, &session, &request, &lifetimes));
    let grant: crate::store::grants::Grant =
        world.store.read_now(|db| Ok(crate::store::schema::grants::table.first(db)?)).unwrap();
    assert_eq!((grant.scope.as_str(), grant.offline), ("openid", false));
    assert_eq!((grant.method, grant.expires_at), (Method::BreakGlass, session.expires_at));
}

#[test]
fn codes_are_made_in_batches_replaced_and_never_too_many() {
    let world = broken();
    world.codes(10);
    assert_eq!(world.left(), 10);
    let new = world.store.system(|tx| create(tx, &world.id, 3, true));
    assert_eq!(world.left(), 3);
    assert!(new.iter().all(|(row, secret)| row.hash == crypto::hash(secret.reveal())));
    assert!(new.iter().all(|(row, _)| row.hint.starts_with("bg_…")));
    let many = |count| world.store.try_system(|tx| create(tx, &world.id, count, false));
    assert_eq!(refused(many(0)), "/count out_of_range");
    assert_eq!(refused(many(51)), "/count out_of_range");
    assert_eq!(refused(many(48)), "too_many_codes");
    assert!(world.store.read_now(any).unwrap());
    world.store.system(|tx| revoke_all(tx, &world.id));
    assert!(!world.store.read_now(any).unwrap());
}

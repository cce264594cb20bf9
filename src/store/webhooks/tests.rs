use super::deliveries::{self, Filter, Sent, State};
use super::lanes::{self, AGAIN, Lane, Noted, Tried};
use super::*;
use crate::store::events::numbering;
use crate::store::testing::{self, TestStore, refused};
use crate::store::{Actor, Scope};

struct Desk {
    store: TestStore,
    master: MasterKey,
}

fn desk() -> Desk {
    let master = MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap();
    Desk { store: testing::store(), master }
}

impl Desk {
    fn endpoint(&self, events: &[&str], organization: Option<&OrganizationId>) -> Endpoint {
        let words: Vec<String> = events.iter().map(|word| (*word).to_owned()).collect();
        let new = NewEndpoint {
            organization_id: organization.cloned(),
            url: "https://app.example/hooks".to_owned(),
            description: None,
            events: Kinds::parse(&words, "/events").unwrap(),
        };
        self.store.system(|tx| create(tx, &self.master, new, None)).0
    }

    fn append(&self, organization: Option<&OrganizationId>, kind: &'static str) {
        self.store.system(|tx| events::append(tx, organization, kind, "x", json!({})));
    }

    fn number(&self) {
        self.store.write_now(&Scope::Own, &Actor::System, numbering::number).unwrap();
    }

    fn take(&self, endpoint: &Endpoint) -> Vec<Lane> {
        self.store.system(|tx| lanes::take(tx, &endpoint.id, 100))
    }

    /// Takes the one lane that is due, with its events.
    fn one(&self, endpoint: &Endpoint) -> (Lane, Vec<events::Event>) {
        let mut lanes = self.take(endpoint);
        assert_eq!(lanes.len(), 1, "{lanes:?}");
        let (lane, now) = (lanes.remove(0), self.store.clock().now());
        let found = self.store.read_now(|db| lanes::next(db, endpoint, &lane, now)).unwrap();
        (lane, found)
    }

    fn sent(&self, status: u16) -> Sent {
        let at = self.store.clock().now();
        let attempt = deliveries::Attempt { at, status: Some(status), error: None, millis: 1 };
        Sent { attempt, answer: None }
    }

    fn note(&self, lane: &Lane, events: Vec<events::Event>, status: u16, is_all: bool) -> Noted {
        let tried: Vec<Tried> =
            events.into_iter().map(|event| Tried { event, sent: self.sent(status) }).collect();
        self.store.system(|tx| lanes::note(tx, &self.master, lane, &tried, is_all))
    }

    fn due(&self) -> usize {
        let now = self.store.clock().now();
        self.store.read_now(|db| lanes::due(db, now)).unwrap().len()
    }
}

#[test]
fn an_endpoint_waits_for_what_it_wants_and_for_no_more() {
    let desk = desk();
    let (globex, initech) = desk.store.system(|tx| {
        let globex = organizations::create(tx, testing::globex())?.id;
        let other = organizations::NewOrganization { domains: vec![], ..testing::globex() };
        Ok((globex, organizations::create(tx, other)?.id))
    });
    desk.number();
    let all = desk.endpoint(&[], None);
    let own = desk.endpoint(&[], Some(&globex));
    let users = desk.endpoint(&["user.*"], None);
    desk.number();
    for endpoint in [&all, &own, &users] {
        // What was said of endpoints meanwhile.
        for lane in desk.take(endpoint) {
            desk.note(&lane, vec![], 200, true);
        }
    }
    desk.append(Some(&globex), "user.created");
    desk.append(Some(&globex), "group.created");
    desk.append(Some(&initech), "group.created");
    desk.append(None, "application.created");
    desk.number();
    let names = |endpoint: &Endpoint| {
        let mut names: Vec<String> =
            desk.take(endpoint).into_iter().map(|lane| lane.lane).collect();
        names.sort();
        names
    };
    let mut organizations = vec![globex.to_string(), initech.to_string()];
    organizations.sort();
    organizations.push("system".to_owned());
    assert_eq!(names(&all), organizations);
    assert_eq!(names(&own), [globex.to_string()]);
    assert_eq!(names(&users), [globex.to_string()]);
}

#[test]
fn a_lane_is_one_row_however_much_waits_and_is_told_in_parts() {
    let desk = desk();
    let (endpoint, globex) = (desk.endpoint(&["user.*"], None), OrganizationId::new());
    for _ in 0..25 {
        desk.append(Some(&globex), "user.created");
        desk.number();
    }
    let (lane, events) = desk.one(&endpoint);
    assert_eq!((lane.head - lane.position, events.len()), (25, 20));
    assert_eq!(desk.note(&lane, events, 200, false), Noted::Done);
    let (lane, events) = desk.one(&endpoint);
    assert_eq!(events.len(), 5);
    assert_eq!(desk.note(&lane, events, 200, true), Noted::Done);
    assert!(desk.take(&endpoint).is_empty());
    assert_eq!(desk.store.read_now(|db| lanes::next_try(db, &endpoint.id)).unwrap(), None);
}

#[test]
fn what_comes_while_a_lane_is_told_is_told_next() {
    let desk = desk();
    let (endpoint, globex) = (desk.endpoint(&["user.*"], None), OrganizationId::new());
    desk.append(Some(&globex), "user.created");
    desk.number();
    let (lane, events) = desk.one(&endpoint);
    desk.append(Some(&globex), "user.updated");
    desk.number();
    assert_eq!(desk.note(&lane, events, 200, true), Noted::Done);
    let (_, events) = desk.one(&endpoint);
    assert_eq!(events[0].kind, "user.updated");
}

#[test]
fn a_lane_is_one_instances_until_its_lease_is_over_and_then_only_the_next_ones() {
    let desk = desk();
    let (endpoint, globex) = (desk.endpoint(&["user.*"], None), OrganizationId::new());
    desk.append(Some(&globex), "user.created");
    desk.number();
    let (first, events) = desk.one(&endpoint);
    assert!(desk.take(&endpoint).is_empty() && desk.due() == 0);
    desk.store.clock().advance(lanes::LEASE);
    let (second, same) = desk.one(&endpoint);
    assert_eq!(same[0].id, events[0].id);
    // Who took too long notes nothing.
    assert_eq!(desk.note(&first, events, 200, true), Noted::Lost);
    assert_eq!(desk.note(&second, same, 200, true), Noted::Done);
    let all = desk.store.read_now(|db| deliveries::count(db, &Filter::default()));
    assert_eq!(all.unwrap(), 1);
    // Who stops gives back what is not told.
    desk.append(Some(&globex), "user.updated");
    desk.number();
    let (lane, _) = desk.one(&endpoint);
    desk.store.system(|tx| lanes::release(tx, &lane));
    assert_eq!(desk.due(), 1);
}

#[test]
fn what_is_refused_is_told_again_after_the_times_of_the_plan_and_a_little_more() {
    let desk = desk();
    let (endpoint, globex) = (desk.endpoint(&["user.*"], None), OrganizationId::new());
    desk.append(Some(&globex), "user.created");
    desk.number();
    let mut later = Vec::new();
    for seconds in AGAIN {
        let (lane, events) = desk.one(&endpoint);
        assert_eq!(desk.note(&lane, events, 500, false), Noted::Done);
        let next = desk.store.read_now(|db| lanes::next_try(db, &endpoint.id)).unwrap().unwrap();
        let wait = next.since(desk.store.clock().now());
        let plan = TimeDelta::seconds(seconds);
        assert!(wait > plan - TimeDelta::seconds(1) && wait <= plan + plan / 10, "{wait}");
        later.push((wait - plan).num_milliseconds() * 1000 / plan.num_milliseconds());
        desk.store.clock().advance(wait);
    }
    assert!(later.iter().any(|share| *share != later[0]), "no chance in it: {later:?}");
    let (lane, events) = desk.one(&endpoint);
    assert_eq!(desk.note(&lane, events, 500, false), Noted::GivenUp);
    let page = desk
        .store
        .read_now(|db| deliveries::page(db, &Window::default(), &Filter::default()))
        .unwrap();
    assert_eq!((page.data[0].state, page.data[0].attempts.len()), (State::Failed, 10));
}

#[test]
fn an_endpoint_is_not_told_of_itself() {
    let desk = desk();
    let endpoint = desk.endpoint(&[], None);
    desk.number();
    let (_, events) = desk.one(&endpoint);
    assert!(events.is_empty(), "{events:?}");
}

#[test]
fn what_the_stream_does_not_keep_is_not_told() {
    let desk = desk();
    let (endpoint, globex) = (desk.endpoint(&["user.*"], None), OrganizationId::new());
    desk.append(Some(&globex), "user.created");
    desk.number();
    desk.store.clock().advance(TimeDelta::days(31));
    let (lane, events) = desk.one(&endpoint);
    assert!(events.is_empty());
    assert_eq!(desk.note(&lane, events, 200, true), Noted::Done);
    assert!(desk.take(&endpoint).is_empty());
}

#[test]
fn an_endpoint_is_changed_switched_and_deleted_with_what_hangs_on_it() {
    let desk = desk();
    let (endpoint, globex) = (desk.endpoint(&["user.*"], None), OrganizationId::new());
    desk.append(Some(&globex), "user.created");
    desk.number();
    let turn = |enabled| {
        let patch = EndpointPatch { enabled: Some(enabled), ..EndpointPatch::default() };
        desk.store.system(|tx| change(tx, &endpoint.id, patch))
    };
    assert_eq!(turn(false).disabled_because, Some(Because::ByHand));
    assert_eq!(desk.due(), 0);
    assert!(turn(true).disabled_at.is_none() && desk.due() == 1);
    let (lane, events) = desk.one(&endpoint);
    desk.note(&lane, events, 500, false);
    // Another address is tried at once.
    let url = Some("https://app.example/other".to_owned());
    let patch = EndpointPatch { url, ..EndpointPatch::default() };
    desk.store.system(|tx| change(tx, &endpoint.id, patch));
    assert_eq!(desk.due(), 1);
    desk.store.system(|tx| delete(tx, &endpoint.id));
    let left = desk.store.read_now(|db| deliveries::count(db, &Filter::default())).unwrap();
    assert_eq!((left, desk.due()), (0, 0));
    let kinds: Vec<String> =
        desk.store.kinds(None).into_iter().filter(|kind| kind.starts_with("webhook")).collect();
    let expected = ["created", "disabled", "enabled", "updated", "deleted"];
    assert_eq!(kinds, expected.map(|verb| format!("webhook_endpoint.{verb}")));
}

#[test]
fn an_address_is_https_or_on_this_machine_and_sealed_secrets_open_only_in_their_row() {
    let desk = desk();
    let make = |url: &str| {
        let events = Kinds::default();
        let new =
            NewEndpoint { organization_id: None, url: url.to_owned(), description: None, events };
        desk.store.try_system(|tx| create(tx, &desk.master, new, None))
    };
    assert_eq!(refused(make("http://app.example/hooks").map(drop)), "/url not_https");
    assert_eq!(refused(make("/hooks").map(drop)), "/url invalid");
    let (one, secret) = make("http://localhost:3000/hooks").unwrap();
    let (two, _) = make("https://app.example/hooks").unwrap();
    let now = desk.store.clock().now();
    assert_eq!(one.keys(&desk.master, now).unwrap().len(), 1);
    assert!(!one.secret.contains(secret.reveal()));
    let moved = Endpoint { secret: one.secret, ..two };
    assert!(moved.keys(&desk.master, now).is_err());
}

#[test]
fn there_are_not_more_endpoints_than_the_limit_says() {
    let desk = desk();
    let make = |most: u32| {
        let events = Kinds::default();
        let url = "https://app.example/hooks".to_owned();
        let new = NewEndpoint { organization_id: None, url, description: None, events };
        desk.store.try_system(|tx| create(tx, &desk.master, new, NonZeroU32::new(most)))
    };
    let (one, _) = make(2).unwrap();
    make(2).unwrap();
    let Err(Error::Conflict { code, detail }) = make(2) else { panic!("there is a third") };
    assert_eq!(code, "too_many_webhook_endpoints");
    assert!(detail.contains("There are 2 webhook endpoints"), "{detail}");
    make(0).unwrap();
    desk.store.system(|tx| delete(tx, &one.id));
    make(3).unwrap();
}

#[test]
fn a_list_knows_the_last_delivery_and_the_next_attempt_of_each_endpoint() {
    let desk = desk();
    let (one, other) = (desk.endpoint(&[], None), desk.endpoint(&["user.*"], None));
    for status in [200, 500] {
        desk.append(None, "user.created");
        desk.number();
        let (lane, events) = desk.one(&one);
        desk.note(&lane, events, status, true);
    }
    let ids = vec![one.id.clone(), other.id.clone()];
    let (last, next) = desk
        .store
        .read_now(|db| Ok((listing::last(db, &ids)?, listing::next_tries(db, &ids)?)))
        .unwrap();
    assert_eq!(last.len(), 1, "{last:?}");
    let last = &last[&one.id];
    assert_eq!((&*last.kind, last.state), ("user.created", State::Retrying));
    assert_eq!(next.get(&one.id), last.next_try_at.as_ref());
}

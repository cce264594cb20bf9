//! The circuit breaker: a push that would take access from too many at once.

use super::*;
use chrono::TimeDelta;

/// A group with a place, and this many people in it; the group and the people.
async fn crowd(jumpcloud: &JumpCloud, api: &Api, many: usize) -> (String, Vec<String>) {
    let mut people = Vec::new();
    for n in 0..many {
        people.push(jumpcloud.person(&format!("p{n}")).await);
    }
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = jumpcloud.group("crowd", &members).await;
    api.entity("team", "crowd").await;
    api.map(&group, "crowd").await;
    (group, people)
}

/// How many of them are in the place.
async fn in_place(api: &Api, people: &[String]) -> usize {
    let mut many = 0;
    for person in people {
        many += api.has(person).await.1.len();
    }
    many
}

#[actix_web::test]
async fn by_default_more_than_20_people_who_are_also_more_than_30_percent_are_too_many() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let limits = api.done(Method::GET, "provisioning", Value::Null).await;
    let kept = ["breaker", "most_people", "most_percent", "hold_hours"].map(|it| &limits[it]);
    assert_eq!(json!(kept), json!([true, 20, 30, 24]));
    let (group, people) = crowd(&jumpcloud, &api, 21).await;
    for person in &people[..20] {
        jumpcloud.remove(&group, person).await;
    }
    assert_eq!(in_place(&api, &people).await, 1, "20 people may go, though they are all but one");
    assert_eq!(api.alerts().await.len(), 0);
    jumpcloud.remove(&group, &people[20]).await;
    assert_eq!(in_place(&api, &people).await, 1, "the 21st within ten minutes is held");
    assert_eq!(api.alerts().await, ["too_much_at_once"]);
}

#[actix_web::test]
async fn people_who_are_no_more_than_the_percentage_are_not_too_many() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    api.limit(json!({ "most_people": 1, "most_percent": 50 })).await;
    let (group, people) = crowd(&jumpcloud, &api, 6).await;
    for person in &people[..3] {
        jumpcloud.remove(&group, person).await;
    }
    assert_eq!(in_place(&api, &people).await, 3, "half of them");
    jumpcloud.remove(&group, &people[3]).await;
    assert_eq!(in_place(&api, &people).await, 3, "more than half");
}

#[actix_web::test]
async fn what_would_take_too_much_is_stored_and_its_effect_held_and_the_operator_may_apply_it_now()
{
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    api.limit(json!({ "most_people": 1, "most_percent": 10 })).await;
    let (group, people) = crowd(&jumpcloud, &api, 3).await;
    jumpcloud.delete(&group).await;
    jumpcloud.0.get(&format!("/Groups/{group}")).await.is(404);
    assert_eq!(in_place(&api, &people).await, 3, "stored, and held");
    assert_eq!(api.alerts().await, ["too_much_at_once"]);
    let told = api.explained(&people[0]).await;
    assert_eq!(told["held"], "breaker", "{told}");
    assert!(told["held_until"].is_string(), "{told}");
    let applied = api.done(Method::POST, "access_holds/apply", json!({})).await;
    assert_eq!(applied["people"], 3, "{applied}");
    assert_eq!((in_place(&api, &people).await, api.alerts().await.len()), (0, 0));
}

#[actix_web::test]
async fn the_operator_may_restore_what_is_held_and_people_keep_it_beyond_the_hold_time() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    api.limit(json!({ "most_people": 1, "most_percent": 10 })).await;
    let (group, people) = crowd(&jumpcloud, &api, 3).await;
    jumpcloud.delete(&group).await;
    let restored = api.done(Method::POST, "access_holds/restore", json!({})).await;
    assert_eq!(restored["people"], 3, "{restored}");
    assert_eq!((in_place(&api, &people).await, api.alerts().await.len()), (3, 0));
    gateway.advance(TimeDelta::hours(48));
    vestibule::jobs::access::once(&gateway.state.store).await.unwrap();
    assert_eq!(in_place(&api, &people).await, 3);
}

#[actix_web::test]
async fn what_is_held_happens_when_the_hold_time_is_over() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    api.limit(json!({ "most_people": 1, "most_percent": 10, "hold_hours": 2 })).await;
    let (group, people) = crowd(&jumpcloud, &api, 3).await;
    jumpcloud.delete(&group).await;
    gateway.advance(TimeDelta::minutes(119));
    vestibule::jobs::access::once(&gateway.state.store).await.unwrap();
    assert_eq!(in_place(&api, &people).await, 3);
    gateway.advance(TimeDelta::minutes(2));
    vestibule::jobs::access::once(&gateway.state.store).await.unwrap();
    assert_eq!(in_place(&api, &people).await, 0);
}

#[actix_web::test]
async fn only_what_goes_within_ten_minutes_counts_together() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    api.limit(json!({ "most_people": 1, "most_percent": 10 })).await;
    let (group, people) = crowd(&jumpcloud, &api, 4).await;
    jumpcloud.remove(&group, &people[0]).await;
    gateway.advance(TimeDelta::minutes(11));
    jumpcloud.remove(&group, &people[1]).await;
    assert_eq!(in_place(&api, &people).await, 2, "eleven minutes later it counts anew");
    gateway.advance(TimeDelta::minutes(9));
    jumpcloud.remove(&group, &people[2]).await;
    assert_eq!(in_place(&api, &people).await, 2, "nine minutes later it does not");
}

#[actix_web::test]
async fn the_breaker_is_off_by_a_setting() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    api.limit(json!({ "most_people": 1, "most_percent": 10, "breaker": false })).await;
    let (group, people) = crowd(&jumpcloud, &api, 3).await;
    jumpcloud.delete(&group).await;
    assert_eq!((in_place(&api, &people).await, api.alerts().await.len()), (0, 0));
}

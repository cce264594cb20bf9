//! Providers whose clock is not ours.

use crate::gateway::{Gateway, World, is_in};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use vestibule::cause::Cause;
use vestibule::store::connections::Settings;

/// Ada's answer, from a provider whose clock is two minutes ahead.
async fn two_minutes_ahead(world: &World<'_>) -> Page {
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let mut issue = world.answer(&underway);
    let ahead = TimeDelta::minutes(2);
    for time in [&mut issue.issued_at, &mut issue.authenticated_at, &mut issue.not_before] {
        *time = time.plus(ahead);
    }
    agent.submit_once(&underway.form(&issue.base64().unwrap())).await
}

#[actix_web::test]
async fn clocks_may_differ_as_the_connection_says_and_otherwise_as_the_installation_does() {
    let gateway = Gateway::with(&[("sign_in.clock_skew", "150s")]).await;
    let world = World::of(&gateway);
    is_in(&two_minutes_ahead(&world).await);
    let own = Settings { clock_skew: Some(30), ..Settings::default() };
    world.customer.set(&world.connection, own);
    let page = two_minutes_ahead(&world).await;
    world.refused("two minutes ahead", Cause::ClockEarly, &page);

    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let page = two_minutes_ahead(&world).await;
    world.refused("two minutes ahead", Cause::ClockEarly, &page);
    let own = Settings { clock_skew: Some(180), ..Settings::default() };
    world.customer.set(&world.connection, own);
    is_in(&two_minutes_ahead(&world).await);
}

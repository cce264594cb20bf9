//! The REST API at `/api/v1`: one file per noun, and the document that describes them.

mod access;
mod answer;
mod api_keys;
mod applications;
mod audit;
mod break_glass_codes;
mod connections;
mod deliveries;
mod directories;
mod domains;
mod enforcement;
mod events;
mod exempt_owners;
mod groups;
mod idempotency;
mod input;
mod machines;
mod model;
pub mod openapi;
mod organizations;
mod schemas;
mod secrets;
mod settings;
mod setup_links;
mod state;
#[cfg(test)]
mod tests;
mod traces;
mod users;
mod webhooks;

use super::caller;
use super::error::ApiError;
use super::request::Origin;
use super::server::State;
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use utoipa_actix_web::scope::{self, Scope};
use utoipa_actix_web::service_config::ServiceConfig as Described;

/// As many previews are made at once while their callers wait.
pub(super) const PREVIEWED_AT_ONCE: usize = 2;

/// Adds the API and its description. Each handler asks for an API key by its arguments; the description is public.
pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/api/openapi.json").get(openapi::serve));
    Described::new(config).service(v1());
}

/// Version 1, in which things are added but neither changed nor taken away.
fn v1() -> Scope<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    scope::scope("/api/v1")
        .configure(organizations_and_domains)
        .configure(connections)
        .configure(applications)
        .configure(people)
        .configure(what_groups_give)
        .configure(telling)
        .configure(keys)
        .wrap(from_fn(idempotency::once))
        .wrap(from_fn(known_callers))
}

/// Lets nobody further who is not known or asks too often: without a key not even the body is read. Extractors run side by
/// side, so a fault in the body would otherwise be told before the key is looked up.
async fn known_callers(
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = req.app_data::<Data<State>>().cloned() else { return next.call(req).await };
    let program = match caller::authenticate(req.request()).await {
        Ok(program) => program,
        Err(error) => {
            let address = Origin::of(req.request()).address;
            let often = state.limits.admit_keyless(address);
            return Ok(req.error_response(often.err().map_or(error, ApiError::from)));
        }
    };
    let (standing, admitted) = state.limits.admit_key(&program.who);
    let mut answer = match admitted {
        Ok(()) => next.call(req).await?,
        Err(error) => req.error_response(ApiError::from(error)),
    };
    if let Some(standing) = standing {
        standing.tell(answer.headers_mut());
    }
    Ok(answer)
}

fn organizations_and_domains(config: &mut Described) {
    config
        .service(organizations::list_organizations)
        .service(organizations::create_organization)
        .service(organizations::get_organization)
        .service(organizations::put_organization)
        .service(organizations::patch_organization)
        .service(organizations::delete_organization)
        .service(organizations::restore_organization)
        .service(domains::list_domains)
        .service(domains::create_domain)
        .service(domains::verify_domain)
        .service(domains::delete_domain)
        .service(enforcement::check_enforcement)
        .service(enforcement::get_enforcement)
        .service(enforcement::put_enforcement)
        .service(exempt_owners::list_exempt_owners)
        .service(exempt_owners::create_exempt_owner)
        .service(exempt_owners::delete_exempt_owner)
        .service(break_glass_codes::list_break_glass_codes)
        .service(break_glass_codes::create_break_glass_codes)
        .service(break_glass_codes::delete_break_glass_code)
        .service(break_glass_codes::delete_break_glass_codes);
}

fn connections(config: &mut Described) {
    config
        .service(connections::list_connections)
        .service(connections::create_connection)
        .service(connections::get_connection)
        .service(connections::patch_connection)
        .service(connections::delete_connection)
        .service(connections::metadata::import_metadata)
        .service(connections::metadata::accept_metadata)
        .service(connections::openid::configure_openid)
        .service(connections::certificates::add_certificate)
        .service(connections::certificates::remove_certificate)
        .service(connections::contact::get_contact)
        .service(connections::contact::set_contact)
        .service(connections::trial::test_connection)
        .service(connections::turn::activate_connection)
        .service(connections::turn::disable_connection)
        .service(connections::turn::unlink_connection)
        .service(connections::turn::restore_connection)
        .service(directories::get_directory)
        .service(directories::patch_directory)
        .service(directories::list_scim_tokens)
        .service(directories::create_scim_token)
        .service(directories::retire_scim_token)
        .service(directories::revoke_scim_token)
        .configure(setup_links);
}

fn setup_links(config: &mut Described) {
    config
        .service(setup_links::list_setup_links)
        .service(setup_links::create_setup_link)
        .service(setup_links::get_setup_link)
        .service(setup_links::send_setup_link)
        .service(setup_links::revoke_setup_link)
        .service(setup_links::create_portal_session)
        .service(setup_links::end_portal_session);
}

fn applications(config: &mut Described) {
    config
        .service(applications::list_applications)
        .service(applications::create_application)
        .service(applications::get_application)
        .service(applications::patch_application)
        .service(applications::delete_application)
        .service(applications::restore_application)
        .service(secrets::list_application_secrets)
        .service(secrets::create_application_secret)
        .service(secrets::delete_application_secret);
}

fn people(config: &mut Described) {
    config
        .service(users::list_users)
        .service(users::get_user)
        .service(users::patch_user)
        .service(users::suspend_user)
        .service(users::restore_user)
        .service(users::end_user_sessions)
        .service(users::unlink_user)
        .service(users::erase_user)
        .service(traces::list_traces)
        .service(groups::list_groups)
        .service(groups::get_group)
        .service(groups::delete_group)
        .service(groups::list_group_members)
        .service(groups::list_scim_requests)
        .service(groups::get_scim_request)
        .service(traces::get_trace)
        .service(traces::purge_traces);
}

fn what_groups_give(config: &mut Described) {
    config
        .service(access::provisioning::get_provisioning)
        .service(access::provisioning::patch_provisioning)
        .service(access::entities::list_entities)
        .service(access::entities::get_entity)
        .service(access::entities::put_entity)
        .service(access::entities::delete_entity)
        .service(access::mappings::list_mappings)
        .service(access::mappings::create_mapping)
        .service(access::mappings::get_mapping)
        .service(access::mappings::patch_mapping)
        .service(access::rules::get_mapping_rules)
        .service(access::rules::put_mapping_rules)
        .service(access::rules::preview_mapping_rules)
        .service(access::rules::get_mapping_rules_preview)
        .service(access::rules::run_mapping_rules)
        .service(access::rules::list_mapping_rules_history)
        .service(access::conflicts::list_access_conflicts)
        .service(access::conflicts::decide_access_conflict)
        .service(access::conflicts::list_access_alerts)
        .service(access::conflicts::close_access_alert)
        .service(access::holds::apply_access_holds)
        .service(access::holds::restore_access_holds)
        .service(access::users::get_user_access);
}

fn telling(config: &mut Described) {
    config
        .service(events::list_events)
        .service(state::get_organization_state)
        .service(audit::list_audit_events)
        .service(audit::export_audit_events)
        .service(audit::get_audit_event)
        .service(webhooks::list_webhook_endpoints)
        .service(webhooks::create_webhook_endpoint)
        .service(webhooks::get_webhook_endpoint)
        .service(webhooks::patch_webhook_endpoint)
        .service(webhooks::delete_webhook_endpoint)
        .service(webhooks::rotate_webhook_secret)
        .service(webhooks::test_webhook_endpoint)
        .service(deliveries::list_deliveries)
        .service(deliveries::get_delivery)
        .service(deliveries::redeliver);
}

fn keys(config: &mut Described) {
    config
        .service(api_keys::list_api_keys)
        .service(api_keys::create_api_key)
        .service(api_keys::roll_api_key)
        .service(api_keys::delete_api_key)
        .service(settings::list_settings)
        .service(settings::patch_settings);
}

//! Applications that are programs: what they may do at the REST API, and the tokens by which they do it.
//!
//! A token is held against its application each time that it is used, in the statement that finds it: what the application may no
//! longer do, the token may not either ([decision 83](../../../docs/decisions/0083-a-machine-application-is-held-to-what-it-is-now.md)).

use super::{Application, ApplicationKind, ApplicationSecret, Lifetimes, NoConnection};
use crate::access::Model;
use crate::crypto::{self, Secret, TokenHash};
use crate::error::Result;
use crate::oidc;
use crate::store::api_keys::Scope;
use crate::store::input::Faults;
use crate::store::schema::{applications, machine_tokens as rows, organizations};
use crate::store::{ApplicationId, Db, Json, OrganizationId, Prepared, Time, Tx, on_backend};
use diesel::prelude::*;

/// An access token that an application got for itself.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = rows)]
pub struct MachineToken {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// Whose it is.
    pub application_id: ApplicationId,
    /// The one organization that the application was for when it got it; none: it was for all.
    pub organization_id: Option<OrganizationId>,
    /// What it may do, as far as its application still may.
    pub scopes: Json<Vec<Scope>>,
    /// When it was handed out.
    pub created_at: Time,
    /// When it ends by itself.
    pub expires_at: Time,
}

impl MachineToken {
    /// What it may do, separated by spaces, as OAuth has it.
    #[must_use]
    pub fn scope(&self) -> String {
        written(&self.scopes)
    }
}

/// A program that has shown a live token.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Which application it is.
    pub application: ApplicationId,
    /// Its token, with what it may do now.
    pub token: MachineToken,
}

impl Application {
    /// The one organization that a machine application is for; none: all, and what belongs to none.
    #[must_use]
    pub fn bound_to(&self) -> Option<&OrganizationId> {
        self.organizations.as_ref().and_then(|list| list.first())
    }

    /// Whether it is a program that calls the REST API.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.kind == ApplicationKind::Machine
    }
}

/// The roles and kinds of places that a new application of this kind has where nobody says.
#[must_use]
pub fn usual_model(kind: ApplicationKind) -> Model {
    match kind {
        ApplicationKind::Web | ApplicationKind::Native => Model::default(),
        ApplicationKind::Machine => {
            Model { roles: Vec::new(), default_role: None, types: Vec::new() }
        }
    }
}

/// Gives a machine application an access token, shown this once: for all that it may do, or for the part that it asks for. A token
/// lasts no longer than the secret by which it was got, where that has an end of its own.
pub fn issue(
    tx: &mut Tx,
    application: &Application,
    secret: &ApplicationSecret,
    asked: Option<&[String]>,
    lifetimes: &Lifetimes,
) -> Result<std::result::Result<(MachineToken, Secret), oidc::Error>> {
    if let Some(organization) = application.bound_to() {
        let live = organizations::table.find(organization);
        let live = live.filter(organizations::deleted_at.is_null()).select(organizations::id);
        if live.first::<OrganizationId>(tx.db).optional()?.is_none() {
            let why = "The organization that this application is for has been deleted.";
            return Ok(Err(oidc::Error::UnauthorizedClient(why.into())));
        }
    }
    let scopes = match narrowed(&application.scopes, asked) {
        Ok(scopes) => scopes,
        Err(error) => return Ok(Err(error)),
    };
    let end = tx.now.plus(lifetimes.access_token);
    let token = crypto::token(crypto::MACHINE_TOKEN);
    let row = MachineToken {
        hash: crypto::hash(token.reveal()),
        application_id: application.id.clone(),
        organization_id: application.bound_to().cloned(),
        scopes: scopes.into(),
        created_at: tx.now,
        expires_at: secret.expires_at.map_or(end, |last| last.min(end)),
    };
    diesel::insert_into(rows::table).values(&row).execute(tx.db)?;
    Ok(Ok((row, token)))
}

/// Finds the program behind a token, if the token is live and its application still is what it was: a machine application that is not
/// deleted, for the same organization, which is not deleted either. What the application may no longer do is gone from the token.
pub fn by_token(db: &mut Db, token: &str, now: Time) -> Result<Option<Machine>> {
    if !crypto::well_formed(crypto::MACHINE_TOKEN, token) {
        return Ok(None);
    }
    let query = rows::table
        .inner_join(applications::table)
        .left_join(organizations::table)
        .filter(rows::hash.eq(crypto::hash(token)))
        .filter(rows::expires_at.gt(now))
        .filter(applications::kind.eq(ApplicationKind::Machine))
        .filter(applications::deleted_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select((rows::all_columns, applications::all_columns));
    let found: Option<(MachineToken, Application)> =
        on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    Ok(found.and_then(|(mut token, application)| {
        let is_same = token.organization_id.as_ref() == application.bound_to();
        token.scopes = kept(&token.scopes, &application.scopes).into();
        is_same.then_some(Machine { application: application.id, token })
    }))
}

/// Makes a token of this application useless (RFC 7009, 2.1). One that is unknown, or another's, changes nothing.
pub fn revoke_token(tx: &mut Tx, application: &ApplicationId, token: &str) -> Result<()> {
    diesel::delete(rows::table.find(crypto::hash(token)))
        .filter(rows::application_id.eq(application))
        .execute(tx.db)?;
    Ok(())
}

/// Ends all tokens of an application.
pub(super) fn end(tx: &mut Tx, application: &ApplicationId) -> Result<()> {
    diesel::delete(rows::table.filter(rows::application_id.eq(application))).execute(tx.db)?;
    Ok(())
}

/// Ends all tokens of applications that are for this organization alone.
pub(in crate::store) fn end_of(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    diesel::delete(rows::table.filter(rows::organization_id.eq(organization))).execute(tx.db)?;
    Ok(())
}

/// Takes the rows of tokens away whose time is over, so many at most; tells how many.
pub(in crate::store) fn over(tx: &mut Tx, limit: i64) -> Result<usize> {
    let over: Vec<String> = rows::table
        .filter(rows::expires_at.le(tx.now))
        .select(rows::hash)
        .limit(limit)
        .load(tx.db)?;
    Ok(diesel::delete(rows::table.filter(rows::hash.eq_any(over))).execute(tx.db)?)
}

/// Scopes without repeats, in the order in which they were first named.
pub(super) fn distinct(scopes: Vec<Scope>) -> Vec<Scope> {
    let mut all = Vec::new();
    for scope in scopes {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all
}

/// Checks what is of one kind of application alone: a program may do something and nobody signs in to it, and of the others it is the
/// other way round.
pub(super) fn check(faults: &mut Faults, application: &Application) {
    if !application.is_machine() {
        if !application.scopes.is_empty() {
            let detail =
                "Only a machine application calls the REST API. People sign in to this one.";
            faults.add("/scopes", "machine_only", detail);
        }
        return;
    }
    if application.scopes.is_empty() {
        faults.add("/scopes", "required", "At least one scope is needed, such as users:read.");
    }
    if application.organizations.as_ref().is_some_and(|list| list.len() != 1) {
        let detail =
            "A machine application is for one organization, or for all: leave the list out.";
        faults.add("/organizations", "not_one", detail);
    }
    let model = application.model();
    let has = [
        ("/redirect_uris", !application.redirect_uris.is_empty()),
        ("/post_logout_redirect_uris", !application.post_logout_redirect_uris.is_empty()),
        ("/initiate_login_uri", application.initiate_login_uri.is_some()),
        ("/fallback_url", application.fallback_url.is_some()),
        ("/no_connection", application.no_connection != NoConnection::Page),
        ("/backchannel_logout_uri", application.backchannel_logout_uri.is_some()),
        ("/frontchannel_logout_uri", application.frontchannel_logout_uri.is_some()),
        ("/protected_hosts", !application.protected_hosts.is_empty()),
        ("/roles", !model.roles.is_empty()),
        ("/default_role", model.default_role.is_some()),
        ("/entity_types", !model.types.is_empty()),
        ("/id_token_ttl", application.id_token_ttl.is_some()),
        ("/refresh_token_ttl", application.refresh_token_ttl.is_some()),
    ];
    for (pointer, _) in has.into_iter().filter(|(_, has)| *has) {
        let detail = "A machine application does not have this: nobody signs in to it.";
        faults.add(pointer, "not_for_machine", detail);
    }
}

/// What an application may do, or the part of it that it asks for (RFC 6749, 3.3).
fn narrowed(may: &[Scope], asked: Option<&[String]>) -> Result<Vec<Scope>, oidc::Error> {
    let Some(asked) = asked else { return Ok(may.to_vec()) };
    if asked.is_empty() {
        return Err(oidc::Error::InvalidScope("scope is empty. Leave it out for all.".into()));
    }
    let one = |word: &String| {
        let scope = word.parse::<Scope>().ok().filter(|scope| may.contains(scope));
        let why = || format!("The application does not have the scope {word}.");
        scope.ok_or_else(|| oidc::Error::InvalidScope(why().into()))
    };
    Ok(distinct(asked.iter().map(one).collect::<Result<_, _>>()?))
}

/// What of a token's scopes its application still has.
fn kept(token: &[Scope], application: &[Scope]) -> Vec<Scope> {
    token.iter().copied().filter(|scope| application.contains(scope)).collect()
}

fn written(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

//! What an application was granted: the code, and the tokens that came of it.
//!
//! Every use of a code or token checks, in the same statement, that the person is still active. So a
//! deactivation that commits a moment before wins, whoever holds which lock.

use super::access::explain::{self, Told};
use super::applications::{self, Application};
use super::connections::ConnectionState;
use super::organizations::Organization;
use super::prepared::written;
use super::schema::{connections, grants, organizations, sessions, tokens, users};
use super::sessions::{Method, Session};
use super::types::word;
use super::users::User;
use super::{
    ApplicationId, ConnectionId, Db, GrantId, OrganizationId, Prepared, SessionId, Tx, UserId,
    on_backend,
};
use crate::clock::Time;
use crate::crypto::{self, Secret, TokenHash};
use crate::error::{Error, Result};
use crate::oidc;
use crate::oidc::authorize::AuthorizationRequest;
use crate::oidc::scope::{Scope, Scopes};
use crate::oidc::token::{CodeGrant, Issued};
use chrono::TimeDelta;
use diesel::prelude::*;

/// One person's sign-in to one application.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
pub struct Grant {
    /// Its ID.
    pub id: GrantId,
    /// SHA-256 of the authorization code.
    pub code_hash: TokenHash,
    /// The application that may redeem the code.
    pub application_id: ApplicationId,
    /// The session in which the person signed in.
    pub session_id: SessionId,
    /// The organization of the person.
    pub organization_id: OrganizationId,
    /// The connection that the person came through.
    pub connection_id: ConnectionId,
    /// Who it is.
    pub user_id: UserId,
    /// The redirect URI of the authorization request, which the token request must repeat.
    pub redirect_uri: String,
    /// The granted scope, space-separated.
    pub scope: String,
    /// Whether refresh tokens are given: the scope has `offline_access`.
    pub offline: bool,
    /// The nonce that the ID token repeats.
    pub nonce: Option<String>,
    /// The S256 challenge of PKCE (RFC 7636).
    pub code_challenge: Option<String>,
    /// When the person proved who they are: `auth_time`.
    pub signed_in_at: Time,
    /// When the code was given.
    pub created_at: Time,
    /// Until when the code can be redeemed.
    pub code_expires_at: Time,
    /// When it was.
    pub redeemed_at: Option<Time>,
    /// When refreshing ends by itself.
    pub expires_at: Time,
    /// When somebody ended it.
    pub ended_at: Option<Time>,
    /// How the person proved who they are.
    pub method: Method,
}

word!(
    /// What a token is for.
    TokenKind {
        /// Reads userinfo.
        Access = "access",
        /// Gets new tokens, once.
        Refresh = "refresh",
    }
);

/// A token that was handed out.
#[derive(Debug, Clone, Queryable, Insertable)]
pub struct Token {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// The grant that it came of.
    pub grant_id: GrantId,
    /// What it is for.
    pub kind: TokenKind,
    /// What it allows, space-separated: the grant's scope or less.
    pub scope: String,
    /// When it was handed out.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When a refresh token was exchanged.
    pub used_at: Option<Time>,
}

/// How long codes and tokens last: as is set for all, or for one application.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// From the answer to the app until it must have redeemed the code.
    pub code: TimeDelta,
    /// Of an access token.
    pub access_token: TimeDelta,
    /// From the sign-in until refreshing ends.
    pub refresh_token: TimeDelta,
}

/// The person behind a token, with all that claims are made of.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The grant that the token came of.
    pub grant: Grant,
    /// Who it is.
    pub user: User,
    /// Whose member that is.
    pub organization: Organization,
    /// What they have in the application, where that is told.
    pub access: Told,
}

/// Tokens for the app, each shown this once.
#[derive(Debug)]
pub struct Tokens {
    /// Whom the tokens speak of.
    pub holder: Holder,
    /// The granted scope.
    pub scopes: Scopes,
    /// Reads userinfo.
    pub access_token: Secret,
    /// Gets new tokens, if `offline_access` was granted.
    pub refresh_token: Option<Secret>,
}

written! {
    insert NewGrant: Grant, into grants {
        id, code_hash, application_id, session_id, organization_id, connection_id, user_id, redirect_uri, scope,
        offline, nonce, code_challenge, signed_in_at, created_at, code_expires_at, redeemed_at, expires_at, ended_at, method,
    }
}

written! {
    /// Redeems a code that nobody has redeemed.
    Redeemed {
        "UPDATE grants SET redeemed_at = " at: Time as grants::redeemed_at,
        " WHERE id = " id: &'a GrantId as grants::id,
    }
    " AND redeemed_at IS NULL"
}

written! {
    insert NewToken: Token, into tokens { hash, grant_id, kind, scope, created_at, expires_at, used_at, }
}

/// Writes the grant and returns its code. The caller knows the person to be active.
///
/// A grant of a session that began with a break-glass code ends with it: no refresh tokens are given.
pub fn create(
    tx: &mut Tx,
    application: &ApplicationId,
    session: &Session,
    request: &AuthorizationRequest,
    lifetimes: &Lifetimes,
) -> Result<Secret> {
    let code = crypto::token(crypto::CODE);
    let is_short = session.method == Method::BreakGlass;
    let scopes = if is_short {
        request.scopes.without(Scope::OfflineAccess)
    } else {
        request.scopes.clone()
    };
    let refreshing = if scopes.has(Scope::OfflineAccess) {
        applications::refreshing(tx.db, application, lifetimes.refresh_token)?
    } else {
        lifetimes.refresh_token
    };
    let end = tx.now.plus(refreshing);
    let grant = Grant {
        id: GrantId::new(),
        code_hash: crypto::hash(code.reveal()),
        application_id: application.clone(),
        session_id: session.id.clone(),
        organization_id: session.organization_id.clone(),
        connection_id: session.connection_id.clone(),
        user_id: session.user_id.clone(),
        redirect_uri: request.return_to.redirect_uri.clone(),
        offline: scopes.has(Scope::OfflineAccess),
        scope: scopes.to_string(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        signed_in_at: session.authenticated_at(),
        created_at: tx.now,
        code_expires_at: tx.now.plus(lifetimes.code),
        redeemed_at: None,
        expires_at: if is_short { end.min(session.expires_at) } else { end },
        ended_at: None,
        method: session.method,
    };
    on_backend!(tx.db, conn => NewGrant(&grant).execute(conn))?;
    Ok(code)
}

/// Exchanges a code for tokens, once.
///
/// A code that comes a second time ends everything that came of it (RFC 6749 4.1.2).
pub fn redeem(
    tx: &mut Tx,
    application: &Application,
    request: &CodeGrant,
    lifetimes: &Lifetimes,
) -> Result<std::result::Result<Tokens, oidc::Error>> {
    let query = grants::table
        .inner_join(users::table)
        .inner_join(organizations::table.on(organizations::id.eq(grants::organization_id)))
        .inner_join(connections::table.on(connections::id.eq(grants::connection_id)))
        .inner_join(sessions::table)
        .filter(
            connections::state
                .eq(ConnectionState::Active)
                .or(grants::method.eq(Method::BreakGlass)),
        )
        .filter(sessions::ended_at.is_null())
        .filter(grants::code_hash.eq(crypto::hash(request.code.reveal())))
        .filter(grants::application_id.eq(&application.id))
        .filter(grants::ended_at.is_null())
        .filter(users::suspended_at.is_null())
        .filter(users::directory_suspended_at.is_null())
        .filter(users::deprovisioned_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select((grants::all_columns, users::all_columns, organizations::all_columns));
    let found: Option<(Grant, User, Organization)> =
        on_backend!(tx.db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    let admitted = found.filter(|(grant, ..)| application.admits(&grant.organization_id));
    let Some((grant, user, organization)) = admitted else {
        return Ok(denied("The code is unknown, or what it was given for has ended."));
    };
    if let Err(error) = request.check(application.id.as_str(), &grant.issued()) {
        return Ok(Err(error));
    }
    if tx.now >= grant.code_expires_at && grant.redeemed_at.is_none() {
        return Ok(denied("The code is over its time."));
    }
    let redeemed = Redeemed { at: tx.now, id: &grant.id };
    let won = on_backend!(tx.db, conn => redeemed.execute(conn))?;
    if won == 0 {
        end(tx, &grant.id)?;
        return Ok(denied("The code was used before. All tokens that came of it have been ended."));
    }
    let scopes = parse_scopes(&grant.scope)?;
    let access = Told::default();
    issue(tx, Holder { grant, user, organization, access }, scopes, lifetimes).map(Ok)
}

/// Exchanges a refresh token for new tokens, once, with the same scope or less (RFC 6749 6).
///
/// A refresh token that comes a second time was stolen or lost: everything of its grant ends (RFC 9700 4.14).
pub fn refresh(
    tx: &mut Tx,
    application: &Application,
    refresh_token: &Secret,
    scopes: Option<&Scopes>,
    lifetimes: &Lifetimes,
) -> Result<std::result::Result<Tokens, oidc::Error>> {
    let found = holder_of(tx.db, refresh_token.reveal(), TokenKind::Refresh, tx.now)?
        .filter(|(_, holder)| holder.grant.application_id == application.id)
        .filter(|(_, holder)| application.admits(&holder.organization.id));
    let Some((token, holder)) = found else {
        return Ok(denied("The refresh token is unknown, or what it was given for has ended."));
    };
    let scopes = match parse_scopes(&token.scope)?.narrow(scopes) {
        Ok(scopes) => scopes,
        Err(error) => return Ok(Err(error)),
    };
    let won = diesel::update(tokens::table.find(&token.hash))
        .filter(tokens::used_at.is_null())
        .set(tokens::used_at.eq(tx.now))
        .execute(tx.db)?;
    if won == 0 {
        end(tx, &holder.grant.id)?;
        return Ok(denied(
            "The refresh token was used before. All tokens of its grant have been ended.",
        ));
    }
    issue(tx, holder, scopes, lifetimes).map(Ok)
}

/// Finds the person behind an access token that is still good.
pub fn by_access_token(db: &mut Db, token: &str, now: Time) -> Result<Option<(Token, Holder)>> {
    let mut found = holder_of(db, token, TokenKind::Access, now)?;
    if let Some((_, holder)) = &mut found {
        holder.access = explain::told(db, &holder.user.id, &holder.grant.application_id)?;
    }
    Ok(found)
}

/// Finds a token of either kind that is still good, for the application that asks about it (RFC 7662).
pub fn introspect(
    db: &mut Db,
    application: &ApplicationId,
    token: &str,
    now: Time,
) -> Result<Option<(Token, Holder)>> {
    let kind = if crypto::well_formed(crypto::REFRESH_TOKEN, token) {
        TokenKind::Refresh
    } else {
        TokenKind::Access
    };
    let found = holder_of(db, token, kind, now)?;
    Ok(found.filter(|(token, holder)| {
        &holder.grant.application_id == application && token.used_at.is_none()
    }))
}

/// Makes a token of this application useless, and with a refresh token its whole grant (RFC 7009 2.1).
/// A token that is unknown, or another's, changes nothing.
pub fn revoke(tx: &mut Tx, application: &ApplicationId, token: &str) -> Result<()> {
    let found = tokens::table
        .inner_join(grants::table)
        .filter(tokens::hash.eq(crypto::hash(token)))
        .filter(grants::application_id.eq(application))
        .select((tokens::hash, tokens::kind, tokens::grant_id))
        .first::<(TokenHash, TokenKind, GrantId)>(tx.db)
        .optional()?;
    match found {
        Some((_, TokenKind::Refresh, grant)) => end(tx, &grant),
        Some((hash, TokenKind::Access, _)) => {
            diesel::delete(tokens::table.find(hash)).execute(tx.db)?;
            Ok(())
        }
        None => Ok(()),
    }
}

/// Ends a grant: none of its tokens works any more.
pub fn end(tx: &mut Tx, grant: &GrantId) -> Result<()> {
    diesel::update(grants::table.find(grant))
        .filter(grants::ended_at.is_null())
        .set(grants::ended_at.eq(tx.now))
        .execute(tx.db)?;
    Ok(())
}

impl Grant {
    /// What the token request is held against.
    fn issued(&self) -> Issued<'_> {
        Issued {
            client_id: self.application_id.as_str(),
            redirect_uri: &self.redirect_uri,
            code_challenge: self.code_challenge.as_deref(),
        }
    }
}

fn denied(why: &'static str) -> Result<Tokens, oidc::Error> {
    Err(oidc::Error::InvalidGrant(why.into()))
}

fn parse_scopes(stored: &str) -> Result<Scopes> {
    stored.parse().map_err(|_| Error::Internal(anyhow::anyhow!("a stored scope: {stored}")))
}

fn issue(tx: &mut Tx, mut holder: Holder, scopes: Scopes, lifetimes: &Lifetimes) -> Result<Tokens> {
    holder.access = explain::told(tx.db, &holder.user.id, &holder.grant.application_id)?;
    let access_token = crypto::token(crypto::ACCESS_TOKEN);
    let refresh_token = holder.grant.offline.then(|| crypto::token(crypto::REFRESH_TOKEN));
    let row = |token: &Secret, kind, scope: String, expires_at| Token {
        hash: crypto::hash(token.reveal()),
        grant_id: holder.grant.id.clone(),
        kind,
        scope,
        created_at: tx.now,
        expires_at,
        used_at: None,
    };
    let ends = tx.now.plus(lifetimes.access_token);
    let access = row(&access_token, TokenKind::Access, scopes.to_string(), ends);
    let refresh = refresh_token.as_ref().map(|token| {
        row(token, TokenKind::Refresh, holder.grant.scope.clone(), holder.grant.expires_at)
    });
    for row in std::iter::once(access).chain(refresh) {
        on_backend!(tx.db, conn => NewToken(&row).execute(conn))?;
    }
    Ok(Tokens { holder, scopes, access_token, refresh_token })
}

fn holder_of(
    db: &mut Db,
    token: &str,
    kind: TokenKind,
    now: Time,
) -> Result<Option<(Token, Holder)>> {
    let query = tokens::table
        .inner_join(grants::table.inner_join(users::table))
        .inner_join(organizations::table.on(organizations::id.eq(grants::organization_id)))
        .filter(tokens::hash.eq(crypto::hash(token)))
        .filter(tokens::kind.eq(kind))
        .filter(tokens::expires_at.gt(now))
        .filter(grants::ended_at.is_null())
        .filter(users::suspended_at.is_null())
        .filter(users::directory_suspended_at.is_null())
        .filter(users::deprovisioned_at.is_null())
        .filter(organizations::deleted_at.is_null());
    let found: Option<(Token, (Grant, User), Organization)> =
        on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    let holder = |(token, (grant, user), organization)| {
        (token, Holder { grant, user, organization, access: Told::default() })
    };
    Ok(found.map(holder))
}

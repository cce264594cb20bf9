//! `table!` for every table, in the order of the columns. In one file, as the tool of Diesel writes it: a test compares it
//! with what migrations make.

diesel::table! {
    settings (key) {
        key -> Text,
        value -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    configuration (key) {
        key -> Text,
        value -> Nullable<Text>,
        changed_at -> Timestamp,
        changed_by -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    brand_logos (theme) {
        theme -> Text,
        media_type -> Nullable<Text>,
        hash -> Nullable<Text>,
        content -> Nullable<Text>,
        changed_at -> Timestamp,
        changed_by -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    organizations (id) {
        id -> Text,
        external_id -> Nullable<Text>,
        name -> Text,
        name_key -> Text,
        admission -> Text,
        is_demo -> Bool,
        metadata -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        enforcement -> Text,
        codes_left -> Integer,
        session_seconds -> Nullable<Integer>,
    }
}

diesel::table! {
    domains (id) {
        id -> Text,
        organization_id -> Text,
        name -> Text,
        state -> Text,
        challenge -> Text,
        created_at -> Timestamp,
        checked_at -> Nullable<Timestamp>,
        live_at -> Nullable<Timestamp>,
        next_check_at -> Nullable<Timestamp>,
        checks_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    connections (id) {
        id -> Text,
        organization_id -> Text,
        name -> Text,
        provider -> Text,
        protocol -> Text,
        state -> Text,
        settings -> Text,
        identity_provider -> Nullable<Text>,
        metadata_url -> Nullable<Text>,
        metadata_at -> Nullable<Timestamp>,
        revision -> BigInt,
        tested_revision -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        openid_provider -> Nullable<Text>,
        sp_entity_id -> Nullable<Text>,
        acs_url -> Nullable<Text>,
        provider_entity_id -> Nullable<Text>,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        organization_id -> Text,
        source -> Text,
        email -> Text,
        email_key -> Text,
        name -> Nullable<Text>,
        given_name -> Nullable<Text>,
        family_name -> Nullable<Text>,
        attributes -> Text,
        suspended_at -> Nullable<Timestamp>,
        directory_suspended_at -> Nullable<Timestamp>,
        deprovisioned_at -> Nullable<Timestamp>,
        last_sign_in_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    identities (connection_id, subject) {
        connection_id -> Text,
        subject -> Text,
        user_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    applications (id) {
        id -> Text,
        name -> Text,
        kind -> Text,
        redirect_uris -> Text,
        post_logout_redirect_uris -> Text,
        initiate_login_uri -> Nullable<Text>,
        fallback_url -> Nullable<Text>,
        no_connection -> Text,
        id_token_alg -> Text,
        organizations -> Nullable<Text>,
        is_demo -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        backchannel_logout_uri -> Nullable<Text>,
        backchannel_logout_session_required -> Bool,
        frontchannel_logout_uri -> Nullable<Text>,
        frontchannel_logout_session_required -> Bool,
        roles -> Text,
        default_role -> Nullable<Text>,
        entity_types -> Text,
        protected_hosts -> Text,
        id_token_ttl -> Nullable<Integer>,
        access_token_ttl -> Nullable<Integer>,
        refresh_token_ttl -> Nullable<Integer>,
        scopes -> Text,
    }
}

diesel::table! {
    machine_tokens (hash) {
        hash -> Text,
        application_id -> Text,
        organization_id -> Nullable<Text>,
        scopes -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    application_secrets (id) {
        id -> Text,
        application_id -> Text,
        hash -> Text,
        hint -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    traces (id) {
        id -> Text,
        kind -> Text,
        outcome -> Text,
        cause -> Nullable<Text>,
        organization_id -> Nullable<Text>,
        connection_id -> Nullable<Text>,
        application_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        email -> Nullable<Text>,
        request -> Nullable<Text>,
        saml_request_id -> Nullable<Text>,
        browser_hash -> Nullable<Text>,
        checks -> Text,
        received -> Nullable<Text>,
        message -> Nullable<Text>,
        started_at -> Timestamp,
        expires_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        sent_at -> Nullable<Timestamp>,
        at_portal -> Bool,
        console_path -> Nullable<Text>,
    }
}

diesel::table! {
    replays (connection_id, assertion_id) {
        connection_id -> Text,
        assertion_id -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        hash -> Text,
        organization_id -> Text,
        connection_id -> Text,
        user_id -> Text,
        name_id -> Text,
        session_index -> Nullable<Text>,
        signed_in_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        authenticated_at -> Nullable<Timestamp>,
        name -> Nullable<Text>,
        method -> Text,
    }
}

diesel::table! {
    grants (id) {
        id -> Text,
        code_hash -> Text,
        application_id -> Text,
        session_id -> Text,
        organization_id -> Text,
        connection_id -> Text,
        user_id -> Text,
        redirect_uri -> Text,
        scope -> Text,
        offline -> Bool,
        nonce -> Nullable<Text>,
        code_challenge -> Nullable<Text>,
        signed_in_at -> Timestamp,
        created_at -> Timestamp,
        code_expires_at -> Timestamp,
        redeemed_at -> Nullable<Timestamp>,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        method -> Text,
    }
}

diesel::table! {
    tokens (hash) {
        hash -> Text,
        grant_id -> Text,
        kind -> Text,
        scope -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    keys (id) {
        id -> Text,
        purpose -> Text,
        algorithm -> Text,
        private_key -> Text,
        certificate -> Nullable<Text>,
        state -> Text,
        created_at -> Timestamp,
        state_at -> Timestamp,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        name -> Text,
        hash -> Text,
        hint -> Text,
        scopes -> Text,
        organization_id -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        last_used_from -> Nullable<Text>,
        rolled_at -> Nullable<Timestamp>,
        networks -> Text,
    }
}

diesel::table! {
    idempotency (id) {
        id -> Text,
        fingerprint -> Text,
        status -> Nullable<Integer>,
        body -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    events (id) {
        id -> Text,
        organization_id -> Nullable<Text>,
        kind -> Text,
        actor -> Text,
        subject_id -> Text,
        data -> Text,
        created_at -> Timestamp,
        position -> Nullable<BigInt>,
        sequence -> Nullable<BigInt>,
        origin -> Nullable<Text>,
        change -> Nullable<Text>,
        hash -> Nullable<Text>,
    }
}

diesel::table! {
    event_counters (name) {
        name -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    logouts (id) {
        id -> Text,
        session_id -> Text,
        connection_id -> Text,
        browser_hash -> Text,
        saml_request_id -> Nullable<Text>,
        return_to -> Nullable<Text>,
        outcome -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    logout_notices (id) {
        id -> Text,
        application_id -> Text,
        session_id -> Text,
        user_id -> Text,
        attempts -> Integer,
        due_at -> Timestamp,
        created_at -> Timestamp,
    }
}

diesel::table! {
    provider_certificates (connection_id, fingerprint) {
        connection_id -> Text,
        fingerprint -> Text,
        certificate -> Text,
        state -> Text,
        source -> Text,
        added_at -> Timestamp,
        state_at -> Timestamp,
        not_after -> Timestamp,
        unlisted_at -> Nullable<Timestamp>,
        is_barred -> Bool,
        told_days -> Nullable<Integer>,
    }
}

diesel::table! {
    metadata_refreshes (connection_id) {
        connection_id -> Text,
        url -> Nullable<Text>,
        etag -> Nullable<Text>,
        last_modified -> Nullable<Text>,
        cache_seconds -> Nullable<BigInt>,
        valid_until -> Nullable<Timestamp>,
        next_try_at -> Timestamp,
        tried_at -> Nullable<Timestamp>,
        fetched_at -> Nullable<Timestamp>,
        asked_at -> Nullable<Timestamp>,
        failures -> Integer,
        failing_since -> Nullable<Timestamp>,
        fault_code -> Nullable<Text>,
        fault -> Nullable<Text>,
        told_at -> Nullable<Timestamp>,
        proposed -> Nullable<Text>,
        proposed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    exempt_owners (id) {
        id -> Text,
        organization_id -> Text,
        email -> Text,
        email_key -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    break_glass_codes (id) {
        id -> Text,
        organization_id -> Text,
        hash -> Text,
        hint -> Text,
        created_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        used_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    directories (connection_id) {
        connection_id -> Text,
        organization_id -> Text,
        dialect -> Text,
        is_dialect_set -> Bool,
        users -> BigInt,
        groups -> BigInt,
        created_at -> Timestamp,
        removal_days -> Nullable<Integer>,
    }
}

diesel::table! {
    aliases (id) {
        id -> Text,
        organization_id -> Text,
        connection_id -> Text,
        kind -> Text,
        origin -> Text,
        path -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    scim_tokens (id) {
        id -> Text,
        connection_id -> Text,
        label -> Text,
        hash -> Text,
        hint -> Text,
        networks -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        retires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        last_used_from -> Nullable<Text>,
    }
}

diesel::table! {
    directory_users (user_id) {
        user_id -> Text,
        connection_id -> Text,
        user_name_key -> Text,
        external_id -> Text,
        display_name_key -> Text,
        is_active -> Bool,
        is_test -> Bool,
        resource -> Text,
        revision -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        roles -> Text,
        primary_role -> Nullable<Text>,
    }
}

diesel::table! {
    directory_emails (connection_id, value_key, user_id) {
        connection_id -> Text,
        value_key -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    groups (id) {
        id -> Text,
        organization_id -> Text,
        connection_id -> Text,
        display_name -> Text,
        display_name_key -> Text,
        external_id -> Text,
        is_test -> Bool,
        resource -> Text,
        revision -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        roles -> Text,
    }
}

diesel::table! {
    group_members (group_id, user_id) {
        group_id -> Text,
        user_id -> Text,
        added_at -> Timestamp,
    }
}

diesel::table! {
    scim_requests (id) {
        id -> Text,
        organization_id -> Text,
        connection_id -> Text,
        token_id -> Nullable<Text>,
        method -> Text,
        path -> Text,
        status -> Integer,
        code -> Nullable<Text>,
        effect -> Text,
        is_change -> Bool,
        dialect -> Text,
        resource_id -> Nullable<Text>,
        message -> Nullable<Text>,
        micros -> BigInt,
        created_at -> Timestamp,
        why -> Nullable<Text>,
    }
}

diesel::table! {
    openid_clients (connection_id) {
        connection_id -> Text,
        key_id -> Text,
        private_key -> Text,
        secret -> Nullable<Text>,
        provider_keys -> Nullable<Text>,
        keys_at -> Nullable<Timestamp>,
        keys_asked_at -> Nullable<Timestamp>,
        issuer -> Nullable<Text>,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> Text,
        organization_id -> Nullable<Text>,
        url -> Text,
        description -> Nullable<Text>,
        events -> Text,
        secret -> Text,
        previous_secret -> Nullable<Text>,
        previous_until -> Nullable<Timestamp>,
        failing_since -> Nullable<Timestamp>,
        disabled_at -> Nullable<Timestamp>,
        disabled_because -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    webhook_lanes (endpoint_id, lane) {
        endpoint_id -> Text,
        lane -> Text,
        position -> BigInt,
        head -> BigInt,
        attempts -> Integer,
        due_at -> Timestamp,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Text,
        endpoint_id -> Text,
        event_id -> Text,
        kind -> Text,
        organization_id -> Nullable<Text>,
        state -> Text,
        message -> Nullable<Text>,
        attempts -> Text,
        answer -> Nullable<Text>,
        next_try_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    audit_chain (name) {
        name -> Text,
        position -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    provisioning (organization_id) {
        organization_id -> Text,
        groups -> Bool,
        breaker -> Bool,
        most_people -> Integer,
        most_percent -> Integer,
        hold_hours -> Integer,
        rules_version -> BigInt,
        recompute_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    entities (id) {
        id -> Text,
        organization_id -> Text,
        application_id -> Text,
        kind -> Text,
        key -> Text,
        name -> Text,
        name_key -> Text,
        external_id -> Nullable<Text>,
        is_default -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    mappings (id) {
        id -> Text,
        organization_id -> Text,
        application_id -> Text,
        group_id -> Text,
        entity_id -> Nullable<Text>,
        proposed -> Nullable<Text>,
        role -> Nullable<Text>,
        rule_id -> Nullable<Text>,
        state -> Text,
        flag -> Nullable<Text>,
        since -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    rule_sets (organization_id, version) {
        organization_id -> Text,
        version -> BigInt,
        rules -> Text,
        author -> Text,
        effect -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    access (user_id, application_id) {
        user_id -> Text,
        application_id -> Text,
        organization_id -> Text,
        role -> Nullable<Text>,
        because -> Nullable<Text>,
        held -> Nullable<Text>,
        held_until -> Nullable<Timestamp>,
        updated_at -> Timestamp,
        kept_role -> Nullable<Text>,
    }
}

diesel::table! {
    placements (user_id, entity_id) {
        user_id -> Text,
        entity_id -> Text,
        application_id -> Text,
        mapping_id -> Nullable<Text>,
        since -> Timestamp,
        held -> Nullable<Text>,
        held_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    access_conflicts (id) {
        id -> Text,
        organization_id -> Text,
        application_id -> Text,
        user_id -> Text,
        kind -> Text,
        first_id -> Text,
        second_id -> Text,
        current_id -> Text,
        winner_id -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    access_losses (user_id, application_id) {
        user_id -> Text,
        application_id -> Text,
        organization_id -> Text,
        lost_at -> Timestamp,
    }
}

diesel::table! {
    access_alerts (id) {
        id -> Text,
        organization_id -> Text,
        kind -> Text,
        subject_id -> Text,
        data -> Text,
        created_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    setup_links (id) {
        id -> Text,
        kind -> Text,
        organization_id -> Text,
        connection_id -> Nullable<Text>,
        covers -> Text,
        provider -> Nullable<Text>,
        note -> Nullable<Text>,
        return_url -> Nullable<Text>,
        person -> Nullable<Text>,
        hash -> Text,
        hint -> Text,
        done -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        opened_from -> Nullable<Text>,
        browser_hash -> Nullable<Text>,
        completed_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        handed_over_to -> Nullable<Text>,
        drafted -> Nullable<Text>,
        help -> Nullable<Text>,
        email -> Nullable<Text>,
        is_guarded -> Bool,
        asked_again_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    setup_link_codes (link_id) {
        link_id -> Text,
        hash -> Nullable<Text>,
        tries -> Integer,
        sent -> Integer,
        sent_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    connection_contacts (connection_id) {
        connection_id -> Text,
        email -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    mails (id) {
        id -> Text,
        organization_id -> Nullable<Text>,
        kind -> Text,
        recipient -> Nullable<Text>,
        subject_id -> Text,
        data -> Text,
        secret -> Nullable<Text>,
        secret_until -> Nullable<Timestamp>,
        cause -> Nullable<Text>,
        state -> Text,
        attempts -> Integer,
        due_at -> Timestamp,
        give_up_at -> Timestamp,
        said -> Nullable<Text>,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    previews (id) {
        id -> Text,
        organization_id -> Text,
        asked -> Text,
        done -> BigInt,
        total -> BigInt,
        result -> Nullable<Text>,
        fault -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    mapping_drafts (organization_id, member_id) {
        organization_id -> Text,
        member_id -> Text,
        changes -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    members (id) {
        id -> Text,
        email -> Text,
        email_key -> Text,
        name -> Text,
        role -> Text,
        password -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    member_sessions (id) {
        id -> Text,
        hash -> Text,
        member_id -> Text,
        began_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
        session_id -> Nullable<Text>,
    }
}

diesel::table! {
    console_provider (connection_id) {
        connection_id -> Text,
        revision -> BigInt,
        chosen_at -> Timestamp,
    }
}

diesel::table! {
    member_links (id) {
        id -> Text,
        hash -> Text,
        member_id -> Nullable<Text>,
        expires_at -> Timestamp,
        purpose -> Text,
    }
}

diesel::table! {
    member_second_steps (member_id) {
        member_id -> Text,
        secret -> Text,
        confirmed_at -> Nullable<Timestamp>,
        last_step -> BigInt,
        proposed_at -> Nullable<Timestamp>,
        wrong -> Integer,
        closed_until -> Nullable<Timestamp>,
        alarmed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    member_recovery_codes (hash) {
        hash -> Text,
        member_id -> Text,
    }
}

diesel::table! {
    member_arrivals (hash) {
        hash -> Text,
        member_id -> Text,
        tries -> Integer,
        expires_at -> Timestamp,
        came_by -> Text,
        session_id -> Nullable<Text>,
    }
}

diesel::table! {
    member_passkeys (id) {
        id -> Text,
        member_id -> Text,
        credential_id -> Text,
        name -> Text,
        passkey -> Text,
        created_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    member_ceremonies (hash) {
        hash -> Text,
        member_id -> Nullable<Text>,
        name -> Text,
        state -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    failing_connections (connection_id) {
        connection_id -> Text,
        since -> Timestamp,
    }
}

diesel::joinable!(failing_connections -> connections (connection_id));
diesel::joinable!(member_passkeys -> members (member_id));
diesel::joinable!(member_sessions -> members (member_id));
diesel::joinable!(console_provider -> connections (connection_id));
diesel::joinable!(member_arrivals -> members (member_id));
diesel::joinable!(domains -> organizations (organization_id));
diesel::joinable!(connections -> organizations (organization_id));
diesel::joinable!(users -> organizations (organization_id));
diesel::joinable!(identities -> connections (connection_id));
diesel::joinable!(identities -> users (user_id));
diesel::joinable!(application_secrets -> applications (application_id));
diesel::joinable!(machine_tokens -> applications (application_id));
diesel::joinable!(machine_tokens -> organizations (organization_id));
diesel::joinable!(sessions -> organizations (organization_id));
diesel::joinable!(sessions -> connections (connection_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(grants -> applications (application_id));
diesel::joinable!(grants -> sessions (session_id));
diesel::joinable!(grants -> users (user_id));
diesel::joinable!(tokens -> grants (grant_id));
diesel::joinable!(logouts -> sessions (session_id));
diesel::joinable!(logout_notices -> applications (application_id));
diesel::joinable!(provider_certificates -> connections (connection_id));
diesel::joinable!(metadata_refreshes -> connections (connection_id));
diesel::joinable!(exempt_owners -> organizations (organization_id));
diesel::joinable!(break_glass_codes -> organizations (organization_id));
diesel::joinable!(openid_clients -> connections (connection_id));
diesel::joinable!(directories -> connections (connection_id));
diesel::joinable!(directory_users -> users (user_id));
diesel::joinable!(group_members -> groups (group_id));
diesel::joinable!(group_members -> directory_users (user_id));
diesel::joinable!(webhook_lanes -> webhook_endpoints (endpoint_id));
diesel::joinable!(provisioning -> organizations (organization_id));
diesel::joinable!(mappings -> groups (group_id));
diesel::joinable!(mappings -> entities (entity_id));
diesel::joinable!(access -> users (user_id));
diesel::joinable!(access -> applications (application_id));
diesel::joinable!(placements -> entities (entity_id));

diesel::joinable!(setup_link_codes -> setup_links (link_id));
diesel::joinable!(connection_contacts -> connections (connection_id));
diesel::joinable!(previews -> organizations (organization_id));
diesel::joinable!(mapping_drafts -> organizations (organization_id));
diesel::joinable!(mapping_drafts -> members (member_id));

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    connections::organization_id,
    connections::state,
);
diesel::allow_columns_to_appear_in_same_group_by_clause!(traces::connection_id, traces::outcome);

diesel::allow_tables_to_appear_in_same_query!(
    previews,
    mapping_drafts,
    settings,
    configuration,
    brand_logos,
    organizations,
    domains,
    connections,
    users,
    identities,
    applications,
    application_secrets,
    machine_tokens,
    traces,
    replays,
    sessions,
    grants,
    tokens,
    keys,
    api_keys,
    idempotency,
    events,
    logouts,
    logout_notices,
    provider_certificates,
    metadata_refreshes,
    exempt_owners,
    break_glass_codes,
    openid_clients,
    directories,
    scim_tokens,
    directory_users,
    directory_emails,
    groups,
    group_members,
    scim_requests,
    event_counters,
    webhook_endpoints,
    webhook_lanes,
    webhook_deliveries,
    audit_chain,
    provisioning,
    entities,
    mappings,
    rule_sets,
    access,
    placements,
    access_conflicts,
    access_losses,
    access_alerts,
    setup_links,
    setup_link_codes,
    connection_contacts,
    mails,
    members,
    member_sessions,
    console_provider,
    member_links,
    member_second_steps,
    member_recovery_codes,
    member_arrivals,
    member_passkeys,
    member_ceremonies,
    aliases,
    failing_connections,
);

use super::*;

fn find<'a>(list: &'a Value, key: &str) -> &'a Value {
    list["data"].as_array().unwrap().iter().find(|one| one["key"] == key).unwrap()
}

#[actix_web::test]
async fn settings_are_listed_with_their_origin_and_changed_while_the_gateway_runs() {
    let api = Api::new();
    let (status, list) = api.get("settings").await;
    assert_eq!((status, &list["revision"]), (200, &json!(0)), "{list}");
    let session = find(&list, "sign_in.session");
    assert_eq!(session["origin"], "built-in");
    assert_eq!((&session["value"], &session["is_settable"]), (&json!("8h"), &json!(true)));
    assert_eq!(find(&list, "listen")["is_settable"], false);

    let body =
        json!({ "settings": { "sign_in.session": "10h", "brand.support": "help@a.example" } });
    let (status, list) = api.ask("PATCH", "settings", body).await;
    assert_eq!((status, &list["revision"]), (200, &json!(1)), "{list}");
    let session = find(&list, "sign_in.session");
    assert_eq!((&session["value"], &session["origin"]), (&json!("10h"), &json!("console")));
    assert!(session["changed_by"].as_str().unwrap().starts_with("api_key:key_"));
    assert_eq!(api.world.state.live().sign_in.session.to_string(), "10h");

    let body = json!({ "settings": { "sign_in.session": null }, "revision": 1 });
    let (_, list) = api.ask("PATCH", "settings", body).await;
    assert_eq!(find(&list, "sign_in.session")["value"], "8h");
    let body = json!({ "settings": { "sign_in.session": "9h" }, "revision": 1 });
    let (status, told) = api.ask("PATCH", "settings", body).await;
    assert_eq!(status, 412, "{told}");
}

#[actix_web::test]
async fn a_setting_that_cannot_be_changed_here_is_refused_by_its_code() {
    let mut api = Api::new();
    for (key, value, code) in [
        ("listen", json!("0.0.0.0:1"), "setting_of_the_start"),
        ("sign_in.sesion", json!("9h"), "setting_unknown"),
        ("sign_in.session", json!("soon"), "setting_not_accepted"),
    ] {
        let told = api.ask("PATCH", "settings", json!({ "settings": { key: value } })).await;
        assert_eq!(problem(&told), format!("422 validation_failed /settings/{key} {code}"));
    }
    let globex = api.organization("Globex").await;
    api.key = api.key_with(&[Scope::SettingsRead, Scope::SettingsWrite], Some(&globex));
    assert_eq!(api.get("settings").await.0, 403, "they are the whole installation's");
    api.key = api.key_with(&[Scope::SettingsRead], None);
    let body = json!({ "settings": {} });
    assert_eq!(api.ask("PATCH", "settings", body).await.0, 403);
}

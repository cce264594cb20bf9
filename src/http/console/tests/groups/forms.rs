//! Forms of rules and mappings are kept and previewed while somebody types.

use super::*;

#[actix_web::test]
async fn a_form_of_a_rule_is_kept_and_previewed_while_it_is_filled_in() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let (ann, at) = (scene.person("ann"), format!("{}/rules", scene.at));
    scene.group("eng-payments", &[&ann]);
    let form = desk.get(&format!("{at}/new")).await.body;
    let asks =
        format!("hx-post=\"{at}\" hx-trigger=\"input changed delay:500ms\" hx-target=\"#would\"");
    assert!(form.contains(&asks) && form.contains("hx-sync=\"queue last\""), "{form}");
    let named = form.split("name=\"rule\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let typed = |pattern: &'static str, compare: &'static str| {
        let mut fields = RULE.to_vec();
        (fields[0].1, fields[1].1) = (compare, pattern);
        fields.push(("rule", named));
        fields
    };
    let page = async || desk.get(&format!("{}/mappings", scene.at)).await.body;
    let part = desk.type_in(&at, &typed("eng", "prefix")).await;
    assert_eq!((part.status, part.header("vary")), (200, "HX-Request"), "{}", part.body);
    for said in ["<b>1</b><span>gain access", "ann@globex.example", "Changes not applied: 1"] {
        assert!(part.body.contains(said), "{said}: {}", part.body);
    }
    assert!(!part.body.contains("<html") && page().await.contains(">New<"), "it is kept");
    assert!(scene.rules().is_empty() && scene.has(&ann).1.is_empty(), "it has no effect yet");
    // The next letter changes the same rule; what cannot be is told and not kept.
    let part = desk.type_in(&at, &typed("ops", "prefix")).await.body;
    assert!(part.contains("<b>0</b><span>gain access") && part.contains("applied: 1"), "{part}");
    let part = desk.type_in(&at, &typed("(", "regex")).await;
    assert!(part.status == 200 && part.body.contains("Not kept yet:"), "{}", part.body);
    assert!(page().await.contains("<b>ops</b>"), "what was kept before stays");
    // The button keeps it as well, and once more is no second rule.
    assert_eq!(desk.post(&at, &typed("eng", "prefix")).await.status, 303);
    let all = page().await;
    assert!(all.contains("<b>eng</b>") && all.contains("Changes not applied: 1"), "{all}");
    let uri = format!("{at}/{named}");
    let part = desk.type_in(&uri, &typed("eng-p", "prefix")).await.body;
    assert!(part.contains("<b>1</b><span>gain access"), "{part}");
    assert!(desk.get(&uri).await.body.contains("value=\"eng-p\""));
}

#[actix_web::test]
async fn a_form_of_a_rule_that_holds_is_kept_while_it_is_filled_in_and_the_rule_holds_on() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let set = scene.rule(json!({ "match": "exact", "pattern": "Sales", "role": "user" }));
    let uri = format!("{}/rules/{}", scene.at, set.rules[0].id);
    let typed = [("match", "exact"), ("pattern", "Support"), ("role", "user"), ("priority", "0")];
    let part = desk.type_in(&uri, &typed).await.body;
    assert!(part.contains("Changes not applied: 1") && part.contains("Preview it whole"), "{part}");
    assert_eq!(scene.rules()[0].pattern, "Sales", "it holds until that is applied");
}

#[actix_web::test]
async fn a_form_of_a_mapping_is_kept_and_previewed_while_it_is_filled_in() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let ann = scene.person("ann");
    scene.group("eng", &[&ann]);
    scene.entity("team", "Payments");
    let at = format!("{}/mappings", scene.at);
    let form = desk.get(&format!("{at}/new")).await.body;
    let named = form.split("name=\"mapping\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let typed = |group, entity| [("mapping", named), ("group", group), ("entity", entity)];
    let part = desk.type_in(&at, &typed("en", "Payments")).await.body;
    assert!(part.contains("Not kept yet:"), "{part}");
    for _ in 0..2 {
        let part = desk.type_in(&at, &typed("eng", "Payments")).await.body;
        for said in ["<b>1</b><span>gain access", "ann@globex.example", "not applied: 1"] {
            assert!(part.contains(said), "{said}: {part}");
        }
    }
    assert!(scene.has(&ann).1.is_empty(), "it has no effect yet");
}

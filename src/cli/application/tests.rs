use super::*;
use crate::store::testing;

#[test]
fn whoever_deletes_an_application_is_told_what_comes_of_it_for_people_or_for_a_program() {
    let store = testing::store();
    let app = store.system(|tx| applications::create(tx, testing::orbit())).0;
    let machine = NewApplication {
        kind: ApplicationKind::Machine,
        redirect_uris: Vec::new(),
        model: applications::usual_model(ApplicationKind::Machine),
        scopes: vec![api_keys::Scope::UsersRead],
        ..testing::orbit()
    };
    let machine = store.system(|tx| applications::create(tx, machine)).0;
    assert!(deleting(&app).ends_with(": nobody can sign in to it any more"));
    assert!(deleting(&machine).ends_with(": it gets no more tokens, and those that it has end"));
}

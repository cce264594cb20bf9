//! Every code is provoked, and tells its title, what people read, what to do and who can do it.

mod metadata;
mod provoked;
mod scim;
mod told;

use crate::gateway::Gateway;
use crate::journeys::Operator;
use crate::user_agent::Page;
use told::told;
use vestibule::cause::Cause;

/// What a page says, with its marks read.
fn said(page: &Page) -> String {
    page.body.replace("&#39;", "'").replace("&#34;", "\"").replace("&#38;", "&")
}

/// The person's page has the status and the words of the cause, and the trace that it names has its title and what to do.
async fn tells(gateway: &Gateway, cause: Cause, page: &Page) {
    let expected = told(cause);
    let text = said(page);
    assert_eq!(page.status.as_u16(), expected.status, "{cause}: {text}");
    assert!(text.contains(expected.person), "{cause}: {text}");
    let Some(trace) = gateway.traces().into_iter().next() else {
        // The page itself tells the developer what to do.
        assert_eq!(cause, Cause::AppRedirectInvalid, "only what names nobody leaves no trace");
        for words in [expected.fix, "http://127.0.0.1:9/callback", cause.code()] {
            assert!(text.contains(words), "{cause}: {words}: {text}");
        }
        return;
    };
    assert_eq!(trace.cause.as_deref(), Some(cause.code()), "{:?}", trace.checks);
    let mut operator = Operator::of(gateway).await;
    let page = operator.open(&format!("/console/traces/{}", trace.id)).await;
    let text = said(&page);
    assert!(text.contains(&format!("<h1>{}</h1>", expected.title)), "{cause}: {text}");
    for words in [expected.fix, expected.who, cause.code()] {
        assert!(text.contains(words), "{cause}: {words}: {text}");
    }
}

#[actix_web::test]
async fn every_code_of_a_sign_in_is_told_with_its_title_its_text_and_its_fix() {
    for cause in Cause::ALL {
        let gateway = Gateway::start().await;
        let page = provoked::provoked(&gateway, *cause).await;
        tells(&gateway, *cause, &page).await;
    }
}

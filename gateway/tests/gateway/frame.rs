//! The page for HTML mail. The browser tests compare it with what the service worker gives.

use crate::support::gateway::Gateway;

const BODY: &str = r#"<!doctype html><html><head><meta charset=utf-8><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src blob: data:; form-action 'none'; base-uri 'none'"><meta name=mail-frame content=1><title></title></head><body></body></html>"#;
const POLICY: &str = "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src blob: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin";

#[tokio::test]
async fn each_parameter_changes_one_directive_and_anything_else_gives_the_tightest_policy() {
    let gateway = Gateway::start("").await;
    let with_images = |text: &str| text.replace("img-src blob: data:", "img-src blob: data: https:");
    let with_scripts = |text: &str| format!("{text} allow-scripts");
    for (query, policy, body) in [
        ("", POLICY.to_owned(), BODY.to_owned()),
        ("?images=1", with_images(POLICY), with_images(BODY)),
        ("?s=1", with_scripts(POLICY), BODY.to_owned()),
        ("?images=1&s=1", with_scripts(&with_images(POLICY)), with_images(BODY)),
        ("?s=1&images=1", with_scripts(&with_images(POLICY)), with_images(BODY)),
    ] {
        let answer = gateway.fetch(&format!("/_mail-frame{query}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-security-policy"), policy, "{query}");
        assert_eq!(answer.text(), body, "{query}");
    }
    for query in [
        "?images=2",
        "?x=1",
        "?images=1&x=1",
        "?images=1&images=1",
        "?",
        "?s=0",
        "?images=1&",
        "?&s=1",
        "?images",
        "?S=1",
    ] {
        let answer = gateway.fetch(&format!("/_mail-frame{query}")).await;
        assert_eq!(
            (answer.header("content-security-policy"), answer.text()),
            (POLICY, BODY.to_owned()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn its_headers_are_those_of_a_page_that_may_be_framed_by_the_app() {
    let gateway = Gateway::start("").await;
    let answer = gateway.fetch("/_mail-frame").await;
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("x-dns-prefetch-control"), "off");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "");
    assert_eq!(answer.header("set-cookie"), "");
    for path in ["/_mail-frame/", "/_mail-frame.html", "/_MAIL-FRAME", "/%5fmail-frame"] {
        let other = gateway.fetch(path).await;
        assert_eq!(other.status, 404, "{path}");
        assert_eq!(other.header("x-frame-options"), "DENY", "{path}");
    }
}

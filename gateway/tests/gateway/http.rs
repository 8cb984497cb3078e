//! Pages, their headers, and what is no page.

use crate::support::gateway::{Answer, Gateway};
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// A built app with siblings, a link that leads out and files that are nobody's business.
fn app() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join("app").join(name);
    fs::create_dir_all(at("assets")).unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html>"),
        ("index.html.br", "index as br"),
        ("index.html.gz", "index as gz"),
        ("sw.js", "worker"),
        ("manifest.webmanifest", "{}"),
        ("icon.svg", "<svg/>"),
        (".env", "SECRET"),
        ("assets/app-1f2e3d4c.js", "script"),
        ("assets/app-1f2e3d4c.js.br", "script as br"),
        ("assets/core-1f2e3d4c.wasm", "\0asm"),
        ("../outside.txt", "SECRET"),
    ] {
        fs::write(at(name), text).unwrap();
    }
    symlink("../outside.txt", at("link.txt")).unwrap();
    symlink("sw.js", at("inside.js")).unwrap();
    symlink("..", at("up")).unwrap();
    folder
}

async fn serving(app: &TempDir) -> Gateway {
    Gateway::start(&format!("app_dir = {:?}", app.path().join("app"))).await
}

#[tokio::test]
async fn files_have_their_type_and_the_cache_rule_of_their_kind() {
    let app = app();
    let gateway = serving(&app).await;
    for (path, media_type, cache) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/inside.js", "text/javascript; charset=utf-8", "public, max-age=300"),
        ("/manifest.webmanifest", "application/manifest+json", "public, max-age=300"),
        ("/icon.svg", "image/svg+xml", "public, max-age=300"),
        ("/assets/app-1f2e3d4c.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/core-1f2e3d4c.wasm", "application/wasm", "public, max-age=31536000, immutable"),
    ] {
        let answer = gateway.fetch(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            (answer.header("content-type"), answer.header("cache-control")),
            (media_type, cache),
            "{path}"
        );
        let head = gateway.ask("HEAD", path, &gateway.address.to_string(), &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), answer.body.len().to_string(), "{path}");
        assert_eq!(head.header("etag"), answer.header("etag"), "{path}");
    }
}

#[tokio::test]
async fn large_files_arrive_whole_whatever_their_kind() {
    let app = app();
    let large: Vec<u8> = (0..5_000_000_u32).map(|number| (number / 7) as u8).collect();
    for name in ["assets/core-5a6b7c8d.wasm", "large.json"] {
        fs::write(app.path().join("app").join(name), &large).unwrap();
    }
    fs::write(app.path().join("app/assets/empty-5a6b7c8d.js"), "").unwrap();
    let gateway = serving(&app).await;
    for path in ["/assets/core-5a6b7c8d.wasm", "/large.json"] {
        let answer = gateway.fetch(path).await;
        assert_eq!((answer.status, answer.header("content-length")), (200, "5000000"), "{path}");
        assert!(answer.body == large, "{path}");
    }
    let empty = gateway.fetch("/assets/empty-5a6b7c8d.js").await;
    assert_eq!((empty.status, empty.header("content-length")), (200, "0"));
}

#[tokio::test]
async fn the_smallest_form_that_the_client_takes_is_sent() {
    let app = app();
    let gateway = serving(&app).await;
    let host = gateway.address.to_string();
    for (accepted, encoding, body) in [
        ("gzip, br", "br", "index as br"),
        ("gzip", "gzip", "index as gz"),
        ("br;q=0, gzip", "gzip", "index as gz"),
        ("identity", "", "<!doctype html>"),
    ] {
        let answer = gateway.ask("GET", "/", &host, &[("Accept-Encoding", accepted)]).await;
        assert_eq!(
            (answer.header("content-encoding"), answer.text().as_str()),
            (encoding, body),
            "{accepted}"
        );
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    let script = gateway.ask("GET", "/assets/app-1f2e3d4c.js", &host, &[("Accept-Encoding", "br")]).await;
    assert_eq!((script.header("content-encoding"), script.text().as_str()), ("br", "script as br"));
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again_and_a_new_build_is_at_once() {
    let app = app();
    let gateway = serving(&app).await;
    let host = gateway.address.to_string();
    let again = async |tag: &str, encoding: &str| -> Answer {
        gateway.ask("GET", "/sw.js", &host, &[("If-None-Match", tag), ("Accept-Encoding", encoding)]).await
    };
    let tag = gateway.fetch("/sw.js").await.header("etag").to_owned();
    assert!(tag.len() > 10);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = again(&known, "").await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!((answer.header("etag"), answer.header("cache-control")), (tag.as_str(), "no-cache"));
    }
    assert_eq!(again("\"other\"", "").await.status, 200);
    let meant = fs::metadata(app.path().join("app/sw.js")).unwrap().modified().unwrap();
    fs::write(app.path().join("app/sw.js"), "bigger").unwrap();
    // Same length and time as before, as builds that can be repeated make them: the content counts.
    fs::File::options().append(true).open(app.path().join("app/sw.js")).unwrap().set_modified(meant).unwrap();
    let changed = again(&tag, "").await;
    assert_eq!((changed.status, changed.text().as_str()), (200, "bigger"));
    let plain = gateway.ask("GET", "/", &host, &[]).await;
    let small = gateway.ask("GET", "/", &host, &[("Accept-Encoding", "br")]).await;
    assert_ne!(plain.header("etag"), small.header("etag"), "two forms are two things to a cache");
}

#[tokio::test]
async fn nothing_but_files_of_the_app_is_served() {
    let app = app();
    let gateway = serving(&app).await;
    for path in [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/link.txt",
        "/up/outside.txt",
        "/.env",
        "/assets",
        "/assets/",
        "//sw.js",
        "/./sw.js",
        "/sw.js/",
        "/nothing",
        "/assets/..",
        "/index.html%00",
        "/sw%2ejs",
        "/C:/x",
        "/assets/app-1f2e3d4c.js?../../x",
    ] {
        let answer = gateway.fetch(path).await;
        if path.contains('?') {
            assert_eq!(answer.text(), "script", "a query changes nothing");
        } else {
            assert!(answer.status == 404 || answer.status == 400, "{path}: {answer:?}");
            assert!(!answer.text().contains("SECRET"), "{path}");
        }
    }
    let long = format!("/{}", "a".repeat(300));
    assert_eq!(gateway.fetch(&long).await.status, 404);
}

#[tokio::test]
async fn every_answer_has_the_strict_headers() {
    let app = app();
    let gateway = serving(&app).await;
    let host = gateway.address.to_string();
    let origin = gateway.origin();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self' ws://{host}; worker-src 'self'; manifest-src 'self'; frame-src {origin}/_mail-frame {origin}/sw.js; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types mail-frame waypost waypost-app svelte-trusted-html dompurify"
    );
    for (method, path, headers, status) in [
        ("GET", "/", &[][..], 200),
        ("GET", "/", &[("If-None-Match", "*")][..], 304),
        ("GET", "/nothing", &[][..], 404),
        ("POST", "/", &[][..], 405),
        ("OPTIONS", "/", &[][..], 405),
        ("GET", "/tunnel", &[][..], 426),
        ("POST", "/tunnel", &[][..], 426),
        (
            "GET",
            "/tunnel",
            &[
                ("Connection", "upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("Origin", "null"),
            ][..],
            403,
        ),
    ] {
        let answer = gateway.ask(method, path, &host, headers).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("content-security-policy"), policy, "{method} {path}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path} {name}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert_eq!(answer.header("strict-transport-security"), "", "not on plain http");
    }
}

#[tokio::test]
async fn the_policy_names_the_public_name_that_was_used() {
    let origins = "origins = ['http://mail.example.org', 'https://mail.example.org', 'http://mail.lan:8080']";
    let gateway = Gateway::start(origins).await;
    let secure = gateway.ask("GET", "/", "mail.example.org", &[]).await;
    let policy = secure.header("content-security-policy");
    assert!(policy.contains("connect-src 'self' wss://mail.example.org;"), "{policy}");
    assert!(
        policy.contains("frame-src https://mail.example.org/_mail-frame https://mail.example.org/sw.js;"),
        "{policy}"
    );
    assert_eq!(secure.header("strict-transport-security"), "max-age=31536000");
    let plain = gateway.ask("GET", "/", "mail.lan:8080", &[]).await;
    assert!(plain.header("content-security-policy").contains("connect-src 'self' ws://mail.lan:8080;"));
    assert_eq!(plain.header("strict-transport-security"), "");
}

#[tokio::test]
async fn the_policy_names_no_ipv6_address_because_it_could_not() {
    let gateway = Gateway::start("").await;
    let host = format!("[::1]:{}", gateway.address.port());
    let answer = gateway.ask("GET", "/", &host, &[]).await;
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("connect-src 'self';") && policy.contains("frame-src 'self';"), "{policy}");
}

#[tokio::test]
async fn requests_that_are_none_of_a_browser_get_nothing() {
    let gateway = Gateway::start("").await;
    let host = gateway.address;
    for (request, status) in [
        (format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), 400),
        (format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), 400),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), 421),
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 421),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), 421),
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "x".repeat(20_000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\n{}\r\n", "A: b\r\n".repeat(100)), 431),
        ("\u{16}\u{3}\u{1}TLS\r\n\r\n".to_owned(), 400),
    ] {
        let answer = gateway.send(request.as_bytes()).await;
        assert_eq!(answer.status, status, "{:.60}", request);
    }
}

//! What fuzzers of the whole gateway begin with: what a client writes before it has a tunnel, and what an operator writes.

/// A text for a configuration.
pub(crate) fn configuration(data: &[u8]) {
    waypost_gateway::config::fuzz(data.get(1..).unwrap_or_default());
}

/// Requests of browsers, of programs and of nobody.
pub(crate) fn sessions() -> std::io::Result<Vec<Vec<u8>>> {
    let upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let name = "Host: mail.example\r\n";
    let json = r#"{"domain":"example.org","address":"kim@example.org"}"#;
    let requests = [
        format!("GET / HTTP/1.1\r\n{name}Accept-Encoding: br, gzip;q=0\r\n\r\n"),
        format!("HEAD /assets/app.js HTTP/1.1\r\n{name}If-None-Match: \"a\"\r\n\r\nGET /readyz HTTP/1.0\r\n\r\n"),
        format!("GET /_mail-frame?images=1&s=1 HTTP/1.1\r\n{name}X-Forwarded-For: 192.0.2.1, ::1\r\n\r\n"),
        format!(
            "GET /tunnel HTTP/1.1\r\n{name}Origin: https://mail.example\r\n{upgrade}Sec-WebSocket-Protocol: waypost.v1, waypost.token.YWJj\r\n\r\n"
        ),
        format!("GET /tunnel HTTP/1.1\r\n{name}Origin: null\r\n{upgrade}Sec-WebSocket-Protocol: waypost.v9\r\n\r\n"),
        format!(
            "POST /api/discover HTTP/1.1\r\n{name}Origin: https://mail.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        ),
        format!("POST /api/discover HTTP/1.1\r\n{name}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"dom\r\n0\r\n\r\n"),
        format!(
            "POST /api/discover HTTP/1.1\r\n{name}Authorization: Bearer YWJj\r\nForwarded: for=\"[2001:db8::1]:4711\";by=_a, for=10.0.0.1\r\nContent-Type: application/json;a=b\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        ),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\nForwarded: for=\"[2001:db8::1]:4711\"\r\n\r\n".to_owned(),
    ];
    Ok(requests.map(String::into_bytes).to_vec())
}

/// The sample, section by section.
pub(crate) fn samples() -> std::io::Result<Vec<Vec<u8>>> {
    let sample = include_str!("../../../gateway/gateway.example.toml");
    let shown = sample.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.contains(" = ") || rest.starts_with('[') => rest,
        _ => line,
    });
    let text = shown.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    Ok(text.split("\n\n").map(|section| section.as_bytes().to_vec()).collect())
}

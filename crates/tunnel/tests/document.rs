//! docs/TUNNEL.md and the code say the same.

use waypost_tunnel::{
    Control, ErrorCode, MAX_CONTROL, MAX_PAYLOAD, MAX_PAYLOAD_DOWN, MAX_PLAIN_DOWN, MAX_PLAIN_UP, MAX_WINDOW,
    SUBPROTOCOL, TlsMode,
};

const DOCUMENT: &str = include_str!("../../../docs/TUNNEL.md");

/// The cells of the table rows after the heading `## N.`, up to the next one.
fn rows(section: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = DOCUMENT.split_once(section).expect("the section is there");
    let body = rest.split("\n## ").next().unwrap_or_default();
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    body.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---")).map(cells).collect()
}

#[test]
fn the_table_of_errors_is_the_one_of_the_code() {
    let documented: Vec<[&str; 3]> = rows("## 7. Errors")
        .iter()
        .filter_map(|cells| match cells[..] {
            [code, fault, retry, _] => {
                code.strip_prefix('`').map(|code| [code.trim_end_matches('`'), fault, retry])
            }
            _ => None,
        })
        .collect();
    let coded: Vec<[&str; 3]> = ErrorCode::ALL
        .iter()
        .map(|code| [code.as_str(), code.fault().as_str(), if code.retry() { "yes" } else { "no" }])
        .collect();
    assert_eq!(documented, coded);
}

#[test]
fn the_limits_are_those_of_the_code() {
    let documented: Vec<String> =
        rows("## 8. Limits").iter().skip(1).map(|cells| cells[1].to_owned()).collect();
    assert_eq!(
        documented,
        [
            MAX_PAYLOAD.to_string(),
            MAX_PAYLOAD_DOWN.to_string(),
            MAX_CONTROL.to_string(),
            MAX_WINDOW.to_string(),
            MAX_PLAIN_UP.to_string(),
            MAX_PLAIN_DOWN.to_string()
        ]
    );
    assert!(DOCUMENT.starts_with(&format!("# The tunnel: {SUBPROTOCOL}\n")));
}

#[test]
fn every_example_is_a_message_and_every_message_has_one() {
    let examples: Vec<&str> =
        DOCUMENT.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let mut seen = Vec::new();
    for example in examples {
        let control = Control::parse(example).expect("an example reads");
        if let Control::Error { code, fault, retry, .. } = &control {
            let known = ErrorCode::parse(code).expect("a known code");
            assert_eq!((known.fault(), known.retry()), (*fault, *retry));
        }
        seen.push(control.name());
    }
    assert_eq!(seen, ["open", "opened", "credit", "upgrade", "upgraded", "move", "end", "error"]);
}

#[test]
fn the_modes_of_tls_are_those_of_the_code() {
    let documented: Vec<&str> = rows("### open (client)")
        .iter()
        .filter_map(|cells| cells[0].strip_prefix('`')?.strip_suffix('`'))
        .filter(|word| *word != "tls")
        .collect();
    let coded = TlsMode::ALL.map(TlsMode::as_str);
    assert_eq!(documented, coded);
}

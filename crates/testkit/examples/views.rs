//! The sample mail as this machine reads it, a JSON line per message: its octets in base64, its view, and the sender and the first
//! words of its line in a list. The test of the wasm core compares with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io::{BufWriter, Result, Write, stdout};
use waypost_message::{summary, view};
use waypost_testkit::sample::{hostile, samples};

/// 25 November 2026.
const BASE: i64 = 1_795_564_800;
/// Zones by name: the MIME library looks them up in a table.
const ZONES: [&str; 9] = ["EDT", "EST", "CDT", "CST", "MDT", "MST", "PDT", "PST", "GMT"];
/// Charsets that neither a browser nor the Encoding Standard has.
const CHARSETS: [&str; 6] = ["utf-7", "unicode-1-1-utf-7", "cp850", "ibm850", "850", "cspc850multilingual"];

fn main() -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    for raw in samples(BASE).into_iter().map(|sample| sample.raw).chain(more()) {
        let line = summary(&raw);
        let shown = (view(&raw), line.from, line.snippet);
        writeln!(out, "{}", json!({ "raw": STANDARD.encode(&raw), "shown": shown }))?;
    }
    out.flush()
}

/// What the sample mailbox has no example of.
fn more() -> Vec<Vec<u8>> {
    let zone = |zone| format!("From: a@b.example\r\nDate: Wed, 25 Nov 2026 10:00:00 {zone}\r\n\r\nWhen?\r\n");
    let charset = |name| {
        format!("From: a@b.example\r\nContent-Type: text/plain; charset={name}\r\n\r\nGr+APw-n or +AOk-\r\n")
    };
    let mut all = vec![hostile("http://127.0.0.1:9"), entities()];
    all.extend(ZONES.map(zone).map(String::into_bytes));
    all.extend(CHARSETS.map(charset).map(String::into_bytes));
    all
}

/// Names of every length and from all over the alphabet.
fn entities() -> Vec<u8> {
    b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>\
      4&nbsp;&euro; &zwnj;&shy;&amp;&lt;&gt;&quot;&apos;&copy;&reg;&trade;&hellip;&mdash;&ndash;&lsquo;&rsquo;&ldquo;&rdquo;&bull;\
      &middot;&laquo;&raquo;&Eacute;&eacute;&uuml;&szlig;&oslash;&aring;&ccedil;&ntilde;&alpha;&Omega;&rarr;&larr;&hearts;&check;\
      &frac12;&deg;&times;&ensp;&emsp;&thinsp;&zwj;&lrm;&rlm;&CounterClockwiseContourIntegral;&#150;&#x20ac;</p>\r\n"
        .to_vec()
}

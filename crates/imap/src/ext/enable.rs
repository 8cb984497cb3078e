//! ENABLE (RFC 5161).

use super::{Extension, NOTHING};
use crate::event::Response;
use crate::grammar::{Parsed, Reading, capability_data};

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["ENABLE"], untagged: &[("ENABLED", enable_data)], ..NOTHING };

/// ```abnf
/// enable-data = "ENABLED" *(SP capability)
/// ```
fn enable_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, names) = capability_data(input, reading)?;
    Ok((rest, Response::Enabled(names.iter().map(str::to_owned).collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5161_3_1_examples_read() {
        for (line, names) in [
            (&b"X-GOOD-IDEA"[..], vec!["X-GOOD-IDEA"]),
            (b"", vec![]),
            (b" UTF8=ACCEPT ", vec!["UTF8=ACCEPT"]),
        ] {
            let (rest, response) = enable_data(line, Reading::lenient()).unwrap();
            assert!(rest.is_empty());
            assert_eq!(response, Response::Enabled(names.into_iter().map(str::to_owned).collect()));
        }
    }
}

//! Modified UTF-7 of mailbox names (RFC 3501, 5.1.3; kept by RFC 9051, A.1 for old servers).

use waypost_wire::Base64;

/// A name as it goes over the wire: printable ASCII.
pub(crate) fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut run: Vec<u8> = Vec::new();
    for character in name.chars() {
        if matches!(character, ' '..='~') {
            end_run(&mut wire, &mut run);
            wire.push(character);
            if character == '&' {
                wire.push('-');
            }
        } else {
            let mut units = [0_u16; 2];
            run.extend(character.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    end_run(&mut wire, &mut run);
    wire
}

fn end_run(wire: &mut String, run: &mut Vec<u8>) {
    if !run.is_empty() {
        wire.push('&');
        wire.push_str(&Base64::MUTF7.encode(run));
        wire.push('-');
        run.clear();
    }
}

/// A name as people read it. Tolerant: what is no modified UTF-7 stays as it came, so that a server's odd name can still be
/// shown; raw UTF-8 (RFC 6855) passes.
pub(crate) fn decode(wire: &[u8]) -> String {
    let text = String::from_utf8_lossy(wire);
    let mut name = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, shifted)) = rest.split_once('&') {
        name.push_str(before);
        // The run ends at the first octet that is no base64: looking further for `-` would take the square of the length.
        let end = shifted.find(|octet: char| !(octet.is_ascii_alphanumeric() || matches!(octet, '+' | ',')));
        let (run, after) = end.map_or((shifted, ""), |end| shifted.split_at(end));
        let decoded = after.strip_prefix('-').and_then(|after| Some((decode_run(run)?, after)));
        if let Some((characters, after)) = decoded {
            name.push_str(&characters);
            rest = after;
        } else {
            name.push('&');
            rest = shifted;
        }
    }
    name.push_str(rest);
    name
}

fn decode_run(run: &str) -> Option<String> {
    if run.is_empty() {
        return Some("&".to_owned());
    }
    let octets = Base64::MUTF7.decode(run.as_bytes())?;
    let (units, rest) = octets.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    String::from_utf16(&units.iter().map(|unit| u16::from_be_bytes(*unit)).collect::<Vec<_>>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_3501_5_1_3_example_reads_and_writes() {
        let wire = "~peter/mail/&U,BTFw-/&ZeVnLIqe-";
        assert_eq!(decode(wire.as_bytes()), "~peter/mail/台北/日本語");
        assert_eq!(encode("~peter/mail/台北/日本語"), wire);
        assert_eq!(encode("Q&A"), "Q&-A");
        assert_eq!(encode("😀"), "&2D3eAA-");
    }

    #[test]
    fn broken_runs_stay_as_they_came() {
        for odd in ["a&b", "&!!-", "R&D", "&2D0-"] {
            assert_eq!(decode(odd.as_bytes()), odd);
        }
    }

    #[test]
    fn a_long_row_of_shifts_takes_no_more_than_its_length() {
        // Minutes, if each looked for its end to the end of the name.
        let name = "&".repeat(1_000_000);
        assert_eq!(decode(name.as_bytes()), name);
    }

    proptest! {
        #[test]
        fn what_was_encoded_reads_back(name in any::<String>()) {
            let wire = encode(&name);
            prop_assert!(wire.bytes().all(|octet| matches!(octet, b' '..=b'~')));
            prop_assert_eq!(decode(wire.as_bytes()), name);
        }
    }
}

use super::*;

/// A frame's kind, `None` for a response, and its octets.
type Seen = Vec<(Option<String>, Vec<u8>)>;

fn all(chunks: &[&[u8]]) -> Result<Seen, ImapError> {
    let mut framer = Framer::new(Limits::default());
    let mut seen = Vec::new();
    for chunk in chunks {
        framer.push(chunk);
        while let Some(frame) = framer.next()? {
            match frame {
                Frame::Response | Frame::Piece => {
                    seen.push((None, framer.response().to_vec()));
                    framer.advance();
                }
                Frame::BodyStarted(octets) => {
                    seen.push((Some(format!("start {octets}")), framer.response().to_vec()))
                }
                Frame::BodyPart(part) => match seen.last_mut() {
                    Some((Some(kind), whole)) if kind == "part" => whole.extend(part),
                    _ => seen.push((Some("part".to_owned()), part)),
                },
                Frame::BodyEnded => seen.push((Some("end".to_owned()), Vec::new())),
            }
        }
    }
    Ok(seen)
}

fn sample() -> Vec<u8> {
    let mut octets =
        b"* OK text {5}\r\n* LIST () \"/\" {4}\r\na\r\nb\r\n* 1 FETCH (BODY[] {5000}\r\n".to_vec();
    octets.extend(std::iter::repeat_n(b"ab\r\n\n", 1000).flatten());
    octets.extend(b" UID 7 BODY[HEADER] {3}\r\nx: )\na1 OK bare line feed\n");
    octets
}

#[test]
fn literals_bodies_and_lines_are_told_apart_at_every_split() {
    let octets = sample();
    let whole = all(&[&octets]).unwrap();
    assert_eq!(whole[0].1, b"* OK text {5}");
    assert_eq!(whole[1].1, b"* LIST () \"/\" {4}\r\na\r\nb");
    assert_eq!(whole[2], (Some("start 5000".to_owned()), b"* 1 FETCH (BODY[] \x005000\0".to_vec()));
    assert_eq!(whole[3].1.len(), 5000);
    assert_eq!(whole[5].1, b"* 1 FETCH (BODY[] \x005000\0 UID 7 BODY[HEADER] {3}\r\nx: )");
    assert_eq!(whole[6].1, b"a1 OK bare line feed");
    for split in 0..octets.len() {
        assert_eq!(all(&[&octets[..split], &octets[split..]]).unwrap(), whole, "split at {split}");
    }
}

#[test]
fn nul_octets_outside_literals_are_spaces_and_inside_stay() {
    let whole = all(&[b"\0\0* 1 FETCH (BODY[] {3}\r\na\0b)\r\n* 2 FETCH (BODY[] \x005000\0)\r\n"]).unwrap();
    assert_eq!(whole[0].1, b"  * 1 FETCH (BODY[] {3}\r\na\0b)");
    assert_eq!(whole[1].1, b"* 2 FETCH (BODY[]  5000 )");
}

#[test]
fn a_literal_that_was_miscounted_costs_its_response_only() {
    // Longer than announced: what follows belongs to it, up to its parenthesis or to what begins a response.
    for (octets, first) in [
        (
            "* 1 FETCH (BODY[] {3}\r\nabcdef\r\n* x\r\n\r\n)\r\n* 2 EXISTS\r\n",
            "* 1 FETCH (BODY[] {3}\r\nabcdef\r\n* x\r\n\r\n)",
        ),
        ("* 1 FETCH (BODY[] {3}\r\nabc def\r\n* 2 EXISTS\r\n", "* 1 FETCH (BODY[] {3}\r\nabc def"),
        ("* 1 FETCH (BODY[] {3}\r\nabc\r\nx\r\n* 2 EXISTS\r\n", "* 1 FETCH (BODY[] {3}\r\nabc\r\nx"),
        // Shorter: the next response is in it.
        ("* 1 FETCH (BODY[] {15}\r\nabc)\r\n* 2 EXISTS\r\n", "* 1 FETCH (BODY[] {15}\r\nabc)"),
    ] {
        for split in 0..octets.len() {
            let (one, other) = octets.as_bytes().split_at(split);
            let seen: Vec<Vec<u8>> =
                all(&[one, other]).unwrap().into_iter().map(|(_, octets)| octets).collect();
            assert_eq!(seen, [first.as_bytes(), b"* 2 EXISTS"], "{octets:?} split at {split}");
        }
    }
    let beyond = all(&[b"* 1 FETCH (BODY[] {99999999999999999999}\r\nx)\r\n* 2 EXISTS\r\n"]).unwrap();
    assert_eq!(beyond.len(), 3);
}

#[test]
fn a_response_that_the_end_cuts_is_given_as_it_is() {
    let mut framer = Framer::new(Limits::default());
    framer.push(b"* 1 EXISTS\r\n* 1 FETCH (UID 5 BODY[] {30}\r\nabc");
    assert_eq!(framer.next().unwrap(), Some(Frame::Response));
    framer.advance();
    assert_eq!(framer.next().unwrap(), None);
    assert!(framer.cut());
    assert_eq!(framer.response(), b"* 1 FETCH (UID 5 BODY[] {30}\r\nabc");
    framer.advance();
    assert!(!framer.cut());
}

#[test]
fn only_body_sections_of_fetch_are_streamed() {
    for (line, streamed) in [
        ("* 1 FETCH (BODY[] {5000}", true),
        ("* 1 fetch (UID 7 body[1.2]<0> {5000}", true),
        ("* 1 FETCH (BODY[HEADER.FIELDS (TO CC)] {5000}", true),
        ("*  1 FETCH (FLAGS () BINARY[2] ~{5000}", true),
        ("* 1 FETCH (RFC822  {5000}", true),
        ("* 1 FETCH (RFC822.TEXT {5000+}", true),
        ("* 1 FETCH (RFC822.HEADER {5000}", false),
        ("* 1 FETCH (ENVELOPE (NIL {5000}", false),
        ("* 1 FETCH (BODY[] {4096}", false),
        ("* LIST () \"/\" BODY[] {5000}", false),
    ] {
        let frames = all(&[line.as_bytes(), b"\r\n"]).unwrap();
        assert_eq!(frames.len() == 1, streamed, "{line}");
    }
}

#[test]
fn a_line_is_too_long_in_one_piece_and_in_many() {
    let mut long = vec![b'a'; Limits::default().line + 1];
    long.push(b'\n');
    for size in [long.len(), 1000] {
        let pieces: Vec<&[u8]> = long.chunks(size).collect();
        assert!(matches!(all(&pieces), Err(ImapError::Limit { what: "line", .. })));
    }
}

#[test]
fn a_response_of_many_streamed_bodies_has_its_limit() {
    let mut framer = Framer::new(Limits::default());
    framer.push(b"* 1 FETCH (");
    let item =
        [format!("X{} BODY[] {{5000}}\r\n", "y".repeat(900_000)).into_bytes(), vec![b'z'; 5000]].concat();
    let ended = (0..20).find_map(|_| {
        framer.push(&item);
        loop {
            match framer.next() {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(error) => return Some(error),
            }
        }
    });
    assert!(matches!(ended, Some(ImapError::Limit { what: "response", .. })));
}

#[test]
fn a_claim_beyond_the_limits_ends_the_connection_before_anything_is_sized_by_it() {
    for claim in [
        "* LIST () NIL {99999999999}\r\n",
        "* 1 FETCH (BODY[] {9999999999999999999}\r\n",
        "* 1 FETCH (BODY[] {18446744073709551615}\r\n",
    ] {
        assert!(matches!(all(&[claim.as_bytes()]), Err(ImapError::Limit { .. })), "{claim}");
    }
    let endless = vec![b'a'; Limits::default().line + 1];
    assert!(matches!(all(&[&endless]), Err(ImapError::Limit { what: "line", .. })));
}

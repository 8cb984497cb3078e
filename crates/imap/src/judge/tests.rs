use super::*;

fn tally(octets: &[u8]) -> Tally {
    judge(octets, false, |_, _| {})
}

fn counts(octets: &[u8]) -> [usize; 5] {
    let Tally { responses, typed, salvaged, unknown, lost, .. } = tally(octets);
    [responses, typed, salvaged, unknown, lost]
}

#[test]
fn every_kind_of_response_is_counted_wherever_a_recording_begins() {
    let session =
        b"* OK ready\r\n+ idling\r\n* 3 EXISTS\r\n\r\nx7 OK done\r\n* BYE\r\nA1 NO [ALERT] later\r\n";
    assert_eq!(counts(session), [6, 6, 0, 0, 0]);
    assert_eq!(counts(b"* 1 FETCH (UID 5 BODY[] {3}\r\na\nb)\r\nx BAD no end"), [2, 2, 0, 0, 0]);
    assert_eq!(counts(b"* 1 EXISTS\n* 2 EXISTS\n"), [2, 2, 0, 0, 0]);
    assert_eq!(tally(session).bytes, session.len());
}

#[test]
fn what_is_broken_and_what_is_unknown_are_told_apart() {
    assert_eq!(counts(b"* 1 FETCH (UID 5 X-ODD (a))\r\n"), [1, 0, 0, 1, 0]);
    assert_eq!(counts(b"* 1 FETCH (UID x FLAGS () X-ODD (a))\r\n"), [1, 0, 1, 0, 0]);
    assert_eq!(counts(b"* OK [X-ODD] a\r\n* OK [UIDNEXT x] a\r\n* XODD\r\n"), [3, 0, 1, 2, 0]);
    assert_eq!(counts(b"* STATUS a (MESSAGES 1 X-ODD 5)\r\n* LIST () NIL a (x-odd 5)\r\n"), [2, 0, 0, 2, 0]);
    assert_eq!(counts(b"* STATUS a (APPENDLIMIT NIL)\r\n* LIST () NIL a (OLDNAME (b))\r\n"), [2, 2, 0, 0, 0]);
    // Words in a string of the server are not taken for a part that was not understood.
    assert_eq!(counts(b"* OK \"Unparsed { breach: None\\\" breach: Some(\r\n"), [1, 1, 0, 0, 0]);
}

#[test]
fn octets_that_nobody_can_read_are_unknown() {
    let tls = b"* OK ready\r\na OK begin TLS\r\n\x16\x03\x03\0\x7a\x02\0\0\x76\x03\n\x03\x11\x12";
    assert_eq!(counts(tls), [3, 2, 0, 1, 0]);
}

#[test]
fn noise_costs_its_length() {
    // Searched to its end from each line on, this takes hours.
    let mut noise = b"\x01\r\n".repeat(300_000);
    noise.extend(b"* OK end\r\n");
    assert_eq!(counts(&noise), [300_001, 1, 0, 300_000, 0]);
    noise.truncate(900_000);
    assert_eq!(counts(&noise), [1, 0, 0, 1, 0]);
}

#[test]
fn what_broken_framing_costs_is_counted() {
    let broken = b"* 1 EXISTS\r\n* LIST () NIL {99999999999}\r\n* 2 EXISTS\r\n";
    assert_eq!(counts(broken), [2, 1, 0, 0, 1]);
}

#[test]
fn large_bodies_pass_in_pieces() {
    let mut session = b"* 1 FETCH (UID 5 BODY[] {200000}\r\n".to_vec();
    session.resize(session.len() + 200_000, b'\n');
    session.extend(b" FLAGS ())\r\n* 2 EXISTS\r\n");
    assert_eq!(counts(&session), [2, 2, 0, 0, 0]);
}

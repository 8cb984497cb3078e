use super::*;
use crate::types::Flag;

fn read(text: &[u8]) -> Fetched {
    let (rest, fetched) = msg_att(text, 1, Reading::lenient()).unwrap();
    assert_eq!(rest, b"");
    fetched
}

#[test]
fn items_read_in_any_order() {
    let fetched =
        read(b"(FLAGS (\\Seen) UID 4827313 RFC822.SIZE 44827 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")");
    assert_eq!(fetched.uid.map(Uid::as_u32), Some(4_827_313));
    assert_eq!(fetched.flags().unwrap().to_vec(), [Flag::Seen]);
    assert_eq!(fetched.size, Some(44827));
    assert!(fetched.internal_date.is_some());
}

#[test]
fn a_broken_item_costs_only_itself() {
    let fetched = read(b"(UID 5 MODSEQ (x) ENVELOPE broken X-ODD (\"a)\" b) FLAGS (\\Flagged) )");
    assert_eq!(fetched.uid.map(Uid::as_u32), Some(5));
    assert_eq!(fetched.flags().unwrap().to_vec(), [Flag::Flagged]);
    let names: Vec<&str> = fetched.unparsed.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["MODSEQ", "ENVELOPE", "X-ODD"]);
    assert_eq!(fetched.unparsed[0].octets, b"(x)");
}

#[test]
fn sections_read_with_part_fields_and_origin() {
    let fetched = read(b"(BODY[1.2.HEADER.FIELDS (From \"To\")]<10> {2}\r\nab BODY[] \x00123456\0 BODY[TEXT] NIL BINARY[3] \"x\")");
    assert_eq!(fetched.bodies[0].section.part, [1, 2]);
    assert_eq!(
        fetched.bodies[0].section.text,
        SectionText::HeaderFields(vec!["From".to_owned(), "To".to_owned()])
    );
    assert_eq!(fetched.bodies[0].origin, Some(10));
    assert_eq!(fetched.bodies[0].data, BodyData::Inline(b"ab".to_vec()));
    assert_eq!(fetched.bodies[1].data, BodyData::Streamed(123_456));
    assert_eq!(fetched.bodies[2].data, BodyData::Absent);
    assert_eq!(read(b"(UID 3 BODY[] )").bodies[0].data, BodyData::Absent);
    let size = Attribute::BinarySize { part: vec![1, 2], octets: 44 };
    assert_eq!(read(b"(BINARY.SIZE[1.2] 44)").attributes, [size]);
    assert_eq!(read(b"(BINARY.SIZE[TEXT] 44)").unparsed.len(), 1);
}

#[test]
fn a_response_is_read_on_from_its_streamed_bodies() {
    let first = b"* 12 FETCH (UID 7 BODY[1] \x005000\0".as_slice();
    let partial = PartialFetch::read(None, first, Reading::lenient());
    let (sequence, uid, section) = partial.section().unwrap();
    assert_eq!((sequence, uid.map(Uid::as_u32), section.part), (12, Some(7), vec![1]));
    let second = [first, b" FLAGS () BODY[2]<0> \x006000\0"].concat();
    let partial = PartialFetch::read(Some(partial), &second, Reading::lenient());
    assert_eq!(partial.section().unwrap().2.part, [2]);
    let fetched = partial.finish(&[&second[..], b" RFC822.SIZE 5)"].concat(), Reading::lenient()).unwrap();
    assert_eq!(
        (fetched.bodies.len(), fetched.size, fetched.flags().unwrap().to_vec().len()),
        (2, Some(5), 0)
    );
    assert!(fetched.unparsed.is_empty());
}

#[test]
fn rfc_9586_3_3_uids_stand_for_sequence_numbers() {
    let response = b"* 25997 UIDFETCH (BODY[] \x005000\0".as_slice();
    let partial = PartialFetch::read(None, response, Reading::lenient());
    let (sequence, uid, _) = partial.section().unwrap();
    assert_eq!((sequence, uid.map(Uid::as_u32)), (0, Some(25997)));
}

#[test]
fn a_section_that_is_not_understood_is_no_section() {
    let response = b"* 12 FETCH (UID 7 BODY[ODD] \x005000\0".as_slice();
    let partial = PartialFetch::read(None, response, Reading::lenient());
    assert_eq!(partial.section(), None);
    let fetched = partial.finish(&[response, b")"].concat(), Reading::lenient()).unwrap();
    assert_eq!((fetched.uid.map(Uid::as_u32), fetched.bodies.len(), fetched.unparsed.len()), (Some(7), 0, 1));
    let response = b"* 12 FETCH UID BODY[] \x005000\0".as_slice();
    assert_eq!(PartialFetch::read(None, response, Reading::lenient()).section(), None);
}

#[test]
fn a_literal_that_was_miscounted_is_kept_with_all_that_follows() {
    for (octets, offset) in
        [(&b"(UID 5 BODY[1]<0> {3}\r\nabcdef\r\n UID 6)"[..], 8), (b"(UID 5 BODY[1]<0> {30}\r\nabc)", 6)]
    {
        let fetched = read(octets);
        let [unparsed] = fetched.unparsed.as_slice() else { panic!("{fetched:?}") };
        assert_eq!((fetched.uid.map(Uid::as_u32), unparsed.name.as_str()), (Some(5), "BODY[1]<0>"));
        assert_eq!(unparsed.octets, octets[18..octets.len() - 1]);
        assert_eq!(unparsed.breach, Some(Breach { rule: "literal", offset }));
    }
}

#[test]
fn what_came_before_the_point_of_no_understanding_is_kept() {
    for (broken, unknown) in [
        (&b"(UID 5 FLAGS (\\Seen) ENVELOPE (NIL \"open)"[..], b"ENVELOPE (NIL \"open)".as_slice()),
        (b"(UID 5 FLAGS (\\Seen) ( X )", b"( X )"),
        (b"(UID 5 FLAGS (\\Seen)) (X) UID 6)", b"(X) UID 6)"),
    ] {
        let fetched = read(broken);
        assert_eq!(
            (fetched.uid.map(Uid::as_u32), fetched.flags().unwrap().to_vec()),
            (Some(5), vec![Flag::Seen])
        );
        assert_eq!((fetched.unparsed[0].name.as_str(), fetched.unparsed[0].octets.as_slice()), ("", unknown));
    }
    // Where the end is missing, the last value may be cut.
    assert_eq!(read(b"(FLAGS () UID 50").uid, None);
}

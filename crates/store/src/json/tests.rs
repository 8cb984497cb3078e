use super::{Json, decode, encode};
use crate::{ContentRecord, MailboxRecord, MessageRow, UidlRecord};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

const ROW: &str = r#"{"id":"1.2.3.4","from":"Zoë \"\\\/","fromAddress":"\u007a\u00eb@x","to":"\ud83d\ude00 😀","subject":"\t\n\r\b\f\u0001\u001f","snippet":"","date":-62135596800000,"size":18446744073709551615,"flags":["\\Seen",""],"attachment":true,"body":false,"waiting":false,"thread":0,"later":{"a":[1.5e-3,-0,null,[],{}],"b":true},"content":null,"sha256":null,"origin":4294967295}"#;
const MAILBOX: &str = r#" {"id" : 1, "name":"a/b","delimiter":"/","role":null,"selectable":true,"uidvalidity":7,"total":null,"unseen":2,"syncedAt":10 } "#;
const UIDL: &str = r#"{"message":7,"content":"1.0.0.7","octets":9,"sha256":"","state":{"kind":"due","at":5},"wish":"discard","doubt":"reusedId"}"#;

/// What serde_json makes of the same octets, by which records were written and read before. It lets pass what is no UTF-8 where nobody
/// reads it; that is refused.
fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(octets: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(octets).ok();
    let expected = text.and_then(|text| serde_json::from_str::<T>(text).ok());
    assert_eq!(decode::<T>(octets), expected, "{}", String::from_utf8_lossy(octets));
    expected
}

/// The record, each beginning of it, and it with each octet in turn replaced by others.
fn like_serde_json<T: DeserializeOwned + Serialize + PartialEq + Debug>(stored: &str) {
    let record = read::<T>(stored.as_bytes()).expect("is a record");
    assert_eq!(encode(&record), serde_json::to_vec(&record).expect("is written"));
    for at in 0..stored.len() {
        read::<T>(&stored.as_bytes()[..at]);
        for octet in b"\0 \n\"\\/,:-+.0189aefnrtu[]{}\x7f\x80\xff" {
            let mut octets = stored.as_bytes().to_vec();
            octets[at] = *octet;
            read::<T>(&octets);
        }
    }
}

#[test]
fn records_whole_and_damaged_are_read_and_written_as_before() {
    like_serde_json::<MessageRow>(ROW);
    like_serde_json::<MailboxRecord>(MAILBOX);
    like_serde_json::<UidlRecord>(UIDL);
}

#[test]
fn every_letter_is_written_as_before() {
    let letters: String = (0..0x300).chain(0xfff0..0x10010).filter_map(char::from_u32).collect();
    let written = encode(&letters);
    assert_eq!(written, serde_json::to_vec(&letters).expect("is written"));
    assert_eq!(decode::<String>(&written), Some(letters));
}

#[test]
fn texts_and_numbers_are_refused_as_before() {
    for text in [
        r#""\ud83d""#,
        r#""\ud83dx""#,
        r#""\ud83d\u0041""#,
        r#""\ude00""#,
        r#""\uD83D\uDE00""#,
        r#""\u12""#,
        r#""\x""#,
        r#"""#,
        "\"\u{1}\"",
        r#""a" "b""#,
        "",
    ] {
        read::<String>(text.as_bytes());
    }
    for number in [
        "0",
        "-0",
        "-1",
        "01",
        "-",
        "1.",
        "1.0",
        "1e2",
        "18446744073709551615",
        "18446744073709551616",
        "+1",
        " 7 ",
    ] {
        read::<u64>(number.as_bytes());
    }
    for number in
        ["-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808", "-0"]
    {
        read::<i64>(number.as_bytes());
    }
    for list in ["[]", "[1]", "[1,2]", "[1,]", "[,1]", "[1 2]", "[1", "[1]]", " [ 1 , 2 ] "] {
        read::<Vec<u8>>(list.as_bytes());
    }
}

#[test]
fn what_stands_too_deep_is_refused() {
    let nested = |depth: usize| format!(r#"{{"later":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(decode::<UidlRecord>(nested(90).as_bytes()).is_some());
    assert!(decode::<UidlRecord>(nested(100_000).as_bytes()).is_none());
}

#[test]
fn a_scan_stays_as_it_is_written() {
    let record = |scan: &str| {
        format!(
            r#"{{"octets":1,"sha256":"","whole":true,"holders":1,"onlyCopy":false,"usedAt":0,"uidl":null,"scan":{scan}}}"#
        )
    };
    for scan in [r#"{"parts":[{"type":"text/plain","at":[0,17]}],"of":null}"#, "null", "[1.5]"] {
        let stored = record(scan);
        let read: ContentRecord = decode(stored.as_bytes()).expect("is read");
        assert_eq!(encode(&read), stored.as_bytes());
        assert_eq!(read.scan.is_none(), scan == "null");
    }
    let read: ContentRecord = decode(record("[3, 4]").as_bytes()).expect("is read");
    assert_eq!(read.scan.as_ref().and_then(Json::read), Some(vec![3, 4]));
    assert_eq!(read.scan.and_then(|scan| scan.read::<String>()), None);
    let earlier = record("null").replace(r#","scan":null"#, "");
    assert_eq!(decode::<ContentRecord>(earlier.as_bytes()).expect("is read").scan, None);
    assert_eq!(Json::of(&vec![(1, "a")]).and_then(|json| json.read()), Some(vec![(1, "a".to_owned())]));
    assert_eq!(Json::of(&1.5), None);
}

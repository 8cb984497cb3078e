//! Known answers: a message, and what its reader is shown.

use waypost_message::{Address, Attachment, MessageView, part, summary, view};

/// CRLF line ends, as on the wire.
fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn seen(text: &str) -> MessageView {
    view(&wire(text))
}

fn someone(name: &str, address: &str) -> Address {
    Address { name: name.into(), address: address.into() }
}

#[test]
fn a_plain_message() {
    let shown = seen(
        "From: Robin Ashdown <robin@waypost.example>\nReply-To: list@waypost.example\nTo: Kim <kim@waypost.example>, b@c.example\n\
         Cc: Keepers: d@e.example;\nSubject: The lamp\nDate: Tue, 24 Nov 2026 16:16:30 +0100\nMessage-ID: <1@waypost.example>\n\n\
         It is lit.\n\nRobin\n",
    );
    let expected = MessageView {
        subject: "The lamp".into(),
        from: vec![someone("Robin Ashdown", "robin@waypost.example")],
        reply_to: vec![someone("", "list@waypost.example")],
        to: vec![someone("Kim", "kim@waypost.example"), someone("", "b@c.example")],
        cc: vec![someone("", "d@e.example")],
        date: Some(1_795_533_390_000),
        message_id: Some("1@waypost.example".into()),
        text: "It is lit.\n\nRobin".into(),
        html: None,
        parts: vec![],
    };
    assert_eq!(shown, expected);
}

const ALTERNATIVE_WITH_IMAGE: &str = "From: a@b.example\nSubject: News\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=mixed\n\n--mixed\nContent-Type: multipart/alternative; boundary=alt\n\n--alt\n\
    Content-Type: text/plain; charset=utf-8\n\nPlain words\n--alt\nContent-Type: multipart/related; boundary=rel\n\n--rel\n\
    Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
    <p style=3D\"color:red\">Styled <img src=3D\"cid:logo@b.example\"></p>\n--rel\nContent-Type: Image/PNG; name=logo.png\n\
    Content-ID: <logo@b.example>\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\niVBORw==\n\
    --rel--\n--alt--\n--mixed\nContent-Type: text/csv; charset=iso-8859-1; name=\"a.csv\"\n\
    Content-Disposition: attachment; filename=\"../t\u{e9}l.csv\"\nContent-Transfer-Encoding: base64\n\nY2Fm6Q==\n--mixed--\n";

#[test]
fn alternatives_with_an_inline_image_and_an_attachment() {
    let shown = seen(ALTERNATIVE_WITH_IMAGE);
    assert_eq!(shown.text, "Plain words");
    assert_eq!(
        shown.html.as_deref(),
        Some("<p style=\"color:red\">Styled <img src=\"cid:logo@b.example\"></p>")
    );
    let [logo, table] = &shown.parts[..] else { panic!("{:?}", shown.parts) };
    let expected = Attachment {
        index: logo.index,
        name: "logo.png".into(),
        content_type: "image/png".into(),
        content_id: Some("logo@b.example".into()),
        inline: true,
        size: 4,
    };
    assert_eq!(*logo, expected);
    assert_eq!(
        (table.name.as_str(), table.content_type.as_str(), table.inline, table.size),
        ("tél.csv", "text/csv", false, 4)
    );
    let raw = wire(ALTERNATIVE_WITH_IMAGE);
    assert_eq!(part(&raw, logo.index).as_deref(), Some(&b"\x89PNG"[..]));
    assert_eq!(
        part(&raw, table.index).as_deref(),
        Some(&b"caf\xe9"[..]),
        "octets as they were, not converted"
    );
    assert_eq!(part(&raw, 0), None, "the multipart is no attachment");
    assert_eq!(part(&raw, 99), None);
    assert!(summary(&raw).attachment);
}

#[test]
fn the_only_alternative_gives_both_forms() {
    let shown = seen("Content-Type: text/html\n\n<p>One</p><p>Caf&eacute;</p>\n");
    assert_eq!(
        (shown.text.as_str(), shown.html.as_deref()),
        ("One\n\nCafé", Some("<p>One</p><p>Caf&eacute;</p>\r\n"))
    );
    let empty_text = seen(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\n\
         Content-Type: text/html\n\n<b>Words</b>\n--b--\n",
    );
    assert_eq!(empty_text.text, "Words");
}

#[test]
fn inline_texts_of_a_mixed_message_follow_each_other() {
    let shown = seen(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThe post.\n--b\nContent-Type: text/plain\n\n-- \nThe list\n--b--\n",
    );
    assert_eq!(shown.text, "The post.\n-- \nThe list");
    assert_eq!(shown.parts, []);
    let mixed = seen(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<i>Post</i>\n--b\n\n1 < 2\n--b--\n",
    );
    assert_eq!(
        mixed.html.as_deref(),
        Some("<i>Post</i>\n<div style=\"white-space: pre-wrap\">1 &lt; 2</div>")
    );
}

#[test]
fn a_text_to_be_saved_is_no_alternative() {
    let attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n";
    let shown = seen(&format!(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nThe post.\n--b\n{attached}\nThe file.\n--b--\n"
    ));
    assert_eq!((shown.text.as_str(), shown.parts[0].name.as_str()), ("The post.", "a.txt"));
    // So it is where its encoding is damaged.
    let shown = seen(&format!("{attached}Content-Transfer-Encoding: base64\n\nd29yZHM!!*\n"));
    assert_eq!((shown.text.as_str(), shown.parts[0].name.as_str()), ("", "a.txt"));
}

#[test]
fn flowed_text_is_joined() {
    let shown = seen(
        "Content-Type: text/plain; format=flowed; delsp=yes\n\nThe light \nhouse\n> a quote \n> goes on\n",
    );
    assert_eq!(shown.text, "The lighthouse\n> a quotegoes on");
}

#[test]
fn a_nested_message_is_an_attachment_named_by_its_subject() {
    let raw = "Subject: Fwd\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n\
               From: x@y.example\nSubject: =?utf-8?Q?Stra=C3=9Fe_1/2?=\nContent-Type: text/plain\n\nInner words.\n--b--\n";
    let shown = seen(raw);
    assert_eq!(shown.text, "See below.");
    let [nested] = &shown.parts[..] else { panic!("{:?}", shown.parts) };
    assert_eq!((nested.name.as_str(), nested.content_type.as_str()), ("Straße 1-2.eml", "message/rfc822"));
    let inner = part(&wire(raw), nested.index).expect("it is there");
    assert_eq!(view(&inner).text, "Inner words.");
    assert_eq!(nested.size, inner.len() as u64);
}

#[test]
fn other_attachments_keep_what_they_say_of_themselves() {
    let shown = seen(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/ms-tnef; name=\"winmail.dat\"\n\
         Content-Transfer-Encoding: base64\n\neJ8+Ig==\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n\
         JVBERi0=\n--b\nContent-Disposition: attachment; filename*0*=iso-2022-jp''%1B$BF%7C;\n filename*1*=K%5C%1B%28B.txt\n\ny\n--b--\n",
    );
    let names: Vec<_> =
        shown.parts.iter().map(|part| (part.name.as_str(), part.content_type.as_str())).collect();
    assert_eq!(
        names,
        [("winmail.dat", "application/ms-tnef"), ("", "application/pdf"), ("日本.txt", "text/plain")]
    );
}

#[test]
fn raw_headers_are_in_the_charset_of_the_message() {
    let raw = b"From: \xe9\xd7\xc1\xce <i@k.example>\r\nSubject: \xed\xc1\xd1\xcb\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf3\xd7\xc5\xd4\r\n";
    let shown = view(raw);
    assert_eq!((shown.subject.as_str(), shown.text.as_str()), ("Маяк", "Свет"));
    assert_eq!(shown.from, [someone("Иван", "i@k.example")]);
}

#[test]
fn text_without_or_with_an_unknown_charset() {
    for charset in ["", "; charset=x-unknown", "; charset=us-ascii"] {
        let mut raw = format!("Content-Type: text/plain{charset}\r\n\r\n").into_bytes();
        raw.extend_from_slice(b"caf\xe9 \x80");
        assert_eq!(view(&raw).text, "café €", "{charset}");
        let utf8 = format!("Content-Type: text/plain{charset}\r\n\r\ncafé 灯塔");
        assert_eq!(view(utf8.as_bytes()).text, "café 灯塔", "{charset}");
    }
    let html = b"Content-Type: text/html\r\n\r\n<meta charset='windows-1251'><p>\xcc\xe8\xf0";
    assert_eq!(view(html).text, "Мир");
}

#[test]
fn damaged_messages_show_what_they_have() {
    for (raw, expected) in [
        ("Just words, no header\n", "Just words, no header"),
        ("", ""),
        ("Subject: x\nContent-Type: multipart/mixed\n\nno boundary at all\n", "no boundary at all"),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\ncut of", "cut of"),
        (
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>cut of",
            "cut of",
        ),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nd29yZHM!!*\n", "words"),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\na=ZZb=3D\n", "a=ZZb="),
        ("Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>a=ZZb=3D\n", "a=ZZb="),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: x-own\n\nwords\n", "words"),
    ] {
        assert_eq!(seen(raw).text, expected, "{raw}");
    }
    assert_eq!(seen("Date: Someday\n\nx\n").date, None);
    assert_eq!(seen("Date: Tue, 41 Foo 2026 99:99:99\n\nx\n").date, None);
}

#[test]
fn a_summary_says_who_what_and_the_first_words() {
    let found = summary(&wire(
        "From: \"Ashdown, Robin\" <robin@waypost.example>\nTo: Kim <kim@waypost.example>, x@y.example\nSubject: Re: lamp\n\
         Date: Tue, 24 Nov 2026 16:16:30 +0000\n\nOn Monday Kim wrote:\n> Is it lit?\n\nIt is,\nsince noon.\n-- \nRobin\n",
    ));
    assert_eq!(
        (found.from.as_str(), found.from_address.as_str()),
        ("Ashdown, Robin", "robin@waypost.example")
    );
    assert_eq!((found.to.as_str(), found.subject.as_str()), ("Kim, x@y.example", "Re: lamp"));
    assert_eq!(
        (found.snippet.as_str(), found.date, found.attachment),
        ("It is, since noon.", Some(1_795_536_990_000), false)
    );
    assert_eq!(summary(b"From: <bare@y.example>\r\n\r\n").from, "bare@y.example");
    assert_eq!(summary(b"Sender: s@y.example\r\n\r\n").from, "s@y.example");
}

#[test]
fn json_has_the_names_of_the_typescript_types() {
    let json = serde_json::to_value(seen(ALTERNATIVE_WITH_IMAGE)).expect("a view is JSON");
    let keys =
        |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let types = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../web/client/src/answers.generated.ts"
    ))
    .expect("types");
    for (interface, value) in
        [("MessageView", &json), ("Address", &json["from"][0]), ("Attachment", &json["parts"][0])]
    {
        let start = types.find(&format!("export interface {interface} {{")).expect("the interface");
        let body = types[start..].split('}').next().expect("its end");
        let mut declared: Vec<_> = body
            .lines()
            .filter_map(|line| line.trim().strip_prefix("readonly ")?.split([':', '?']).next())
            .collect();
        declared.sort_unstable();
        let mut present = keys(value);
        present.sort_unstable();
        assert_eq!(present, declared, "{interface}");
    }
    assert_eq!(json["date"], serde_json::Value::Null);
    assert_eq!(json["parts"][1]["contentId"], serde_json::Value::Null);
}

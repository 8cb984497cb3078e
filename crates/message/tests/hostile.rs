//! Any octets give a view: truncated, mutated and nested messages neither panic nor take long.

use std::time::Instant;
use waypost_message::{header_text, part, summary, view};

const MESSAGES: [&[u8]; 4] = [
    b"From: =?utf-8?Q?J=C3=BCrgen?= <j@w.example>, Group: a@b.example (c \\) d), \"q \\\" x\" <e@f.example>;\r\n\
      To: undisclosed-recipients:;\r\nSubject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\r\n =?gb2312?Q?=B5=C6?=\r\n\
      Date: Tue, 24 Nov 2026 16:16:30 +0100\r\nMessage-ID: <1@w.example>\r\nMIME-Version: 1.0\r\n\
      Content-Type: multipart/mixed; boundary=\"mixed one\"\r\n\r\npreamble\r\n--mixed one\r\n\
      Content-Type: multipart/alternative; boundary=alt\r\n\r\n--alt\r\n\
      Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
      soft =20\r\nline=\r\n--alt\r\nContent-Type: text/html; charset=shift_jis\r\nContent-Transfer-Encoding: base64\r\n\r\n\
      PHA+k/qWezxpbWcgc3JjPWNpZDp4PjwvcD4=\r\n--alt--\r\n--mixed one\r\nContent-Type: message/rfc822\r\n\r\n\
      Subject: inner\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: deep\r\n\r\nx\r\n--d--\r\n\
      --mixed one\r\nContent-Type: image/png\r\nContent-ID: <x>\r\nContent-Disposition: inline;\r\n\
      \x20filename*0*=utf-8'en'%E7%81;\r\n filename*1*=%AF.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--mixed one--\r\n",
    b"Subject: \x1b$BF|K\\\x1b(B\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$BF|K\\\x1b(B\r\n",
    b"Content-Type: text/html\r\n\r\n<html><head><title>t</title></head><body><p style='a>b'>x &amp; y&#x41;<!-- c --><br>\
      <blockquote>q</blockquote><pre>a\nb</pre><script>s</script></body></html>",
    b"Subject: r\r\nContent-Type: multipart/report; boundary=b; report-type=delivery-status\r\n\r\n--b\r\n\r\nfailed\r\n--b\r\n\
      Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\n\r\n--b\r\n\
      Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogYQ0KDQpi\r\n--b--\r\n",
];

/// Everything that takes octets.
fn read_all(octets: &[u8]) {
    let shown = view(octets);
    let _ = summary(octets);
    for attachment in &shown.parts {
        let found = part(octets, attachment.index).expect("a listed part is there");
        assert_eq!(found.len() as u64, attachment.size);
    }
}

/// A small generator (xorshift), so that a failure happens again.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("48 bits") % below.max(1)
    }
}

#[test]
fn a_message_cut_at_any_octet_has_a_view() {
    for message in MESSAGES {
        for end in 0..=message.len() {
            read_all(&message[..end]);
            read_all(&message[end..]);
        }
    }
}

#[test]
fn mutated_messages_have_a_view() {
    const TOKENS: [&[u8]; 24] = [
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"--",
        b"--alt\r\n",
        b"--b",
        b"=\r\n",
        b"=",
        b"=?",
        b"?=",
        b"\"",
        b"(",
        b")",
        b"<",
        b">",
        b"\\",
        b";",
        b"\0",
        b"\xff",
        b"\x1b$B",
        b"\xe7\x81",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"&#x",
        b"*0*=",
    ];
    let mut random = Random(0x57a7_9057);
    for round in 0..ROUNDS {
        let mut octets = MESSAGES[round % MESSAGES.len()].to_vec();
        for _ in 0..=random.next(8) {
            let at = random.next(octets.len());
            match random.next(4) {
                0 => octets[at] = u8::try_from(random.next(256)).expect("an octet"),
                1 => drop(octets.drain(at..(at + random.next(20)).min(octets.len()))),
                2 => drop(octets.splice(at..at, TOKENS[random.next(TOKENS.len())].iter().copied())),
                _ => {
                    let copied = octets[at..(at + random.next(60)).min(octets.len())].to_vec();
                    let to = random.next(octets.len());
                    octets.splice(to..to, copied);
                }
            }
            if octets.is_empty() {
                octets.push(b'x');
            }
        }
        read_all(&octets);
        let _ = header_text(&octets);
    }
}

#[test]
fn deep_nesting_neither_overflows_the_stack_nor_takes_long() {
    let started = Instant::now();
    let multiparts: String = (0..3_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    read_all(multiparts.as_bytes());
    read_all(&b"Content-Type: message/rfc822\r\n\r\n".repeat(50_000));
    read_all(&b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n".repeat(20_000));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn very_many_parts_take_linear_time() {
    let started = Instant::now();
    let image = "--b\r\nContent-Type: image/png\r\nContent-ID: <x>\r\n\r\nx\r\n".repeat(10_000);
    let text = "--b\r\n\r\nx\r\n".repeat(20_000);
    let html = format!("--b\r\nContent-Type: text/html\r\n\r\n{}\r\n", "<i>x</i>".repeat(100_000));
    read_shown(
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{html}{text}{image}--b--\r\n").as_bytes(),
    );
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// All but the octets of each part, for which the message is parsed each time.
fn read_shown(octets: &[u8]) {
    let shown = view(octets);
    assert!(shown.parts.len() == 10_000 && shown.html.is_some());
    let _ = summary(octets);
}

#[test]
fn long_headers_take_linear_time() {
    let started = Instant::now();
    for piece in [
        &b"=?utf-8?Q?a?= "[..],
        b"=?",
        b"a@b.example, ",
        b"((((",
        b"\"",
        b"<",
        b"=?utf-8?B?5?=",
        b"=?a?q?x ",
        b"\x1b$B\x1b(B",
    ] {
        let value = piece.repeat(300_000 / piece.len());
        read_all(&[b"From: ", &value[..], b"\r\nSubject: ", &value[..], b"\r\n\r\nx"].concat());
        read_all(
            &[
                b"Content-Type: text/plain; name=",
                &value[..],
                b"\r\nContent-Disposition: attachment; filename=",
                &value[..],
                b"\r\n\r\nx",
            ]
            .concat(),
        );
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// Enough for a debug build to take seconds.
const ROUNDS: usize = 8_000;

//! Messages for tests: ordinary, damaged, and changed at random.

/// A message of many kinds of parts, and faults one by one.
pub(crate) fn samples() -> Vec<Vec<u8>> {
    let mut samples: Vec<Vec<u8>> = Vec::new();
    for text in TEXTS {
        samples.push(text.replace('\n', "\r\n").into_bytes());
        samples.push(text.as_bytes().to_vec());
        samples.push(text.replace('\n', "\r").into_bytes());
    }
    samples
}

/// A small generator (xorshift), so that a failure happens again.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("48 bits") % below.max(1)
    }
}

/// Some octets of a message exchanged, taken out, put in or copied.
pub(crate) fn mutate(octets: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.next(6) {
        if octets.is_empty() {
            octets.push(b'x');
        }
        let at = random.next(octets.len());
        match random.next(4) {
            0 => octets[at] = u8::try_from(random.next(256)).expect("an octet"),
            1 => drop(octets.drain(at..(at + random.next(30)).min(octets.len()))),
            2 => drop(octets.splice(at..at, TOKENS[random.next(TOKENS.len())].bytes())),
            _ => {
                let copied = octets[at..(at + random.next(90)).min(octets.len())].to_vec();
                let to = random.next(octets.len());
                octets.splice(to..to, copied);
            }
        }
    }
}

const TOKENS: [&str; 26] = [
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\n\n",
    " \r\n",
    "--",
    "--a",
    "--a--",
    "\n--a\n",
    "\n--b\n",
    "\n--b--\n",
    "\r\n--ab\r\n",
    "-",
    "=",
    "==",
    "!",
    ":",
    "\0",
    "x",
    "\nContent-Type: message/rfc822\n\n",
    "\nContent-Type: multipart/mixed; boundary=a\n\n",
    "\nContent-Type: multipart/digest; boundary=b\n\n",
    "\nContent-Transfer-Encoding: base64\n\n",
    "\nContent-Transfer-Encoding: quoted-printable\n\n",
    "Content-Type: image/png; name=x.png\n",
];

const TEXTS: [&str; 24] = [
    "",
    "\n",
    "Just words, no header\n",
    "Subject: x",
    "Subject: x\n",
    "Subject: x\n\nwords\n",
    " \t\n: odd\nno colon\nSubject : x\n folded\n \n\nwords\0\n",
    // All kinds of parts.
    "From: r@w.example\nSubject: all\nContent-Type: multipart/mixed; boundary=a\n\npreamble\n--a\n\
     Content-Type: multipart/alternative; boundary=\"b c\"\n\n--b c\nContent-Type: text/plain; charset=utf-8\n\
     Content-Transfer-Encoding: quoted-printable\n\nsoft =20\nline=\n--b c\nContent-Type: multipart/related; boundary=ab\n\n--ab\n\
     Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+WDxpbWcgc3JjPSJjaWQ6eCI+\n--ab\nContent-Type: image/png\n\
     Content-ID: <x>\nContent-Disposition: inline; filename=x.png\nContent-Transfer-Encoding: base64\n\niVBORw==\n--ab--\n--b c--\n\
     between\n--a\nContent-Type: application/pdf; name=y.pdf\n\n%PDF\n%%EOF\n\n--a\nContent-Type: text/csv\n\
     Content-Disposition: attachment; filename=z.csv\nContent-Transfer-Encoding: quoted-printable\n\na=3D1 \nb\n--a--\nepilogue\n",
    // Nested messages.
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nSubject: inner\n\
     Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: deep\n\nx\n--d\nContent-Type: text/plain\n\ny\n--d--\n--a\n\
     Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lG\n--a--\n",
    "Content-Type: message/rfc822\n\nSubject: in\nContent-Type: message/rfc822\n\nSubject: in in\n\nwords\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: x\n\n\
     words\n--a\nContent-Type: text/plain\n\nmore\n--a--\n",
    "Content-Type: multipart/report; boundary=b\n\n--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nFinal: x\n\n--b\n\
     Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQ0KDQpi\n--b--\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n--a\nContent-Type: message/rfc822\n\n\n--a--\n",
    // Boundaries: none, missing, prefixes of each other, the same one nested, within a line.
    "Content-Type: multipart/mixed\n\nno boundary\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\ncut of",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=never\n\n--a\n\
     Content-Type: multipart/mixed; boundary=nor\n\nwords\n--a\nContent-Type: image/png\n\nx\n--a--\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab--\n--a\n\
     Content-Type: application/x\n\ntwo\n--a--\n",
    "Content-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a--\n--ab\n\
     Content-Type: application/x\n\ntwo\n--ab--\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a--\n--a\n\
     Content-Type: application/x\n\ntwo\n--a--\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\n\none--a\nContent-Type: application/x\n\ntwo---a\n\nthree\n--a --\n\n--a x\n\n--a-",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n\
     no end of b\n--a\nContent-Type: application/x\n\ntwo\n--a--\n",
    // Faulty encodings.
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nd29yZHM!!*\n--a\n\
     Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVB--ORw==\n--a\nContent-Type: image/png\n\
     Content-Transfer-Encoding: quoted-printable\n\na==b\n--a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nQQ-\n---a--\n",
    "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n??\n--a\n\
     Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>a=ZZb=3D\n--a--\n",
    "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+d29yZHM8L2I+\n--\n",
];

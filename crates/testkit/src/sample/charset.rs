//! Text into octets of a charset, and into header words (RFC 2047) and transfer encodings (RFC 2045) as mailers write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;

/// A charset by the name that a mailer writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Charset {
    /// What stands in the message.
    pub(super) label: &'static str,
    /// What the octets are in.
    encoding: &'static Encoding,
}

impl Charset {
    pub(super) const UTF_8: Self = Self { label: "utf-8", encoding: encoding_rs::UTF_8 };
    pub(super) const SHIFT_JIS: Self = Self { label: "Shift_JIS", encoding: encoding_rs::SHIFT_JIS };
    pub(super) const ISO_2022_JP: Self = Self { label: "ISO-2022-JP", encoding: encoding_rs::ISO_2022_JP };
    pub(super) const EUC_JP: Self = Self { label: "EUC-JP", encoding: encoding_rs::EUC_JP };
    pub(super) const GB18030: Self = Self { label: "GB18030", encoding: encoding_rs::GB18030 };
    /// As many mailers do, it says gb2312 and means GBK.
    pub(super) const GB2312: Self = Self { label: "gb2312", encoding: encoding_rs::GBK };
    pub(super) const BIG5: Self = Self { label: "Big5", encoding: encoding_rs::BIG5 };
    pub(super) const EUC_KR: Self = Self { label: "EUC-KR", encoding: encoding_rs::EUC_KR };
    pub(super) const KS_C_5601: Self = Self { label: "ks_c_5601-1987", encoding: encoding_rs::EUC_KR };
    pub(super) const KOI8_R: Self = Self { label: "koi8-r", encoding: encoding_rs::KOI8_R };
    pub(super) const WINDOWS_1251: Self = Self { label: "windows-1251", encoding: encoding_rs::WINDOWS_1251 };
    pub(super) const WINDOWS_1252: Self = Self { label: "windows-1252", encoding: encoding_rs::WINDOWS_1252 };
    pub(super) const WINDOWS_1255: Self = Self { label: "windows-1255", encoding: encoding_rs::WINDOWS_1255 };
    pub(super) const WINDOWS_1256: Self = Self { label: "windows-1256", encoding: encoding_rs::WINDOWS_1256 };
    pub(super) const WINDOWS_874: Self = Self { label: "windows-874", encoding: encoding_rs::WINDOWS_874 };
    pub(super) const ISO_8859_2: Self = Self { label: "iso-8859-2", encoding: encoding_rs::ISO_8859_2 };
    pub(super) const ISO_8859_7: Self = Self { label: "iso-8859-7", encoding: encoding_rs::ISO_8859_7 };
    pub(super) const ISO_8859_15: Self = Self { label: "iso-8859-15", encoding: encoding_rs::ISO_8859_15 };

    /// The octets of a text. A character that the charset lacks is a fault of the sample; it would show as `&#...;` in the test.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        self.encoding.encode(text).0.into_owned()
    }
}

/// How a header carries what is not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// RFC 2047, base64.
    B,
    /// RFC 2047, quoted.
    Q,
    /// Not at all: raw octets.
    Raw,
}

/// How a body is encoded for transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// 7bit or 8bit, whichever the octets need.
    Plain,
    /// quoted-printable
    Quoted,
    /// base64
    Base64,
}

/// A header's text as octets.
pub(super) fn header(text: &str, charset: Charset, words: Words) -> Vec<u8> {
    if words == Words::Raw {
        return charset.encode(text);
    }
    if text.is_ascii() {
        return text.as_bytes().to_vec();
    }
    let mut encoded: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for letter in text.chars() {
        chunk.push(letter);
        if word(&chunk, charset, words).len() > LONGEST_WORD {
            chunk.pop();
            encoded.push(word(&chunk, charset, words));
            chunk = letter.to_string();
        }
    }
    encoded.push(word(&chunk, charset, words));
    encoded.join("\r\n ").into_bytes()
}

fn word(text: &str, charset: Charset, words: Words) -> String {
    let octets = charset.encode(text);
    match words {
        Words::B | Words::Raw => format!("=?{}?B?{}?=", charset.label, STANDARD.encode(octets)),
        Words::Q => {
            let letters = octets.iter().map(|octet| match octet {
                b' ' => "_".to_owned(),
                octet if octet.is_ascii_alphanumeric() => char::from(*octet).to_string(),
                octet => format!("={octet:02X}"),
            });
            format!("=?{}?Q?{}?=", charset.label, letters.collect::<String>())
        }
    }
}

/// The name of a transfer encoding and the body in it. Lines of the text end in LF.
pub(super) fn body(text: &str, charset: Charset, transfer: Transfer) -> (&'static str, Vec<u8>) {
    let octets = charset.encode(&text.replace('\n', "\r\n"));
    match transfer {
        Transfer::Plain if octets.is_ascii() => ("7bit", octets),
        Transfer::Plain => ("8bit", octets),
        Transfer::Quoted => ("quoted-printable", quoted_printable(&octets)),
        Transfer::Base64 => ("base64", base64_lines(&octets)),
    }
}

/// Base64 in lines of 76.
pub(super) fn base64_lines(octets: &[u8]) -> Vec<u8> {
    let letters = STANDARD.encode(octets);
    let lines = letters.as_bytes().chunks(76).flat_map(|line| [line, b"\r\n"].concat());
    lines.collect()
}

fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(octets.len() * 2);
    let mut column = 0;
    for (at, &octet) in octets.iter().enumerate() {
        if octet == b'\r' || octet == b'\n' {
            quoted.push(octet);
            column = 0;
            continue;
        }
        let ends_line = matches!(octets.get(at + 1), None | Some(b'\r'));
        let literal = octet.is_ascii_graphic() && octet != b'=' || octet == b' ' && !ends_line;
        let width = if literal { 1 } else { 3 };
        if column + width > 75 {
            quoted.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if literal {
            quoted.push(octet);
        } else {
            quoted.extend_from_slice(format!("={octet:02X}").as_bytes());
        }
        column += width;
    }
    quoted
}

/// RFC 2047, 2.
const LONGEST_WORD: usize = 75;

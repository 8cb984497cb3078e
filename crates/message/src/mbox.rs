//! The way out: messages as an mbox file, and the name of a message as a file of its own.
//!
//! The file is of the default format of [RFC 4155](https://www.rfc-editor.org/rfc/rfc4155), appendix A: a separator line with an
//! address and a time of UTC, the message with LF line ends, an empty line. Lines of messages that look like separators are quoted
//! as mboxrd does: a `>` before `From ` and before any `>` that stands before it, so that taking one away gives the line back.
//!
//! CRLF becomes LF, because what reads such files (Thunderbird, mutt, procmail) expects it; all other octets stay. A message whose
//! lines all end in CRLF, as they do on the wire, comes back octet for octet; of others the line ends are lost, and only
//! a file of their own (.eml) keeps them: that holds the octets as they are.

use crate::parameter::file_name;
use mail_parser::DateTime;
use memchr::memchr2;

/// Writes messages one after the other. However a message is split, the file is the same.
#[derive(Debug, Clone, Default)]
pub struct MboxWriter {
    place: Place,
    /// A CR came, and it is not known whether an LF follows.
    carriage: bool,
}

/// Where in a line the next octet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    /// At its start.
    #[default]
    Start,
    /// Behind one or more `>` at its start.
    Quoted,
    /// Behind this many letters of `From `, which are not written yet.
    From(usize),
    /// Anywhere else.
    Inside,
}

impl MboxWriter {
    /// Nothing is written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The line before a message: the sender's address, which may be empty, and when it arrived in milliseconds since 1970.
    #[must_use]
    pub fn begin(&mut self, envelope_sender: &str, date: i64) -> Vec<u8> {
        *self = Self::default();
        let is_address = |sender: &str| {
            sender.len() <= LONGEST_ADDRESS
                && sender.contains('@')
                && sender.bytes().all(|octet| octet.is_ascii_graphic())
        };
        // The name that mail systems use where there is no sender.
        let sender = if is_address(envelope_sender) { envelope_sender } else { "MAILER-DAEMON" };
        format!("From {sender} {}\n", asctime(date)).into_bytes()
    }

    /// The next octets of the message.
    #[must_use]
    pub fn push(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut written = Vec::with_capacity(octets.len() + octets.len() / 32);
        let mut rest = octets;
        while let Some((&octet, behind)) = rest.split_first() {
            if std::mem::take(&mut self.carriage) && octet != b'\n' {
                self.write(b'\r', &mut written);
            }
            rest = behind;
            match octet {
                b'\r' => self.carriage = true,
                octet => self.write(octet, &mut written),
            }
            if self.place == Place::Inside && !self.carriage {
                let (line, behind) = rest.split_at(memchr2(b'\r', b'\n', rest).unwrap_or(rest.len()));
                written.extend_from_slice(line);
                rest = behind;
            }
        }
        written
    }

    /// The end of the message and the empty line after it. The last line of a message without a line end gets one.
    #[must_use]
    pub fn end(&mut self) -> Vec<u8> {
        let mut written = Vec::new();
        if std::mem::take(&mut self.carriage) {
            self.write(b'\r', &mut written);
        }
        if self.place != Place::Start {
            self.write(b'\n', &mut written);
        }
        written.push(b'\n');
        written
    }

    fn write(&mut self, octet: u8, written: &mut Vec<u8>) {
        let known = match self.place {
            Place::Start | Place::Quoted => 0,
            Place::From(known) => known,
            Place::Inside => FROM.len(),
        };
        if FROM.get(known) == Some(&octet) {
            self.place = Place::From(known + 1);
            if known + 1 == FROM.len() {
                written.push(b'>');
                written.extend_from_slice(FROM);
                self.place = Place::Inside;
            }
            return;
        }
        if self.place != Place::Inside {
            written.extend_from_slice(&FROM[..known]);
        }
        written.push(octet);
        self.place = match octet {
            b'\n' => Place::Start,
            b'>' if matches!(self.place, Place::Start | Place::Quoted) => Place::Quoted,
            _ => Place::Inside,
        };
    }
}

/// ```abnf
/// timestamp = day-name SP month SP day SP time SP year
/// ```
/// as the C library writes it, in UTC.
fn asctime(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000).clamp(0, LAST_SECOND);
    let date = DateTime::from_timestamp(seconds);
    let weekday = DAYS[usize::from(date.day_of_week()) % DAYS.len()];
    let month = MONTHS[usize::from(date.month.saturating_sub(1)) % MONTHS.len()];
    let DateTime { year, day, hour, minute, second, .. } = date;
    format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year:04}")
}

/// The name for a message as a file: its date if there is one, and its subject, with nothing that a file system refuses.
#[must_use]
pub fn eml_name(subject: &str, date: Option<i64>) -> String {
    let seconds =
        date.map(|date| date.div_euclid(1000)).filter(|seconds| (0..=LAST_SECOND).contains(seconds));
    let day = seconds.map(|seconds| {
        let DateTime { year, month, day, .. } = DateTime::from_timestamp(seconds);
        format!("{year:04}-{month:02}-{day:02} ")
    });
    let refused = |letter: char| "/\\<>:\"|?*".contains(letter);
    let subject = subject.replace(refused, "-");
    let subject = file_name(&subject);
    let mut name = day.unwrap_or_default();
    for letter in subject.trim_start_matches(['.', ' ']).chars() {
        if name.len() + letter.len_utf8() > LONGEST_STEM {
            break;
        }
        name.push(letter);
    }
    // Windows takes off dots and spaces at the end, and opens devices by these names whatever follows the dot.
    let name = name.trim_end_matches(['.', ' ']);
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let device = DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || is_numbered_device(stem);
    match (name, device) {
        ("", _) => "message.eml".to_owned(),
        (name, true) => format!("_{name}.eml"),
        (name, false) => format!("{name}.eml"),
    }
}

fn is_numbered_device(stem: &str) -> bool {
    let number =
        stem.get(..3).filter(|name| name.eq_ignore_ascii_case("com") || name.eq_ignore_ascii_case("lpt"));
    // Superscript digits are taken for digits.
    number.is_some()
        && matches!(&stem[3..], "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "0" | "¹" | "²" | "³")
}

const FROM: &[u8] = b"From ";
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// The end of the year 9999: the format has four digits.
const LAST_SECOND: i64 = 253_402_300_799;
/// RFC 5321, 4.5.3.1: a path has 256 octets.
const LONGEST_ADDRESS: usize = 256;
/// File systems take 255 octets; this leaves room for an ending and a number.
const LONGEST_STEM: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::samples;

    fn write(messages: &[Vec<u8>], size: usize) -> Vec<u8> {
        let mut writer = MboxWriter::new();
        let mut file = Vec::new();
        for message in messages {
            file.extend(writer.begin("a@b.example", 1_795_533_390_000));
            message.chunks(size).for_each(|chunk| file.extend(writer.push(chunk)));
            file.extend(writer.end());
        }
        file
    }

    /// What a reader of mboxrd finds: a separator follows an empty line, and one `>` is taken away.
    fn read(file: &[u8]) -> Vec<Vec<u8>> {
        let mut messages: Vec<Vec<u8>> = Vec::new();
        let mut empty = true;
        for line in file.split_inclusive(|octet| *octet == b'\n') {
            let quotes = line.iter().take_while(|octet| **octet == b'>').count();
            let looks = line[quotes..].starts_with(FROM);
            if empty && looks && quotes == 0 {
                messages.push(Vec::new());
            } else if let Some(message) = messages.last_mut() {
                message.extend_from_slice(&line[usize::from(looks && quotes > 0)..]);
            }
            empty = line == b"\n";
        }
        for message in &mut messages {
            assert_eq!(message.pop(), Some(b'\n'), "the empty line after it");
        }
        messages
    }

    /// Messages as on the wire, and lines that look like separators.
    fn messages() -> Vec<Vec<u8>> {
        let lines = "Subject: x\n\nFrom here\n>From there\n>>>From\n>>>>From far\nFro\nFrom\n From x\n>>> x\nFFrom x\n\nFrom \n\n";
        let mut messages = samples();
        messages.push(lines.replace('\n', "\r\n").into_bytes());
        messages.push(b"\r\r\n\rFrom x\r\r\r\nFrom y\r\n\r\r\n".to_vec());
        messages
    }

    fn wire(message: &[u8]) -> bool {
        !message.is_empty()
            && message.ends_with(b"\r\n")
            && message.windows(2).all(|pair| pair[1] != b'\n' || pair[0] == b'\r')
    }

    #[test]
    fn messages_come_back_octet_for_octet() {
        let messages: Vec<Vec<u8>> = messages().into_iter().filter(|message| wire(message)).collect();
        assert!(messages.len() > 10);
        let lines = |message: &Vec<u8>| {
            let mut octets = Vec::new();
            message.iter().for_each(|octet| match octet {
                b'\n' => octets.extend_from_slice(b"\r\n"),
                octet => octets.push(*octet),
            });
            octets
        };
        let found: Vec<_> = read(&write(&messages, 4096)).iter().map(lines).collect();
        assert_eq!(found, messages);
    }

    #[test]
    fn the_last_line_has_an_end() {
        for (message, expected) in [
            ("x", "x\n\n"),
            (">", ">\n\n"),
            ("Fro", "Fro\n\n"),
            ("From ", ">From \n\n"),
            ("\r", "\r\n\n"),
            ("", "\n"),
        ] {
            let mut writer = MboxWriter::new();
            let _ = writer.begin("", 0);
            let file = [writer.push(message.as_bytes()), writer.end()].concat();
            assert_eq!(String::from_utf8_lossy(&file), expected, "{message}");
        }
    }

    #[test]
    fn any_split_gives_the_same_file() {
        let messages = messages();
        let whole = write(&messages, usize::MAX);
        assert_eq!(read(&whole).len(), messages.len(), "damaged ones stay apart too");
        for size in [1, 2, 3, 5, 64] {
            assert_eq!(write(&messages, size), whole, "by {size}");
        }
    }

    #[test]
    fn a_separator_has_an_address_and_a_time_of_utc() {
        let separator =
            |sender: &str, date| String::from_utf8(MboxWriter::new().begin(sender, date)).expect("ASCII");
        assert_eq!(
            separator("a@b.example", 1_795_533_390_999),
            "From a@b.example Tue Nov 24 15:16:30 2026\n"
        );
        assert_eq!(separator("", 0), "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
        assert_eq!(separator("a b@c\nFrom x", i64::MAX), "From MAILER-DAEMON Fri Dec 31 23:59:59 9999\n");
    }

    #[test]
    fn a_file_name_is_taken_by_every_file_system() {
        for (subject, date, expected) in [
            ("Re: the lamp", Some(1_795_533_390_000), "2026-11-24 Re- the lamp.eml"),
            ("../../etc/passwd", None, "-..-etc-passwd.eml"),
            ("a\0b\r\nc\u{202e}gpj. . ", None, "ab  cgpj.eml"),
            ("", None, "message.eml"),
            ("...", Some(-1), "message.eml"),
            ("", Some(0), "1970-01-01.eml"),
            ("NUL", None, "_NUL.eml"),
            ("com1.txt", None, "_com1.txt.eml"),
            ("Com²", None, "_Com².eml"),
            ("command", None, "command.eml"),
            ("<b>\"x\" | y?*", None, "-b--x- - y--.eml"),
        ] {
            assert_eq!(eml_name(subject, date), expected, "{subject:?}");
        }
        let long = eml_name(&"灯".repeat(400), Some(0));
        assert!(long.len() <= LONGEST_STEM + 4 && long.ends_with("灯.eml"), "{long}");
    }
}

//! One sample message in the making: what it says, and how its mailer writes it.

use super::charset::{self, Charset, Transfer, Words};
use super::date::date_header;
use super::{Sample, files::File};

/// Name and address.
pub(super) type Person = (&'static str, &'static str);

/// A message in the making.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    from: Person,
    to: Vec<Person>,
    cc: Vec<Person>,
    subject: String,
    id: String,
    parents: Vec<String>,
    headers: Vec<(&'static str, String)>,
    text: Option<String>,
    html: Option<String>,
    inline: Vec<File>,
    files: Vec<File>,
    charset: Charset,
    words: Words,
    transfer: Transfer,
    flowed: bool,
    user: Person,
    mailbox: &'static str,
    flags: Vec<String>,
    days_ago: i64,
    minute: i64,
    zone: i64,
}

impl Letter {
    /// A message to Robin's INBOX. The id is its Message-ID's left half, by which replies name it.
    pub(super) fn new(id: &str, from: Person, subject: &str) -> Self {
        Self {
            from,
            to: vec![super::ROBIN],
            cc: vec![],
            subject: subject.to_owned(),
            id: id.to_owned(),
            parents: vec![],
            headers: vec![],
            text: None,
            html: None,
            inline: vec![],
            files: vec![],
            charset: Charset::UTF_8,
            words: Words::Q,
            transfer: Transfer::Quoted,
            flowed: false,
            user: super::ROBIN,
            mailbox: "INBOX",
            flags: vec![],
            days_ago: 0,
            minute: 0,
            zone: 0,
        }
    }

    /// When it came: days before the base date, and the hour and minute (UTC).
    pub(super) fn at(mut self, days_ago: i64, hour: i64, minute: i64) -> Self {
        self.days_ago = days_ago;
        self.minute = hour * 60 + minute;
        self
    }

    /// The sender's offset from UTC in hours.
    pub(super) fn zone(mut self, hours: i64) -> Self {
        self.zone = hours;
        self
    }

    pub(super) fn to(mut self, people: &[Person]) -> Self {
        self.to = people.to_vec();
        self
    }

    pub(super) fn cc(mut self, people: &[Person]) -> Self {
        self.cc = people.to_vec();
        self
    }

    /// The ids of the messages before it in the thread, oldest first.
    pub(super) fn after(mut self, parents: &[&str]) -> Self {
        self.parents = parents.iter().map(|id| (*id).to_owned()).collect();
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }

    pub(super) fn html(mut self, html: &str) -> Self {
        self.html = Some(html.to_owned());
        self
    }

    /// A file that the HTML shows by its Content-ID, which is its name.
    pub(super) fn inline(mut self, file: File) -> Self {
        self.inline.push(file);
        self
    }

    pub(super) fn file(mut self, file: File) -> Self {
        self.files.push(file);
        self
    }

    pub(super) fn written(mut self, charset: Charset, words: Words, transfer: Transfer) -> Self {
        (self.charset, self.words, self.transfer) = (charset, words, transfer);
        self
    }

    /// `format=flowed` (RFC 3676).
    pub(super) fn flowed(mut self) -> Self {
        (self.flowed, self.transfer) = (true, Transfer::Plain);
        self
    }

    pub(super) fn in_mailbox(mut self, mailbox: &'static str) -> Self {
        self.mailbox = mailbox;
        self
    }

    /// In Kim's mail.
    pub(super) fn for_kim(mut self) -> Self {
        self.user = super::KIM;
        if self.to == [super::ROBIN] {
            self.to = vec![super::KIM];
        }
        self
    }

    /// Flags by their short names, such as `seen flagged $Forwarded`.
    pub(super) fn flags(mut self, flags: &str) -> Self {
        self.flags = flags.split_whitespace().map(flag).collect();
        self
    }

    /// The message, dated from the base date (seconds since 1970).
    pub(super) fn finish(self, base: i64) -> Sample {
        let date = base - self.days_ago * 86_400 + self.minute * 60;
        let mut raw = self.head(date);
        raw.extend(self.content());
        Sample {
            user: self.user.1,
            mailbox: self.mailbox,
            raw,
            flags: self.flags,
            date,
            subject: self.subject,
            from: self.from.0.to_owned(),
            text: self.text,
        }
    }

    fn head(&self, date: i64) -> Vec<u8> {
        let mut head = Vec::new();
        let mut line = |name: &str, value: &[u8]| {
            head.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        for (name, value) in
            self.headers.iter().filter(|(name, _)| *name == "Return-Path" || *name == "Received")
        {
            line(name, value.as_bytes());
        }
        line("Message-ID", message_id(&self.id).as_bytes());
        line("Date", zoned(date, self.zone).as_bytes());
        line("From", &self.person(self.from));
        for (name, people) in [("To", &self.to), ("Cc", &self.cc)] {
            if !people.is_empty() {
                let people: Vec<_> = people.iter().map(|person| self.person(*person)).collect();
                line(name, &people.join(&b",\r\n "[..]));
            }
        }
        line("Subject", &charset::header(&self.subject, self.charset, self.words));
        if let Some(parent) = self.parents.last() {
            line("In-Reply-To", message_id(parent).as_bytes());
            let references: Vec<_> = self.parents.iter().map(|id| message_id(id)).collect();
            line("References", references.join("\r\n ").as_bytes());
        }
        for (name, value) in
            self.headers.iter().filter(|(name, _)| *name != "Return-Path" && *name != "Received")
        {
            line(name, value.as_bytes());
        }
        line("MIME-Version", b"1.0");
        head
    }

    fn person(&self, (name, address): Person) -> Vec<u8> {
        if name.is_empty() {
            return address.as_bytes().to_vec();
        }
        let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == ' ');
        let name = match (plain, name.is_ascii()) {
            (true, _) => name.as_bytes().to_vec(),
            (false, true) => format!("\"{name}\"").into_bytes(),
            // A name in a charset of its own country only: the reader's name is ASCII.
            (false, false) => charset::header(name, self.charset, self.words),
        };
        [&name[..], b" <", address.as_bytes(), b">"].concat()
    }

    /// Content headers, an empty line and the body.
    fn content(&self) -> Vec<u8> {
        let mut content = match (&self.text, &self.html) {
            (Some(text), Some(html)) => {
                self.multipart("alternative", &[self.text_part(text), self.html_part(html)])
            }
            (None, Some(html)) => self.html_part(html),
            (text, None) => self.text_part(text.as_deref().unwrap_or_default()),
        };
        if !self.files.is_empty() {
            let mut parts = vec![content];
            parts.extend(self.files.iter().map(File::attached));
            content = self.multipart("mixed", &parts);
        }
        content
    }

    fn text_part(&self, text: &str) -> Vec<u8> {
        let wrapped = if self.flowed { flow(text) } else { format!("{text}\n") };
        let parameters = if self.flowed { "; format=flowed" } else { "" };
        self.part(&format!("text/plain; charset={}{parameters}", self.charset.label), &wrapped)
    }

    fn html_part(&self, html: &str) -> Vec<u8> {
        let page = self.part(&format!("text/html; charset={}", self.charset.label), html);
        if self.inline.is_empty() {
            return page;
        }
        let mut parts = vec![page];
        parts.extend(self.inline.iter().map(File::inlined));
        self.multipart("related", &parts)
    }

    fn part(&self, content_type: &str, text: &str) -> Vec<u8> {
        let (transfer, body) = charset::body(text, self.charset, self.transfer);
        let head = format!("Content-Type: {content_type}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n");
        [head.as_bytes(), &body].concat()
    }

    fn multipart(&self, kind: &str, parts: &[Vec<u8>]) -> Vec<u8> {
        multipart(kind, &self.id, parts)
    }
}

/// A multipart with its header; the boundary is made of the id.
pub(super) fn multipart(kind: &str, id: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let boundary = format!("=_{}_{id}", &kind[..3]);
    let mut content = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for part in parts {
        content.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        content.extend_from_slice(part);
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    content
}

/// `<id@post.example>`
pub(super) fn message_id(id: &str) -> String {
    format!("<{id}@post.example>")
}

fn zoned(date: i64, hours: i64) -> String {
    let sign = if hours < 0 { '-' } else { '+' };
    date_header(date + hours * 3600).replace("+0000", &format!("{sign}{:02}00", hours.abs()))
}

fn flag(short: &str) -> String {
    match short {
        "seen" => "\\Seen",
        "flagged" => "\\Flagged",
        "answered" => "\\Answered",
        "draft" => "\\Draft",
        keyword => keyword,
    }
    .to_owned()
}

/// Paragraphs in soft lines of at most 72 octets.
fn flow(text: &str) -> String {
    let mut flowed = String::new();
    for paragraph in text.lines() {
        let quoted = paragraph.starts_with('>');
        // RFC 3676, 4.4: stuffed where a line could be taken for something else.
        let mut line = if !quoted && paragraph.starts_with([' ', '>']) || paragraph.starts_with("From ") {
            " "
        } else {
            ""
        }
        .to_owned();
        for word in paragraph.split_inclusive(' ') {
            if !quoted && line.len() + word.len() > 72 && !line.is_empty() {
                flowed.push_str(&line);
                flowed.push('\n');
                line.clear();
            }
            line.push_str(word);
        }
        flowed.push_str(&line);
        flowed.push('\n');
    }
    flowed
}

//! BODYSTRUCTURE (RFC 9051, 7.5.2): a view over a flat table of parts and the octets of the response.

use super::envelope::{Envelope, OwnedEnvelope, Readable};
use crate::grammar::{Part, PartForm, envelope_in, nstring_again, parameters, strings};
use std::borrow::Cow;
use std::fmt;

/// A part of a message, and the parts in it. Its octets were checked when they were read; a string is taken out when it is
/// asked for.
#[derive(Clone, Copy)]
pub struct BodyStructure<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) parts: &'a [Part],
    /// Which of `parts` it is.
    pub(crate) at: usize,
}

impl<'a> BodyStructure<'a> {
    fn part(self) -> Option<&'a Part> {
        self.parts.get(self.at)
    }
    #[cfg_attr(for_speed, optimize(speed))]
    fn field(self, place: impl Fn(&Part) -> u32) -> &'a [u8] {
        let place = self.part().map(place).filter(|place| *place != 0);
        place.and_then(|place| self.octets.get(place as usize..)).unwrap_or_default()
    }
    #[cfg_attr(for_speed, optimize(speed))]
    fn text(self, place: impl Fn(&Part) -> u32) -> Option<Cow<'a, [u8]>> {
        match self.field(place) {
            [b'N', b'I', b'L', b' ' | b')', ..] => None,
            field => nstring_again(field)?.1,
        }
    }
    #[cfg_attr(for_speed, optimize(speed))]
    fn lower(self, place: impl Fn(&Part) -> u32, missing: &'static str) -> Cow<'a, str> {
        self.text(place).map_or(Cow::Borrowed(missing), lower)
    }
    #[cfg_attr(for_speed, optimize(speed))]
    fn form(self) -> PartForm {
        self.part().map_or(PartForm::Broken, |part| part.form)
    }

    /// Whether it is a multipart.
    #[must_use]
    pub fn is_multipart(self) -> bool {
        self.form() == PartForm::Multipart
    }
    /// Whether the server sent something for it that can't be read. It keeps its place, so that the numbers of the parts after
    /// it hold; all that is known of it is its octets.
    #[must_use]
    pub fn is_broken(self) -> bool {
        self.form() == PartForm::Broken
    }
    /// The octets of a part that can't be read, as the server sent them.
    #[must_use]
    pub fn broken(self) -> Option<&'a [u8]> {
        let part = self.part().filter(|part| part.form == PartForm::Broken)?;
        self.octets.get(part.kind as usize..part.end as usize)
    }
    /// Type, lower case, such as `text` or `multipart`.
    #[must_use]
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn kind(self) -> Cow<'a, str> {
        match self.form() {
            PartForm::Multipart => Cow::Borrowed("multipart"),
            PartForm::Broken => Cow::Borrowed("application"),
            _ => self.lower(|part| part.kind, "application"),
        }
    }
    /// Subtype, lower case, such as `plain`.
    #[must_use]
    pub fn subtype(self) -> Cow<'a, str> {
        let missing = if self.is_multipart() { "mixed" } else { "octet-stream" };
        self.lower(|part| part.subtype, missing)
    }
    /// Content-Type parameters.
    #[must_use]
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn parameters(self) -> Parameters<'a> {
        Parameters::of(self.field(|part| part.parameters))
    }
    /// Content-ID.
    #[must_use]
    pub fn id(self) -> Option<Cow<'a, [u8]>> {
        self.text(|part| part.id)
    }
    /// Content-Description.
    #[must_use]
    pub fn description(self) -> Option<Cow<'a, [u8]>> {
        self.text(|part| part.description)
    }
    /// Content-Transfer-Encoding, lower case.
    #[must_use]
    pub fn encoding(self) -> Cow<'a, str> {
        self.lower(|part| part.encoding, "7bit")
    }
    /// Size in octets as encoded; 0 for a multipart.
    #[must_use]
    pub fn octets(self) -> u64 {
        self.part().map_or(0, |part| part.octets)
    }
    /// Lines of a text or a message.
    #[must_use]
    pub fn lines(self) -> Option<u64> {
        self.part()?.lines
    }
    /// Content-MD5.
    #[must_use]
    pub fn md5(self) -> Option<Cow<'a, [u8]>> {
        self.text(|part| part.md5)
    }
    /// Content-Disposition.
    #[must_use]
    pub fn disposition(self) -> Option<Disposition<'a>> {
        let field = self.field(|part| part.disposition);
        let inner = field.strip_prefix(b"(");
        let (rest, kind) = nstring_again(inner.unwrap_or(field).trim_ascii_start())?;
        let parameters = if inner.is_some() { rest.trim_ascii_start() } else { b"".as_slice() };
        Some(Disposition { kind: lower(kind?), parameters: Parameters::of(parameters) })
    }
    /// Content-Language.
    pub fn languages(self) -> impl Iterator<Item = Cow<'a, [u8]>> {
        strings(self.field(|part| part.language))
    }
    /// Content-Location.
    #[must_use]
    pub fn location(self) -> Option<Cow<'a, [u8]>> {
        self.text(|part| part.location)
    }
    /// What the server sent beyond, as it came: no extension of this kind is in use.
    #[must_use]
    pub fn extension(self) -> Option<&'a [u8]> {
        let part = self.part().filter(|part| part.extension != 0)?;
        self.octets.get(part.extension as usize..part.end as usize)
    }
    /// The parts of a multipart.
    #[must_use]
    pub fn parts(self) -> Parts<'a> {
        let end = self.part().map_or(0, |part| part.next as usize);
        Parts { structure: self, next: if self.is_multipart() { self.at + 1 } else { end }, end }
    }
    /// message/rfc822: the message inside.
    #[must_use]
    pub fn message(self) -> Option<(Envelope<'a>, BodyStructure<'a>)> {
        let envelope = envelope_in(self.octets, self.part().filter(|part| part.envelope != 0)?.envelope)?;
        Some((envelope, BodyStructure { at: self.at + 1, ..self }))
    }
    /// A copy that stands for itself.
    #[must_use]
    pub fn into_owned(self) -> OwnedBodyStructure {
        let text = |text: Option<Cow<'a, [u8]>>| text.map(Cow::into_owned);
        OwnedBodyStructure {
            kind: self.kind().into_owned(),
            subtype: self.subtype().into_owned(),
            parameters: self.parameters().to_vec(),
            id: text(self.id()),
            description: text(self.description()),
            encoding: self.encoding().into_owned(),
            octets: self.octets(),
            lines: self.lines(),
            md5: text(self.md5()),
            disposition: self.disposition().map(|disposition| {
                let parameters = disposition.parameters.to_vec();
                OwnedDisposition { kind: disposition.kind.into_owned(), parameters }
            }),
            languages: self.languages().map(Cow::into_owned).collect(),
            location: text(self.location()),
            extension: self.extension().map(<[u8]>::to_vec),
            parts: self.parts().map(BodyStructure::into_owned).collect(),
            message: self
                .message()
                .map(|(envelope, body)| Box::new((envelope.into_owned(), body.into_owned()))),
            broken: self.broken().map(<[u8]>::to_vec),
        }
    }
}

/// The parts of a multipart, in order.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    structure: BodyStructure<'a>,
    next: usize,
    end: usize,
}

impl<'a> Iterator for Parts<'a> {
    type Item = BodyStructure<'a>;

    #[cfg_attr(for_speed, optimize(speed))]
    fn next(&mut self) -> Option<BodyStructure<'a>> {
        if self.next >= self.end {
            return None;
        }
        let found = BodyStructure { at: self.next, ..self.structure };
        self.next = (found.part()?.next as usize).max(self.next + 1);
        Some(found)
    }
}

/// Parameters of a Content-Type or a Content-Disposition: names in lower case, values as sent (RFC 2231 is not decoded here).
#[derive(Debug, Clone)]
pub struct Parameters<'a> {
    rest: &'a [u8],
}

impl<'a> Parameters<'a> {
    fn of(list: &'a [u8]) -> Self {
        Self { rest: list.strip_prefix(b"(").unwrap_or_default() }
    }
    /// The value of the first with this name.
    #[must_use]
    pub fn named(self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
    fn to_vec(&self) -> Vec<(String, Vec<u8>)> {
        self.clone().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = (Cow<'a, str>, Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let (rest, (name, value)) = parameters(self.rest)?;
        self.rest = rest;
        Some((lower(name), value))
    }
}

/// Content-Disposition in a body structure.
#[derive(Debug, Clone)]
pub struct Disposition<'a> {
    /// `inline`, `attachment`; lower case.
    pub kind: Cow<'a, str>,
    /// Its parameters.
    pub parameters: Parameters<'a>,
}

/// A body structure with its own strings.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct OwnedBodyStructure {
    /// Type, lower case.
    pub kind: String,
    /// Subtype, lower case.
    pub subtype: String,
    /// Content-Type parameters; names lower case.
    pub parameters: Vec<(String, Vec<u8>)>,
    /// Content-ID.
    pub id: Option<Vec<u8>>,
    /// Content-Description.
    pub description: Option<Vec<u8>>,
    /// Content-Transfer-Encoding, lower case.
    pub encoding: String,
    /// Size in octets as encoded.
    pub octets: u64,
    /// Lines of a text or a message.
    pub lines: Option<u64>,
    /// Content-MD5.
    pub md5: Option<Vec<u8>>,
    /// Content-Disposition.
    pub disposition: Option<OwnedDisposition>,
    /// Content-Language.
    pub languages: Vec<Vec<u8>>,
    /// Content-Location.
    pub location: Option<Vec<u8>>,
    /// What the server sent beyond, as it came.
    pub extension: Option<Vec<u8>>,
    /// The parts of a multipart.
    pub parts: Vec<OwnedBodyStructure>,
    /// message/rfc822: the message inside.
    pub message: Option<Box<(OwnedEnvelope, OwnedBodyStructure)>>,
    /// The octets of a part that can't be read.
    pub broken: Option<Vec<u8>>,
}

/// A disposition with its own strings.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct OwnedDisposition {
    /// `inline`, `attachment`; lower case.
    pub kind: String,
    /// Parameters; names lower case.
    pub parameters: Vec<(String, Vec<u8>)>,
}

fn lower(text: Cow<'_, [u8]>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(octets) => match std::str::from_utf8(octets) {
            Ok(text) if !octets.iter().any(u8::is_ascii_uppercase) => Cow::Borrowed(text),
            _ => Cow::Owned(String::from_utf8_lossy(octets).to_ascii_lowercase()),
        },
        Cow::Owned(octets) => Cow::Owned(String::from_utf8_lossy(&octets).to_ascii_lowercase()),
    }
}

/// Parameters as people read them.
struct ReadableParameters<'a>(&'a [(String, Vec<u8>)]);

impl fmt::Debug for ReadableParameters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let readable = self.0.iter().map(|(name, value)| (name, Readable(Some(value))));
        formatter.debug_map().entries(readable).finish()
    }
}

impl fmt::Debug for OwnedDisposition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple(&self.kind).field(&ReadableParameters(&self.parameters)).finish()
    }
}

impl fmt::Debug for OwnedBodyStructure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages: Vec<_> = self.languages.iter().map(|one| Readable(Some(one))).collect();
        let mut out = formatter.debug_struct("BodyStructure");
        out.field("kind", &self.kind)
            .field("subtype", &self.subtype)
            .field("parameters", &ReadableParameters(&self.parameters))
            .field("id", &Readable(self.id.as_deref()))
            .field("description", &Readable(self.description.as_deref()))
            .field("encoding", &self.encoding)
            .field("octets", &self.octets)
            .field("lines", &self.lines)
            .field("md5", &Readable(self.md5.as_deref()))
            .field("disposition", &self.disposition)
            .field("languages", &languages)
            .field("location", &Readable(self.location.as_deref()))
            .field("extension", &Readable(self.extension.as_deref()))
            .field("parts", &self.parts)
            .field("message", &self.message);
        if let Some(broken) = &self.broken {
            out.field("broken", &Readable(Some(broken)));
        }
        out.finish()
    }
}

impl fmt::Debug for BodyStructure<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.into_owned(), formatter)
    }
}

impl PartialEq for BodyStructure<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.into_owned() == other.into_owned()
    }
}

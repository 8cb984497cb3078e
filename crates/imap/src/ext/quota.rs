//! QUOTA and its resources (RFC 9208; RFC 2087): how much may be stored and how much is.

use super::{Extension, NOTHING, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::fault::Fault;
use crate::grammar::core::{astring, count, list, sp};
use crate::grammar::{Parsed, Reading, following, mailbox};
use crate::types::MailboxName;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &[
        "QUOTA",
        "QUOTASET",
        "QUOTA=RES-STORAGE",
        "QUOTA=RES-MESSAGE",
        "QUOTA=RES-MAILBOX",
        "QUOTA=RES-ANNOTATION-STORAGE",
    ],
    untagged: on_request(&[("QUOTA", quota_response), ("QUOTAROOT", quotaroot_response)]),
    ..NOTHING
};

/// GETQUOTA (RFC 9208, 4.1.1), of a quota root. Answered by [`Response::Quota`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetQuota(pub String);

/// GETQUOTAROOT (RFC 9208, 4.1.2): which roots a mailbox counts to. Answered by [`Response::QuotaRoot`] and by
/// [`Response::Quota`] of each root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetQuotaRoot(pub MailboxName);

/// SETQUOTA (RFC 9208, 4.1.3). Answered by [`Response::Quota`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetQuota {
    /// The quota root.
    pub root: String,
    /// The new limits; resources that are not named lose theirs.
    pub limits: Vec<(Resource, u64)>,
}

commands!(GetQuota, GetQuotaRoot, SetQuota);

/// What is counted (RFC 9208, 5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// STORAGE, in units of 1024 octets.
    Storage,
    /// MESSAGE: how many messages.
    Message,
    /// MAILBOX: how many mailboxes.
    Mailbox,
    /// ANNOTATION-STORAGE: of annotations, in units of 1024 octets.
    AnnotationStorage,
    /// Any other, by its name as sent.
    Other(String),
}

impl Resource {
    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => NAMES.iter().find(|(_, resource)| resource == known).map_or("", |(name, _)| name),
        }
    }

    fn read(name: &[u8]) -> Self {
        let known = NAMES.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        known.map_or_else(
            || Self::Other(String::from_utf8_lossy(name).into_owned()),
            |(_, resource)| resource.clone(),
        )
    }
}

const NAMES: &[(&str, Resource)] = &[
    ("STORAGE", Resource::Storage),
    ("MESSAGE", Resource::Message),
    ("MAILBOX", Resource::Mailbox),
    ("ANNOTATION-STORAGE", Resource::AnnotationStorage),
];

/// A QUOTA response (RFC 9208, 4.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The quota root.
    pub root: String,
    /// What is counted there.
    pub resources: Vec<Usage>,
}

/// How much of a resource is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Which.
    pub resource: Resource,
    /// How much is used; may exceed the limit.
    pub used: u64,
    /// How much may be.
    pub limit: u64,
}

/// A QUOTAROOT response (RFC 9208, 4.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRoot {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Its roots; none if nothing limits it.
    pub roots: Vec<String>,
}

impl Verb for GetQuota {
    fn needs(&self) -> &'static [&'static str] {
        &["QUOTA"]
    }

    /// ```abnf
    /// getquota = "GETQUOTA" SP quota-root-name
    /// quota-root-name = astring
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("GETQUOTA ");
        encoder.astring(self.0.as_bytes())
    }
}

impl Verb for GetQuotaRoot {
    fn needs(&self) -> &'static [&'static str] {
        &["QUOTA"]
    }

    /// ```abnf
    /// getquotaroot = "GETQUOTAROOT" SP mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox("GETQUOTAROOT ", &self.0)
    }
}

impl Verb for SetQuota {
    /// Servers of RFC 2087 name QUOTA only.
    fn needs(&self) -> &'static [&'static str] {
        &["QUOTASET", "QUOTA"]
    }

    /// ```abnf
    /// setquota = "SETQUOTA" SP quota-root-name SP setquota-list
    /// setquota-list = "(" [setquota-resource *(SP setquota-resource)] ")"
    /// setquota-resource = resource-name SP resource-limit
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("SETQUOTA ");
        encoder.astring(self.root.as_bytes())?;
        encoder.text(" ");
        encoder.list(&self.limits, |encoder, (resource, limit)| {
            encoder.word(resource.name())?;
            encoder.text(&format!(" {limit}"));
            Ok(())
        })
    }
}

/// ```abnf
/// quota-response = "QUOTA" SP quota-root-name SP quota-list
/// quota-list = "(" quota-resource *(SP quota-resource) ")"
/// quota-resource = resource-name SP resource-usage SP resource-limit
/// ```
/// The list may be empty by RFC 2087. Courier 5.0 leaves it out where nothing is counted.
fn quota_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, root) = root(input, reading)?;
    if rest.trim_ascii().is_empty() {
        reading.forgive(Fault::QuotaWithoutList, rest, "quota-list")?;
        return Ok((rest, Response::Quota(Quota { root, resources: Vec::new() })));
    }
    let (rest, ()) = sp(rest, reading)?;
    let (rest, resources) = list(rest, reading, |input, reading| {
        let (rest, name) = astring(input, reading)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, used) = count(rest, reading)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, limit) = count(rest, reading)?;
        Ok((rest, Usage { resource: Resource::read(&name), used, limit }))
    })?;
    Ok((rest, Response::Quota(Quota { root, resources })))
}

/// ```abnf
/// quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)
/// ```
fn quotaroot_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, mailbox) = mailbox(input, reading)?;
    let (rest, roots) = following(rest, reading, root)?;
    Ok((rest, Response::QuotaRoot(QuotaRoot { mailbox, roots })))
}

fn root<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, String> {
    let (rest, root) = astring(input, reading)?;
    Ok((rest, String::from_utf8_lossy(&root).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::encode::Peer;

    fn sent(command: impl Into<Command>) -> String {
        let fragments = Encoder::command("S", &command.into(), &Peer::default());
        fragments.map_or_else(str::to_owned, |fragments| String::from_utf8(fragments[0].to_vec()).unwrap())
    }

    #[test]
    fn rfc_9208_4_1_examples_are_written() {
        assert_eq!(sent(GetQuota("!partition/sda4".to_owned())), "S GETQUOTA !partition/sda4\r\n");
        assert_eq!(sent(GetQuotaRoot(MailboxName::new("INBOX"))), "S GETQUOTAROOT INBOX\r\n");
        let set = |resource, limit| SetQuota {
            root: "!partition/sda4".to_owned(),
            limits: vec![(resource, limit)],
        };
        assert_eq!(
            sent(set(Resource::Storage, 3_000_000)),
            "S SETQUOTA !partition/sda4 (STORAGE 3000000)\r\n"
        );
        assert_eq!(
            sent(set(Resource::AnnotationStorage, 1)),
            "S SETQUOTA !partition/sda4 (ANNOTATION-STORAGE 1)\r\n"
        );
        assert!(sent(set(Resource::Other("a b".to_owned()), 1)).starts_with("a name holds"));
        assert_eq!(sent(SetQuota { root: String::new(), limits: vec![] }), "S SETQUOTA \"\" ()\r\n");
    }

    fn quota(line: &'static str) -> Quota {
        match quota_response(line.as_bytes(), Reading::lenient()).unwrap() {
            (b"", Response::Quota(quota)) => quota,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rfc_9208_4_2_examples_read() {
        let usage = |resource, used, limit| Usage { resource, used, limit };
        let partition = quota("\"!partition/sda4\" (STORAGE 104 10923847)");
        assert_eq!(partition.root, "!partition/sda4");
        assert_eq!(partition.resources, [usage(Resource::Storage, 104, 10_923_847)]);
        let user = quota("\"#user/alice\" (message 42 1000 X-NUM 1 2)");
        let other = Resource::Other("X-NUM".to_owned());
        assert_eq!(user.resources, [usage(Resource::Message, 42, 1000), usage(other, 1, 2)]);
        assert_eq!(quota("\"\" ()").resources, []);
        assert_eq!(quota("\"ROOT\"").root, "ROOT");
        let roots =
            |line: &'static str| match quotaroot_response(line.as_bytes(), Reading::lenient()).unwrap() {
                (b"", Response::QuotaRoot(found)) => (found.mailbox.as_str().to_owned(), found.roots),
                other => panic!("{other:?}"),
            };
        let two = vec!["#user/alice".to_owned(), "!partition/sda4".to_owned()];
        assert_eq!(roots("INBOX \"#user/alice\" \"!partition/sda4\""), ("INBOX".to_owned(), two));
        assert_eq!(roots("comp.mail.mime"), ("comp.mail.mime".to_owned(), vec![]));
        assert_eq!(roots("INBOX \"\"").1, [""]);
    }
}

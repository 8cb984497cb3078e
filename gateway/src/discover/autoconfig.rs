//! The configuration file of a domain, in the format of Thunderbird (draft-ietf-mailmaint-autoconfig, `clientConfig`).
//!
//! Only what names servers with TLS is read. No entity but the five of XML, no document type, no depth: who writes
//! such a file for mail programs needs none of them.

use super::question::Question;
use super::setting::{self, LOCAL_PART, Miss, Protocol, Security, Setting, Source, Username};
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::str;
use url::Url;

/// Where the domain's own file may be. Only the first place is told the address.
pub(crate) fn places(question: &Question) -> Vec<Url> {
    let domain = &question.domain;
    let mut own = Url::parse(&format!("https://autoconfig.{domain}/mail/config-v1.1.xml"));
    if let (Ok(own), Some(address)) = (&mut own, question.address()) {
        own.query_pairs_mut().append_pair("emailaddress", &address);
    }
    let well_known = Url::parse(&format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"));
    [own, well_known].into_iter().flatten().collect()
}

/// Where Thunderbird's database has it.
pub(crate) fn database(question: &Question) -> Option<Url> {
    Url::parse(&format!("https://autoconfig.thunderbird.net/v1.1/{}", question.domain)).ok()
}

/// Reads a file.
pub(crate) fn read(octets: &[u8], question: &Question, source: Source) -> Result<Vec<Setting>, Miss> {
    let servers = servers(text(octets)?)?;
    let settings: Vec<Setting> =
        servers.into_iter().filter_map(|server| server.setting(question, source)).collect();
    if settings.is_empty() { Err(Miss::Nothing) } else { Ok(settings) }
}

/// UTF-8, which nearly all files are; another encoding only where it makes no difference.
fn text(octets: &[u8]) -> Result<&str, Miss> {
    if octets.len() > MOST_OCTETS {
        return Err(Miss::failed("a file that is too large"));
    }
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    str::from_utf8(octets).map_err(|_| Miss::failed("a file that is not in UTF-8"))
}

/// What a file says of a server.
#[derive(Debug, Default)]
struct Server {
    protocol: Option<Protocol>,
    hostname: Option<String>,
    port: Option<String>,
    socket: Option<String>,
    username: Option<String>,
}

/// The state of reading: the elements that are open, the server among them, and the text of the innermost.
#[derive(Debug, Default)]
struct Reading {
    path: Vec<String>,
    server: Option<Server>,
    text: String,
    found: Vec<Server>,
}

fn servers(text: &str) -> Result<Vec<Server>, Miss> {
    let mut reader = Reader::from_str(text);
    let mut reading = Reading::default();
    let mut is_one = false;
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(start) => {
                is_one |= reading.path.is_empty() && start.local_name().as_ref() == ROOT;
                reading.open(&start)?;
            }
            Event::Empty(start) => {
                reading.open(&start)?;
                reading.close();
            }
            Event::End(_) => reading.close(),
            Event::Text(part) => reading.take(&part.xml10_content())?,
            Event::CData(part) => reading.take(&part.xml10_content())?,
            Event::GeneralRef(entity) => reading.take(&character(&entity)?)?,
            Event::DocType(_) => return Err(Miss::failed("a file with a document type")),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().map_err(|_| broken())?;
                if !text.is_ascii() && encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
                    return Err(Miss::failed("a file in another encoding than it says"));
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if reading.path.is_empty() && is_one => return Ok(reading.found),
            Event::Eof => return Err(broken()),
        }
    }
}

impl Reading {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Miss> {
        if self.path.len() >= MOST_DEPTH || self.found.len() >= MOST_SERVERS {
            return Err(Miss::failed("a file with too many levels or servers"));
        }
        self.path.push(start.local_name().as_ref().to_owned());
        self.text.clear();
        if let [ROOT, "emailProvider", kind @ ("incomingServer" | "outgoingServer")] = *self.names() {
            let spoken = start.try_get_attribute("type").map_err(|_| broken())?;
            let protocol = match (kind, spoken.as_ref().map(|attribute| &*attribute.value)) {
                ("incomingServer", Some("imap")) => Some(Protocol::Imap),
                ("incomingServer", Some("pop3")) => Some(Protocol::Pop3),
                ("outgoingServer", Some("smtp")) => Some(Protocol::Smtp),
                _ => None,
            };
            self.server = Some(Server { protocol, ..Server::default() });
        }
        Ok(())
    }

    fn take(&mut self, part: &str) -> Result<(), Miss> {
        if self.path.len() == DEPTH_OF_VALUES && self.server.is_some() {
            self.text.push_str(part);
        }
        if self.text.len() > MOST_TEXT {
            Err(Miss::failed("a file with a value that is too long"))
        } else {
            Ok(())
        }
    }

    /// The first value of its kind counts.
    fn close(&mut self) {
        if self.path.len() == DEPTH_OF_VALUES
            && let Some(server) = &mut self.server
        {
            let place = match self.path.last().map(String::as_str) {
                Some("hostname") => Some(&mut server.hostname),
                Some("port") => Some(&mut server.port),
                Some("socketType") => Some(&mut server.socket),
                Some("username") => Some(&mut server.username),
                _ => None,
            };
            if let Some(place) = place {
                place.get_or_insert_with(|| self.text.trim().to_owned());
            }
        }
        self.path.pop();
        self.text.clear();
        if self.path.len() < DEPTH_OF_VALUES - 1 {
            self.found.extend(self.server.take());
        }
    }

    fn names(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

impl Server {
    /// `None` if it is not one that can be used here: without TLS, without a name, of another protocol.
    fn setting(self, question: &Question, source: Source) -> Option<Setting> {
        let tls = match self.socket?.as_str() {
            "SSL" => Security::Implicit,
            "STARTTLS" => Security::StartTls,
            _ => return None,
        };
        let host = setting::host(&self.hostname?.replace("%EMAILDOMAIN%", question.domain.as_str()))?;
        let username = match self.username {
            Some(username) => Some(form_of(&username, question)?),
            None => None,
        };
        Some(Setting {
            protocol: self.protocol?,
            host,
            port: self.port?.parse().ok().filter(|port| *port != 0)?,
            tls,
            username,
            source,
        })
    }
}

/// How a user name is made. A server that was told the address may write it out.
fn form_of(username: &str, question: &Question) -> Option<Username> {
    let domain = question.domain.as_str();
    let address = format!("{LOCAL_PART}@{domain}");
    let pattern = username.replace("%EMAILADDRESS%", &address).replace("%EMAILDOMAIN%", domain);
    let is_written_out = |form: &str| {
        question
            .local
            .as_ref()
            .is_some_and(|local| form.replace(LOCAL_PART, local.as_str()).eq_ignore_ascii_case(&pattern))
    };
    if pattern.is_empty()
        || pattern.len() > MOST_TEXT
        || pattern.chars().any(char::is_control)
        || pattern.contains("%REALNAME%")
    {
        None
    } else if pattern == address || is_written_out(&address) {
        Some(Username::Address)
    } else if pattern == LOCAL_PART || is_written_out(LOCAL_PART) {
        Some(Username::LocalPart)
    } else {
        Some(Username::Pattern(pattern))
    }
}

/// The five entities of XML and characters by number; others are defined by nobody.
fn character(entity: &BytesRef<'_>) -> Result<String, Miss> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_xml_entity(entity).map(str::to_owned).ok_or_else(broken),
        Err(_) => Err(broken()),
    }
}

fn broken() -> Miss {
    Miss::failed("a file that is no configuration of mail servers")
}

const ROOT: &str = "clientConfig";
/// `clientConfig`, `emailProvider`, `incomingServer`, `hostname`.
const DEPTH_OF_VALUES: usize = 4;
/// As much as is fetched; the largest known has 9 KiB.
const MOST_OCTETS: usize = 48 * 1024;
/// Known files have five levels.
const MOST_DEPTH: usize = 12;
const MOST_SERVERS: usize = 32;
/// A name has 253 octets, an address 254.
const MOST_TEXT: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn question(json: &str) -> Question {
        Question::parse(json.as_bytes()).unwrap()
    }

    fn example() -> Question {
        question(r#"{"domain":"example.org","address":"kim@example.org"}"#)
    }

    fn of(xml: &str) -> Result<Vec<Setting>, Miss> {
        read(xml.as_bytes(), &example(), Source::Autoconfig)
    }

    /// A file with these children of its provider.
    fn file(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"example.org\">{inner}</emailProvider></clientConfig>"
        )
    }

    fn incoming(kind: &str, host: &str, port: &str, socket: &str, username: &str) -> String {
        format!(
            "<incomingServer type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType><username>{username}</username><authentication>password-cleartext</authentication></incomingServer>"
        )
    }

    #[test]
    fn a_whole_file_gives_its_servers_in_its_order() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by the help desk -->
<clientConfig version="1.1">
  <emailProvider id="example.org">
    <domain>example.org</domain>
    <domain purpose="mx">mx.example.org</domain>
    <displayName>Ex&amp;mple — Mail</displayName>
    <displayShortName>Example</displayShortName>
    <incomingServer type="imap">
      <hostname>imap.%EMAILDOMAIN%</hostname>
      <port>993</port>
      <socketType>SSL</socketType>
      <authentication>OAuth2</authentication>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </incomingServer>
    <incomingServer type='pop3'>
      <hostname><![CDATA[Pop.Host.example]]></hostname>
      <port> 110 </port>
      <socketType>STARTTLS</socketType>
      <username>%EMAILLOCALPART%</username>
      <pop3><leaveMessagesOnServer>true</leaveMessagesOnServer><hostname>evil.example</hostname></pop3>
    </incomingServer>
    <incomingServer type="exchange"><hostname>outlook.example</hostname><port>443</port><socketType>SSL</socketType></incomingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.example.org</hostname>
      <port>465</port>
      <socketType>SSL</socketType>
      <username>%EMAILLOCALPART%.%EMAILDOMAIN%</username>
      <restriction>clientIPAddress</restriction>
    </outgoingServer>
    <documentation url="https://help.example.org/"><descr lang="de">Hilfe</descr></documentation>
  </emailProvider>
  <webMail><loginPage url="https://mail.example.org/"/></webMail>
</clientConfig>"#;
        let setting = |protocol, host: &str, port, tls, username| Setting {
            protocol,
            host: host.to_owned(),
            port,
            tls,
            username: Some(username),
            source: Source::Autoconfig,
        };
        let expected = vec![
            setting(Protocol::Imap, "imap.example.org", 993, Security::Implicit, Username::Address),
            setting(Protocol::Pop3, "pop.host.example", 110, Security::StartTls, Username::LocalPart),
            setting(
                Protocol::Smtp,
                "smtp.example.org",
                465,
                Security::Implicit,
                Username::Pattern("%EMAILLOCALPART%.example.org".into()),
            ),
        ];
        assert_eq!(of(xml), Ok(expected));
    }

    #[test]
    fn the_form_of_a_user_name_is_seen_also_where_the_server_wrote_it_out() {
        for (username, expected) in [
            ("%EMAILADDRESS%", Username::Address),
            ("%EMAILLOCALPART%@%EMAILDOMAIN%", Username::Address),
            ("Kim@example.org", Username::Address),
            ("%EMAILLOCALPART%", Username::LocalPart),
            ("kim", Username::LocalPart),
            ("u12345", Username::Pattern("u12345".into())),
            ("EXAMPLE\\%EMAILLOCALPART%", Username::Pattern("EXAMPLE\\%EMAILLOCALPART%".into())),
            ("&#107;im", Username::LocalPart),
        ] {
            let settings = of(&file(&incoming("imap", "imap.example.org", "993", "SSL", username))).unwrap();
            assert_eq!(settings[0].username, Some(expected), "{username}");
        }
    }

    #[test]
    fn a_server_without_tls_or_that_is_no_name_is_never_proposed() {
        for (host, port, socket, username) in [
            ("imap.example.org", "143", "plain", "x"),
            ("imap.example.org", "143", "", "x"),
            ("imap.example.org", "143", "ssl ; plain", "x"),
            ("127.0.0.1", "993", "SSL", "x"),
            ("localhost", "993", "SSL", "x"),
            ("[::1]", "993", "SSL", "x"),
            ("%EMAILLOCALPART%.example.org", "993", "SSL", "x"),
            ("a b", "993", "SSL", "x"),
            ("", "993", "SSL", "x"),
            ("imap.example.org", "0", "SSL", "x"),
            ("imap.example.org", "65536", "SSL", "x"),
            ("imap.example.org", "-1", "SSL", "x"),
            ("imap.example.org", "993", "SSL", ""),
            ("imap.example.org", "993", "SSL", "%REALNAME%"),
            ("imap.example.org", "993", "SSL", "a&#10;b"),
        ] {
            let xml = file(&incoming("imap", host, port, socket, username));
            assert_eq!(of(&xml), Err(Miss::Nothing), "{xml}");
        }
    }

    #[test]
    fn a_server_elsewhere_in_the_tree_is_none() {
        let server = incoming("imap", "imap.example.org", "993", "SSL", "x");
        assert_eq!(of(&format!("<clientConfig>{server}</clientConfig>")), Err(Miss::Nothing));
        assert_eq!(of(&file(&format!("<note>{server}</note>"))), Err(Miss::Nothing));
        assert_eq!(of(&format!("<html><emailProvider>{server}</emailProvider></html>")), Err(broken()));
    }

    #[test]
    fn a_broken_file_is_a_failure_and_cut_ones_too() {
        let whole = file(&incoming("imap", "imap.example.org", "993", "SSL", "x"));
        assert!(of(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(of(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
        for xml in [
            "",
            "not found",
            "<!DOCTYPE html><html><body>Hello<br></body></html>",
            "<a></b>",
            "<clientConfig>&nbsp;</clientConfig>",
            "<clientConfig>&#xffffffff;</clientConfig>",
            "<clientConfig a=>",
            "<clientConfig>&",
            "{}",
        ] {
            assert!(matches!(of(xml), Err(Miss::Failed(_))), "{xml}");
        }
    }

    #[test]
    fn entities_of_a_document_are_not_expanded() {
        let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;\">]><clientConfig>&lol2;</clientConfig>";
        assert_eq!(of(laughs), Err(Miss::failed("a file with a document type")));
        let outside = "<!DOCTYPE c SYSTEM \"file:///etc/passwd\"><clientConfig/>";
        assert_eq!(of(outside), Err(Miss::failed("a file with a document type")));
        let xml = file(&incoming("imap", "&lol;", "993", "SSL", "x"));
        assert_eq!(of(&xml), Err(broken()));
    }

    #[test]
    fn depth_number_and_length_are_bounded() {
        let deep = |levels| {
            format!("<clientConfig>{}{}</clientConfig>", "<a>".repeat(levels), "</a>".repeat(levels))
        };
        assert_eq!(of(&deep(MOST_DEPTH - 1)), Err(Miss::Nothing));
        for levels in [MOST_DEPTH, 5000] {
            assert_eq!(of(&deep(levels)), Err(Miss::failed("a file with too many levels or servers")));
        }
        let many = file(&"<incomingServer/>".repeat(MOST_SERVERS + 1));
        assert!(matches!(of(&many), Err(Miss::Failed(_))));
        let long = file(&incoming("imap", &"a".repeat(MOST_TEXT + 1), "993", "SSL", "x"));
        assert_eq!(of(&long), Err(Miss::failed("a file with a value that is too long")));
        let large = file(&" ".repeat(10 << 20));
        assert_eq!(of(&large), Err(Miss::failed("a file that is too large")));
    }

    #[test]
    fn another_encoding_is_taken_only_where_it_makes_no_difference() {
        let server = incoming("imap", "imap.example.org", "993", "SSL", "x");
        let with = |encoding: &str, name: &str| {
            file(&format!("<displayName>{name}</displayName>{server}"))
                .replace("\"1.0\"", &format!("\"1.0\" encoding=\"{encoding}\""))
        };
        assert!(of(&with("utf-8", "Büro")).is_ok());
        assert!(of(&format!("\u{feff}{}", with("UTF-8", "Büro"))).is_ok());
        assert!(of(&with("ISO-8859-1", "Buero")).is_ok());
        assert!(of(&with("ISO-8859-1", "Büro")).is_err());
        let latin: Vec<u8> = with("ISO-8859-1", "B~ro")
            .bytes()
            .map(|octet| if octet == b'~' { 0xfc } else { octet })
            .collect();
        let utf16: Vec<u8> = with("UTF-16", "Buero").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for octets in [latin, utf16] {
            assert!(matches!(read(&octets, &example(), Source::Autoconfig), Err(Miss::Failed(_))));
        }
    }

    #[test]
    fn only_the_domains_own_server_is_told_the_address() {
        let tagged = question(r#"{"domain":"example.org","address":"kim+a&b=c@example.org"}"#);
        let places: Vec<String> = places(&tagged).iter().map(Url::to_string).collect();
        assert_eq!(
            places,
            [
                "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=kim%2Ba%26b%3Dc%40example.org",
                "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml",
            ]
        );
        assert_eq!(
            database(&tagged).unwrap().as_str(),
            "https://autoconfig.thunderbird.net/v1.1/example.org"
        );
    }
}

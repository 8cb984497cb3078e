//! One file over https from a public host.
//!
//! Port 443 and names only; each step of a redirect is looked up, checked and dialled as the first. No cookies, no
//! `Referer`, no compression. What comes is bounded in time, size and steps.

use super::question::Question;
use super::reach::Errand;
use super::setting::Miss;
use crate::Host;
use crate::config::Target;
use crate::policy::Asked;
use crate::tls::Connectors;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use url::Url;
use waypost_tunnel::TlsMode;

/// What fetching needs.
pub(crate) struct Web<'a> {
    pub(crate) errand: Errand<'a>,
    /// The rule for files: [`PORT`] of every public host, whatever tunnels may reach.
    pub(crate) rule: &'a Target,
    /// TLS for that rule.
    pub(crate) connectors: &'a Connectors,
    /// For a handshake.
    pub(crate) within: Duration,
}

impl Web<'_> {
    /// Fetches a file, over at most [`MOST_REDIRECTS`] redirects. The caller bounds the time.
    pub(crate) async fn get(&self, mut url: Url, question: &Question) -> Result<Bytes, Miss> {
        for _ in 0..=MOST_REDIRECTS {
            match self.step(&url).await? {
                Step::Whole(octets) => return Ok(octets),
                Step::Elsewhere(location) => {
                    url = url.join(&location).map_err(|_| Miss::failed("a redirect to what is no URL"))?;
                    forget_person(&mut url, question)?;
                }
            }
        }
        Err(Miss::failed("too many redirects"))
    }

    async fn step(&self, url: &Url) -> Result<Step, Miss> {
        let host = host_of(url)?;
        let asked = Asked { host, port: PORT, tls: TlsMode::Implicit };
        let (rule, stream) = self.errand.connect(&asked, &[self.rule]).await?;
        let shake = self.connectors.handshake(rule, &asked.host, stream, self.within);
        let (stream, _) = shake.await.map_err(|denial| Miss::failed(denial.detail))?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MOST_HEADER)
            .max_headers(MOST_HEADERS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Miss::failed)?;
        let exchange = async {
            let response = sender.send_request(request(url)?).await.map_err(Miss::failed)?;
            take(response).await
        };
        tokio::pin!(exchange, connection);
        tokio::select! {
            step = &mut exchange => step,
            // What came before the end is still there to be taken.
            _ = &mut connection => exchange.await,
        }
    }
}

/// What a server answered.
enum Step {
    Whole(Bytes),
    Elsewhere(String),
}

/// Only https, on its own port, without a user, to a name: addresses have no certificates of the public kind.
fn host_of(url: &Url) -> Result<Host, Miss> {
    let plain = url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match url.host_str().filter(|_| plain).and_then(Host::parse) {
        Some(host @ Host::Name(_)) => Ok(host),
        _ => Err(Miss::failed("a URL that is not https to a name on port 443")),
    }
}

/// A domain's own server was told the address; another, to which it leads on, is not. The query is where it stands.
fn forget_person(url: &mut Url, question: &Question) -> Result<(), Miss> {
    url.set_fragment(None);
    let Some(local) = &question.local else { return Ok(()) };
    if url.host_str().is_some_and(|host| question.domain.holds(host)) {
        return Ok(());
    }
    let address = format!("{}@", local.as_str()).to_lowercase();
    let tells = |url: &Url| decoded(url.as_str()).to_lowercase().contains(&address);
    if tells(url) {
        url.set_query(None);
    }
    if tells(url) { Err(Miss::failed("a redirect that tells the address to another domain")) } else { Ok(()) }
}

/// Percent-decoded until nothing changes: `%2540` is an `@` for whoever decodes twice.
fn decoded(text: &str) -> String {
    let mut now = text.to_owned();
    for _ in 0..MOST_DECODING {
        let query = now.replace('&', "%26").replace('=', "%3D").replace('+', "%2B");
        let next: String = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name).collect();
        if next == now {
            break;
        }
        now = next;
    }
    now
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, Miss> {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    Request::builder()
        .uri(path)
        .header(header::HOST, url.host_str().unwrap_or_default())
        .header(header::ACCEPT, "application/xml, text/xml")
        .header(header::USER_AGENT, "waypost-gateway")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(Miss::failed)
}

async fn take(response: Response<Incoming>) -> Result<Step, Miss> {
    let text = |name| one_text(response.headers(), name);
    match response.status() {
        StatusCode::OK => {
            if text(header::CONTENT_ENCODING)
                .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
            {
                return Err(Miss::failed("an answer in an encoding that was not asked for"));
            }
            let body = Limited::new(response.into_body(), MOST_BODY).collect().await.map_err(Miss::failed)?;
            Ok(Step::Whole(body.to_bytes()))
        }
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            let location = text(header::LOCATION).ok_or_else(|| Miss::failed("a redirect to nowhere"))?;
            Ok(Step::Elsewhere(location.to_owned()))
        }
        StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::NO_CONTENT => Err(Miss::Nothing),
        other => Err(Miss::failed(format!("status {}", other.as_u16()))),
    }
}

fn one_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Of https.
pub(crate) const PORT: u16 = 443;
/// A domain to its provider, perhaps over a name without `www`.
const MOST_REDIRECTS: usize = 3;
/// With the header 64 KiB. The largest file of Thunderbird's database has 9 KiB.
const MOST_BODY: usize = 48 * 1024;
const MOST_HEADER: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
const MOST_DECODING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_https_to_a_name_on_its_own_port_is_fetched() {
        assert_eq!(
            host_of(&url("https://autoconfig.EXAMPLE.org:443/x")).unwrap().to_string(),
            "autoconfig.example.org"
        );
        for wrong in [
            "http://example.org/",
            "https://example.org:8443/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://kim@example.org/",
            "https://:pw@example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "data:text/xml,x",
        ] {
            assert!(host_of(&url(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn another_domain_is_not_told_the_address() {
        let question =
            Question::parse(br#"{"domain":"example.org","address":"Kim.Lee+x@example.org"}"#).unwrap();
        let after = |text: &str| {
            let mut url = url(text);
            forget_person(&mut url, &question).map(|()| url.to_string())
        };
        for (given, expected) in [
            (
                "https://www.example.org/?a=kim.lee%2Bx%40example.org#f",
                "https://www.example.org/?a=kim.lee%2Bx%40example.org",
            ),
            (
                "https://host.example/c.xml?emailaddress=kim.lee%2Bx%40example.org",
                "https://host.example/c.xml",
            ),
            ("https://host.example/c.xml?e=KIM%2ELEE%252Bx%2540example.org", "https://host.example/c.xml"),
            ("https://host.example/c.xml?e=%6bim.lee+x@example.org", "https://host.example/c.xml"),
            (
                "https://host.example/c.xml?domain=example.org",
                "https://host.example/c.xml?domain=example.org",
            ),
        ] {
            assert_eq!(after(given), Ok(expected.to_owned()), "{given}");
        }
        assert!(after("https://host.example/kim.lee+x@example.org/c.xml").is_err());
    }
}

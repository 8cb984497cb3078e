//! `/_mail-frame`: the empty page that the app shows HTML mail in, with a policy of its own. No mail is in it.
//!
//! The service worker of the app gives the same octets when the gateway is out of reach; a browser test compares them.

/// The body. `IMAGES` is replaced by the sources of images. The policy stands here a second time, for the case that a
/// proxy drops headers; `frame-ancestors` and `sandbox` are not allowed in it (HTML, 4.2.5.3).
const BODY: &str = r#"<!doctype html><html><head><meta charset=utf-8><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src IMAGES; form-action 'none'; base-uri 'none'"><meta name=mail-frame content=1><title></title></head><body></body></html>"#;

const POLICY: &str = "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src IMAGES; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin";

/// How the page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Variant {
    /// `images=1`: images load from https. For one message, when the reader asks.
    images: bool,
    /// `s=1`: the sandbox allows scripts, which the policy still forbids; for engines that otherwise pass no events.
    scripts_by_policy_only: bool,
}

impl Variant {
    /// Reads the query strictly: each parameter at most once and with this value; anything else gives the tightest
    /// policy.
    pub(crate) fn of_query(query: Option<&str>) -> Self {
        let mut variant = Self::default();
        for part in query.unwrap_or_default().split('&') {
            match part {
                "images=1" if !variant.images => variant.images = true,
                "s=1" if !variant.scripts_by_policy_only => variant.scripts_by_policy_only = true,
                _ => return Self::default(),
            }
        }
        variant
    }

    pub(crate) fn body(self) -> String {
        BODY.replace("IMAGES", self.image_sources())
    }

    pub(crate) fn policy(self) -> String {
        let mut policy = POLICY.replace("IMAGES", self.image_sources());
        if self.scripts_by_policy_only {
            policy.push_str(" allow-scripts");
        }
        policy
    }

    fn image_sources(self) -> &'static str {
        if self.images { "blob: data: https:" } else { "blob: data:" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_known_parameters_loosen_the_policy() {
        let tightest = Variant::default();
        for query in [
            None,
            Some(""),
            Some("images=2"),
            Some("x=1"),
            Some("images=1&x=1"),
            Some("images=1&images=1"),
            Some("images=1&"),
            Some("IMAGES=1"),
            Some("s=1&s=1"),
            Some("images=%31"),
        ] {
            assert_eq!(Variant::of_query(query), tightest, "{query:?}");
        }
        assert!(Variant::of_query(Some("images=1")).policy().contains("img-src blob: data: https:;"));
        assert!(Variant::of_query(Some("s=1")).policy().ends_with("sandbox allow-same-origin allow-scripts"));
        assert_eq!(Variant::of_query(Some("images=1&s=1")), Variant::of_query(Some("s=1&images=1")));
    }

    #[test]
    fn the_policy_in_the_body_is_the_one_of_the_header() {
        for query in [None, Some("images=1"), Some("s=1"), Some("images=1&s=1")] {
            let variant = Variant::of_query(query);
            let policy = variant.policy();
            let (shared, _) = policy.split_once("; frame-ancestors").unwrap();
            assert!(variant.body().contains(&format!("content=\"{shared}\"")), "{query:?}");
        }
    }
}

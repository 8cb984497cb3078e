//! The path that the gateway lives under: `/`, or `/mail/` where a reverse proxy gives it a part of a host.

use serde::Deserialize;
use std::fmt;

/// A path that begins and ends with a slash.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BasePath(String);

/// Where a request's path lies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// Below the base: what is left of it, with the slash that it begins with.
    Inside(&'a str),
    /// The base without its last slash.
    Entrance,
    Outside,
}

impl BasePath {
    /// Reads `/mail/`; the slash at the end may be missing.
    ///
    /// # Errors
    /// A sentence for the person who wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_name = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet))
        };
        let inner = text.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        match inner {
            Some("") if text == "/" => Ok(Self::default()),
            Some(inner) if inner.split('/').all(is_name) => Ok(Self(format!("/{inner}/"))),
            _ => Err(format!(
                "'{text}' is not a base path. Write a path of letters, digits and hyphens between slashes, such as /mail/."
            )),
        }
    }

    /// As text, with both slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn place<'a>(&self, path: &'a str) -> Place<'a> {
        // The base ends with a slash, and so does what stands before it.
        let entrance = self.0.strip_suffix('/').unwrap_or_default();
        match path.strip_prefix(entrance) {
            Some("") if !entrance.is_empty() => Place::Entrance,
            Some(rest) if rest.starts_with('/') => Place::Inside(rest),
            _ => Place::Outside,
        }
    }
}

impl Default for BasePath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for BasePath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_between_slashes_are_a_base_path() {
        for (text, expected) in
            [("/", "/"), ("/mail", "/mail/"), ("/mail/", "/mail/"), ("/a/b-c/", "/a/b-c/")]
        {
            assert_eq!(BasePath::parse(text).unwrap().as_str(), expected, "{text}");
        }
        for text in
            ["", "mail/", "//", "/a//b/", "/../", "/a b/", "/a;b/", "/a'b/", "/a%20b/", "/é/", "/a?b/"]
        {
            assert!(BasePath::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_path_lies_below_the_base_only_with_the_slash_between() {
        let mail = BasePath::parse("/mail/").unwrap();
        assert_eq!(mail.place("/mail/sw.js"), Place::Inside("/sw.js"));
        assert_eq!(mail.place("/mail/"), Place::Inside("/"));
        assert_eq!(mail.place("/mail"), Place::Entrance);
        for path in ["/", "/mailbox", "/mail2/", "/x/mail/", "", "mail/"] {
            assert_eq!(mail.place(path), Place::Outside, "{path:?}");
        }
        let root = BasePath::default();
        assert_eq!(root.place("/"), Place::Inside("/"));
        assert_eq!(root.place("/mail"), Place::Inside("/mail"));
        assert_eq!(root.place("*"), Place::Outside);
        assert_eq!(root.place(""), Place::Outside);
    }
}

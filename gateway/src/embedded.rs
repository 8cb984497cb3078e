//! The web app in this program itself, if it was built with the feature `app`. A folder in the configuration wins over it.

#[cfg(feature = "app")]
include!(concat!(env!("OUT_DIR"), "/app.rs"));

/// By name, in the order of octets.
#[cfg(not(feature = "app"))]
pub(crate) static FILES: &[(&str, &[u8])] = &[];

/// Whether there is one.
pub(crate) fn is_there() -> bool {
    !FILES.is_empty()
}

/// A file of it.
pub(crate) fn file(name: &str) -> Option<&'static [u8]> {
    let at = FILES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    FILES.get(at).map(|(_, octets)| *octets)
}

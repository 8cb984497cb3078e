//! SORT=DISPLAY (RFC 5957): SORT by the names that are shown, as [`super::sort::Criterion::DisplayFrom`] and
//! [`super::sort::Criterion::DisplayTo`].

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["SORT=DISPLAY"], ..NOTHING };

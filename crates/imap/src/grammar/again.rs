//! Octets that were read once and are read again, when somebody asks for a string of them.

use super::core::{Forgive, nstring};
use super::{Parsed, octets};
use crate::fault::Fault;
use std::borrow::Cow;

/// Reads octets again that were read once: their faults were counted or refused then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Again;

impl Forgive for Again {
    fn forgive<'a>(self, _: Fault, input: &'a [u8], _: &'static str) -> Parsed<'a, ()> {
        Ok((input, ()))
    }
}

/// A string of such octets, where there is one.
type Nstring<'a> = Option<Cow<'a, [u8]>>;

/// An nstring of such octets.
#[inline]
pub(crate) fn nstring_again(input: &[u8]) -> Option<(&[u8], Nstring<'_>)> {
    match octets::text(input) {
        Some((rest, text)) => Some((rest, text.map(Cow::Borrowed))),
        None => nstring(input, Again).ok(),
    }
}

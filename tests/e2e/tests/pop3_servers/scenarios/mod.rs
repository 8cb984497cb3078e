//! The scenarios, a file per theme.

mod device;
mod login;
mod maildrop;
mod removal;
mod words;

use crate::stage::Stage;
use crate::verdict::Verdict;
use std::future::Future;
use std::pin::Pin;

/// One scenario.
pub(crate) struct Scenario {
    /// What the table calls it.
    pub(crate) name: &'static str,
    pub(crate) run: for<'a> fn(&'a Stage<'_>) -> Pin<Box<dyn Future<Output = Verdict> + 'a>>,
}

/// All of them, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    [login::ALL, login::MECHANISMS, maildrop::ALL, removal::ALL, words::ALL, device::ALL]
        .into_iter()
        .flatten()
}

/// A row: a name and an async function of the stage.
macro_rules! scenario {
    ($name:literal, $function:path) => {
        $crate::scenarios::Scenario { name: $name, run: |stage| Box::pin($function(stage)) }
    };
}
pub(crate) use scenario;

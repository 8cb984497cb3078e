//! What every connection is told while it lasts: where the gateway is in its life, and which written tokens are good.

use crate::Fingerprint;
use std::sync::Arc;
use tokio::sync::watch;

/// It only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything is served.
    Serving,
    /// Nothing new is taken; clients are asked to move their tunnels elsewhere.
    Draining,
    /// What is still there is ended.
    Ending,
}

/// What holds now.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) phase: Phase,
    /// The written tokens of the current configuration; `None` where it asks for none.
    pub(crate) tokens: Option<Arc<[Fingerprint]>>,
}

impl Standing {
    /// Whether this token was taken back since its tunnel was opened.
    pub(crate) fn lacks(&self, token: Option<&Fingerprint>) -> bool {
        let (Some(token), Some(known)) = (token, &self.tokens) else { return false };
        !known.iter().any(|known| known.matches(token))
    }
}

/// Ready once this phase or a later one is reached, or when the gateway is gone.
pub(crate) async fn reached(standing: &mut watch::Receiver<Standing>, phase: Phase) {
    reached_with(standing, phase, None).await;
}

/// The same, and when the token is taken back.
pub(crate) async fn reached_with(
    standing: &mut watch::Receiver<Standing>,
    phase: Phase,
    token: Option<&Fingerprint>,
) {
    let _ = standing.wait_for(|now| now.phase >= phase || now.lacks(token)).await;
}

//! MAILBOX-REFERRALS (RFC 2193): mailboxes of other servers. The code is the one of LOGIN-REFERRALS: it, RLIST and RLSUB are in
//! `ext/referral.rs`.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["MAILBOX-REFERRALS"], ..NOTHING };

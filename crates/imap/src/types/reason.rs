//! Why a server refused, in one word.

/// Declares the reasons and their table.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $reason:ident: $name:literal;)+) => {
        /// Why a server refused, or what else is to be known of what it did (RFC 5530; RFC 9051, 7.1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[doc = $doc])+ $reason,)+
        }

        impl Reason {
            pub(crate) const ALL: &[Self] = &[$(Self::$reason,)+];

            /// The word, as servers write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$reason => $name,)+
                }
            }
        }
    };
}

reasons! {
    /// A system that the server needs is down.
    Unavailable: "UNAVAILABLE";
    /// Wrong name or password, or a mechanism that this user may not use.
    AuthenticationFailed: "AUTHENTICATIONFAILED";
    /// Signed in, but not allowed to act as the user that was asked for.
    AuthorizationFailed: "AUTHORIZATIONFAILED";
    /// The password was right once.
    Expired: "EXPIRED";
    /// Not without TLS.
    PrivacyRequired: "PRIVACYREQUIRED";
    /// The user should call whoever runs the server.
    ContactAdmin: "CONTACTADMIN";
    /// The access rights do not suffice.
    NoPerm: "NOPERM";
    /// Somebody else is at it; trying again may help.
    InUse: "INUSE";
    /// Somebody else expunged one of the messages.
    ExpungeIssued: "EXPUNGEISSUED";
    /// The server found its data damaged.
    Corruption: "CORRUPTION";
    /// The server found a fault in itself.
    ServerBug: "SERVERBUG";
    /// The server thinks that the client did something odd.
    ClientBug: "CLIENTBUG";
    /// Can never be done, such as a mailbox name with octets that are not allowed.
    Cannot: "CANNOT";
    /// A limit of the server is reached.
    Limit: "LIMIT";
    /// The user is over quota, or would be.
    OverQuota: "OVERQUOTA";
    /// What should be made is there.
    AlreadyExists: "ALREADYEXISTS";
    /// What should be deleted or changed is not there.
    NonExistent: "NONEXISTENT";
    /// The mailbox has children and can't be deleted (RFC 9051).
    HasChildren: "HASCHILDREN";
    /// Too much was asked for in too short a time (Gmail; in no specification).
    Throttled: "THROTTLED";
}

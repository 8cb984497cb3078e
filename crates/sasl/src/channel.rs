//! The connection that an exchange runs over, and what binds the exchange to it (RFC 5056, RFC 5929, RFC 9266).

use waypost_wire::Secret;

/// The connection that an exchange runs over.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Channel {
    /// Nobody between here and the server reads along: TLS is in force, its certificate checked.
    pub encrypted: bool,
    /// What can bind an exchange to this TLS connection; the first is used. Empty where TLS ends elsewhere, such as in a gateway.
    ///
    /// What is given is used, and a server that offers -PLUS but knows another kind only refuses the login: Cyrus 3.6 takes
    /// `tls-unique`, over TLS 1.3 too. That can't be told from somebody in between, so nothing weaker follows. A program that wants to
    /// sign in wherever it can gives a binding only where its user asks for one.
    pub bindings: Vec<ChannelBinding>,
}

impl Channel {
    /// A connection without TLS.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// A TLS connection, with what binds to it, the preferred first.
    #[must_use]
    pub const fn tls(bindings: Vec<ChannelBinding>) -> Self {
        Self { encrypted: true, bindings }
    }
}

/// Which property of a TLS connection binds an exchange to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindingKind {
    /// Keying material exported from TLS 1.3, or from TLS 1.2 with extended master secrets (RFC 9266, 2).
    TlsExporter,
    /// A hash of the server's certificate (RFC 5929, 4): the hash of its signature, or SHA-256 where that is MD5 or SHA-1.
    TlsServerEndPoint,
    /// The first Finished message of TLS 1.2 and older (RFC 5929, 3). Not defined for TLS 1.3.
    TlsUnique,
}

impl BindingKind {
    /// The label of the exporter (RFC 9266, 2); its context is empty, but there.
    pub const EXPORTER_LABEL: &'static [u8] = b"EXPORTER-Channel-Binding";
    /// Octets that the exporter gives (RFC 9266, 2).
    pub const EXPORTER_LENGTH: usize = 32;

    /// The name as registered with IANA.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
            Self::TlsUnique => "tls-unique",
        }
    }
}

/// A property of one TLS connection, as octets.
#[derive(Debug, Clone)]
pub struct ChannelBinding {
    kind: BindingKind,
    data: Secret<Vec<u8>>,
}

impl ChannelBinding {
    /// A binding of a connection; `None` if there are no octets, or not as many as the exporter gives.
    #[must_use]
    pub fn new(kind: BindingKind, data: Vec<u8>) -> Option<Self> {
        let data = Secret::new(data);
        let length = data.expose().len();
        let right = match kind {
            BindingKind::TlsExporter => length == BindingKind::EXPORTER_LENGTH,
            BindingKind::TlsServerEndPoint | BindingKind::TlsUnique => length > 0,
        };
        right.then_some(Self { kind, data })
    }

    /// Which property it is.
    #[must_use]
    pub const fn kind(&self) -> BindingKind {
        self.kind
    }

    /// The octets.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.data.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9266_2_and_rfc_5929_names_label_and_length() {
        assert_eq!(BindingKind::TlsExporter.name(), "tls-exporter");
        assert_eq!(BindingKind::TlsServerEndPoint.name(), "tls-server-end-point");
        assert_eq!(BindingKind::TlsUnique.name(), "tls-unique");
        assert_eq!(BindingKind::EXPORTER_LABEL, b"EXPORTER-Channel-Binding");
        assert!(ChannelBinding::new(BindingKind::TlsExporter, vec![7; 32]).is_some());
        assert!(ChannelBinding::new(BindingKind::TlsExporter, vec![7; 12]).is_none());
        assert!(ChannelBinding::new(BindingKind::TlsServerEndPoint, vec![7; 48]).is_some());
        assert!(ChannelBinding::new(BindingKind::TlsUnique, Vec::new()).is_none());
    }
}

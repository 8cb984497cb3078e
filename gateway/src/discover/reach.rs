//! Connections for looking something up: as for a tunnel, a name is looked up once, every address is checked by the
//! rule for addresses, and only those checked are dialled.

use super::Surroundings;
use super::names::Names;
use super::setting::Miss;
use crate::config::{Grant, Target};
use crate::policy::Asked;
use crate::server::Gate;
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpStream;

/// For whom, and from where, something is looked up.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) names: &'a Names,
    pub(crate) surroundings: &'a Surroundings,
    /// Who asked.
    pub(crate) client: IpAddr,
    /// What that one's token allows.
    pub(crate) grant: &'a Grant,
}

impl Errand<'_> {
    /// Connects, with the row that allowed it. The caller bounds the time.
    pub(crate) async fn connect<'a>(
        &self,
        asked: &Asked,
        rows: &[&'a Target],
    ) -> Result<(&'a Target, TcpStream), Miss> {
        let found = self.names.addresses(&asked.host.to_string(), asked.port).await?;
        let really = |checked| self.surroundings.really(checked);
        let dial = self.gate.dialer.dial_found(asked, rows, &found, self.client, really);
        dial.await.map_err(|denial| Miss::failed(denial.detail))
    }
}

impl Surroundings {
    /// Where checked addresses are: there, except in tests.
    fn really(&self, checked: Vec<SocketAddr>) -> Vec<SocketAddr> {
        match &self.instead_of {
            None => checked,
            Some(places) => checked.iter().filter_map(|address| places.get(address).copied()).collect(),
        }
    }
}

//! Connections for looking something up: as for a tunnel, a name is looked up once, every address is checked by the
//! rule for addresses, and only those checked are dialled.

use super::Surroundings;
use super::names::Names;
use super::setting::Miss;
use crate::config::Target;
use crate::dial;
use crate::policy::{Asked, address};
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Connects, with the row that allowed it. The caller bounds the time.
pub(crate) async fn connect<'a>(
    names: &Names,
    surroundings: &Surroundings,
    asked: &Asked,
    rows: &[&'a Target],
) -> Result<(&'a Target, TcpStream), Miss> {
    let found = names.addresses(&asked.host.to_string(), asked.port).await?;
    let (row, checked) = address::keep(asked, rows, &found).map_err(|denial| Miss::failed(denial.detail))?;
    let stream = dial::connect(surroundings.really(checked)).await.map_err(Miss::failed)?;
    Ok((row, stream))
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

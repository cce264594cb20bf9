//! `vestibule connection accept`: metadata that changed so much that a person has to agree.

use super::show;
use crate::cli::failure::Result;
use crate::cli::shell::Shell;
use crate::error::Error;
use crate::store::ConnectionId;
use crate::store::connections;

pub(super) fn run(shell: &Shell, id: &ConnectionId) -> Result {
    let now = shell.now();
    let known = shell.read(|db| {
        let connection = connections::find(db, id)?;
        connections::known(db, connection, now)
    })?;
    let (name, scope) = (known.connection.name.clone(), known.connection.organization_id.clone());
    let alerts = known.refresh.iter().flat_map(|row| row.alerts(&known.connection, now));
    let held = alerts.into_iter().find_map(|alert| Some((alert.change.clone()?, alert)));
    let Some((change, alert)) = held else {
        let detail = "No change of the provider's metadata waits for this connection.";
        return Err(Error::conflict("nothing_to_accept", detail).into());
    };
    for line in show::differences(&alert) {
        shell.out.note(line);
    }
    shell.confirm(&format!("Accept this for the connection {name}"), &name)?;
    let row = shell.write(&scope, |tx| connections::accept(tx, id, &change))?;
    show::connection(shell, row)
}

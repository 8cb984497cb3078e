//! Cyrus: `master` as the unprivileged user from the start, so that nothing of it ever is root.

use super::super::ServerError;
use super::ground::Ground;
use std::io::Write;
use std::process::{Command, Stdio};

pub(super) fn command(ground: &mut Ground) -> Result<Command, ServerError> {
    ground.copy_programs()?;
    for folder in FOLDERS {
        ground.folder_for_mail(folder)?;
    }
    let bin = ground.programs.join("usr/lib/cyrus/bin").to_string_lossy().into_owned();
    let sasl =
        ground.libraries().split(':').map(|folder| format!("{folder}/sasl2")).collect::<Vec<_>>().join(":");
    ground.write_template("imapd.conf", IMAPD, &[("@sasl@", &sasl)])?;
    ground.write_template("cyrus.conf", SERVICES, &[("@bin@", &bin)])?;
    for user in &ground.users {
        add_user(ground, user.local_part(), user.domain(), &user.password, &sasl)?;
    }
    let mut command = ground.runner.command(format!("{bin}/master"));
    command
        .args(
            ["-C", "imapd.conf", "-M", "cyrus.conf", "-p", "master.pid"]
                .map(|part| if part.starts_with('-') { part.into() } else { ground.dir().join(part) }),
        )
        .env("LD_LIBRARY_PATH", ground.libraries())
        // Speed over safety: without it each message waits for the disk several times, which a busy machine makes seconds of.
        .env("LD_PRELOAD", "libeatmydata.so")
        .env("CYRUS_USER", &ground.runner.user)
        .env("CYRUS_GROUP", &ground.runner.group);
    Ok(command)
}

fn add_user(
    ground: &Ground,
    name: &str,
    domain: &str,
    password: &str,
    sasl: &str,
) -> Result<(), ServerError> {
    let doing = "giving Cyrus its users";
    let mut child = ground
        .runner
        .command(ground.programs.join("usr/sbin/saslpasswd2"))
        .args(["-p", "-c", "-f"])
        .arg(ground.dir().join("sasldb2"))
        .args(["-u", domain, name])
        .env("LD_LIBRARY_PATH", ground.libraries())
        .env("SASL_PATH", sasl)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ServerError::io(doing))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(password.as_bytes()).map_err(ServerError::io(doing))?;
    }
    match child.wait().map_err(ServerError::io(doing))?.success() {
        true => Ok(()),
        false => Err(ServerError::Failed { server: "cyrus", detail: "saslpasswd2 refused a user".into() }),
    }
}

const IMAPD: &str = include_str!("../../../../../tests/servers/cyrus/imapd.conf.in");
const SERVICES: &str = include_str!("../../../../../tests/servers/cyrus/cyrus.conf.in");
const FOLDERS: [&str; 11] = [
    "conf/db",
    "conf/socket",
    "conf/proc",
    "conf/log",
    "conf/msg",
    "conf/lock",
    "conf/user",
    "conf/quota",
    "conf/ptclient",
    "spool/stage.",
    "spool/user",
];

//! GNU Mailutils' imap4d, as the unprivileged user from the start.

use super::super::ServerError;
use super::ground::Ground;
use std::process::Command;

pub(super) fn command(ground: &mut Ground) -> Result<Command, ServerError> {
    ground.copy_programs()?;
    let (uid, gid) = ground.runner.numbers()?;
    let mut accounts = String::new();
    for user in &ground.users {
        let name = user.local_part();
        // INBOX is a file that must be there.
        ground.write(&format!("mail/{name}/INBOX"), "")?;
        let home = ground.dir().join("mail").join(name);
        let password = crypted(&user.password)?;
        accounts += &format!("{name}:{password}:{uid}:{gid}:{name}:{}:/bin/false\n", home.display());
    }
    let domain = ground.users.first().map(|user| user.domain().to_owned()).unwrap_or_default();
    ground.write(&format!("virtual/{domain}"), &accounts)?;
    ground.write_template("imap4d.conf", CONFIGURATION, &[])?;
    let mut command = ground.runner.command(ground.programs.join("usr/sbin/imap4d"));
    command
        .arg("--no-config")
        .arg(format!("--config-file={}", ground.dir().join("imap4d.conf").display()))
        .arg("--foreground")
        .env("LD_LIBRARY_PATH", ground.libraries());
    Ok(command)
}

/// As crypt(3) has it; every Debian has Perl.
fn crypted(password: &str) -> Result<String, ServerError> {
    let output = Command::new("perl")
        .args(["-e", "print crypt($ARGV[0], q($6$waypost$))", password])
        .output()
        .map_err(ServerError::io("giving Mailutils its users"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

const CONFIGURATION: &str = include_str!("../../../../../tests/servers/mailutils/imap4d.conf.in");

//! GNU Mailutils' imap4d and pop3d, as the unprivileged user from the start. pop3d wants to be of the group `mail`, which only root can
//! give it: without root there is no POP3.

use super::super::ServerError;
use super::super::process::Runner;
use super::ground::Ground;
use std::os::unix::process::CommandExt;
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
    let mail = mail_group(&ground.runner);
    let ports = |plain: u16, tls: u16| [plain.to_string(), tls.to_string()];
    for (daemon, [plain, tls]) in
        [("imap4d", ports(ground.plain, ground.tls)), ("pop3d", ports(ground.pop3, ground.pop3s))]
    {
        let words = [("@daemon@", daemon), ("@ondemand@", &plain), ("@connection@", &tls)];
        ground.write_template(&format!("{daemon}.conf"), CONFIGURATION, &words)?;
    }
    let mut command = ground.runner.command("sh");
    if let Some(group) = mail {
        command.gid(group);
    }
    command
        .args(["-c", BOTH, "sh"])
        .arg(ground.programs.join("usr/sbin"))
        .arg(ground.dir())
        .arg(if mail.is_some() { "imap4d pop3d" } else { "imap4d" })
        .env("LD_LIBRARY_PATH", ground.libraries());
    Ok(command)
}

/// The number of the group that pop3d wants, where this process can give it.
pub(super) fn mail_group(runner: &Runner) -> Option<u32> {
    let groups = std::fs::read_to_string("/etc/group").ok().filter(|_| runner.is_root())?;
    groups.lines().find_map(|line| line.strip_prefix("mail:")?.split(':').nth(1)?.parse().ok())
}

/// As crypt(3) has it; every Debian has Perl.
fn crypted(password: &str) -> Result<String, ServerError> {
    let output = Command::new("perl")
        .args(["-e", "print crypt($ARGV[0], q($6$waypost$))", password])
        .output()
        .map_err(ServerError::io("giving Mailutils its users"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

const CONFIGURATION: &str = include_str!("../../../../../tests/servers/mailutils/mailutils.conf.in");
/// Programs with one end: none outlives the shell.
const BOTH: &str = r#"for daemon in $3; do
  "$1/$daemon" --no-config --config-file="$2/$daemon.conf" --foreground &
  pids="$pids $!"
done
trap 'kill $pids; wait; exit' TERM INT
wait"#;

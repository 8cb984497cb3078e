//! The command line. The flags of keys come from the table of keys; what else there is stands here.

use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches as _, Subcommand as _, ValueHint};
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use waypost_gateway::keys::{KEYS, Key};
use waypost_gateway::{ConfigError, Settings};

#[derive(clap::Args)]
struct General {
    /// Configuration in TOML; without it the defaults hold [env: WAYPOST_CONFIG]
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

/// What to do in place of running the gateway.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Say whether the configuration can be used
    CheckConfig,
    /// Print a script that completes the command line in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Print a new access token and the rows for the configuration that allow it
    Token {
        /// Whose token it is
        name: String,
    },
}

/// The shells that are common on servers.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Fish,
    Zsh,
}

/// Reads the command line and the environment; ends the program where they ask for help or make no sense.
pub(crate) fn read() -> Result<(Settings, Option<Task>), ConfigError> {
    let matches = whole(Show::Main).get_matches();
    let task =
        matches.subcommand().map(|_| Task::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()));
    // To print a page or a script the settings are not needed, and may be wrong.
    if matches!(task, Some(Task::Completions { .. } | Task::Man)) {
        return Ok((Settings::default(), task));
    }
    let general = General::from_arg_matches(innermost(&matches)).unwrap_or_else(|error| error.exit());
    let mut settings = Settings::from_environment(std::env::vars_os())?;
    if let Some(file) = general.config {
        settings.use_file(file);
    }
    for key in KEYS.iter().filter(|key| key.is_settable()) {
        let given = innermost(&matches).get_many::<String>(key.name).map(Iterator::collect::<Vec<_>>);
        match given.as_deref() {
            None | Some([]) => {}
            Some([value]) => settings.flag(key, (*value).clone()),
            // Given again, it is a list.
            Some(values) => settings.flag(key, serde_json::to_string(values).unwrap_or_default()),
        }
    }
    Ok((settings, task))
}

/// Flags of the program are also flags of its tasks, and stand there after them.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, matches)| matches)
}

/// Writes the script for a shell.
pub(crate) fn completions(shell: Shell, out: &mut dyn io::Write) {
    use clap_complete::shells::{Bash, Fish, Zsh};
    let mut command = whole(Show::Keys);
    match shell {
        Shell::Bash => clap_complete::generate(Bash, &mut command, NAME, out),
        Shell::Fish => clap_complete::generate(Fish, &mut command, NAME, out),
        Shell::Zsh => clap_complete::generate(Zsh, &mut command, NAME, out),
    }
}

/// Writes the manual page.
pub(crate) fn manual(out: &mut dyn io::Write) -> io::Result<()> {
    // Of tasks it would name pages of their own; they stand in this one.
    let tasks = whole(Show::Keys);
    let tasks = tasks.get_subcommands().map(|task| {
        format!("  {}: {}\n", task.get_name(), task.get_about().map(ToString::to_string).unwrap_or_default())
    });
    let more = format!("Tasks, in place of running:\n{}\n{EXAMPLES}{EXIT}", tasks.collect::<String>());
    let command = described(General::augment_args(Command::new(NAME)), Show::Keys).after_long_help(more);
    clap_mangen::Man::new(command.override_usage(format!("{NAME} [OPTIONS] [TASK]"))).section("8").render(out)
}

/// Whether keys are shown as options of their own. In the help a table of them reads better.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Main,
    Keys,
}

fn whole(show: Show) -> Command {
    let command = Task::augment_subcommands(General::augment_args(Command::new(NAME)));
    described(command, show)
        .after_long_help(long_help())
        .subcommand_required(false)
        .subcommand_value_name("TASK")
        .subcommand_help_heading("Tasks")
        .disable_help_subcommand(true)
}

/// With what it is and its keys.
fn described(command: Command, show: Show) -> Command {
    let command = command
        .version(env!("CARGO_PKG_VERSION"))
        .about("Lets a web page reach mail servers: WebSocket in, TCP or TLS out. Serves the web app.")
        .after_help("Keys of the configuration are flags too: --help shows them.")
        .long_about(None);
    KEYS.iter().filter(|key| key.is_settable()).fold(command, |command, key| command.arg(flag(key, show)))
}

fn flag(key: &Key, show: Show) -> Arg {
    let kind = if key.has_default { "default" } else { "example" };
    let hint = if key.is_path { ValueHint::AnyPath } else { ValueHint::Other };
    Arg::new(key.name)
        .long(key.name)
        .alias(key.name.replace('_', "-"))
        .value_name("VALUE")
        .value_hint(hint)
        .action(ArgAction::Append)
        .global(true)
        .hide(show == Show::Main)
        .help_heading("Keys of the configuration")
        .help(format!("{} [{kind}: {}] [env: {}]", key.about, key.value, key.variable()))
}

/// Examples, every key, and what the exit code says.
fn long_help() -> String {
    let mut text = String::from(EXAMPLES);
    text.push_str(ABOUT_KEYS);
    for key in KEYS {
        let note = if key.has_default { "" } else { "  (example)" };
        // A string takes everything that is written to it.
        let _ = write!(text, "\n  {} = {}{note}\n      {}", key.name, key.value, key.about);
    }
    text.push_str("\n\n");
    text.push_str(EXIT);
    text
}

const NAME: &str = "waypost-gateway";

const EXAMPLES: &str = "\
Examples:
  waypost-gateway
      serves this machine on http://localhost:8790; tunnels lead to public mail servers with TLS
  waypost-gateway --config /etc/waypost/gateway.toml
      as a service, with a file
  waypost-gateway --origins https://mail.example.org --trusted_proxies 127.0.0.1
      behind a reverse proxy on this machine that does https
  waypost-gateway --targets '[{ host = \"imap.example.org\", ports = [993], tls = [\"implicit\"] }]'
      to one mail server and nowhere else
  waypost-gateway check-config --config gateway.toml
      says what is wrong with a file

";

const ABOUT_KEYS: &str = "\
Keys of the configuration:
  Each stands in the file, or is a flag (--limits.tunnels=100), or a variable in the environment (WAYPOST_LIMITS_TUNNELS=100).
  A flag wins over the environment, which wins over the file. Values are TOML; texts need no quotes and lists of texts no
  brackets. The sample gateway.example.toml says more about each.
";

const EXIT: &str = "\
Exit code:
  0 after SIGTERM or SIGINT, or if the configuration can be used; 1 if it can't start, with a sentence that says what to do;
  2 for a wrong command line.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_has_no_contradiction() {
        whole(Show::Main).debug_assert();
        whole(Show::Keys).debug_assert();
    }
}

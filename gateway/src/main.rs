//! The program around the library: command line, log, signals.

use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use waypost_gateway::config::LogLevel;
use waypost_gateway::service::{Service, Signals};
use waypost_gateway::{Config, ConfigError, Listen, Listeners, NewToken, Origin, Passed};

/// Lets a web page reach mail servers: WebSocket in, TCP or TLS out. Serves the web app.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration in TOML; without it mail servers on the internet are allowed and no app is served
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen, instead of at the configuration's places: ADDRESS:PORT, unix:PATH or systemd; may be given again
    #[arg(long, value_name = "PLACE")]
    listen: Vec<Listen>,
    /// Folder of the built web app, instead of the configuration's
    #[arg(long, value_name = "FOLDER")]
    app_dir: Option<PathBuf>,
    /// Say whether the configuration can be used, and stop
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print a new access token and the rows for the configuration that allow it
    Token {
        /// Whose token it is
        name: String,
    },
}

fn main() -> ExitCode {
    // Before the runtime starts its threads.
    let passed = Passed::take();
    match start(&Arguments::parse(), passed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // If nobody can be told, the exit code still says it.
            let _ = writeln!(std::io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &Arguments, passed: Passed) -> Result<(), String> {
    if let Some(Command::Token { name }) = &arguments.command {
        return new_token(name);
    }
    let config = arguments.load().map_err(|error| error.to_string())?;
    if arguments.check {
        return check(&config);
    }
    log_to_standard_error(config.log);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("The program can't be started: {error}."))?
        .block_on(run(arguments, config, passed))
        .map_err(|error| error.to_string())
}

async fn run(arguments: &Arguments, config: Config, passed: Passed) -> Result<(), ConfigError> {
    let signals = Signals::catch()?;
    let listeners = Listeners::open(&config.listen, passed).await?;
    let addresses = listeners.addresses();
    for warning in addresses.iter().flat_map(|address| config.warnings(*address)) {
        tracing::warn!("{warning}");
    }
    let names: Vec<String> = config.names(&addresses).iter().map(Origin::to_string).collect();
    let places = listeners.names(config.tls.is_some()).join(" and ");
    let service = Service::new(config, listeners)?;
    say(&format!("waypost-gateway listens on {places} as {}", names.join(", ")));
    service.operate(signals, || arguments.load()).await;
    Ok(())
}

impl Arguments {
    /// The file, and what stands on the command line instead of it.
    fn load(&self) -> Result<Config, ConfigError> {
        let mut config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::default(),
        };
        if !self.listen.is_empty() {
            config.listen.clone_from(&self.listen);
        }
        if self.app_dir.is_some() {
            config.app_dir.clone_from(&self.app_dir);
        }
        Ok(config)
    }
}

/// The token goes to the person who asked for it; the rows hold only its hash.
fn new_token(name: &str) -> Result<(), String> {
    let token = NewToken::random(name).ok_or(
        "The system gives no random octets, so no token was made. Try again after a restart of the machine.",
    )?;
    say(&format!("Token for {name}, shown only now:\n\n{}\n\nRows for the configuration:\n", token.text()));
    say(&format!("[access]\nmode = \"token\"\n\n{}", token.rows()));
    Ok(())
}

fn check(config: &Config) -> Result<(), String> {
    config.check_files().map_err(|error| error.to_string())?;
    // What a service manager will pass is not known here; the start looks at it.
    let reaches = |place: &Listen| matches!(place, Listen::Address(address) if !address.ip().is_loopback());
    config.check_access(!config.listen.iter().any(reaches)).map_err(|error| error.to_string())?;
    for place in &config.listen {
        if let Listen::Address(address) = place {
            for warning in config.warnings(*address) {
                say(&format!("Warning: {warning}"));
            }
        }
    }
    let places: Vec<String> = config.listen.iter().map(Listen::to_string).collect();
    say(&format!(
        "The configuration can be used: {} targets, listening on {}.",
        config.targets.len(),
        places.join(", ")
    ));
    Ok(())
}

/// Only what this program itself says: libraries below could show what is carried.
fn log_to_standard_error(level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target("waypost_gateway", level);
    let layer =
        tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(layer).with(own).init();
}

fn say(line: &str) {
    // A closed standard output is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{line}");
}

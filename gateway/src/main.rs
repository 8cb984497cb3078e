//! The program around the library: log, what it says.

mod command;

use command::Task;
use std::io::{self, Write as _};
use std::process::ExitCode;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use waypost_gateway::config::{LogFormat, LogLevel};
use waypost_gateway::service::{Service, Signals};
use waypost_gateway::{Config, ConfigError, Listen, Listeners, NewToken, Origin, Passed, Settings};

fn main() -> ExitCode {
    // Before the runtime starts its threads.
    let passed = Passed::take();
    match start(passed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // If nobody can be told, the exit code still says it.
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn start(passed: Passed) -> Result<(), String> {
    let (settings, task) = command::read().map_err(|error| error.to_string())?;
    match task {
        Some(Task::Man) => return print(|out| command::manual(out)),
        Some(Task::Completions { shell }) => {
            return print(|out| {
                command::completions(shell, out);
                Ok(())
            });
        }
        Some(Task::Token { name }) => return new_token(&name),
        Some(Task::CheckConfig) | None => {}
    }
    let config = settings.load().map_err(|error| error.to_string())?;
    if task.is_some() {
        return check(&config);
    }
    log_to_standard_error(config.log, config.log_format);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("The program can't be started: {error}."))?
        .block_on(run(&settings, config, passed))
        .map_err(|error| error.to_string())
}

async fn run(settings: &Settings, config: Config, passed: Passed) -> Result<(), ConfigError> {
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
    service.operate(signals, || settings.load()).await;
    Ok(())
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
        let mut warnings: Vec<String> = place.warning().into_iter().collect();
        if let Listen::Address(address) = place {
            warnings.extend(config.warnings(*address));
        }
        for warning in warnings {
            say(&format!("Warning: {warning}"));
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

/// Prints something that is made whole first, because a pipe that is closed early is no fault.
fn print(make: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Result<(), String> {
    let mut text = Vec::new();
    make(&mut text).map_err(|error| format!("It can't be made: {error}."))?;
    let _ = io::stdout().write_all(&text);
    Ok(())
}

/// Only what this program itself says: libraries below could show what is carried.
fn log_to_standard_error(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target("waypost_gateway", level);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(io::stderr);
    let log = tracing_subscriber::registry().with(own);
    match format {
        LogFormat::Text => log.with(layer).init(),
        LogFormat::Json => log.with(layer.json().flatten_event(true)).init(),
    }
}

fn say(line: &str) {
    // A closed standard output is no reason to stop.
    let _ = writeln!(io::stdout(), "{line}");
}

//! A relay as the system sees it: a process with all that it has started, its memory and its time on processors.

use super::Outcome;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A process and its descendants, which end with it.
pub(crate) struct Group(Child);

impl Group {
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        child.map(Self).map_err(|error| format!("{program} can't be started: {error}"))
    }

    pub(crate) fn of(child: Child) -> Self {
        Self(child)
    }

    /// Whether it still runs.
    pub(crate) fn is_up(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Proportional memory in KiB: what several processes share counts once.
    pub(crate) fn memory(&self) -> f64 {
        let of = |id: &u32| {
            let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
            line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0)
        };
        self.members().iter().map(of).sum()
    }

    /// Its memory once it has stopped changing.
    pub(crate) fn settled_memory(&self) -> f64 {
        let start = Instant::now();
        let mut last = self.memory();
        loop {
            thread::sleep(Duration::from_millis(200));
            let now = self.memory();
            if (now - last).abs() <= last / 200.0 || start.elapsed() > SETTLING {
                return now;
            }
            last = now;
        }
    }

    /// Seconds on processors, of those that have ended too.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let living: f64 = self.members().into_iter().map(processor_seconds).sum();
        // Fields 16 and 17 of proc(5): of children that were waited for.
        living + ticks(self.0.id(), [13, 14])
    }

    fn members(&self) -> Vec<u32> {
        let mut found = vec![self.0.id()];
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            let lists = tasks(id).into_iter().map(|task| format!("/proc/{id}/task/{task}/children"));
            for list in lists.filter_map(|path| fs::read_to_string(path).ok()) {
                found.extend(list.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
            }
            next += 1;
        }
        found
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for id in self.members().into_iter().rev() {
            if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
                // It may have ended by itself.
                let _ = kill_process(id, Signal::KILL);
            }
        }
        let _ = self.0.wait();
    }
}

fn tasks(id: u32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// In nanoseconds where the kernel tells them for each thread; threads that have ended are only in the coarse sum.
fn processor_seconds(id: u32) -> f64 {
    let fine: f64 = tasks(id)
        .into_iter()
        .filter_map(|task| fs::read_to_string(format!("/proc/{id}/task/{task}/schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .sum();
    (fine / 1e9).max(ticks(id, [11, 12]))
}

/// The sum of two fields of /proc/PID/stat behind the name in brackets, in seconds.
fn ticks(id: u32, fields: [usize; 2]) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let values: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let value = |index: usize| values.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    fields.into_iter().map(value).sum::<f64>() / 100.0
}

/// Lets this process and those that it starts open as many files as the system's hard limit allows. Answers how many.
pub(crate) fn raise_descriptors() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::from(u32::MAX));
    // Where it is refused, the old limit holds.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(most)
}

const SETTLING: Duration = Duration::from_secs(4);

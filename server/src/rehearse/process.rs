//! What a process uses, as Linux says it under `/proc`.

use std::path::PathBuf;
use std::time::Duration;

/// Ticks of a second in `/proc/PID/stat`: the kernel gives 100 to programs on every architecture (proc(5), `USER_HZ`).
const TICKS: u64 = 100;

/// What a process has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// The most memory that it had at any time, in bytes.
    pub(super) peak_memory: u64,
    /// The processor time that it has used.
    pub(super) cpu: Duration,
}

impl Usage {
    /// What a process has used until now; `None` where there is no `/proc` or no such process.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let status = std::fs::read_to_string(folder.join("status")).ok()?;
        let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
        Some(Self { peak_memory: peak_memory(&status)?, cpu: cpu(&stat)? })
    }
}

fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

fn cpu(stat: &str) -> Option<Duration> {
    // The second field is the program's name in brackets, which may hold anything; the third is behind the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1_000 / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(peak_memory("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2_097_152));
        assert_eq!(peak_memory("Name:\tx\n"), None);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 4 0 5 6 7";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(cpu("7 (a"), None);
    }
}

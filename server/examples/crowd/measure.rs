//! What is measured: the server's CPU and memory as the kernel counts them, and delays.

use anyhow::Context;
use std::fs;
use std::time::Duration;

/// CPU time of all threads of a process, by the scheduler's own count.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("the server has ended")? {
        // A thread may end while it is looked at.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        sum += text.split(' ').next().and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(sum))
}

/// What the kernel keeps for all sockets of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KernelMemory {
    /// Its objects: sockets, files, entries of epoll (`Slab` in `/proc/meminfo`).
    pub(crate) slab_kib: f64,
    /// The buffers of TCP (`mem` in `/proc/net/sockstat`).
    pub(crate) tcp_kib: f64,
    /// Sockets of TCP that are in use.
    pub(crate) sockets: u64,
}

impl KernelMemory {
    pub(crate) fn now() -> anyhow::Result<Self> {
        /// Pages are counted, of this size on all machines that this runs on.
        const PAGE_KIB: f64 = 4.0;
        let info = fs::read_to_string("/proc/meminfo")?;
        let slab = info.lines().find_map(|line| line.strip_prefix("Slab:")).context("no Slab in /proc/meminfo")?;
        let stat = fs::read_to_string("/proc/net/sockstat")?;
        let tcp = stat.lines().find_map(|line| line.strip_prefix("TCP:")).context("no TCP in /proc/net/sockstat")?;
        let figure = |name: &str| {
            let mut words = tcp.split_whitespace().skip_while(|word| *word != name);
            words.nth(1).and_then(|digits| digits.parse::<u32>().ok()).with_context(|| format!("no {name} in {tcp}"))
        };
        Ok(Self {
            slab_kib: slab.trim().trim_end_matches(" kB").parse()?,
            tcp_kib: f64::from(figure("mem")?) * PAGE_KIB,
            sockets: figure("inuse")?.into(),
        })
    }
}

/// Memory of a process that is not a file's, in KiB.
pub(crate) fn memory_kib(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the server has ended")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon in the status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Delays, to be asked for the share that is faster.
#[derive(Debug, Default)]
pub(crate) struct Delays(Vec<Duration>);

impl Delays {
    pub(crate) fn add(&mut self, delay: Duration) {
        self.0.push(delay);
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The delay that `percent` of all do not exceed.
    pub(crate) fn percentile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default()
    }
}

impl FromIterator<Duration> for Delays {
    fn from_iter<I: IntoIterator<Item = Duration>>(delays: I) -> Self {
        Self(delays.into_iter().collect())
    }
}

/// Milliseconds for people.
pub(crate) fn millis(delay: Duration) -> String {
    format!("{:.1} ms", delay.as_secs_f64() * 1e3)
}

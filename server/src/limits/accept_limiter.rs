//! The pace at which connections are accepted: an audience that reconnects at once is accepted quickly, a storm at a pace that
//! leaves time for those who are inside. Who waits, waits in the kernel's backlog and costs nothing.

use tokio::time::{Instant, sleep};

use super::rate::Limit;
use std::time::Duration;

/// Says when the next connection may be accepted.
#[derive(Debug)]
pub struct AcceptLimiter {
    limit: Limit,
    started: Instant,
    full_at: i64,
}

impl AcceptLimiter {
    /// Lets through as many as this limit says.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        Self { limit, started: Instant::now(), full_at: 0 }
    }

    /// Waits until there is one to be accepted and takes it. Cancelled half-way it has taken nothing.
    pub async fn ready(&mut self) {
        let Some(rate) = self.limit.0 else { return };
        loop {
            let now = i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX);
            match rate.take(self.full_at, now) {
                Ok(full_at) => {
                    self.full_at = full_at;
                    return;
                }
                // Timers have a resolution of a millisecond: what flows in until then is taken without a further wait.
                Err(wait) => sleep(Duration::from_nanos(wait.unsigned_abs())).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn a_hall_is_let_in_at_once_and_a_storm_at_its_pace() {
        let mut pacer = AcceptLimiter::new("10000/5s".parse().unwrap());
        let began = Instant::now();
        for _ in 0..10_000 {
            pacer.ready().await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        for _ in 0..4_000 {
            pacer.ready().await;
        }
        let took = began.elapsed();
        assert!((Duration::from_millis(1_990)..Duration::from_millis(2_100)).contains(&took), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_has_taken_nothing() {
        let mut pacer = AcceptLimiter::new("1/10s".parse().unwrap());
        pacer.ready().await;
        for _ in 0..9 {
            tokio::select! {
                () = pacer.ready() => panic!("too early"),
                () = sleep(Duration::from_secs(1)) => {}
            }
        }
        let began = Instant::now();
        pacer.ready().await;
        assert!(began.elapsed() <= Duration::from_millis(1_002), "{:?}", began.elapsed());
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _inside = runtime.enter();
        let mut pacer = AcceptLimiter::new(Limit::NONE);
        assert!((0..100_000).all(|_| pacer.ready().now_or_never().is_some()));
    }
}

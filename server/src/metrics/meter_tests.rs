use super::*;

#[tokio::test(start_paused = true)]
async fn a_meter_tells_how_its_streams_are_doing() {
    let meter = Meter::default();
    meter.join();
    let mark = meter.mark();
    meter.beat();
    meter.sample();
    tokio::time::advance(Duration::from_secs(20)).await;
    meter.published(3, Some(Duration::from_millis(7)));
    meter.wrote(WrittenBytes { frames: 3, bytes: 600, beats: 1, skipped: 2 });
    meter.replayed(ReplaySource::ReplayBuffer);
    meter.replayed(ReplaySource::Database);
    meter.resynced(1);
    meter.slowed();
    let health = meter.health(Duration::from_secs(30));
    assert_eq!((health.streams, health.published, health.deliveries, health.bytes), (1, 3, 3, 600));
    assert_eq!((health.replays, health.resyncs, health.slow, health.lag_ms), (2, 1, 1, Some(7)));
    let pulse = Pulse { every_ms: 30_000, age_ms: 20_000, sent: 1, skipped: 2 };
    assert_eq!((health.heartbeat, health.mean_stay_ms), (Some(pulse), None));
    let rates: Vec<_> = health.samples.iter().map(|sample| (sample.at_ms, sample.published)).collect();
    assert_eq!(rates, [(0, 0), (20_000, 3)]);
    meter.stayed(mark);
    meter.leave();
    let health = meter.health(Duration::from_secs(30));
    assert_eq!((health.streams, health.mean_stay_ms), (0, Some(20_000)));
    assert!(health.stays.contains(&Stay { up_to_s: Some(60), streams: 1 }), "{:?}", health.stays);
}

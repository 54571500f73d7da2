//! Does compressing the streams pay? Prints bytes, CPU and memory of each form on streams as a town hall makes them.
//!
//! `compression` prints the tables. `compression browsers` serves a page that says which forms the browser that opens
//! it can read as they come. `compression transport` compares Server-Sent Events with WebSocket.

mod browsers;
#[expect(dead_code, reason = "the server's own encoder, of which the study needs a part")]
mod bus;
mod events;
mod forms;
mod transport;

use bus::frame;

use std::error::Error;
use std::io;
use std::process::Command;

use crate::events::Hall;
use crate::forms::{Form, GzipBlocks, GzipMembers, Plain, ZstdFrames, brotli, gzip, zstd};
use crate::frame::Batch;

/// What an encoder costs beyond its allocations is averaged over so many.
const ENCODERS: usize = 500;
/// TCP and IPv4 headers with timestamps: what a batch costs on the network whatever its size.
const PACKET: usize = 52;

type Maker = fn() -> io::Result<Box<dyn Form>>;

/// The forms by name; `true` when each stream has an encoder of its own.
const FORMS: [(&str, bool, Maker); 12] = [
    ("none", false, || Ok(Box::new(Plain))),
    ("gzip 1 per stream", true, || Ok(Box::new(gzip(1)))),
    ("gzip 6 per stream", true, || Ok(Box::new(gzip(6)))),
    ("brotli 1 per stream, 64 KiB window", true, || Ok(Box::new(brotli(1, 16)))),
    ("brotli 5 per stream, 64 KiB window", true, || Ok(Box::new(brotli(5, 16)))),
    ("zstd 1 per stream, 16 KiB window", true, || Ok(Box::new(zstd(1, 14)?))),
    ("zstd 3 per stream, 64 KiB window", true, || Ok(Box::new(zstd(3, 16)?))),
    ("gzip members, shared", false, || Ok(Box::new(GzipMembers(6)))),
    ("zstd frames, shared", false, || Ok(Box::new(ZstdFrames(::zstd::bulk::Compressor::new(3)?)))),
    ("gzip 1 blocks, shared", false, || Ok(Box::new(GzipBlocks::new(1, 1)))),
    ("gzip 6 blocks, shared", false, || Ok(Box::new(GzipBlocks::new(6, 1)))),
    ("gzip 6 blocks, shared, with history; somebody joins every 20th batch", false, || {
        Ok(Box::new(GzipBlocks::new(6, 20)))
    }),
];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => tables(),
        ["browsers"] => browsers::serve(),
        ["transport"] => transport::tables(),
        ["memory", form] => {
            let (_, _, maker) = FORMS.get(form.parse::<usize>()?).ok_or("there is no such form")?;
            println!("{}", memory_kib(*maker)?);
            Ok(())
        }
        _ => Err("usage: compression [browsers | transport]".into()),
    }
}

fn tables() -> Result<(), Box<dyn Error>> {
    let halls = [
        ("one event at a time", Hall::quiet(3_000)),
        ("200 votes a second", Hall::voting(3_000)),
        ("replay of 20 questions", Hall::replay(300)),
    ];
    let memory: Vec<Option<f64>> = FORMS
        .iter()
        .enumerate()
        .map(|(at, form)| form.1.then(|| memory_of(at)).transpose())
        .collect::<Result<_, _>>()?;
    for (name, batches) in &halls {
        let whole: usize = batches.iter().map(|batch| batch.whole.bare().len()).sum();
        println!("\n{name}: {} bytes in a batch on average\n", whole / batches.len());
        println!(
            "| form | bytes of a batch | with its packet | CPU for a batch | for 2,000 streams | memory per stream |"
        );
        println!("|---|---|---|---|---|---|");
        for ((form, per_stream, maker), kib) in FORMS.into_iter().zip(&memory) {
            let (bytes, micros) = run(maker, batches)?;
            let percent = |bytes: usize, of: usize| (bytes * 100 + of / 2) / of;
            let packets = PACKET * batches.len();
            let times = if per_stream { 2_000.0 } else { 1.0 };
            let kib = kib.map_or_else(|| "0".to_owned(), |kib| format!("{kib:.0} KiB"));
            println!(
                "| {form} | {} ({} %) | {} % | {micros:.1} us | {:.2} ms | {kib} |",
                bytes / batches.len(),
                percent(bytes, whole),
                percent(bytes + packets, whole + packets),
                micros * times / 1e3,
            );
        }
    }
    Ok(())
}

/// Bytes of all batches, and microseconds of CPU for one.
fn run(maker: Maker, batches: &[Batch]) -> Result<(usize, f64), Box<dyn Error>> {
    let mut bytes = 0;
    let start = cpu_ns()?;
    let mut rounds = 0_u32;
    // The kernel counts in ticks of some milliseconds, so that a short run would say nothing.
    while rounds == 0 || cpu_ns()? - start < 300_000_000 {
        let mut form = maker()?;
        bytes = form.head().len();
        for batch in batches {
            bytes += form.batch(batch.whole.bare())?.len();
        }
        rounds += 1;
    }
    let taken = (cpu_ns()? - start) as f64 / 1e3;
    Ok((bytes, taken / f64::from(rounds) / batches.len() as f64))
}

/// Memory of a form's encoder, asked of a process of its own: memory that was used before would be used again.
fn memory_of(form: usize) -> Result<f64, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?).args(["memory", &form.to_string()]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Memory that an encoder holds once it has seen some batches.
fn memory_kib(maker: Maker) -> Result<f64, Box<dyn Error>> {
    let batches = Hall::voting(20);
    let before = own_kib()?;
    let mut encoders = Vec::with_capacity(ENCODERS);
    for _ in 0..ENCODERS {
        let mut form = maker()?;
        for batch in &batches {
            form.batch(batch.whole.bare())?;
        }
        encoders.push(form);
    }
    Ok((own_kib()? - before) / ENCODERS as f64)
}

/// CPU time of this thread, by the scheduler's count.
fn cpu_ns() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

/// Memory of this process that is not a file's.
fn own_kib() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let value = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("no RssAnon in /proc/self/status")?;
    Ok(value.trim().trim_end_matches(" kB").parse()?)
}

//! Why Server-Sent Events: what a delivery costs in bytes and CPU, as an event stream and as WebSocket messages.
//!
//! One loop writes the same bytes to every client, as the server does, whatever the framing: encoded once, a header of
//! its own kind in front. Clients are on this machine and throw away what they read, on a thread of their own whose CPU is
//! not counted.

use ciborium::value::Value;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::cpu_ns;
use crate::events::Hall;
use crate::forms::{Form, GzipBlocks};
use crate::frame::{Batch, Frame};

/// Clients of the loop.
const CLIENTS: usize = 1_000;
/// Batches that each of them is sent.
const BATCHES: usize = 300;
/// How often it is looked whether everybody has a batch, and the time between looks.
const LOOKS: u32 = 5_000;
const LOOK: Duration = Duration::from_millis(2);
/// TCP and IPv4 headers with timestamps.
const PACKET: usize = 52;

/// Makes of a batch the bytes that go over the wire: once for all clients, so it costs a delivery next to nothing.
type Encode = Box<dyn FnMut(&Batch) -> Result<Vec<u8>, Box<dyn Error>>>;

/// Prints the table for each kind of traffic.
pub fn tables() -> Result<(), Box<dyn Error>> {
    for (name, batches) in
        [("one event at a time", Hall::quiet(BATCHES)), ("200 votes a second", Hall::voting(BATCHES))]
    {
        let messages: usize = batches.iter().map(|batch| batch.frames.len()).sum();
        println!(
            "\n{name}, {CLIENTS} clients, {:.1} messages in a batch on average:\n",
            messages as f64 / batches.len() as f64
        );
        println!("| transport | bytes of a batch | with its packet | CPU for a delivery |");
        println!("|---|---|---|---|");
        for (form, mut encode) in forms() {
            let encoded = batches.iter().map(&mut encode).collect::<Result<Vec<_>, _>>()?;
            let bytes = encoded.iter().map(Vec::len).sum::<usize>() / encoded.len();
            let delivery = deliver(&encoded)?;
            println!("| {form} | {bytes} | {} | {delivery:.2} us |", bytes + PACKET);
        }
    }
    Ok(())
}

fn forms() -> [(&'static str, Encode); 6] {
    let mut blocks = GzipBlocks::new(6, 1);
    let mut deflated = GzipBlocks::new(6, 1);
    [
        ("Server-Sent Events, JSON", Box::new(|batch| Ok(chunk(batch.whole.bare())))),
        (
            "Server-Sent Events, JSON, gzip as it is sent",
            Box::new(move |batch| Ok(chunk(&blocks.batch(batch.whole.bare())?))),
        ),
        ("WebSocket, text, JSON", Box::new(|batch| messages(batch, TEXT, |frame| Ok(json(frame)?.into_bytes())))),
        (
            "WebSocket, text, JSON, deflated (RFC 7692, no context)",
            Box::new(move |batch| {
                messages(batch, TEXT | COMPRESSED, |frame| {
                    let mut bytes = deflated.batch(json(frame)?.as_bytes())?;
                    // Section 7.2.1: the four bytes that every flush ends with are left out.
                    bytes.truncate(bytes.len().saturating_sub(4));
                    Ok(bytes)
                })
            }),
        ),
        ("WebSocket, binary, CBOR", Box::new(|batch| messages(batch, BINARY, cbor))),
        ("WebSocket, binary, CBOR without names, ids as bytes", Box::new(|batch| messages(batch, BINARY, packed))),
    ]
}

/// A chunk of a response (RFC 9112, section 7.1).
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const COMPRESSED: u8 = 0x40;

/// Each frame as a message of its own, as a server sends it: final, unmasked (RFC 6455, section 5.2). They leave together.
fn messages(
    batch: &Batch,
    kind: u8,
    mut encode: impl FnMut(&Frame) -> Result<Vec<u8>, Box<dyn Error>>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    for frame in &batch.frames {
        let payload = encode(frame)?;
        bytes.push(0x80 | kind);
        match u16::try_from(payload.len())? {
            length @ 0..=125 => bytes.push(u8::try_from(length)?),
            length => {
                bytes.push(126);
                bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
        bytes.extend_from_slice(&payload);
    }
    Ok(bytes)
}

/// The data of a frame with its id in it, which a message of WebSocket has no other place for.
fn json(frame: &Frame) -> Result<String, Box<dyn Error>> {
    let text = std::str::from_utf8(&frame.bytes)?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let data = field("data: ").ok_or("a frame without data")?;
    Ok(match field("id: ") {
        Some(id) => format!("{{\"id\":\"{id}\",{}", data.strip_prefix('{').ok_or("data that is no object")?),
        None => data.to_owned(),
    })
}

fn cbor(frame: &Frame) -> Result<Vec<u8>, Box<dyn Error>> {
    let value: serde_json::Value = serde_json::from_str(&json(frame)?)?;
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes)?;
    Ok(bytes)
}

/// As small as a format with a schema would be: values in an agreed order, ids as 16 bytes.
fn packed(frame: &Frame) -> Result<Vec<u8>, Box<dyn Error>> {
    let value: serde_json::Value = serde_json::from_str(&json(frame)?)?;
    let mut bytes = Vec::new();
    ciborium::into_writer(&without_names(value), &mut bytes)?;
    Ok(bytes)
}

fn without_names(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => Value::Bool(bool),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or(Value::Null, |number| Value::Integer(number.into()))
        }
        serde_json::Value::String(text) => match uuid::Uuid::parse_str(&text) {
            Ok(id) => Value::Bytes(id.into_bytes().to_vec()),
            Err(_) => Value::Text(text),
        },
        serde_json::Value::Array(values) => Value::Array(values.into_iter().map(without_names).collect()),
        serde_json::Value::Object(fields) => {
            Value::Array(fields.into_iter().map(|(_, value)| without_names(value)).collect())
        }
    }
}

/// Microseconds of the writing thread's CPU for each batch and client.
fn deliver(batches: &[Vec<u8>]) -> Result<f64, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    let (mut sockets, mut clients) = (Vec::new(), Vec::new());
    for _ in 0..CLIENTS {
        let client = TcpStream::connect(addr)?;
        client.set_nonblocking(true)?;
        clients.push(client);
        let socket = listener.accept()?.0;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    let (read, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let reader = {
        let (read, over) = (read.clone(), over.clone());
        std::thread::spawn(move || drain(&mut clients, &read, &over))
    };
    let mut sent = 0;
    // The kernel adds up at ticks and when a thread goes to sleep, so only the whole can be measured.
    let before = cpu_ns()?;
    for batch in batches {
        for socket in &mut sockets {
            socket.write_all(batch)?;
        }
        sent += (batch.len() * CLIENTS) as u64;
        // The next one leaves when everybody has this one, as in a hall.
        let all = (0..LOOKS).any(|_| {
            std::thread::sleep(LOOK);
            read.load(Ordering::Acquire) >= sent
        });
        if !all {
            return Err("clients do not read".into());
        }
    }
    let spent = cpu_ns()? - before;
    over.store(true, Ordering::Release);
    reader.join().map_err(|_| "the reader panicked")??;
    Ok(spent as f64 / 1e3 / (batches.len() * CLIENTS) as f64)
}

fn drain(clients: &mut [TcpStream], read: &AtomicU64, over: &AtomicBool) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    while !over.load(Ordering::Acquire) {
        for client in &mut *clients {
            match client.read(&mut buffer) {
                Ok(bytes) => drop(read.fetch_add(bytes as u64, Ordering::Release)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

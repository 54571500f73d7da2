//! A page that tries every form in the browser that opens it, and what it asks.
//!
//! Each form gets a stream of a few messages some time apart, which then ends. A browser reads a form as it comes when
//! every message is there before the next one leaves; and the end of the stream must make it come back, by itself and
//! with the id of the last message.

use flate2::Crc;
use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use crate::forms::{Form, GzipBlocks, GzipMembers, Plain, ZstdFrames, brotli, end, gzip, zstd};

const MESSAGES: usize = 5;
const PAUSE: Duration = Duration::from_millis(300);

const FORMS: [&str; 8] =
    ["none", "gzip", "gzip-members", "gzip-blocks", "gzip-blocks-ended", "br", "zstd", "zstd-frames"];

const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><title>Compressed streams</title><pre id="out">Trying..</pre><script>
const PAUSE = 300, forms = FORMS;
const attempt = (form) => new Promise((done) => {
  const at = [], source = new EventSource(`/events/${form}`);
  let ended = 0, state = '';
  const finish = () => { source.close(); done({ form, at, state, back: source.back ?? '' }); };
  source.onmessage = (event) => {
    if (event.data.startsWith('back ')) { source.back = event.data.slice(5); finish(); }
    else at.push(Math.round(performance.now()));
  };
  source.onerror = () => { state = source.readyState === 2 ? 'gave up' : 'comes back'; if (source.readyState === 2) finish(); };
  setTimeout(finish, 8000);
});
Promise.all(forms.map(attempt)).then((results) => {
  const lines = results.map(({ form, at, state, back }) => {
    const gaps = at.slice(1).map((t, i) => t - at[i]);
    const read = at.length === 0 ? 'nothing' : at.length < 5 ? `only ${at.length} of 5 messages` :
      gaps.every((gap) => gap > PAUSE / 2) ? 'each message as it comes' : 'all messages, but not as they come';
    return `| ${form} | ${read} | ${state || 'sees no end'}${back ? ` with ${back}` : ''} |`;
  });
  document.getElementById('out').textContent = lines.join('\n');
  fetch('/report', { method: 'POST', body: `${navigator.userAgent}\n${lines.join('\n')}` });
});
</script>"#;

/// Serves the page until a browser has reported.
pub fn serve() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("open http://{}/ in a browser", listener.local_addr()?);
    let (reports, reported) = channel();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let reports = reports.clone();
            // A browser that hangs up ends its own connection only.
            thread::spawn(move || drop(answer(socket, &reports)));
        }
    });
    let report = reported.recv()?;
    let (browser, rows) = report.split_once('\n').ok_or("a report without a browser")?;
    println!("{browser}\n\n| form | what is read | at the end |\n|---|---|---|\n{rows}");
    Ok(())
}

fn answer(mut socket: TcpStream, reports: &Sender<String>) -> io::Result<()> {
    let mut lines = BufReader::new(socket.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    if let Some(form) = path.strip_prefix("/events/") {
        return events(socket, form, headers.get("last-event-id"));
    }
    if path == "/report" {
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        lines.read_exact(&mut body)?;
        socket.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")?;
        drop(reports.send(String::from_utf8_lossy(&body).into_owned()));
        return Ok(());
    }
    let page = PAGE.replace("FORMS", &format!("{FORMS:?}"));
    write!(socket, "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n{page}")
}

/// Sends the messages; to a browser that comes back, what it came back with.
fn events(mut socket: TcpStream, name: &str, last: Option<&String>) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache, no-transform\r\nconnection: close\r\n";
    socket.set_nodelay(true)?;
    if let Some(id) = last {
        return write!(socket, "{head}\r\ndata: back id {id}\n\n");
    }
    let mut form: Box<dyn Form> = match name {
        "gzip" => Box::new(gzip(6)),
        "gzip-members" => Box::new(GzipMembers(6)),
        "gzip-blocks" | "gzip-blocks-ended" => Box::new(GzipBlocks::new(6, 1)),
        "br" => Box::new(brotli(5, 16)),
        "zstd" => Box::new(zstd(3, 16)?),
        "zstd-frames" => Box::new(ZstdFrames(::zstd::bulk::Compressor::new(3)?)),
        _ => Box::new(Plain),
    };
    let encoding = name.split('-').next().filter(|name| *name != "none");
    let encoding = encoding.map_or_else(String::new, |name| format!("content-encoding: {name}\r\n"));
    write!(socket, "{head}{encoding}\r\n")?;
    socket.write_all(&form.head())?;
    let mut sum = Crc::new();
    for number in 0..MESSAGES {
        let text = format!("retry: 200\nid: {number}\ndata: message {number} of a stream that is compressed\n\n");
        sum.update(text.as_bytes());
        socket.write_all(&form.batch(text.as_bytes())?)?;
        thread::sleep(PAUSE);
    }
    if name == "gzip-blocks-ended" {
        socket.write_all(&end(&sum))?;
    }
    Ok(())
}

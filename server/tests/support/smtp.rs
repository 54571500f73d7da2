//! A mail server on a socket of its own, which keeps what it is handed.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use pulsestage_server::mail::MailArgs;

use super::soon;

/// A letter as it came over the wire.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A mail server (RFC 5321) that takes everything from anybody.
pub(crate) struct MailServer {
    /// How it is set up.
    pub(crate) args: MailArgs,
    letters: UnboundedReceiver<Mail>,
    refused: UnboundedReceiver<()>,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), &[])
    }

    /// One on this socket that greets its first clients with these lines and no other word.
    pub(crate) fn on(listener: TcpListener, refusals: &'static [&'static str]) -> Self {
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let ((to, letters), (refuses, refused)) = (unbounded_channel(), unbounded_channel());
        tokio::spawn(async move {
            let mut refusals = refusals.iter();
            while let Ok((mut socket, _)) = listener.accept().await {
                match refusals.next() {
                    Some(refusal) => {
                        let _left = socket.write_all(format!("{refusal}\r\n").as_bytes()).await;
                        let _left = refuses.send(());
                    }
                    None => drop(tokio::spawn(talk(socket, to.clone()))),
                }
            }
        });
        let args = MailArgs { smtp_url: Some(url), mail_from: Some("PulseStage <ask@example.com>".to_owned()) };
        Self { args, letters, refused }
    }

    /// Waits until a client was refused.
    pub(crate) async fn refused(&mut self) {
        soon("a client to be refused", self.refused.recv()).await.unwrap();
    }

    /// The next letter.
    pub(crate) async fn letter(&mut self) -> Mail {
        soon("a letter", self.letters.recv()).await.unwrap()
    }

    /// The next one that has a link which opens something; those before it are passed over, since letters of several
    /// actions come in any order.
    pub(crate) async fn letter_with_link(&mut self) -> Mail {
        loop {
            let letter = self.letter().await;
            if letter.text.contains("/open/") {
                return letter;
            }
        }
    }

    /// Whether no letter came so far.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.letters.try_recv().is_err()
    }
}

impl Mail {
    /// The path of the link in it.
    pub(crate) fn link(&self, origin: &str) -> String {
        let (_, after) = self.text.split_once(&format!("{origin}/open/")).expect("a link");
        format!("/open/{}", after.chars().take_while(char::is_ascii_hexdigit).collect::<String>())
    }
}

async fn talk(socket: TcpStream, letters: UnboundedSender<Mail>) {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut from, mut to) = (String::new(), String::new());
    write.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-mail.test\r\n250 8BITMIME\r\n",
            "MAIL" => {
                from = address();
                b"250 ok\r\n"
            }
            "RCPT" => {
                to = address();
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut text = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    text += &line;
                    text.push('\n');
                }
                // Soft line ends of quoted-printable.
                let text = text.replace("=\n", "").replace("=3D", "=");
                letters.send(Mail { from: from.clone(), to: to.clone(), text }).unwrap();
                b"250 taken\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.unwrap();
                return;
            }
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await.unwrap();
    }
}

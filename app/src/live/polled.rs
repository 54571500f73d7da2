//! Reads an event stream that has ended: what `/api/events` answers.

/// One message: its `id:`, empty when it has none, and its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Polled<'a> {
    pub(super) id: &'a str,
    pub(super) data: &'a str,
}

/// What an answer says of itself, and its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    /// What tells apart what may be sent; empty when it is not said.
    pub(super) viewer: &'a str,
    /// When to ask again, in milliseconds.
    pub(super) retry_ms: Option<u32>,
    pub(super) messages: Vec<Polled<'a>>,
}

impl<'a> Answer<'a> {
    /// Reads the text. Fields and events that it does not know are passed over, and so is a message that is not whole.
    pub(super) fn read(text: &'a str) -> Self {
        let mut answer = Self::default();
        let (mut id, mut data, mut event) = ("", "", "");
        for line in text.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => id = value,
                "data" => data = value,
                "event" => event = value,
                "retry" => answer.retry_ms = value.parse().ok(),
                "" if line.is_empty() => {
                    match event {
                        "" if !data.is_empty() => answer.messages.push(Polled { id, data }),
                        "viewer" => answer.viewer = data,
                        _ => {}
                    }
                    (id, data, event) = ("", "", "");
                }
                _ => {}
            }
        }
        answer
    }
}

/// The text at an address of this server, or the status that is there instead, 0 when there is none. The request ends when
/// this is dropped.
#[cfg(feature = "browser")]
pub(super) async fn fetch(address: &str) -> Result<String, u16> {
    let answer = crate::platform::fetch(address, None).await.ok_or(0_u16)?;
    if answer.status == 200 { String::from_utf8(answer.body.to_vec()).map_err(|_| 0) } else { Err(answer.status) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_is_its_key_its_wait_and_its_messages() {
        let text = "event: viewer\ndata: 00ff\n\nretry: 3500\nid: a-1\ndata: {\"type\":\"connected\"}\n\n\
                    data: {\"x\":\"y: z\"}\n\n: a remark\n\nevent: other\ndata: 1\n\nid: a-3\ndata: cut";
        let answer = Answer::read(text);
        assert_eq!((answer.viewer, answer.retry_ms), ("00ff", Some(3_500)));
        let wanted = [("a-1", "{\"type\":\"connected\"}"), ("", "{\"x\":\"y: z\"}")];
        assert_eq!(answer.messages, wanted.map(|(id, data)| Polled { id, data }));
        assert_eq!(Answer::read(""), Answer::default());
        assert_eq!(Answer::read("<html>\n<p>captive portal</p>\n\n"), Answer::default());
    }

    proptest! {
        #[test]
        fn every_message_is_read_once_and_in_order(said in prop::collection::vec(("[a-f0-9]{0,4}", "[ -~é]{1,40}"), 0..20)) {
            let mut text = String::new();
            for (id, data) in &said {
                if !id.is_empty() {
                    text.push_str(&format!("id: {id}\n"));
                }
                text.push_str(&format!("data: {data}\n\n"));
            }
            let wanted: Vec<_> = said.iter().map(|(id, data)| Polled { id, data }).collect();
            prop_assert_eq!(Answer::read(&text).messages, wanted);
        }

        #[test]
        fn no_text_is_too_much_for_it(text in ".*") {
            let _ = Answer::read(&text);
        }
    }
}

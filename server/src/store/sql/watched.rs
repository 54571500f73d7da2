//! Where the logs of many tenants end, in one statement.

/// The most tenants that one statement asks for.
pub const MOST: usize = 500;

/// What is asked of each tenant: of its counts the latest change only, which the index on `voted_at` has at its end.
macro_rules! log_heads {
    () => {
        "select t.id, t.epoch, t.seq, e.at, e.subject_id,
        (select max(q.voted_at) from questions q where q.tenant_id = t.id) as voted_at
    from tenants t left join events e on e.tenant_id = t.id and e.seq = t.seq
    where t.id in ("
    };
}

const ASKED: &str = log_heads!();

/// `$1` to `$500`, each with what follows it: of the 500 numbers 9 have one digit and 90 have two.
const LENGTH: usize = ASKED.len() + MOST * 5 - 9 * 2 - 90;

/// The engines have no list in common that could be bound as one value; both take this many.
const TEXT: [u8; LENGTH] = {
    let (mut text, mut at, mut number) = ([b' '; LENGTH], 0, 1);
    while at < ASKED.len() {
        text[at] = ASKED.as_bytes()[at];
        at += 1;
    }
    while number <= MOST {
        text[at] = b'$';
        at += 1;
        let mut unit = if number < 10 {
            1
        } else if number < 100 {
            10
        } else {
            100
        };
        while unit > 0 {
            text[at] = b'0' + (number / unit % 10) as u8;
            at += 1;
            unit /= 10;
        }
        text[at] = if number == MOST { b')' } else { b',' };
        at += 1;
        number += 1;
    }
    text
};

statements! {
    /// Where the logs of these tenants end: with their epochs, their last facts, and the latest change of a count.
    LOG_HEADS = match std::str::from_utf8(&TEXT) {
        Ok(text) => text,
        Err(_) => "",
    };

    /// The same of one tenant: asked for with each read of a board that is kept in memory.
    LOG_HEAD = concat!(log_heads!(), "$1)");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tenant_has_its_place() {
        let places = LOG_HEADS.strip_prefix(ASKED).unwrap().strip_suffix(')').unwrap();
        assert!(places.split(',').eq((1..=MOST).map(|number| format!("${number}"))), "{places}");
    }
}

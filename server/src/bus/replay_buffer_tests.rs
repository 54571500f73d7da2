use super::*;
use crate::bus::coding::Coding;
use pulsestage::audience::Audience;
use pulsestage::event::{Envelope, Epoch, Event, Fact, Tally};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::nil());

fn fact(seq: i64) -> Frame {
    let envelope = Envelope { tenant_id: TENANT, event: Event::Connected, timestamp: Timestamp(0) };
    Frame::fact(
        Epoch(1),
        &Fact {
            seq,
            team: None,
            audience: Audience::Everybody,
            at: Timestamp(0),
            subject: None,
            envelope: Some(envelope),
        },
    )
}

fn count(question: u128, upvotes: i64) -> Frame {
    let tally = Tally { question: QuestionId(Uuid::from_u128(question)), team: TeamId(Uuid::nil()), upvotes };
    Frame::tally(TENANT, &tally, Timestamp(0))
}

fn buffer(batches: impl IntoIterator<Item = (i64, Vec<Frame>)>) -> ReplayBuffer {
    let mut buffer = ReplayBuffer::new(7, Timestamp(0));
    for (at, frames) in batches {
        buffer.push(Batch::new(TENANT, frames, Timestamp(at)));
    }
    buffer
}

fn beats(count: usize) -> impl Iterator<Item = (i64, Vec<Frame>)> {
    (0..count).map(|at| (at.try_into().unwrap(), vec![Frame::heartbeat(TENANT, Timestamp(0))]))
}

fn text(frames: &[Frame]) -> String {
    frames.iter().map(|frame| String::from_utf8_lossy(&frame.bytes).into_owned()).collect()
}

#[test]
fn a_reader_gets_what_came_since_its_place() {
    let buffer = buffer([(1, vec![fact(8)]), (2, vec![count(1, 1)]), (3, vec![fact(9), fact(10)])]);
    assert_eq!(buffer.tail(), (3, 10));
    let BufferRead::Chunk(chunk) = BufferRead::of(0, buffer.read(0)) else { panic!("three batches are there") };
    assert_eq!((chunk.from, chunk.to, chunk.facts, chunk.frames()), (0, 3, Some((8, 10)), 4));
    assert_eq!(
        *chunk.written(Share::Everything, StreamFormat::default()),
        text(&[fact(8), count(1, 1), fact(9), fact(10)])
    );
    let BufferRead::Chunk(chunk) = BufferRead::of(1, buffer.read(1)) else { panic!("two batches are there") };
    assert_eq!((chunk.from, chunk.to, chunk.facts), (1, 3, Some((9, 10))));
    assert!(matches!(BufferRead::of(3, buffer.read(3)), BufferRead::Nothing));
    assert!(matches!(BufferRead::of(9, buffer.read(9)), BufferRead::Nothing));
}

#[test]
fn a_reader_that_is_too_slow_is_told_so() {
    let buffer = buffer(beats(MAX_BATCHES + 1));
    assert!(!buffer.has(0) && matches!(BufferRead::of(0, buffer.read(0)), BufferRead::Missed));
    assert!(buffer.has(1) && matches!(BufferRead::of(1, buffer.read(1)), BufferRead::Chunk(_)));
}

#[test]
fn a_reader_that_is_far_behind_takes_it_in_pieces_and_gets_all_of_it() {
    let long = |seq| Frame { bytes: Bytes::from(vec![b'x'; 10_000]), ..fact(seq) };
    let buffer = buffer((8..58).map(|seq| (seq, vec![long(seq)])));
    let (mut place, mut seqs, mut pieces) = (0, Vec::new(), 0);
    while let BufferRead::Chunk(chunk) = BufferRead::of(place, buffer.read(place)) {
        assert!(chunk.written(Share::Everything, StreamFormat::default()).len() <= MAX_CHUNK);
        seqs.extend(chunk.batches.iter().filter_map(|batch| batch.facts).map(|(first, _)| first));
        (place, pieces) = (chunk.to, pieces + 1);
    }
    assert_eq!((place, pieces), (50, 9));
    assert_eq!(seqs, (8..58).collect::<Vec<i64>>());
    let huge = Frame { bytes: Bytes::from(vec![b'x'; MAX_BYTES + 1]), ..fact(8) };
    let buffer = self::buffer([(1, vec![huge]), (2, vec![fact(9)]), (3, vec![fact(10)])]);
    assert_eq!(buffer.tail(), (3, 10));
    assert!(!buffer.has(0) && buffer.has(1), "the huge one went, not those after it");
}

#[test]
fn only_heartbeats_are_a_beat() {
    let mut buffer = buffer([]);
    buffer.push(Batch::beat(TENANT, Timestamp(1)));
    buffer.push(Batch::beat(TENANT, Timestamp(2)));
    buffer.push(Batch::new(TENANT, vec![fact(8)], Timestamp(3)));
    let is_beat = |place, length| {
        let batches = buffer.read(place).unwrap().into_iter().take(length).collect();
        Chunk::new(place, batches).is_beat
    };
    assert!(is_beat(0, 1) && is_beat(0, 2) && !is_beat(0, 3) && !is_beat(2, 1));
}

#[test]
fn what_was_missed_is_the_facts_and_the_last_counts() {
    let slack = 100;
    let buffer = buffer([
        (1_000, vec![fact(8), count(1, 1), count(2, 5)]),
        (1_950, vec![count(3, 3)]),
        (2_000, vec![fact(9), fact(10), count(1, 2)]),
        (3_000, vec![fact(11), count(1, 3)]),
        (4_000, vec![count(1, 4)]),
    ]);
    let missed = |seq, place| buffer.missed(seq, place, slack).map(|frames| text(&frames));
    // The third question's count is older than the ninth fact, but not by more than the slack.
    let counted = [count(3, 3), count(1, 3)];
    let answer = missed(9, 4).unwrap();
    assert!(answer.starts_with(&text(&[fact(10), fact(11)])), "{answer}");
    assert!(counted.iter().all(|frame| answer.contains(&text(std::slice::from_ref(frame)))), "{answer}");
    assert_eq!(answer.len(), text(&[fact(10), fact(11), count(3, 3), count(1, 3)]).len(), "and nothing else: {answer}");
    assert_eq!(missed(11, 5).unwrap(), text(&[count(1, 4)]));
    assert_eq!(missed(7, 5), None, "it was there before the ring");
    assert_eq!(missed(12, 5), None, "it has not come yet");
}

#[test]
fn a_ring_that_does_not_go_back_far_enough_says_so() {
    let young = buffer([(50, vec![fact(8)]), (150, vec![fact(9)])]);
    assert!(young.missed(8, 2, 100).is_none(), "the buffer was made less than the slack before");
    assert!(young.missed(9, 2, 100).is_some());
    let mut full = buffer([(1_000, vec![fact(8)]), (2_000, vec![fact(9)])]);
    (0..MAX_BATCHES - 1).for_each(|_| full.push(Batch::beat(TENANT, Timestamp(2_050))));
    assert!(full.missed(9, full.tail().0, 100).is_some(), "what went is older than the slack");
    assert!(full.missed(9, full.tail().0, 1_000).is_none(), "what went may have had a count");
    full.push(Batch::beat(TENANT, Timestamp(2_060)));
    assert!(full.missed(9, full.tail().0, 1).is_none(), "it went");
}

#[test]
fn what_was_taken_back_is_taken_out_in_every_coding() {
    let mut buffer = buffer([(1, vec![fact(8), count(1, 1)]), (2, vec![fact(9)]), (3, vec![fact(10)])]);
    let codings = [Coding::Identity, Coding::Gzip];
    let coded = |buffer: &ReplayBuffer| {
        let BufferRead::Chunk(chunk) = BufferRead::of(0, buffer.read(0)) else { panic!("three batches are there") };
        codings.map(|coding| chunk.written(Share::Everything, StreamFormat { coding, framing: Framing::Bare }).clone())
    };
    let before = coded(&buffer);
    let is_stale = |frame: &Frame| frame.cursor.is_some_and(|cursor| cursor.seq > 8);
    assert_eq!(buffer.stale(is_stale), Some((9, 10)));
    assert_eq!(buffer.stale(|frame| frame.cursor.is_some_and(|cursor| cursor.seq == 9)), Some((9, 9)));
    assert_eq!(buffer.stale(|_| false), None);
    buffer.renew(|frame| frame.cursor.filter(|_| is_stale(frame)).map(Frame::blank));
    let after = coded(&buffer);
    let gone = |seq, at| {
        let cursor = pulsestage::event::Cursor { epoch: Epoch(1), seq };
        let envelope = Envelope { tenant_id: TENANT, event: Event::Cursor, timestamp: Timestamp(at) };
        let bytes = crate::bus::frame::encode(Some(cursor), &envelope);
        Frame { bytes, ..Frame::blank(cursor) }
    };
    assert_eq!(after[0], text(&[fact(8), count(1, 1), gone(9, 2), gone(10, 3)]));
    assert!(before.iter().zip(&after).all(|(before, after)| before != after));
    assert_eq!((buffer.tail(), buffer.bytes), ((3, 10), after[0].len()), "nobody's place has moved");
}

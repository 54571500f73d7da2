//! Private threads: whose they are, what is told to whom, how many messages there are, and where links lead.

use std::sync::Arc;

use pulsestage::audience::Audience;
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, QuestionRef};
use pulsestage::id::{MessageId, ParticipantId, QuestionId};
use pulsestage::moderation::ReviewDecision;
use pulsestage::ports::{ModerationStore, NewQuestion, QuestionStore, StoreResult, ThreadReader, ThreadStore};
use pulsestage::text::MessageBody;
use pulsestage::thread::{MOST_MESSAGES, Side, Thread};

use crate::stage::{Home, START, Stage, stories};

stories![
    each_side_reads_what_the_other_wrote,
    a_message_is_told_to_the_other_side_alone,
    a_message_that_is_sent_twice_is_written_once,
    a_thread_has_an_end,
    whoever_was_declined_may_ask_why,
    a_link_leads_to_one_question_until_another_takes_its_place,
    nobody_else_has_a_part_in_it,
];

const MISSING: Refusal = Refusal::NotFound { what: Noun::Question };

async fn asked_by(stage: &Stage, home: &Home, asker: ParticipantId) -> QuestionId {
    let new = NewQuestion { author: asker, ..stage.new_question(home.team.id, "Why?") };
    stage.store.ask(stage.write(home.tenant), new).await.unwrap().id
}

async fn say(stage: &Stage, home: &Home, question: QuestionId, by: ThreadReader, text: &str) -> StoreResult<Thread> {
    // Each a moment after the one before: that is how it is known what waits for an answer.
    let at = START.plus_millis(i64::try_from(stage.next()).unwrap());
    let (write, body) = (stage.write_at(home.tenant, at), MessageBody::parse(text).unwrap());
    stage.store.say(write, question, by, MessageId(stage.id()), body).await
}

async fn unanswered(stage: &Stage, home: &Home, question: QuestionId) -> i64 {
    stage.store.case(home.tenant, question).await.unwrap().unanswered
}

async fn each_side_reads_what_the_other_wrote(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (asker, moderator) = (stage.participant(), ThreadReader::Moderator(home.moderator));
    let question = asked_by(&stage, &home, asker).await;
    assert_eq!(unanswered(&stage, &home, question).await, 0);
    say(&stage, &home, question, ThreadReader::Asker(asker), "May I add something?").await.unwrap();
    say(&stage, &home, question, ThreadReader::Holder, "It is about the canteen.").await.unwrap();
    assert_eq!(unanswered(&stage, &home, question).await, 2);
    let said = say(&stage, &home, question, moderator, "Do, please.").await.unwrap();
    assert_eq!(unanswered(&stage, &home, question).await, 0);
    let replies = async || stage.store.own_questions(home.tenant, asker).await.unwrap()[0].replies;
    assert_eq!(replies().await, 1);
    let words: Vec<_> = said.messages.iter().map(|message| (message.from, message.text.as_str())).collect();
    let expected = [
        (Side::Asker, "May I add something?"),
        (Side::Asker, "It is about the canteen."),
        (Side::Moderators, "Do, please."),
    ];
    assert_eq!(words, expected);
    for reader in [ThreadReader::Asker(asker), ThreadReader::Holder, moderator] {
        assert_eq!(stage.store.thread(home.tenant, question, reader).await, Ok(said.clone()), "{reader:?}");
    }
    say(&stage, &home, question, ThreadReader::Asker(asker), "Thank you.").await.unwrap();
    assert_eq!((unanswered(&stage, &home, question).await, replies().await), (1, 0));
}

async fn a_message_is_told_to_the_other_side_alone(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let question = asked_by(&stage, &home, asker).await;
    let before = stage.log(home.tenant).await.len();
    say(&stage, &home, question, ThreadReader::Asker(asker), "Hello?").await.unwrap();
    say(&stage, &home, question, ThreadReader::Moderator(home.moderator), "Hello.").await.unwrap();
    let log = stage.log(home.tenant).await;
    let told: Vec<_> = log[before..].iter().map(|fact| (fact.audience, fact.event().unwrap().clone())).collect();
    let event = Event::Moderated(QuestionRef { question_id: question });
    let to = |audience| (audience, event.clone());
    assert_eq!(told, [to(Audience::Staff), to(Audience::Staff), to(Audience::Asker(asker))]);
}

async fn a_message_that_is_sent_twice_is_written_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let question = asked_by(&stage, &home, asker).await;
    let write = stage.write(home.tenant);
    let again = async |text: &str| {
        let (message, body) = (MessageId(stage.id()), MessageBody::parse(text).unwrap());
        stage.store.say(write, question, ThreadReader::Asker(asker), message, body).await
    };
    let first = again("Once").await.unwrap();
    assert_eq!(again("Once").await, Ok(first.clone()));
    assert!(again("Another").await.is_err(), "one key, another message");
    assert_eq!(stage.store.thread(home.tenant, question, ThreadReader::Holder).await, Ok(first));
}

async fn a_thread_has_an_end(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let question = asked_by(&stage, &home, asker).await;
    for number in 1..=MOST_MESSAGES {
        say(&stage, &home, question, ThreadReader::Asker(asker), &format!("Message {number}")).await.unwrap();
    }
    let facts = stage.log(home.tenant).await.len();
    for writer in [ThreadReader::Asker(asker), ThreadReader::Holder, ThreadReader::Moderator(home.moderator)] {
        assert_eq!(say(&stage, &home, question, writer, "One too many").await, Err(Refusal::NotNow.into()));
    }
    assert_eq!(stage.log(home.tenant).await.len(), facts);
    let thread = stage.store.thread(home.tenant, question, ThreadReader::Asker(asker)).await.unwrap();
    assert_eq!(thread.messages.len(), MOST_MESSAGES);
    assert_eq!(thread.messages[MOST_MESSAGES - 1].text, "Message 100");
}

async fn whoever_was_declined_may_ask_why(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let question = asked_by(&stage, &home, asker).await;
    let verdict = ReviewDecision::Decline { reason: Some("Not for everybody".to_owned()) };
    stage.store.decide(stage.write(home.tenant), question, verdict, None, home.moderator).await.unwrap();
    let thread = say(&stage, &home, question, ThreadReader::Asker(asker), "Why is that?").await.unwrap();
    assert_eq!(thread.question.reason.as_deref(), Some("Not for everybody"));
    say(&stage, &home, question, ThreadReader::Moderator(home.moderator), "It names somebody.").await.unwrap();
}

async fn a_link_leads_to_one_question_until_another_takes_its_place(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let asker = stage.participant();
    let question = asked_by(&stage, &home, asker).await;
    let (first, second) = (stage.hash(), stage.hash());
    let leads = async |link| stage.store.thread_link(link).await.unwrap().map(|(tenant, id)| (tenant.slug, id));
    assert_eq!(leads(first).await, None);
    let set = async |link| stage.store.set_thread_link(stage.write(home.tenant), question, asker, link).await;
    set(Some(first)).await.unwrap();
    assert_eq!(leads(first).await, Some(("acme".to_owned(), question)));
    assert!(stage.store.thread(home.tenant, question, ThreadReader::Holder).await.unwrap().has_link);
    set(Some(second)).await.unwrap();
    assert_eq!((leads(first).await, leads(second).await), (None, Some(("acme".to_owned(), question))));
    set(None).await.unwrap();
    assert_eq!(leads(second).await, None);
    assert!(!stage.store.thread(home.tenant, question, ThreadReader::Holder).await.unwrap().has_link);

    set(Some(first)).await.unwrap();
    stage.sneak("update questions set removal = 'declined'").await;
    assert!(leads(first).await.is_some(), "whoever was declined may ask why");
    stage.sneak("update questions set removal = 'deleted'").await;
    assert_eq!(leads(first).await, None);
    stage.sneak("update questions set removal = null").await;
    stage.sneak("update tenants set archived_at = 1").await;
    assert_eq!(leads(first).await, None);
}

async fn nobody_else_has_a_part_in_it(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let (asker, stranger) = (stage.participant(), stage.participant());
    let question = asked_by(&stage, &home, asker).await;
    let missing = Err(MISSING.into());
    let facts = stage.log(home.tenant).await.len();
    assert_eq!(stage.store.thread(home.tenant, question, ThreadReader::Asker(stranger)).await, missing);
    assert_eq!(say(&stage, &home, question, ThreadReader::Asker(stranger), "Me too").await, missing);
    for party in [ThreadReader::Asker(asker), ThreadReader::Holder, ThreadReader::Moderator(other.moderator)] {
        assert_eq!(stage.store.thread(other.tenant, question, party).await, missing, "{party:?}");
        assert_eq!(say(&stage, &other, question, party, "From elsewhere").await, missing, "{party:?}");
    }
    for (tenant, who) in [(home.tenant, stranger), (other.tenant, asker)] {
        let link = stage.hash();
        let write = stage.write_at(tenant, START);
        assert_eq!(stage.store.set_thread_link(write, question, who, Some(link)).await, Err(MISSING.into()));
        assert_eq!(stage.store.thread_link(link).await, Ok(None));
    }
    let thread = stage.store.thread(home.tenant, question, ThreadReader::Holder).await.unwrap();
    assert!(thread.messages.is_empty() && !thread.has_link);
    assert_eq!(stage.log(home.tenant).await.len(), facts);
}

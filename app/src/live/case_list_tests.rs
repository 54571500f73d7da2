use super::*;
use crate::live::test_board::{question, question_id, team_id};
use proptest::prelude::*;
use pulsestage::event::{Gone, QuestionCreated, QuestionRef, QuestionUpvoted};
use pulsestage::moderation::Hold;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

fn case(n: u32) -> Case {
    Case {
        question: question(n, 0),
        version: 1,
        hold: None,
        removed: None,
        original: None,
        starred: false,
        label: None,
        draft: None,
        claim: None,
        reports: 0,
        report_reasons: Vec::new(),
        unanswered: 0,
        replies: 0,
    }
}

fn held(n: u32) -> Case {
    let mut case = Case { hold: Some(Hold::PreModeration), ..case(n) };
    case.question.status = Status::UnderReview;
    case
}

fn listed(list: &CaseList) -> Vec<QuestionId> {
    list.cases().iter().map(|case| case.question.id).collect()
}

#[test]
fn what_comes_late_is_not_taken_over_what_is_newer() {
    let mut list = CaseList::new(vec![case(2), case(1)], false, None);
    list.fold(Case { version: 3, label: Some("new".to_owned()), ..case(1) });
    list.fold(Case { version: 2, label: Some("old".to_owned()), ..case(1) });
    assert_eq!(list.get(question_id(1)).unwrap().label.as_deref(), Some("new"));
    list.fold(case(3));
    assert_eq!(listed(&list), [3, 2, 1].map(question_id));
    list.remove(question_id(2));
    assert_eq!(listed(&list), [3, 1].map(question_id));
}

#[test]
fn many_changes_are_loaded_at_once_and_few_one_by_one() {
    let (mut list, mut changes) = (CaseList::new(Vec::new(), false, None), CaseChanges::default());
    for n in [1, 2, 1] {
        changes.take_event(&list, Some(&Event::Moderated(QuestionRef { question_id: question_id(n) })));
    }
    assert_eq!(changes.take_loads(&mut list), ToLoad::Cases(vec![question_id(1), question_id(2)]));
    assert!(changes.is_empty());
    for n in 0..=u32::try_from(MOST_LOOKED_UP).unwrap() {
        changes.look_up(question_id(n));
    }
    assert_eq!(changes.take_loads(&mut list), ToLoad::Everything);
    for event in [None, Some(Event::TeamArchived(Gone { id: team_id(0).0 }))] {
        changes.take_event(&list, event.as_ref());
        assert_eq!(changes.take_loads(&mut list), ToLoad::Everything);
    }
}

#[test]
fn questions_of_other_teams_are_nobodys_business_here() {
    let mut list = CaseList::new(vec![case(1)], false, Some(vec![team_id(0)]));
    let mut changes = CaseChanges::default();
    let mut theirs = question(2, 0);
    theirs.team_id = team_id(1);
    changes.take_event(&list, Some(&Event::Created(QuestionCreated::of(&theirs))));
    changes.take_event(&list, Some(&Event::Removed(QuestionRef { question_id: question_id(2) })));
    assert!(changes.is_empty());
    changes.take_event(&list, Some(&Event::Created(QuestionCreated::of(&question(3, 0)))));
    changes.take_event(&list, Some(&Event::Removed(QuestionRef { question_id: question_id(1) })));
    assert_eq!(changes.take_loads(&mut list), ToLoad::Cases(vec![question_id(3), question_id(1)]));
}

#[test]
fn those_that_wait_behind_a_full_list_are_loaded_when_there_is_room() {
    let many = u32::try_from(MOST_CASES).unwrap();
    let mut list = CaseList::new((0..many).rev().map(held).collect(), true, None);
    assert!(!list.is_outgrown());
    let room = u32::try_from(MOST_CASES - MAX_BULK).unwrap();
    for n in 0..=room {
        assert!(!list.is_outgrown(), "{n}");
        list.fold(case(n));
    }
    assert!(list.is_outgrown());
    let mut whole = CaseList::new((0..many).rev().map(held).collect(), false, None);
    (0..many).for_each(|n| whole.fold(case(n)));
    assert!(!whole.is_outgrown());
    (0..=u32::try_from(MAX_BULK).unwrap()).for_each(|n| whole.fold(case(many + n)));
    assert!(whole.is_outgrown());
}

/// What happens while a review page is open.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Ask(u32),
    Hold(u32),
    Star(u32),
    Vote(u32),
    /// The page's own decision, whose answer it folds.
    Decide(u32),
    /// The stream brings what was sent.
    Deliver,
    /// The page begins to load what it heard of.
    Load,
    /// The answer to that is there.
    Answer,
    /// The stream was opened again: what it had not brought is lost.
    Reopen,
}

fn happening() -> impl Strategy<Value = Happening> {
    let which = 0..5_u32;
    prop_oneof![
        1 => which.clone().prop_map(Happening::Ask),
        1 => which.clone().prop_map(Happening::Hold),
        1 => which.clone().prop_map(Happening::Star),
        1 => which.clone().prop_map(Happening::Vote),
        1 => which.prop_map(Happening::Decide),
        3 => Just(Happening::Deliver),
        3 => Just(Happening::Load),
        3 => Just(Happening::Answer),
        1 => Just(Happening::Reopen),
    ]
}

/// A server and a page that listens to it.
struct CaseScene {
    server: BTreeMap<QuestionId, Case>,
    on_the_way: VecDeque<Event>,
    list: CaseList,
    changes: CaseChanges,
    /// What the page asked for, and the answer as it was when it was made.
    answer: Option<(ToLoad, Vec<Case>)>,
}

impl CaseScene {
    fn newest_first(&self) -> Vec<Case> {
        self.server.values().rev().cloned().collect()
    }

    /// Something was done to a question that is there.
    fn change(&mut self, n: u32, change: impl Fn(&mut Case) -> Event) {
        if let Some(case) = self.server.get_mut(&question_id(n)) {
            let event = change(case);
            self.on_the_way.push_back(event);
        }
    }

    fn happens(&mut self, what: Happening) {
        let moderated = |case: &Case| Event::Moderated(QuestionRef { question_id: case.question.id });
        match what {
            Happening::Ask(n) => {
                if let Entry::Vacant(place) = self.server.entry(question_id(n)) {
                    place.insert(case(n));
                    self.on_the_way.push_back(Event::Created(QuestionCreated::of(&question(n, 0))));
                }
            }
            Happening::Hold(n) => self.change(n, |case| {
                case.version += 1;
                case.hold = case.hold.is_none().then_some(Hold::Moderator);
                moderated(case)
            }),
            Happening::Star(n) => self.change(n, |case| {
                case.starred = !case.starred;
                moderated(case)
            }),
            Happening::Vote(n) => self.change(n, |case| {
                case.question.upvotes += 1;
                Event::Upvoted(QuestionUpvoted { question_id: case.question.id, upvotes: case.question.upvotes })
            }),
            Happening::Decide(n) => {
                self.happens(Happening::Hold(n));
                if let Some(case) = self.server.get(&question_id(n)) {
                    self.list.fold(case.clone());
                }
            }
            Happening::Deliver => {
                if let Some(event) = self.on_the_way.pop_front() {
                    self.changes.take_event(&self.list, Some(&event));
                }
            }
            Happening::Reopen => {
                self.on_the_way.clear();
                self.changes.take_event(&self.list, None);
            }
            Happening::Load if self.answer.is_none() && !self.changes.is_empty() => {
                self.answer = Some((self.changes.take_loads(&mut self.list), self.newest_first()));
            }
            Happening::Answer => match self.answer.take() {
                Some((ToLoad::Everything, cases)) => {
                    self.list = CaseList::new(cases, false, None);
                    self.changes.count_votes(&mut self.list);
                }
                Some((ToLoad::Cases(questions), cases)) => {
                    let asked_for = |case: &Case| questions.contains(&case.question.id);
                    cases.into_iter().filter(asked_for).for_each(|case| self.list.fold(case));
                    self.changes.count_votes(&mut self.list);
                }
                None => {}
            },
            Happening::Load => {}
        }
    }
}

proptest! {
    /// Whatever happens in whatever order, a page that was told of everything shows what a page shows that is loaded anew.
    #[test]
    fn a_page_that_follows_is_the_page_that_is_loaded(happenings in prop::collection::vec(happening(), 0..60)) {
        let mut scene = CaseScene {
            server: (0..3).map(|n| (question_id(n), case(n))).collect(),
            on_the_way: VecDeque::new(),
            list: CaseList::new((0..3).rev().map(case).collect(), false, None),
            changes: CaseChanges::default(),
            answer: None,
        };
        happenings.into_iter().for_each(|what| scene.happens(what));
        while !scene.on_the_way.is_empty() || !scene.changes.is_empty() || scene.answer.is_some() {
            [Happening::Deliver, Happening::Load, Happening::Answer].into_iter().for_each(|what| scene.happens(what));
        }
        prop_assert_eq!(scene.list.cases(), scene.newest_first());
    }
}

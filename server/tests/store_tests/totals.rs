//! How many questions each team received, shows and declined: told while the tenant shows that, and of nothing else.

use std::sync::Arc;

use pulsestage::event::TeamTotals;
use pulsestage::moderation::{Hold, ReviewDecision};
use pulsestage::ports::{
    BoardStore, LogStore, Merge, MergeStore, ModerationStore, QuestionStore, TeamStore, TenantStore,
};
use pulsestage::question::Question;
use pulsestage::settings::NewSettings;
use pulsestage::tenant::TenantSettings;
use pulsestage::text::{Name, Slug};

use crate::boards::KeptBoards;
use crate::stage::{Home, Stage, stories};

stories![totals_count_what_was_received_shown_and_declined, totals_are_of_the_teams_that_are_there];

/// Shows the totals, or does not.
async fn show(stage: &Stage, home: &Home, slug: &str, show_totals: bool) {
    let now = stage.store.tenancy(&Slug::parse(slug).unwrap()).await.unwrap().unwrap();
    let new = NewSettings {
        name: Name::parse("Acme").unwrap(),
        settings: TenantSettings { show_totals, ..now.tenant.settings },
        staff: now.rules.staff.clone(),
        version: now.rules.version,
    };
    stage.store.change_settings(stage.write(home.tenant), new).await.unwrap();
}

async fn decide(stage: &Stage, home: &Home, question: &Question, decision: ReviewDecision) {
    stage.store.decide(stage.write(home.tenant), question.id, decision, None, home.moderator).await.unwrap();
}

/// What the log, a board that is read anew and a board that is kept tell, which is the same.
async fn told(stage: &Stage, home: &Home, kept: &KeptBoards) -> Vec<(u32, u32, u32)> {
    let totals = stage.store.team_totals(home.tenant).await.unwrap();
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(board.totals, totals);
    kept.changed(home.tenant);
    assert_eq!(kept.boards.board(home.tenant, None).await.unwrap().seen.board, board);
    totals.into_iter().map(|TeamTotals { received, shown, declined, .. }| (received, shown, declined)).collect()
}

async fn totals_count_what_was_received_shown_and_declined(stage: Arc<Stage>) {
    let (home, kept) = (stage.home("acme").await, KeptBoards::new(&stage));
    let neighbour = stage.home("neighbour").await;
    stage.ask(&neighbour, "Is this counted elsewhere?").await;
    let (first, second) = (stage.ask(&home, "First?").await, stage.ask(&home, "Second?").await);
    assert_eq!(told(&stage, &home, &kept).await, [], "nobody wants them shown yet");
    show(&stage, &home, "acme", true).await;
    assert_eq!(told(&stage, &home, &kept).await, [(2, 2, 0)]);

    // One that waits was received and is not shown.
    let mut held = stage.new_question(home.team.id, "Is this to be read before?");
    held.hold = Some(Hold::PreModeration);
    let held = stage.store.ask(stage.write(home.tenant), held).await.unwrap();
    assert_eq!(told(&stage, &home, &kept).await, [(3, 2, 0)]);
    decide(&stage, &home, &held, ReviewDecision::Decline { reason: None }).await;
    assert_eq!(told(&stage, &home, &kept).await, [(3, 2, 1)]);
    decide(&stage, &home, &held, ReviewDecision::Restore).await;
    assert_eq!(told(&stage, &home, &kept).await, [(3, 3, 0)]);

    // What was merged, deleted or answered was received all the same.
    stage.answer(&home, first.id, "Yes.").await.unwrap();
    assert_eq!(told(&stage, &home, &kept).await, [(3, 3, 0)]);
    let merge = Merge { source: second.id, target: held.id };
    stage.store.merge(stage.write(home.tenant), merge, home.moderator).await.unwrap();
    assert_eq!(told(&stage, &home, &kept).await, [(3, 2, 0)]);
    decide(&stage, &home, &first, ReviewDecision::Delete).await;
    assert_eq!(told(&stage, &home, &kept).await, [(3, 1, 0)]);

    show(&stage, &home, "acme", false).await;
    assert_eq!(told(&stage, &home, &kept).await, [], "nothing is told any more");
}

async fn totals_are_of_the_teams_that_are_there(stage: Arc<Stage>) {
    let (home, kept) = (stage.home("acme").await, KeptBoards::new(&stage));
    show(&stage, &home, "acme", true).await;
    assert_eq!(told(&stage, &home, &kept).await, [], "no team has a question yet");
    let other = stage.team(home.tenant, "Another team").await.unwrap();
    stage.ask(&home, "First?").await;
    for text in ["One?", "Two?"] {
        stage.store.ask(stage.write(home.tenant), stage.new_question(other.id, text)).await.unwrap();
    }
    let mut totals = told(&stage, &home, &kept).await;
    totals.sort_unstable();
    assert_eq!(totals, [(1, 1, 0), (2, 2, 0)]);
    stage.store.set_team_archived(stage.write(home.tenant), other.id, true).await.unwrap();
    assert_eq!(told(&stage, &home, &kept).await, [(1, 1, 0)]);
    stage.store.set_team_archived(stage.write(home.tenant), other.id, false).await.unwrap();
    assert_eq!(told(&stage, &home, &kept).await.len(), 2);
}

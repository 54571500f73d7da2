use super::*;
use crate::system::SystemRng;
use futures::FutureExt;

fn keeper(work: HashCost) -> PasswordKeeper {
    PasswordKeeper::new(work, Arc::new(SystemRng))
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

#[tokio::test]
async fn a_password_is_known_again_and_another_is_not() {
    let keeper = keeper(HashCost::LEAST);
    let kept = keeper.hash(&password("correct horse")).await.unwrap();
    assert!(kept.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{}", kept.as_str());
    assert_ne!(keeper.hash(&password("correct horse")).await.unwrap(), kept, "each has a salt of its own");
    assert_eq!(keeper.verify(&password("correct horse"), Some(&kept)).await, Ok(PasswordCheck::Right));
    assert_eq!(keeper.verify(&password("correct horsf"), Some(&kept)).await, Ok(PasswordCheck::Wrong));
}

#[tokio::test]
async fn an_unknown_account_costs_what_a_known_one_costs() {
    let keeper = keeper(HashCost::LEAST);
    let kept = keeper.hash(&password("correct horse")).await.unwrap();
    let before = keeper.computed();
    assert_eq!(keeper.verify(&password("wrong horse"), Some(&kept)).await, Ok(PasswordCheck::Wrong));
    let known = keeper.computed() - before;
    assert_eq!(keeper.verify(&password("wrong horse"), None).await, Ok(PasswordCheck::Wrong));
    assert_eq!((known, keeper.computed() - before - known), (1, 1));
    let real = Phc::new(kept.as_str()).unwrap();
    let made_up = Phc::new(&keeper.0.nobody).unwrap();
    assert_eq!((made_up.algorithm, made_up.version, &made_up.params), (real.algorithm, real.version, &real.params));
    assert_eq!(made_up.salt.unwrap().len(), real.salt.unwrap().len());
    assert_eq!(made_up.hash.unwrap().len(), real.hash.unwrap().len());
}

#[tokio::test]
async fn a_hash_that_was_made_with_less_work_is_told() {
    let (then, now) = (keeper(HashCost::LEAST), keeper(HashCost { memory_kib: 16, passes: 1 }));
    let kept = then.hash(&password("correct horse")).await.unwrap();
    assert_eq!(now.verify(&password("correct horse"), Some(&kept)).await, Ok(PasswordCheck::RightButWeak));
    assert_eq!(now.verify(&password("wrong horse"), Some(&kept)).await, Ok(PasswordCheck::Wrong));
    let stronger = now.hash(&password("correct horse")).await.unwrap();
    assert_eq!(now.verify(&password("correct horse"), Some(&stronger)).await, Ok(PasswordCheck::Right));
    assert_eq!(
        then.verify(&password("correct horse"), Some(&stronger)).await,
        Ok(PasswordCheck::Right),
        "never weaker"
    );
}

#[tokio::test]
async fn the_same_letters_are_the_same_password_however_they_are_typed() {
    let keeper = keeper(HashCost::LEAST);
    let kept = keeper.hash(&password("caf\u{e9} Ångström")).await.unwrap();
    let typed = password("cafe\u{301} A\u{30a}ngstro\u{308}m");
    assert_eq!(keeper.verify(&typed, Some(&kept)).await, Ok(PasswordCheck::Right));
}

#[tokio::test]
async fn what_is_easy_to_guess_is_told() {
    let keeper = keeper(HashCost::LEAST);
    let known = ["Ann Leibowitz", "ann.leibowitz@example.com"];
    for easy in
        ["passwordpassword", "123456789012", "aaaaaaaaaaaaaa", "qwertyuiopasdf", "leibowitz1234", "Annleibowitz"]
    {
        assert_eq!(keeper.is_easy(&password(easy), &known).await, Ok(true), "{easy}");
    }
    for hard in ["correct horse battery staple", "vK3#pq9!xTz0", "the lamp hums at dusk", &"é".repeat(512)] {
        let expected = hard.starts_with('é');
        assert_eq!(keeper.is_easy(&password(hard), &known).await, Ok(expected), "{hard}");
    }
}

#[tokio::test]
async fn stored_nonsense_is_broken_and_no_panic() {
    let keeper = keeper(HashCost::LEAST);
    for text in
        ["", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA", "$scrypt$ln=1,r=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"]
    {
        let kept = PasswordHash::new(text.to_owned());
        let verdict = keeper.verify(&password("correct horse"), Some(&kept)).await;
        assert!(matches!(verdict, Err(PortError::Broken) | Ok(PasswordCheck::Wrong)), "{text}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_crowd_waits_and_whoever_is_too_many_is_told() {
    let keeper = keeper(HashCost::LEAST);
    let seats = keeper.0.seats.clone().acquire_many_owned(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
    let guess = password("correct horse");
    let mut crowd: Vec<_> = (0..AT_ONCE + WAITING).map(|_| Box::pin(keeper.verify(&guess, None))).collect();
    for one in &mut crowd {
        assert!(one.as_mut().now_or_never().is_none());
    }
    assert_eq!(keeper.verify(&guess, None).await, Err(PortError::Busy));
    drop(seats);
    for one in crowd {
        assert_eq!(one.await, Ok(PasswordCheck::Wrong));
    }
    assert_eq!(keeper.verify(&guess, None).await, Ok(PasswordCheck::Wrong), "there is room again");
}

#[tokio::test]
async fn the_memory_of_a_seat_is_used_again() {
    let keeper = keeper(HashCost::LEAST);
    let guess = password("correct horse");
    let kept = keeper.hash(&guess).await.unwrap();
    for verdict in futures::future::join_all((0..60).map(|_| keeper.verify(&guess, Some(&kept)))).await {
        assert_eq!(verdict, Ok(PasswordCheck::Right));
    }
    let blocks = keeper.0.memory.0.lock().unwrap();
    assert!((1..=AT_ONCE).contains(&blocks.len()), "{} for 61 hashes", blocks.len());
    assert!(blocks.iter().all(|blocks| blocks.capacity() == 8), "of 1 KiB each");
}

#[tokio::test]
async fn what_is_left_in_the_memory_changes_no_hash() {
    let (small, large) = (HashCost::LEAST, HashCost { memory_kib: 64, passes: 2 });
    let guess = password("correct horse");
    let kept = [keeper(small).hash(&guess).await.unwrap(), keeper(large).hash(&guess).await.unwrap()];
    let keeper = keeper(large);
    for _ in 0..4 {
        assert_eq!(keeper.verify(&guess, Some(&kept[0])).await, Ok(PasswordCheck::RightButWeak));
        assert_eq!(keeper.verify(&guess, Some(&kept[1])).await, Ok(PasswordCheck::Right));
        assert_eq!(keeper.verify(&password("another horse"), Some(&kept[1])).await, Ok(PasswordCheck::Wrong));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_five_seconds() {
    let keeper = keeper(HashCost::LEAST);
    let seats = keeper.0.seats.clone().acquire_many_owned(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(keeper.verify(&password("correct horse"), None).await, Err(PortError::Busy));
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(keeper.0.places.available_permits(), AT_ONCE + WAITING, "their place is free again");
    drop(seats);
}

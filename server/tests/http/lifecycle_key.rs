//! The key of a whole server: from a flag, a file or the environment, and the sentence with which a start without it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use pulsestage_server::lifecycle;
use uuid::Uuid;

use crate::support::{Folder, args, dump, soon};

/// What becomes of a command of the binary that ends by itself.
fn run(data: &Folder, words: &[&str], key: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
    command.args(words).arg("--data-dir").arg(data.path()).env_clear();
    command.envs(key.map(|key| ("PULSESTAGE_KEY", key)));
    command.output().unwrap()
}

/// Starts a server, has it sign a cookie, and stops it.
async fn cookie_of(data: &Folder, site: &Folder, flags: &[&str], key: Option<&str>) -> anyhow::Result<String> {
    let mut settings = args(data, site, flags);
    settings.key.key = key.map(ToOwned::to_owned);
    let running = soon("a server to start", lifecycle::start(&settings)).await?;
    let cookie = running.state.cookies().device_cookie(Uuid::from_u128(7)).value().to_owned();
    running.stop(std::future::pending()).await;
    Ok(cookie)
}

#[tokio::test]
async fn a_key_lasts_from_start_to_start_wherever_it_is() {
    let (data, site) = (Folder::new(), Folder::site());
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let first = cookie_of(&data, &site, &[], None).await.unwrap();
    let mode = |name: &str| fs::metadata(data.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("installation.key"), mode("pulsestage.db")), (0o700, 0o600, 0o600));
    assert_eq!(cookie_of(&data, &site, &[], None).await.unwrap(), first);

    let (secrets, path) = (Folder::new(), data.path().join("installation.key"));
    let key = fs::read_to_string(&path).unwrap();
    let (moved, flag) = (secrets.path().join("key"), secrets.path().join("key").display().to_string());
    fs::rename(&path, &moved).unwrap();
    assert_eq!(cookie_of(&data, &site, &["--key-file", &flag], None).await.unwrap(), first);
    assert_eq!(cookie_of(&data, &site, &[], Some(&key)).await.unwrap(), first);
    assert!(!path.exists());

    for (key, sentence) in [(None, "does not exist. Restore it"), (Some(&*"ab".repeat(32)), "not the key of this")] {
        let refused = cookie_of(&data, &site, &[], key).await.unwrap_err();
        assert!(format!("{refused:#}").contains(sentence), "{refused:#}");
    }
    let stranger = cookie_of(&data, &site, &["--new-key"], None).await.unwrap();
    assert_ne!(stranger, first);
    assert_eq!(cookie_of(&data, &site, &[], None).await.unwrap(), stranger);
    // Neither key is anywhere in the database.
    let keys = [key, fs::read_to_string(&path).unwrap()].map(|key| key.trim().to_owned());
    let all = format!("{:?}", dump(&data.sqlite_url()).await).to_lowercase();
    assert!(all.contains("key_fingerprints"), "the dump has all tables");
    assert!(keys.iter().all(|key| !all.contains(key)));
}

#[tokio::test]
async fn the_binary_takes_the_key_from_its_environment_and_commands_need_none() {
    let (data, site) = (Folder::new(), Folder::site());
    let key = "cd".repeat(32);
    cookie_of(&data, &site, &[], Some(&key)).await.unwrap();
    let site_dir = site.path().display().to_string();
    let serve = ["serve", "--addr", "127.0.0.1:0", "--site-dir", &site_dir];
    let without = run(&data, &serve, None);
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(!without.status.success() && said.contains("does not exist. Restore it"), "{said}");
    let other = "ab".repeat(32);
    let wrong = run(&data, &serve, Some(&other));
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && said.contains("PULSESTAGE_KEY is not the key"), "{said}");
    assert!(!said.contains(&other) && !said.contains(&key), "{said}");
    for words in [&["link"][..], &["tenant", "list"], &["tenant", "create", "acme"], &["recount"]] {
        let output = run(&data, words, None);
        assert!(output.status.success(), "{words:?}: {output:?}");
    }
    assert!(!data.path().join("installation.key").exists(), "a command makes no key");
}

#[tokio::test]
async fn a_command_before_the_first_start_leaves_the_key_to_it() {
    let (data, site) = (Folder::new(), Folder::site());
    assert!(run(&data, &["tenant", "create", "acme"], None).status.success());
    let first = cookie_of(&data, &site, &["--demo"], None).await.unwrap();
    assert_eq!(cookie_of(&data, &site, &[], None).await.unwrap(), first);
}

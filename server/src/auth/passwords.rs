//! Passwords, hashed with argon2id off the threads that serve requests, a few at a time.

use argon2::password_hash::phc::{Output, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, ParamsBuilder, Version};
use async_trait::async_trait;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Span;
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

use pulsestage::password::{Password, PasswordHash};
use pulsestage::ports::{PasswordCheck, Passwords, PortError, Rng};

/// So many are hashed at once: with 19 MiB each they fit into the smallest box, and leave a core to the streams.
const AT_ONCE: usize = 2;
/// So many may wait besides; one more is told at once that we are busy. More than are hashed within [`PATIENCE`].
const WAITING: usize = 1_024;
/// Whoever has waited so long for a seat is told that we are busy.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a salt, as RFC 9106 (section 3.1) recommends.
const SALT_BYTES: usize = 16;
/// What is estimated of a password: a guess that is this long is hopeless anyway, and the estimate's work grows with it.
const ESTIMATED_CHARS: usize = 72;

/// How much work a hash is. OWASP's Password Storage Cheat Sheet names as the least for argon2id "19 MiB of memory, an
/// iteration count of 2, and 1 degree of parallelism".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// AccessRegister over it.
    pub passes: u32,
}

impl HashCost {
    /// What the server does.
    pub const OWASP: Self = Self { memory_kib: 19 * 1_024, passes: 2 };
    /// As little as the algorithm allows: for tests, where nothing is guarded.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1 };

    fn params(self) -> Params {
        let mut builder = ParamsBuilder::new();
        builder.m_cost(self.memory_kib).t_cost(self.passes).p_cost(1);
        builder.build().unwrap_or_default()
    }
}

/// Hashes passwords. Cheap to clone; clones share their two seats.
#[derive(Clone)]
pub struct PasswordKeeper(Arc<Keeper>);

struct Keeper {
    argon2: Argon2<'static>,
    rng: Arc<dyn Rng>,
    /// Who may hash now.
    seats: Arc<Semaphore>,
    /// Who may wait for a seat, those on one included.
    places: Arc<Semaphore>,
    /// What a password is compared with when nobody has the account: as much work as any, and always another.
    nobody: String,
    computed: AtomicU64,
    memory: Memory,
}

/// The memory that argon2 fills: one allocation for each seat, made when it is first needed and never freed. The
/// allocator would keep 19 MiB in the arena of each thread that ever hashed.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    /// Does something with so many blocks. What is in them is left from before: argon2 writes each before it reads it.
    fn with<T>(&self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        if blocks.len() < count {
            blocks.reserve_exact(count - blocks.len());
            blocks.resize(count, Block::new());
        }
        let done = work(&mut blocks);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        done
    }
}

impl PasswordKeeper {
    /// Hashes with this much work.
    #[must_use]
    pub fn new(work: HashCost, rng: Arc<dyn Rng>) -> Self {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, work.params());
        let nobody = nobody(argon2.params(), &*rng);
        Self(Arc::new(Keeper {
            argon2,
            rng,
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            nobody,
            computed: AtomicU64::new(0),
            memory: Memory::default(),
        }))
    }

    /// How many hashes were computed so far: what an answer costs, and what its time could tell.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// Does slow work on a thread of its own once a seat is free. Seats are taken in the order of coming.
    async fn seated<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Keeper) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| PortError::Busy)?;
        let seat = timeout(PATIENCE, self.0.seats.clone().acquire_owned()).await.map_err(|_| PortError::Busy)?;
        let seat = seat.map_err(|_| PortError::Broken)?;
        let (keeper, span) = (self.0.clone(), Span::current());
        // The work goes on when whoever asked has gone, and so it keeps its seat.
        let done = spawn_blocking(move || {
            let done = span.in_scope(|| work(&keeper));
            drop((seat, place));
            done
        });
        done.await.map_err(|_| PortError::Broken)
    }
}

#[async_trait]
impl Passwords for PasswordKeeper {
    async fn is_easy(&self, password: &Password, known: &[&str]) -> Result<bool, PortError> {
        let text: String = normal(password).chars().take(ESTIMATED_CHARS).collect();
        // Also the parts of a name and of an address.
        let words: Vec<String> = known
            .iter()
            .flat_map(|known| known.split(|c: char| !c.is_alphanumeric()).chain([*known]))
            .filter(|word| word.chars().count() > 2)
            .map(str::to_owned)
            .collect();
        self.seated(move |_| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            zxcvbn(&text, &words).score() < Score::Three
        })
        .await
    }

    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        let text = normal(password);
        self.seated(move |keeper| keeper.hash(&text)).await?
    }

    async fn verify(&self, password: &Password, kept: Option<&PasswordHash>) -> Result<PasswordCheck, PortError> {
        let text = normal(password);
        let kept = kept.map(|kept| kept.as_str().to_owned());
        self.seated(move |keeper| keeper.verify(&text, kept.as_deref())).await?
    }
}

impl Keeper {
    fn hash(&self, text: &str) -> Result<PasswordHash, PortError> {
        let mut salt = [0; SALT_BYTES];
        self.rng.fill(&mut salt);
        let params = self.argon2.params();
        let output = self.compute(&self.argon2, text, &salt, Params::DEFAULT_OUTPUT_LEN)?;
        let phc = params.try_into().ok().zip(Salt::new(&salt).ok()).map(|(params, salt)| Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params,
            salt: Some(salt),
            hash: Some(output),
        });
        let phc = phc.ok_or_else(|| broken("the parameters of argon2 cannot be written down"))?;
        Ok(PasswordHash::new(phc.to_string()))
    }

    fn verify(&self, text: &str, kept: Option<&str>) -> Result<PasswordCheck, PortError> {
        let phc = Phc::new(kept.unwrap_or(&self.nobody)).map_err(broken)?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Ok(PasswordCheck::Wrong) };
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(broken)?;
        let version = phc.version.map(Version::try_from).transpose().map_err(broken)?.unwrap_or_default();
        let then = Argon2::new(algorithm, version, Params::try_from(&phc).map_err(broken)?);
        let computed = self.compute(&then, text, &salt, expected.len())?;
        // `Output` compares in constant time.
        Ok(match computed == expected && kept.is_some() {
            false => PasswordCheck::Wrong,
            true if self.is_weak(&phc) => PasswordCheck::RightButWeak,
            true => PasswordCheck::Right,
        })
    }

    /// One computation of argon2, in memory that is used again and again.
    fn compute(&self, argon2: &Argon2<'_>, text: &str, salt: &[u8], length: usize) -> Result<Output, PortError> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let mut buffer = [0; Output::MAX_LENGTH];
        let out = buffer.get_mut(..length).ok_or_else(|| broken("a hash of that length cannot be computed"))?;
        let count = argon2.params().block_count();
        let filled =
            self.memory.with(count, |blocks| argon2.hash_password_into_with_memory(text.as_bytes(), salt, out, blocks));
        filled.map_err(broken)?;
        Output::new(out).map_err(broken)
    }

    /// Whether a hash was made with less work than we do now.
    fn is_weak(&self, phc: &Phc) -> bool {
        let now = self.argon2.params();
        let strong = |then: &Params| {
            phc.algorithm == Algorithm::Argon2id.ident()
                && then.m_cost() >= now.m_cost()
                && then.t_cost() >= now.t_cost()
                && then.p_cost() >= now.p_cost()
        };
        !Params::try_from(phc).is_ok_and(|then| strong(&then))
    }
}

/// One form for all ways to type the same characters: keyboards differ in how they compose an é. RFC 8265 prepares
/// passwords with NFC; NIST SP 800-63B-4 allows NFKC, which also takes wide and narrow letters for the same.
fn normal(password: &Password) -> String {
    password.reveal().nfkc().collect()
}

/// A hash that no password has been made into: the parameters and the rng of any other.
fn nobody(params: &Params, rng: &dyn Rng) -> String {
    let (mut salt, mut output) = ([0; SALT_BYTES], [0; Params::DEFAULT_OUTPUT_LEN]);
    rng.fill(&mut salt);
    rng.fill(&mut output);
    let made = params.try_into().ok().zip(Salt::new(&salt).ok().zip(Output::new(&output).ok()));
    let phc = made.map(|(params, (salt, output))| Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(salt),
        hash: Some(output),
    });
    phc.map(|phc| phc.to_string()).unwrap_or_default()
}

fn broken(error: impl fmt::Display) -> PortError {
    tracing::error!(%error, "a password could not be hashed, or what is kept of one could not be read");
    PortError::Broken
}

impl fmt::Debug for PasswordKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordKeeper").field("computed", &self.computed()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "passwords_tests.rs"]
mod tests;

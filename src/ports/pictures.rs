//! The port for pictures that people send.

use async_trait::async_trait;

use crate::error::Refusal;
use crate::logo::Logo;

/// Makes logos of pictures.
#[async_trait]
pub trait Pictures: Send + Sync {
    /// Decodes a picture within bounds and writes it anew: nothing of what was sent but its points is in what comes back.
    ///
    /// # Errors
    /// [`Refusal::NoPicture`] when it is none that we take, and [`Refusal::Unavailable`] when too many wait.
    async fn logo(&self, sent: Vec<u8>) -> Result<Logo, Refusal>;
}

/// Takes no picture: for commands, which have none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPictures;

#[async_trait]
impl Pictures for NoPictures {
    async fn logo(&self, _: Vec<u8>) -> Result<Logo, Refusal> {
        Err(Refusal::NoPicture)
    }
}

//! A folder for a server that is started to be tried.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::system::SystemRng;
use pulsestage::ports::Rng;

/// A folder that is removed with whatever is in it.
#[derive(Debug)]
pub struct TempFolder(PathBuf);

impl TempFolder {
    /// Makes one among the system's temporary files, with this in its name.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(purpose: &str) -> std::io::Result<Self> {
        let mut random = [0; 8];
        SystemRng.fill(&mut random);
        let path = std::env::temp_dir().join(format!("pulsestage-{purpose}-{:016x}", u64::from_le_bytes(random)));
        // Nobody else looks into it: the server keeps its key there.
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

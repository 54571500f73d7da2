//! How large the tables were when housekeeping last looked.

use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Sizes;

/// What was last seen. Cheap to clone: clones share it.
#[derive(Clone, Debug, Default)]
pub struct KnownSizes(Arc<Mutex<Option<Sizes>>>);

impl KnownSizes {
    /// Keeps what was just seen.
    pub fn set(&self, sizes: Sizes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sizes);
    }

    /// What was last seen, if anything was.
    #[must_use]
    pub fn get(&self) -> Option<Sizes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

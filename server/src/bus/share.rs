//! What many streams are sent of the same frames, made when the first of them comes and kept for the others.

use std::sync::OnceLock;

use super::coding::{Coding, deflate};
use super::framing::Framed;

/// Which of some frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of them: for those who moderate the whole tenant, and for everybody when none is private.
    Everything,
    /// Those that are for everybody.
    Public,
}

/// One piece for each share and coding.
#[derive(Debug, Default)]
pub(super) struct SharedPieces {
    everything: Coded,
    public: Coded,
}

#[derive(Debug, Default)]
struct Coded {
    identity: OnceLock<Framed>,
    gzip: OnceLock<Framed>,
}

impl SharedPieces {
    /// The piece of this share and coding; `plain` makes a share as it is.
    pub(super) fn get(&self, share: Share, coding: Coding, plain: impl Fn(Share) -> Framed) -> &Framed {
        let coded = self.of(share);
        let identity = || coded.identity.get_or_init(|| plain(share));
        match coding {
            Coding::Identity => identity(),
            Coding::Gzip => coded.gzip.get_or_init(|| Framed::new(&deflate(identity().bare()))),
        }
    }

    /// The piece of this share and coding, made by `whole`, which knows the coded parts.
    pub(super) fn get_coded(&self, share: Share, coding: Coding, whole: impl FnOnce() -> Framed) -> &Framed {
        let coded = self.of(share);
        match coding {
            Coding::Identity => coded.identity.get_or_init(whole),
            Coding::Gzip => coded.gzip.get_or_init(whole),
        }
    }

    const fn of(&self, share: Share) -> &Coded {
        match share {
            Share::Everything => &self.everything,
            Share::Public => &self.public,
        }
    }
}

//! A stream for pages that hold no board: it says that something has changed, and they load again what they show.

/// Listens for what moderators are told.
pub struct Bell;

impl Bell {
    /// Calls this whenever something has changed that moderators see, until the page's owner is cleaned up: also each
    /// time the stream is opened, as nobody told of what changed before. Does nothing on the server.
    #[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "the server hears nothing"))]
    pub fn listen(slug: &str, changed: impl Fn() + 'static) {
        #[cfg(feature = "hydrate")]
        super::ring::run(slug, changed);
    }
}

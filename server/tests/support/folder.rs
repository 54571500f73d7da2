//! A folder of its own for one test, gone when the test is over.

use std::path::{Path, PathBuf};
use uuid::Uuid;

use pulsestage::ports::Rng;
use pulsestage_server::system::SystemRng;

/// A folder of its own for one test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes a folder that nobody else has.
    pub(crate) fn new() -> Self {
        let mut random = [0; 16];
        SystemRng.fill(&mut random);
        let path = std::env::temp_dir().join(format!("pulsestage-test-{}", Uuid::from_bytes(random).simple()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A folder that looks like a built site: the plain scripts, `pkg` with two files in it, and two files beside it.
    pub(crate) fn site() -> Self {
        let folder = Self::new();
        let pkg = folder.path().join("pkg");
        std::fs::create_dir_all(&pkg).unwrap();
        std::fs::write(pkg.join("pulsestage.js"), "export default () => {};").unwrap();
        std::fs::write(pkg.join("pulsestage.css"), "body{}").unwrap();
        std::fs::write(folder.path().join("start.js"), "// starts").unwrap();
        std::fs::write(folder.path().join("more.css"), "main{}").unwrap();
        let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
        for script in ["keep.js", "outbox.js", "sw.js"] {
            std::fs::copy(public.join(script), folder.path().join(script)).unwrap();
        }
        folder
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The address of the SQLite database in it.
    pub(crate) fn sqlite_url(&self) -> String {
        format!("sqlite://{}", self.0.join("pulsestage.db").display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}

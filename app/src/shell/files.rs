//! The built files that documents name, by the names that the build gave them.

use leptos::WasmSplitManifest;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::address::PageName;
use crate::ui::erase::Erase;

/// What starts the program of a page.
const START: &str = "/start.js";
/// The style sheet of the pages beside the questions.
const MORE: &str = "/more.css";

/// Whose style sheets a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sheet {
    /// The questions, which are to be there fast.
    Questions,
    /// Every other page.
    Others,
}

impl Sheet {
    /// The sheets of a page.
    pub(crate) const fn of_page(page: &PageName) -> Self {
        match page {
            PageName::Admin(_) => Self::Others,
            PageName::Questions | PageName::Unknown => Self::Questions,
        }
    }
}

/// The names of the built files; read once, for they belong to this release.
#[derive(Debug)]
pub struct SiteFiles {
    folder: String,
    script: String,
    wasm: String,
    sheet: String,
    /// The script that loads parts of the program, where it has parts.
    loader: Option<String>,
    /// Which files each part is in.
    parts: HashMap<String, Vec<String>>,
    /// What changes when a file under `public/` that pages name does.
    start_version: String,
    more_version: String,
}

impl SiteFiles {
    /// The files of this release.
    #[must_use]
    pub fn of(options: &LeptosOptions) -> &'static Self {
        static FILES: OnceLock<SiteFiles> = OnceLock::new();
        FILES.get_or_init(|| Self::read(options))
    }

    fn read(options: &LeptosOptions) -> Self {
        let site = Path::new(&*options.site_root);
        let package = site.join(&*options.site_pkg_dir);
        let name = &options.output_name;
        // cargo-leptos writes one line, `extension: hash`, for each name that it has changed.
        let hashes = if options.hash_files {
            fs::read_to_string(beside_program(options)).unwrap_or_default()
        } else {
            String::new()
        };
        let hash = |of: &str| {
            hashes
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(known, _)| known.trim() == of)
                .map(|(_, hash)| hash.trim())
        };
        let file = |extension: &str| match hash(extension) {
            Some(hash) => format!("{name}.{hash}.{extension}"),
            None => format!("{name}.{extension}"),
        };
        let manifest = match hash("manifest") {
            Some(hash) => format!("__wasm_split_manifest.{hash}.json"),
            None => "__wasm_split_manifest.json".to_owned(),
        };
        let parts = fs::read(package.join(manifest)).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let loader = match hash("split") {
            Some(hash) => format!("__wasm_split.{hash}.js"),
            None => "__wasm_split.______________________.js".to_owned(),
        };
        Self {
            folder: format!("/{}", options.site_pkg_dir),
            script: file("js"),
            wasm: file("wasm"),
            sheet: file("css"),
            loader: parts.is_some().then_some(loader),
            parts: parts.unwrap_or_default(),
            start_version: version(site, START),
            more_version: version(site, MORE),
        }
    }

    /// Whether this is the address of a file that pages name with its version, and if so, whether it names the version that
    /// is here.
    #[must_use]
    pub fn names(&self, path: &str, query: Option<&str>) -> Option<bool> {
        let version = match path {
            START => &self.start_version,
            MORE => &self.more_version,
            _ => return None,
        };
        query.map(|query| query.ends_with(version.as_str()))
    }

    /// Makes known to leptos which files a part of the program is in, so that a page of that part names them at once.
    pub(super) fn provide_parts(&self) {
        if let Some(loader) = &self.loader {
            let known = (self.folder.clone(), self.parts.clone(), loader.clone());
            provide_context(WasmSplitManifest(ArcStoredValue::new(known)));
        }
    }

    /// The style sheets of a document.
    pub(crate) fn sheets(&self, whose: Sheet) -> AnyView {
        let more = (whose == Sheet::Others)
            .then(|| view! { <link rel="stylesheet" href=format!("{MORE}?{}", self.more_version) /> });
        view! {
            <link id="style" rel="stylesheet" href=format!("{}/{}", self.folder, self.sheet) />
            {more}
        }
        .into_any()
    }

    /// What wakes a page up. Everything is asked for at once, not one file after the other.
    pub(super) fn program(&self) -> AnyView {
        let Self { folder, script, wasm, loader, start_version, .. } = self;
        let loader = loader
            .as_ref()
            .map(|loader| view! { <link rel="modulepreload" href=format!("{folder}/{loader}") /> }.erase());
        let start = format!("{START}?{folder}/{script}&{folder}/{wasm}&{start_version}");
        view! {
            <link rel="modulepreload" href=format!("{folder}/{script}") />
            {loader}
            <link
                rel="preload"
                href=format!("{folder}/{wasm}")
                r#as="fetch"
                r#type="application/wasm"
                crossorigin="anonymous"
            />
            <script type="module" src=start></script>
        }
        .into_any()
    }
}

/// Where the build puts the list of names.
fn beside_program(options: &LeptosOptions) -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().unwrap_or_else(|| Path::new(".")).join(&*options.hash_file)
}

/// A word that is another one for another content, so that browsers may keep the file under this address for ever.
fn version(site: &Path, file: &str) -> String {
    let content = fs::read(site.join(file.trim_start_matches('/'))).unwrap_or_default();
    // FNV-1a: nobody gains anything by a collision.
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_the_files_of_the_build() {
        let site = std::env::temp_dir().join(format!("pulsestage-site-{}", std::process::id()));
        fs::create_dir_all(site.join("pkg")).unwrap();
        fs::write(site.join("start.js"), "1").unwrap();
        fs::write(site.join("pkg/__wasm_split_manifest.json"), r#"{"admin_page_1":["split_admin_page_1"]}"#).unwrap();
        let options = LeptosOptions::builder().output_name("pulsestage").site_root(site.display().to_string()).build();
        let files = SiteFiles::read(&options);
        let named = |whose| Owner::new().with(|| files.sheets(whose).to_html());
        assert!(named(Sheet::Questions).contains("href=\"/pkg/pulsestage.css\""));
        assert!(!named(Sheet::Questions).contains("more.css") && named(Sheet::Others).contains("/more.css?"));
        let program = Owner::new().with(|| files.program().to_html());
        for part in ["/pkg/pulsestage.js", "/pkg/pulsestage.wasm", "/pkg/__wasm_split.", "/start.js?/pkg/pulsestage.js"]
        {
            assert!(program.contains(part), "{part}: {program}");
        }
        let before = files.start_version;
        fs::write(site.join("start.js"), "2").unwrap();
        assert_ne!(SiteFiles::read(&options).start_version, before, "another content has another address");
        fs::remove_dir_all(site).unwrap();
    }
}

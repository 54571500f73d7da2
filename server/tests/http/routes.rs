//! Every address there is, read from where routes are listed: what is added there is looked at without being named here.

use std::collections::BTreeSet;
use std::path::Path;

/// Every route of the server, as its source has it. `{room}` is nothing, or `/t/` and a tenant.
pub(crate) fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.join("http")];
    let mut files = vec![source.join("router.rs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for call in text.split(".route(").skip(1) {
            // `&of(room, "/mine")` and `&format!("{room}/mine/{{question}}")` are routes in every room.
            let head = call.split('"').next().unwrap();
            let literal =
                call.split('"').nth(1).unwrap_or_else(|| panic!("no address in {}: {call:.40}", file.display()));
            let room = if head.contains("room") { "{room}" } else { "" };
            routes.insert(format!("{room}{}", literal.replace("{{", "{").replace("}}", "}")));
        }
    }
    routes
}

/// The admin pages after the first, by what their address ends with.
pub(crate) fn admin_views() -> Vec<&'static str> {
    app::pages::admin::PAGES.iter().map(|page| page.path).filter(|path| !path.is_empty()).collect()
}

#[test]
fn the_list_has_what_everybody_knows() {
    let (routes, views) = (routes(), admin_views());
    for route in ["/", "/t/{tenant}", "{room}/sign-in", "{room}/mine/{question}", "/export/{file}", "/sse", "/j/{code}"]
    {
        assert!(routes.contains(route), "{route}: {routes:#?}");
    }
    assert!(views.contains(&"settings") && views.len() > 10, "{views:?}");
}

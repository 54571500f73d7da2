//! Builds again when a migration is added: the macro that embeds them sees changes only in those it knows.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}

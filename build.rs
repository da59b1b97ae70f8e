//! Rebuilds when a migration is added: `embed_migrations!` reads the folder, and Cargo does not know.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=config.toml");
}

//! Names the build, and rebuilds when a migration is added: `embed_migrations!` reads the folder, and Cargo does not know.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// What the program is made of.
const SOURCES: [&str; 6] = ["src", "migrations", "static", "config.toml", "Cargo.toml", "Cargo.lock"];

fn main() {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
        read(Path::new(source), &mut hasher);
    }
    // Validators of answers are of one build: another one may write the same numbers differently. (Cargo shows this to the
    // program at run time too, so its name must not look like a setting's.)
    println!("cargo:rustc-env=BUILD_FINGERPRINT={:016x}", hasher.finish());
}

fn read(path: &Path, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    if path.is_dir() {
        let mut entries: Vec<_> =
            fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for entry in &entries {
            read(entry, hasher);
        }
    } else {
        fs::read(path).unwrap_or_default().hash(hasher);
    }
}

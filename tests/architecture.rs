//! The rules of the house that a compiler does not know: which way imports run, which files a folder has, and that
//! every file says what it is for.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The layers, lowest first. A file may use its own layer and those before it; the leaves may be used by all.
const LAYERS: [&str; 12] = [
    "model",
    "store",
    "carrier",
    "files",
    "delivery",
    "inventory",
    "app",
    "dialect",
    "http",
    "simulate",
    "cli",
    "main",
];
/// Leaves may use `model` only.
const LEAVES: [&str; 2] = ["clock", "config"];
/// The files that every dialect has.
const DIALECT_FILES: [&str; 7] = ["README.md", "auth.rs", "error.rs", "mod.rs", "numbers.rs", "query.rs", "wire.rs"];
/// A file longer than this is worth a second look.
const LONG_FILE: usize = 400;

fn source_files() -> Vec<PathBuf> {
    fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    ["src", "tests", "benches"]
        .map(Path::new)
        .iter()
        .filter(|path| path.exists())
        .for_each(|path| walk(path, &mut files));
    files.sort();
    files
}

/// `src/store/sqlite/mod.rs` is of `store`, `src/app.rs` of `app`.
fn layer(path: &Path) -> Option<String> {
    let inside = path.strip_prefix("src").ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// The layers that a file names: `crate::x`, `crate::{x, y::{z}}`, `linekeeper::x`.
fn used_layers(path: &Path, text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut used = BTreeSet::new();
    for root in ["crate::", "linekeeper::"] {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => used.extend(names_of_group(group)),
                None => drop(used.insert(first_word(rest))),
            }
        }
    }
    let depth = path.strip_prefix("src").map_or(0, |inside| inside.components().count());
    let to_root = "super::".repeat(if path.ends_with("mod.rs") { depth - 1 } else { depth });
    assert!(to_root.is_empty() || !code.contains(&to_root), "{}: say crate::, not {to_root}", path.display());
    used
}

/// The first words of a `use` group, whatever groups are inside it.
fn names_of_group(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut begins) = (Vec::new(), 0, true);
    for (at, sign) in group.char_indices() {
        match sign {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ if begins && !sign.is_whitespace() => {
                names.push(first_word(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn imports_run_one_way() {
    let place = |layer: &str| LAYERS.iter().position(|other| *other == layer);
    let mut wrong = Vec::new();
    for path in source_files() {
        let Some(own) = layer(&path).filter(|own| own != "lib") else { continue };
        assert!(place(&own).is_some() || LEAVES.contains(&&*own), "{}: no layer is called {own}", path.display());
        let text = fs::read_to_string(&path).unwrap();
        // Tests inside a file may reach up for what they need to set up.
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        if path.ends_with("store/sqlite/plans.rs") {
            continue;
        }
        for used in used_layers(&path, text) {
            let allowed = match (place(&own), place(&used)) {
                (Some(own), Some(used)) => used <= own,
                (Some(_), None) => true,
                (None, _) => used == own || used == "model",
            };
            if !allowed {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports must run {}: {wrong:#?}", LAYERS.join(" <- "));
}

#[test]
fn the_model_knows_no_json_no_sql_and_no_http() {
    for path in source_files().iter().filter(|path| path.starts_with("src/model")) {
        let text = fs::read_to_string(path).unwrap();
        for word in ["serde", "rusqlite", "actix", "std::fs", "std::net"] {
            let used = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}", path.display());
        }
    }
}

#[test]
fn sql_is_written_in_the_store_only() {
    for path in source_files().iter().filter(|path| path.starts_with("src") && !path.starts_with("src/store")) {
        let text = fs::read_to_string(path).unwrap();
        for word in ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "rusqlite"] {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn routes_stand_in_tables_only() {
    // The matrix of tests/api/tenancy.rs reads the tables; a route beside them would not be in it.
    for path in source_files().iter().filter(|path| path.starts_with("src")) {
        let text = fs::read_to_string(path).unwrap();
        let count = |word: &str| text.matches(word).count();
        let is_table = path.ends_with("dialect/endpoint.rs");
        assert!(is_table || count("web::resource") + count(".route(") == 0, "{} adds a route", path.display());
        // The doors: a scope for each prefix.
        let is_door = path.ends_with("mod.rs") || path.ends_with("keys.rs");
        let scopes = usize::from(path.starts_with("src/dialect") && is_door);
        assert!(is_table || count(".service(") <= scopes, "{} adds a service", path.display());
    }
}

#[test]
fn a_simulated_carrier_shares_nothing_with_what_asks_the_real_one() {
    // A mistake that both made alike would be found by neither.
    for path in source_files().iter().filter(|path| path.starts_with("src/simulate")) {
        let text = fs::read_to_string(path).unwrap();
        for used in text.lines().filter(|line| line.contains("carrier::") && !line.trim_start().starts_with("//")) {
            let real = ["twilio", "telnyx"].iter().any(|name| used.contains(name));
            assert!(!real, "{} uses {used}", path.display());
        }
    }
}

#[test]
fn only_an_operator_names_the_agency_to_act_for() {
    let allowed = ["src/cli", "src/store/sqlite/access.rs", "src/store/sqlite/plans.rs"];
    let verbs = [
        "access.rs",
        "accounts.rs",
        "agencies.rs",
        "agents.rs",
        "import.rs",
        "keys.rs",
        "messages.rs",
        "orders.rs",
        "sync.rs",
        "users.rs",
        "webhooks.rs",
    ];
    for path in source_files().iter().filter(|path| path.starts_with("src")) {
        let text = fs::read_to_string(path).unwrap();
        let operates = text.contains("access::operator") || text.contains("operator_scope");
        let may = allowed.iter().any(|place| path.starts_with(place))
            || path.starts_with("src/inventory") && verbs.iter().any(|verb| path.ends_with(verb));
        assert!(may || !operates, "{} makes a scope for an agency it names itself", path.display());
    }
}

#[test]
fn every_dialect_has_the_seven_files() {
    let mut dialects = 0;
    for entry in fs::read_dir("src/dialect").unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            dialects += 1;
            for file in DIALECT_FILES {
                assert!(folder.join(file).exists(), "{} has no {file}", folder.display());
            }
        }
    }
    assert_eq!(dialects, linekeeper::dialect::ALL.len(), "a folder each, and a line in const ALL each");
}

#[test]
fn every_engine_has_the_same_files() {
    let mut engines = Vec::new();
    for entry in fs::read_dir("src/store").unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect::<BTreeSet<_>>();
            assert!(Path::new("migrations").join(folder.file_name().unwrap()).is_dir(), "{}", folder.display());
            engines.push((folder, files));
        }
    }
    for pair in engines.windows(2) {
        assert_eq!(pair[0].1, pair[1].1, "{} and {}", pair[0].0.display(), pair[1].0.display());
    }
    assert!(!engines.is_empty());
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in source_files().iter().chain([PathBuf::from("build.rs")].iter()) {
        let text = fs::read_to_string(path).unwrap();
        let says = text.starts_with("//! ") || text.starts_with("#![doc = include_str!(\"README.md\")]");
        assert!(says, "{} does not begin with a //! sentence", path.display());
        let lines = text.lines().count();
        if lines > LONG_FILE {
            // Past the test runner's capture, which hides what a passing test prints.
            writeln!(std::io::stderr(), "warning: {} has {lines} lines", path.display()).unwrap();
        }
    }
}

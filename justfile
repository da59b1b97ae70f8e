# The commands one types most. `just` lists them.

default:
    @just --list

# Serve made-up data to look at
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# Everything that CI runs
test:
    tests/run

# What the Rust code must pass before a commit
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    cargo test --locked

# Accept what the snapshots have become, after reading the difference
snapshots:
    INSTA_UPDATE=always cargo test --locked
    git diff --stat -- '*.snap'

# Take the agency's bound out of each statement in turn: every time a test must fail
tenancy:
    tests/tenancy-mutants

# Make builds that lose or double a purchase: every time a test must fail
orders:
    tests/orders-mutants

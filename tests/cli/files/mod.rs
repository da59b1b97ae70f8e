//! Files of numbers: `export` and `import csv`, run as a user runs them.

mod exports;
mod imports;
mod round_trips;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use linekeeper::model::{Number, NumberFilter};
use linekeeper::store::Scope;

use crate::support::{Inventory, add_agency, add_agent, agent, linekeeper};

/// An inventory with two agencies, of which the first has two agents and the second one.
struct House {
    inventory: Inventory,
    scope: Scope,
    other: Scope,
}

impl House {
    fn new() -> Self {
        let inventory = Inventory::empty();
        let (scope, other) = inventory.write(|change| {
            let (scope, other) = (add_agency(change, 1, "Northwind")?, add_agency(change, 2, "Lumen")?);
            add_agent(change, &scope, &agent(10, Some("=Sales; \"A\"")))?;
            add_agent(change, &scope, &agent(11, None))?;
            add_agent(change, &other, &agent(20, Some("Theirs")))?;
            Ok((scope, other))
        });
        Self { inventory, scope, other }
    }

    fn with(numbers: &[Number]) -> Self {
        let house = Self::new();
        house.inventory.write(|change| numbers.iter().try_for_each(|number| change.add_number(&house.scope, number)));
        house
    }

    fn run(&self, args: &[&str]) -> Output {
        self.fed(args, b"")
    }

    fn fed(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = linekeeper();
        command.args(args).arg("--agency").arg(self.scope.agency().to_string());
        command.arg("--data-dir").arg(self.inventory.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        output
    }

    fn export(&self, args: &[&str]) -> String {
        let output = self.run(&[&["export"], args].concat());
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn everything(&self) -> String {
        self.export(&["--format", "csv", "--include-released"])
    }

    /// Imports a text, and returns whether that succeeded and what was reported.
    fn import(&self, file: impl AsRef<[u8]>, more: &[&str]) -> (bool, String) {
        let output = self.fed(&[&["import", "csv", "-"], more].concat(), file.as_ref());
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }

    fn taken(&self, file: impl AsRef<[u8]>, more: &[&str]) -> String {
        let (done, report) = self.import(file, more);
        assert!(done, "{report}");
        report
    }

    fn refused(&self, file: impl AsRef<[u8]>, more: &[&str]) -> String {
        let (done, report) = self.import(file, more);
        assert!(!done, "{report}");
        report
    }

    /// All numbers as they are, oldest first.
    fn numbers(&self) -> Vec<Number> {
        let filter = NumberFilter { include_released: true, ..NumberFilter::default() };
        let mut numbers = Vec::new();
        let read = self.inventory.store.read(|snapshot| {
            snapshot.each_number(&self.scope, &filter, |number| {
                numbers.push(number.clone());
                Ok::<_, linekeeper::model::Error>(())
            })
        });
        read.unwrap();
        numbers
    }

    fn file(&self, name: &str) -> PathBuf {
        self.inventory.path().join(name)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn phones(numbers: &[Number]) -> Vec<String> {
    numbers.iter().map(|number| number.phone_number.to_string()).collect()
}

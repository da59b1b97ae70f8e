//! `linekeeper generate`

use super::import::progress;
use super::{Failure, output, sample};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{DataDir, Store, migrate};

/// Fill an empty data directory with made-up agencies and numbers, for measuring.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper generate --numbers 1000000 --largest 100000 --data-dir ./big")]
pub struct Args {
    /// How many agencies
    #[arg(long, value_name = "A", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    agencies: u32,
    /// How many numbers in all
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    numbers: u32,
    /// How many of them the first agency has; the others' sizes fall off like 1/2, 1/3, 1/4 [default: a tenth]
    #[arg(long, value_name = "L")]
    largest: Option<u32>,
    /// Fixes numbers, names and ids
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let largest = self.largest.unwrap_or(self.numbers / 10);
        if largest > self.numbers || self.agencies == 1 && largest != self.numbers {
            return Err(Failure::Failed(format!(
                "{largest} numbers for the largest of {} agencies do not fit {} numbers in all",
                self.agencies, self.numbers
            )));
        }
        let data_dir = DataDir::new(config.data_dir.clone());
        migrate(&data_dir, None)?;
        let store = Store::open(&data_dir, 1)?;
        let bar = progress(self.numbers as usize);
        let owner = store.write(|change| {
            if !change.agencies()?.is_empty() {
                let path = data_dir.path().display();
                return Err(Failure::Failed(format!("{path} has agencies already: name an empty one with --data-dir")));
            }
            let sizes = sizes(self.agencies, self.numbers, largest);
            let now = Clock::System.now();
            Ok(change.in_bulk(|| sample::fill(change, &sizes, self.seed, now, &mut || bar.inc(1)))?)
        })?;
        bar.finish_and_clear();
        store.checkpoint()?;
        output::line(format_args!("{} numbers of {} agencies", self.numbers, self.agencies));
        if let Some(owner) = owner {
            output::row([&"owner of the largest", &owner]);
        }
        Ok(())
    }
}

/// How many numbers each agency has: the first as many as it is given, the others by Zipf's law.
fn sizes(agencies: u32, numbers: u32, largest: u32) -> Vec<usize> {
    let weights: Vec<f64> = (2..=agencies).map(|rank| 1.0 / f64::from(rank)).collect();
    let (sum, rest) = (weights.iter().sum::<f64>(), f64::from(numbers - largest));
    let mut sizes = vec![largest as usize];
    let (mut share, mut given) = (0.0, 0);
    for weight in weights {
        share += weight;
        // By what is due in all so far, so that roundings do not add up.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most ten million, never negative"
        )]
        let due = (rest * share / sum).round() as usize;
        sizes.push(due - given);
        given = due;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn sizes_add_up_and_fall_off() {
        for (agencies, numbers, largest) in [(1000, 1_000_000, 100_000), (2, 10, 3), (1, 5, 5), (7, 3, 0), (50, 50, 50)]
        {
            let sizes = sizes(agencies, numbers, largest);
            assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (agencies as usize, numbers as usize));
            assert_eq!(sizes[0], largest as usize);
        }
        let sizes = sizes(1000, 1_000_000, 100_000);
        assert!(sizes[1] > 2 * sizes[4] && sizes[4] > sizes[400] && sizes[999] > 0);
    }
}

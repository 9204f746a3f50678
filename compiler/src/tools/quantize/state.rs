//! What a run has found out so far, in a file of its folder, so that an interrupted run goes on where it was.

use crate::calibration::dump::Origin;
use crate::data::file::write_bytes_atomically;
use crate::ptq::recipe::Recipe;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The file's name.
const FILE: &str = "quantize.json";
/// The lock's name.
const LOCK: &str = ".quantize.lock";

/// What the trials are about; another network, other samples or another version make them worthless.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Version of the program.
    pub tpuc: String,
    /// Network and samples.
    pub origin: Origin,
}

/// A recipe that was tried.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// The recipe.
    pub recipe: Recipe,
    /// Operations in floating point.
    pub floats: Vec<String>,
    /// Signal to noise of the outputs on samples that it was not fitted to, dB.
    pub sqnr: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    key: Key,
    trials: Vec<Trial>,
}

/// The folder of a run, locked against a second one.
pub struct State {
    path: PathBuf,
    content: Content,
    _lock: File,
}

impl State {
    /// Makes the folder if needed, locks it, and reads what an earlier run of the same key left. The second value says how
    /// many trials that are.
    ///
    /// # Errors
    /// When another run holds the folder, or it cannot be written.
    pub fn open(folder: &Path, key: Key) -> Result<(Self, usize)> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make '{}'", folder.display()))?;
        let lock = File::create(folder.join(LOCK))
            .with_context(|| format!("cannot write into '{}'", folder.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another 'tpuc quantize' is at work in '{}'; wait for it, or choose another folder with -o",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock '{}'", folder.display()));
            }
        }
        let path = folder.join(FILE);
        // A damaged or foreign file is as good as none: everything in it can be found out again.
        let earlier = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Content>(&bytes).ok())
            .filter(|content| content.key == key);
        let trials = earlier.map(|content| content.trials).unwrap_or_default();
        let count = trials.len();
        let state = Self {
            path,
            content: Content { key, trials },
            _lock: lock,
        };
        Ok((state, count))
    }

    /// What a recipe reached, if it was tried.
    pub fn find(&self, recipe: Recipe, floats: &[String]) -> Option<f64> {
        let found = self
            .content
            .trials
            .iter()
            .find(|trial| trial.recipe == recipe && trial.floats == floats)?;
        Some(found.sqnr)
    }

    /// Keeps a trial, in the file at once.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, trial: Trial) -> Result<()> {
        self.content.trials.push(trial);
        let text = serde_json::to_string_pretty(&self.content)?;
        Ok(write_bytes_atomically(&self.path, text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(network: &str) -> Key {
        Key {
            tpuc: "1".to_owned(),
            origin: Origin {
                network: network.to_owned(),
                weights: String::new(),
                samples: None,
            },
        }
    }

    #[test]
    fn a_run_goes_on_where_the_last_one_was() {
        let folder = tempfile::tempdir().unwrap();
        let trial = Trial {
            recipe: Recipe::default(),
            floats: vec!["a".to_owned()],
            sqnr: 12.5,
        };
        let (mut state, found) = State::open(folder.path(), key("n")).unwrap();
        assert_eq!(found, 0);
        state.add(trial.clone()).unwrap();
        let message = State::open(folder.path(), key("n")).err().unwrap().to_string();
        assert!(
            message.starts_with("another 'tpuc quantize' is at work"),
            "{message}"
        );
        drop(state);
        let (state, found) = State::open(folder.path(), key("n")).unwrap();
        assert_eq!((found, &state.content.trials[0]), (1, &trial));
        assert_eq!(state.find(Recipe::default(), &["a".to_owned()]), Some(12.5));
        assert_eq!(state.find(Recipe::default(), &[]), None);
        drop(state);
        // Another network: nothing that was found holds.
        let (state, found) = State::open(folder.path(), key("m")).unwrap();
        assert_eq!((found, state.content.trials.len()), (0, 0));
        drop(state);
        std::fs::write(folder.path().join(FILE), "damaged").unwrap();
        assert_eq!(State::open(folder.path(), key("n")).unwrap().1, 0);
    }
}

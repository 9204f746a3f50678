//! The weights beside a module: an npz whose tensors are named by the locations of `top.Weight` operations. Tensors are
//! read from the file when they are first asked for; new ones stay in memory until the store is written.

use crate::data::npz::{Compression, NpzReader, NpzWriter};
use crate::data::{DType, DataError, Tensor};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Tensors by name. Reading is by shared reference (several threads may), writing by exclusive reference.
#[derive(Default)]
pub struct WeightStore {
    file: Option<NpzReader>,
    loaded: Mutex<HashMap<String, Arc<Tensor>>>,
    /// What to call the place of the tensors in messages, where there is no open file.
    place: Option<String>,
    /// `None` marks a tensor of the file that was removed.
    changed: IndexMap<String, Option<Arc<Tensor>>>,
}

/// Why a weight could not be had.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// No such tensor.
    #[error("no weight '{name}' in {file}")]
    Missing {
        /// The tensor's name.
        name: String,
        /// The file, or "memory" where there never was one.
        file: String,
    },
    /// The file is bad.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl WeightStore {
    /// A store over an npz file. The file stays open; its tensors are loaded one by one.
    ///
    /// # Errors
    /// When the file cannot be read or is no npz.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        Ok(Self {
            file: Some(NpzReader::open(path)?),
            ..Self::default()
        })
    }

    /// A store over a file that may be missing: asking for a tensor is then an error that names the file.
    ///
    /// # Errors
    /// When the file is there but is no npz.
    pub fn open_if_present(path: &Path) -> Result<Self, DataError> {
        if path.is_file() {
            return Self::open(path);
        }
        Ok(Self {
            place: Some(format!("{} (no such file)", path.display())),
            ..Self::default()
        })
    }

    /// Whether tensors were added, replaced or removed since the file was opened.
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The file that the store was opened over.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(NpzReader::path)
    }

    /// Names of all tensors, those of the file first.
    pub fn names(&self) -> Vec<String> {
        let in_file = self.file.iter().flat_map(|file| file.names());
        let kept = in_file
            .filter(|name| !self.changed.contains_key(*name))
            .map(str::to_owned);
        let added = self
            .changed
            .iter()
            .filter(|(_, tensor)| tensor.is_some())
            .map(|(name, _)| name.clone());
        kept.chain(added).collect()
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// When there is none, or its data is bad.
    pub fn get(&self, name: &str) -> Result<Arc<Tensor>, WeightError> {
        if let Some(changed) = self.changed.get(name) {
            return changed.clone().ok_or_else(|| self.missing(name));
        }
        if let Some(tensor) = self.cache().get(name) {
            return Ok(tensor.clone());
        }
        let file = self
            .file
            .as_ref()
            .filter(|file| file.contains(name))
            .ok_or_else(|| self.missing(name))?;
        let tensor = Arc::new(file.load(name)?);
        self.cache().insert(name.to_owned(), tensor.clone());
        Ok(tensor)
    }

    /// The tensor of this name, for one who is its only reader: it is not kept in memory for the next.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn read(&self, name: &str) -> Result<Arc<Tensor>, WeightError> {
        match &self.file {
            Some(file) if self.is_unread(name) && file.contains(name) => Ok(Arc::new(file.load(name)?)),
            _ => self.get(name),
        }
    }

    /// Whether the tensor of this name, if there is one, is in the file only.
    fn is_unread(&self, name: &str) -> bool {
        !self.changed.contains_key(name) && !self.cache().contains_key(name)
    }

    /// Element type and shape of the tensor of this name, without reading its elements.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn describe(&self, name: &str) -> Result<(DType, Vec<usize>), WeightError> {
        match &self.file {
            Some(file) if self.is_unread(name) && file.contains(name) => {
                let header = file.header(name)?;
                Ok((header.dtype, header.shape))
            }
            _ => self
                .get(name)
                .map(|tensor| (tensor.dtype(), tensor.shape().to_vec())),
        }
    }

    /// Whether there is a tensor of this name.
    pub fn contains(&self, name: &str) -> bool {
        match self.changed.get(name) {
            Some(changed) => changed.is_some(),
            None => self.file.as_ref().is_some_and(|file| file.contains(name)),
        }
    }

    /// Adds or replaces a tensor.
    pub fn insert(&mut self, name: &str, tensor: Tensor) {
        self.insert_shared(name, Arc::new(tensor));
    }

    /// Adds or replaces a tensor that is shared with another name or store.
    pub fn insert_shared(&mut self, name: &str, tensor: Arc<Tensor>) {
        self.changed.insert(name.to_owned(), Some(tensor));
    }

    /// Removes a tensor; nothing happens when there is none.
    pub fn remove(&mut self, name: &str) {
        self.changed.insert(name.to_owned(), None);
    }

    /// A name that no tensor has: `name`, or `name_0`, `name_1`, ...
    pub fn unique_name(&self, name: &str) -> String {
        if !self.contains(name) {
            return name.to_owned();
        }
        let mut index = 0;
        loop {
            let candidate = format!("{name}_{index}");
            if !self.contains(&candidate) {
                return candidate;
            }
            index += 1;
        }
    }

    /// [`Self::unique_name`] for a tensor that is inserted later; an empty one has the name until then.
    pub fn reserve_name(&mut self, name: &str) -> String {
        let name = self.unique_name(name);
        self.insert(&name, Tensor::U8(ndarray::ArrayD::zeros(vec![0])));
        name
    }

    /// Writes the tensors of these names to an npz, in the order given, and nothing else.
    ///
    /// # Errors
    /// When a tensor is missing or the file cannot be written; no partial file stays behind.
    pub fn write<S: AsRef<str>>(&self, path: &Path, names: &[S]) -> Result<(), WeightError> {
        let mut writer = NpzWriter::create(path, Compression::Stored)?;
        for name in names {
            writer.add(name.as_ref(), &*self.get(name.as_ref())?)?;
        }
        Ok(writer.finish()?)
    }

    fn missing(&self, name: &str) -> WeightError {
        let file = self
            .file
            .as_ref()
            .map(|file| file.path().display().to_string())
            .or_else(|| self.place.clone())
            .unwrap_or_else(|| "memory".to_owned());
        WeightError::Missing {
            name: name.to_owned(),
            file,
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Tensor>>> {
        self.loaded
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lazily_and_overlays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.npz");
        let mut store = WeightStore::default();
        store.insert("a", Tensor::from_vec(&[2], vec![1f32, 2.0]).unwrap());
        store.insert("b", Tensor::from_vec(&[1], vec![3i8]).unwrap());
        store.write(&path, &["b", "a"]).unwrap();

        let mut store = WeightStore::open(&path).unwrap();
        assert_eq!(store.describe("a").unwrap(), (DType::F32, vec![2]));
        assert_eq!(store.read("a").unwrap().shape(), [2]);
        assert!(store.is_unread("a") && store.read("c").is_err() && store.describe("c").is_err());
        assert_eq!(store.get("a").unwrap().shape(), [2]);
        assert!(!store.is_unread("a"));
        assert_eq!(store.reserve_name("a"), "a_0");
        assert_eq!(store.reserve_name("a"), "a_1");
        store.remove("a");
        assert!(!store.contains("a") && store.get("a").is_err());
        assert_eq!(store.unique_name("b"), "b_0");
        assert!(store.write(&dir.path().join("no.npz"), &["a"]).is_err());
        assert!(!dir.path().join("no.npz").exists());
    }
}

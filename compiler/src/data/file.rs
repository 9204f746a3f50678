//! Files written whole or not at all, and files read at any place by several threads.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DataError;

/// Writes a file through a temporary one beside it, which takes the final name only when `write` succeeded.
///
/// On any failure the temporary file is removed and a previous file of that name is untouched. A symbolic link is
/// followed; something that is not a regular file (`/dev/stdout`, a pipe) is written directly.
///
/// # Errors
/// [`DataError::Io`] with `path` when the directory, the disk or the permissions do not allow it, and whatever `write`
/// returns.
pub fn write_atomically<F>(path: &Path, write: F) -> Result<(), DataError>
where
    F: FnOnce(&mut BufWriter<File>) -> Result<(), DataError>,
{
    let mut pending = PendingFile::create(path)?;
    write(pending.writer())?;
    pending.commit()
}

/// [`write_atomically`] of bytes that are already in memory.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_bytes_atomically(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    write_atomically(path, |writer| {
        writer
            .write_all(bytes)
            .map_err(|source| DataError::io("write", path, source))
    })
}

/// A file under construction; dropped without [`PendingFile::commit`], it leaves nothing behind.
pub struct PendingFile {
    path: PathBuf,
    writer: BufWriter<File>,
    temporary: Option<tempfile::TempPath>,
    target: PathBuf,
}

impl PendingFile {
    /// Begins a file that will be called `path`.
    ///
    /// # Errors
    /// [`DataError::Io`] when the directory does not exist or is not writable.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        let fail = |source| DataError::io("create", path, source);
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if let Ok(metadata) = fs::metadata(&target) {
            if metadata.is_dir() {
                return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
            }
            if !metadata.is_file() {
                let file = File::options().write(true).open(&target).map_err(fail)?;
                let writer = BufWriter::with_capacity(1 << 18, file);
                return Ok(Self {
                    path: path.to_path_buf(),
                    writer,
                    temporary: None,
                    target,
                });
            }
        }
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tpuc-").suffix(".partial");
        #[cfg(unix)]
        {
            // The default of temporary files is 0600; an output file gets what the umask allows.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let (file, temporary) = builder.tempfile_in(directory).map_err(fail)?.into_parts();
        let writer = BufWriter::with_capacity(1 << 18, file);
        Ok(Self {
            path: path.to_path_buf(),
            writer,
            temporary: Some(temporary),
            target,
        })
    }

    /// Where the content goes.
    pub fn writer(&mut self) -> &mut BufWriter<File> {
        &mut self.writer
    }

    /// The name the file will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`DataError::Io`] when the last bytes cannot be written or the file cannot be renamed.
    pub fn commit(mut self) -> Result<(), DataError> {
        self.writer
            .flush()
            .map_err(|source| DataError::io("write", &self.path, source))?;
        match self.temporary.take() {
            Some(temporary) => temporary
                .persist(&self.target)
                .map_err(|error| DataError::io("write", &self.path, error.error)),
            None => Ok(()),
        }
    }
}

impl Write for PendingFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.writer.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Seek for PendingFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer.seek(to)
    }
}

/// A file that several threads read at their own positions. Cloning is cheap and shares the open file.
///
/// Reading at positions is preferred to a memory map here: tensors own their data, so both copy once, and a file that
/// another program truncates meanwhile is an error instead of a signal.
#[derive(Clone, Debug)]
pub struct SharedFile {
    file: Arc<File>,
    position: u64,
    length: u64,
    /// Bytes that are read in place of the file's own, and where they stand.
    substitute: Option<(u64, Arc<[u8]>)>,
}

impl SharedFile {
    /// Opens a regular file.
    ///
    /// # Errors
    /// [`DataError::Io`] when it does not exist, is not readable or is a directory.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let fail = |source| DataError::io("read", path, source);
        let file = File::open(path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        if metadata.is_dir() {
            return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        Ok(Self {
            file: Arc::new(file),
            position: 0,
            length: metadata.len(),
            substitute: None,
        })
    }

    /// The same file, read as if `bytes` stood at `offset`. The file itself is not changed.
    #[must_use]
    pub fn substituting(mut self, offset: u64, bytes: &[u8]) -> Self {
        self.substitute = Some((offset, bytes.into()));
        self
    }

    /// Size in bytes when it was opened.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.position)?;
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.position)?;
        if let Some((offset, bytes)) = &self.substitute {
            for (place, byte) in (*offset..).zip(bytes.iter()) {
                if let Some(index) = place.checked_sub(self.position)
                    && index < count as u64
                {
                    buffer[index as usize] = *byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_leaves_the_old_file_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.txt");
        write_bytes_atomically(&path, b"old").unwrap();
        let result = write_atomically(&path, |writer| {
            writer.write_all(b"half").unwrap();
            Err(DataError::Tensor("stop".into()))
        });
        assert!(result.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        write_bytes_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn missing_directory_is_named() {
        let error = write_bytes_atomically(Path::new("no/such/dir/a.txt"), b"").unwrap_err();
        assert!(
            error.to_string().starts_with("cannot create no/such/dir/a.txt: "),
            "{error}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn full_disk_is_told_by_name() {
        let full = Path::new("/dev/full");
        if full.exists() {
            let error = write_bytes_atomically(full, b"x").unwrap_err();
            assert!(error.to_string().contains("cannot write /dev/full"), "{error}");
            assert!(error.to_string().contains("free some space"), "{error}");
        }
    }

    #[test]
    fn shared_file_clones_keep_their_own_position() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b");
        write_bytes_atomically(&path, b"0123456789").unwrap();
        let mut first = SharedFile::open(&path).unwrap();
        first.seek(SeekFrom::Start(4)).unwrap();
        let mut second = first.clone();
        let mut buffer = [0; 3];
        first.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"456");
        second.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"456");
        assert!(second.seek(SeekFrom::End(-11)).is_err());
    }
}

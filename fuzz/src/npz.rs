//! npz archives of weights and tensors.

use std::cell::OnceCell;
use std::path::PathBuf;

thread_local! {
    static FILE: OnceCell<PathBuf> = const { OnceCell::new() };
}

/// One input.
pub fn run(data: &[u8]) {
    FILE.with(|file| {
        let path = file.get_or_init(|| {
            std::env::temp_dir().join(format!(
                "tpuc-fuzz-{}-{:?}.npz",
                std::process::id(),
                std::thread::current().id()
            ))
        });
        if std::fs::write(path, data).is_ok() {
            let _ = tpuc_compiler::data::npz::read(path);
            let _ = std::fs::remove_file(path);
        }
    });
}

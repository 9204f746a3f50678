//! The sources as text: the dependencies that `docs/architecture.md` forbids are not there.

use std::fs;
use std::path::{Path, PathBuf};

/// Every `.rs` file below a folder, in order.
pub fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// A source without comments and without what stands in strings. What follows `#[cfg(test)]` is left out.
fn code(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            // A quote as a character.
            rest[1..].find('\'').map_or(rest.len(), |at| at + 2)
        } else if rest.starts_with("r\"") || rest.starts_with("r#\"") {
            let end = if rest.starts_with("r#") { "\"#" } else { "\"" };
            rest[3..].find(end).map_or(rest.len(), |at| at + 3 + end.len())
        } else if c == '"' {
            let mut escaped = false;
            rest[1..]
                .find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                })
                .map_or(rest.len(), |at| at + 2)
        } else {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        // Lines keep their numbers.
        kept.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[skipped..];
    }
    match kept.split_once("#[cfg(test)]") {
        Some((before, _)) => before.to_owned(),
        None => kept,
    }
}

/// What must not be written where: paths of folders from the project's root, exceptions, and words of code.
struct Rule {
    folders: &'static [&'static str],
    except: &'static [&'static str],
    words: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        folders: &["dialects/src"],
        except: &[],
        words: &["tpuc_runtime", "tpuc_compiler"],
        why: "dialects know neither runtime nor compiler",
    },
    Rule {
        folders: &["runtime/src"],
        except: &[],
        words: &["tpuc_dialects", "tpuc_compiler"],
        why: "the runtime knows neither dialects nor compiler",
    },
    Rule {
        folders: &["compiler/src"],
        except: &["compiler/src/tools", "compiler/src/bin"],
        words: &[
            "tpuc_runtime::emulator",
            "tpuc_runtime::session",
            "tpuc_runtime::host",
        ],
        why: "compiler and emulator meet in tools/ only",
    },
    Rule {
        folders: &["compiler/src/data"],
        except: &[],
        words: &["tpuc_dialects", "tpuc_runtime"],
        why: "data/ knows no IR and no chip",
    },
    Rule {
        folders: &["runtime/src/jit"],
        except: &[],
        words: &["crate::emulator", "crate::isa", "crate::bmodel", "crate::session"],
        why: "the JIT knows loops, neither commands nor memories",
    },
    Rule {
        folders: &["dialects/src", "runtime/src", "compiler/src"],
        except: &["runtime/src/jit"],
        words: &["inkwell"],
        why: "LLVM is used in runtime/src/jit only",
    },
    Rule {
        folders: &["runtime/src"],
        except: &[
            "runtime/src/jit",
            "runtime/src/emulator/kernels",
            "runtime/src/emulator/float_mode.rs",
            "runtime/src/bmodel/mapped.rs",
            // Says that generated code may have some.
            "runtime/src/bmodel/schema.rs",
        ],
        words: &["unsafe"],
        why: "unsafe code of the runtime is in jit/, kernels/ and two named files, each with its argument",
    },
    Rule {
        folders: &["dialects/src", "compiler/src"],
        except: &[
            "compiler/src/inference/kernels",
            "compiler/src/data/lmdb.rs",
            // Says that generated code may have some.
            "dialects/src/text/mod.rs",
        ],
        words: &["unsafe"],
        why: "unsafe code of the compiler is in inference/kernels/ and a named file, each with its argument",
    },
    Rule {
        folders: &["dialects/src", "runtime/src", "compiler/src"],
        except: &[
            "compiler/src/tools",
            "compiler/src/bin",
            "runtime/src/bin",
            // A test that says it was skipped.
            "runtime/src/emulator/specialise/tests.rs",
        ],
        words: &[
            "println!",
            "eprintln!",
            "print!(",
            "eprint!(",
            "process::exit",
            "env::args",
            "use clap",
        ],
        why: "only tools/ and the binaries read arguments, print and exit",
    },
];

#[test]
fn no_source_has_a_forbidden_dependency() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut problems = Vec::new();
    let mut read = 0;
    for rule in RULES {
        for folder in rule.folders {
            let mut files = Vec::new();
            rust_files(&root.join(folder), &mut files);
            for file in files {
                let name = file
                    .strip_prefix(&root)
                    .expect("a path below the root")
                    .display()
                    .to_string();
                if rule.except.iter().any(|except| name.starts_with(except)) {
                    continue;
                }
                read += 1;
                let code = code(&fs::read_to_string(&file).expect("a source"));
                for (number, line) in code.lines().enumerate() {
                    for word in rule.words {
                        // `print!(` is also the end of `eprint!(`, and a macro of ours may end so.
                        let at = line.find(word);
                        let whole = at.is_some_and(|at| {
                            !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                        });
                        if whole {
                            problems.push(format!("{name}:{}: {word}: {}", number + 1, rule.why));
                        }
                    }
                }
            }
        }
    }
    assert!(read > 300, "only {read} files were read");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn crates_depend_on_nothing_that_is_forbidden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (member, forbidden) in [
        ("dialects", ["tpuc-runtime", "tpuc-compiler"]),
        ("runtime", ["tpuc-dialects", "tpuc-compiler"]),
    ] {
        let manifest = fs::read_to_string(root.join(member).join("Cargo.toml")).expect("a manifest");
        for name in forbidden {
            let depends = manifest.lines().any(|line| line.trim_start().starts_with(name));
            assert!(!depends, "{member}/Cargo.toml names {name}");
        }
    }
}

#[test]
fn comments_and_strings_are_not_code() {
    let text = "// println!\nlet a = \"print\\\"ln!\"; /// b\nlet quote = '\"'; x(r#\"a\"b\"#)\n#[cfg(test)]\nprintln!";
    assert_eq!(code(text), "\nlet a = ; \nlet quote = ; x()\n");
}

//! Layer groups: the same bytes in every run, with any number of threads, with and without the cache; what `--explain-groups`
//! tells.

use serde_json::Value;
use std::path::{Path, PathBuf};
use tpuc_tests::{program, shared, succeed_in};

/// A golden program and the folder with its weights.
fn golden(test: &str) -> Option<PathBuf> {
    let folder = shared(test)?.canonicalize().ok()?.join("golden/models/rfb320");
    Some(folder.join("tpu_int8.mlir"))
}

/// Text and bmodel of a program, with a number of threads.
fn compiled(mlir: &Path, threads: &str, options: &str) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(program("tpuc-opt"))
        .arg(mlir)
        .args(["--processor-tpu-optimize", "--weight-reorder"])
        .arg(format!("--layer-group={options}"))
        .args([
            "--address-assign",
            "--codegen=model_file=x.bmodel",
            "-o",
            "x.mlir",
        ])
        .env("RAYON_NUM_THREADS", threads)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    (read("x.mlir"), read("x.bmodel"))
}

#[test]
fn groups_do_not_depend_on_threads_or_the_cache() {
    let Some(mlir) = golden("groups_do_not_depend_on_threads_or_the_cache") else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let expected = compiled(&mlir, "1", "opt=2");
    assert!(String::from_utf8_lossy(&expected.0).contains("tpu.Group"));
    let cached = format!("opt=2 lgcache=true lghash_dir={}", cache.path().display());
    for (threads, options) in [
        ("1", "opt=2"),
        ("2", "opt=2"),
        ("2", "opt=2"),
        ("1", &cached),
        ("2", &cached),
    ] {
        assert!(
            compiled(&mlir, threads, options) == expected,
            "{threads} threads, {options}"
        );
    }
    // A file for this program and these options; damaged, it is made anew.
    let files = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(cache.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let [file] = files().try_into().unwrap();
    let good = std::fs::read(&file).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    for bad in [
        String::new(),
        text.replace("\"row_slices\":", "\"row_slices\":9"),
        text.replace("\"operations\":[", "\"operations\":[9"),
        text.replace("\"batches\":1", "\"batches\":0"),
    ] {
        std::fs::write(&file, &bad).unwrap();
        assert!(compiled(&mlir, "2", &cached) == expected, "{bad}");
        assert_eq!(std::fs::read(&file).unwrap(), good, "{bad}");
    }
    let other = cached.replace("opt=2", "opt=1");
    compiled(&mlir, "2", &other);
    assert_eq!(files().len(), 2);
}

#[test]
fn groups_are_explained() {
    let Some(mlir) = golden("groups_are_explained") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let deploy = |more: &[&str]| {
        let mut arguments = vec!["deploy", "--mlir", mlir.to_str().unwrap(), "--quantize", "INT8"];
        arguments.extend(["--model", "x.bmodel"]);
        arguments.extend(more);
        succeed_in(folder.path(), "tpuc", &arguments)
    };
    let ran = deploy(&["--explain-groups"]);
    assert!(ran.out.contains("bound by"), "{}", ran.out);
    assert!(!ran.out.contains('\x1b'), "colours are for terminals");
    deploy(&["--explain-groups=groups.json"]);
    let text = std::fs::read(folder.path().join("groups.json")).unwrap();
    let found: Value = serde_json::from_slice(&text).unwrap();
    let groups = found["groups"].as_array().unwrap();
    assert!(!groups.is_empty());
    for group in groups {
        let (memory, time) = (&group["memory"], &group["time"]);
        let number = |value: &Value| value.as_u64().unwrap();
        let used = number(&memory["used"]);
        assert!(used > 0 && used <= number(&found["lane_bytes"]), "{group}");
        let parts = ["tensors", "buffers", "weights"].map(|part| number(&memory[part]));
        assert_eq!(parts.iter().sum::<u64>(), used, "{group}");
        let dma = number(&time["load"]) + number(&time["moves"]) + number(&time["store"]);
        let (tiu, whole) = (number(&time["compute"]), number(&time["cycles"]));
        assert!(whole >= tiu.max(dma) && whole <= tiu + dma, "{time}");
    }
    let reasons: Vec<&str> = found["alone"]
        .as_array()
        .unwrap()
        .iter()
        .map(|op| op["reason"].as_str().unwrap())
        .collect();
    assert!(reasons.iter().all(|reason| !reason.is_empty()), "{reasons:?}");

    // Without groups everything is alone.
    let ran = deploy(&["--explain-groups", "--disable_layer_group"]);
    assert!(
        ran.out.contains("layer groups: 0 with 0 operations"),
        "{}",
        ran.out
    );
    let all = groups
        .iter()
        .map(|group| group["operations"].as_array().unwrap().len())
        .sum::<usize>()
        + reasons.len();
    assert!(ran.out.contains(&format!(", {all} alone")), "{all}\n{}", ran.out);
    assert!(ran.out.contains("no groups were made"), "{}", ran.out);
}

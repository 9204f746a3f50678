//! `tpuc bmodel` as commands: what each prints, and what each refuses.
#![allow(clippy::print_stderr)]

use crate::whole_commands::prepared;
use std::path::Path;
use tpuc_runtime::bmodel::Bmodel;
use tpuc_tests::{golden_files, run_in, shared, succeed_in};

fn tool(folder: &Path, arguments: &[&str]) -> String {
    succeed_in(folder, "tpuc", &[&["bmodel"][..], arguments].concat()).out
}

/// Must fail, say the message, and leave nothing behind.
fn refuses(folder: &Path, arguments: &[&str], message: &str) {
    let before = std::fs::read_dir(folder).unwrap().count();
    let ran = run_in(folder, "tpuc", &[&["bmodel"][..], arguments].concat());
    let said = format!("{arguments:?}\n{}{}", ran.out, ran.err);
    assert!(ran.status != 0 && !ran.err.contains("panicked"), "{said}");
    assert!(said.contains(message), "'{message}' is missing in\n{said}");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), before, "{said}");
}

/// A folder with the example's two bmodels.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["int8.bmodel", "f32.bmodel", "digits_in_f32.npz"] {
        std::fs::copy(prepared().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn listings_come_in_all_forms() {
    let folder = folder();
    let lines = tool(folder.path(), &["dis", "int8.bmodel"]);
    assert!(
        lines.contains("      gdma     1 after tiu      0  copy"),
        "{lines}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&tool(folder.path(), &["dis", "int8.bmodel", "--format", "json"])).unwrap();
    let group = &json["core(0).subnet(0).group(0)"];
    let commands = group["tiu"].as_array().unwrap().len() + group["dma"].as_array().unwrap().len();
    assert_eq!(commands, lines.matches(" after ").count());
    assert_eq!(
        tool(folder.path(), &["dis", "int8.bmodel", "--format", "reg"]),
        tool(folder.path(), &["dis", "int8.bmodel", "--format", "json"])
    );
    refuses(
        folder.path(),
        &["dis", "int8.bmodel", "--format", "xml"],
        "possible values: mlir, reg, bin, version",
    );
}

#[test]
fn two_files_are_compared_line_by_line() {
    let folder = folder();
    let same = tool(folder.path(), &["diff", "int8.bmodel", "int8.bmodel"]);
    assert_eq!(same, "the commands are the same\n");
    let mut model = Bmodel::read(&folder.path().join("int8.bmodel")).unwrap();
    let group = &mut model.nets[0].stages[0].subnets[0].cmd_groups[0];
    let mut tiu = group.tiu.to_vec();
    // Bits 48 to 52 of the first command: the right shift.
    tiu[6] ^= 1;
    group.tiu = tiu.into();
    model.write(&folder.path().join("other.bmodel")).unwrap();
    for arguments in [
        ["bmodel", "diff", "int8.bmodel", "other.bmodel"],
        ["bmodel", "dis", "int8.bmodel", "other.bmodel"],
    ] {
        let ran = run_in(folder.path(), "tpuc", &arguments);
        assert_eq!(ran.status, 1);
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(lines[..2], ["--- int8.bmodel", "+++ other.bmodel"], "{}", ran.out);
        assert!(lines[2].starts_with("@@ -"), "{}", ran.out);
        let changed = |sign: char| lines[3..].iter().filter(|line| line.starts_with(sign)).count();
        assert_eq!(
            (changed('-'), changed('+'), changed(' ')),
            (1, 1, 6),
            "{}",
            ran.out
        );
    }
    refuses(
        folder.path(),
        &["diff", "int8.bmodel", "missing.bmodel"],
        "missing.bmodel",
    );
}

#[test]
fn damage_is_found() {
    let folder = folder();
    let whole = tool(folder.path(), &["check", "int8.bmodel", "f32.bmodel"]);
    assert_eq!(
        whole,
        "int8.bmodel: whole: 1 nets, 1 stages\nf32.bmodel: whole: 1 nets, 1 stages\n"
    );
    let original = Bmodel::read(&folder.path().join("int8.bmodel")).unwrap();
    let mut waiting = original.clone();
    let group = &mut waiting.nets[0].stages[0].subnets[0].cmd_groups[0];
    let mut dma = group.dma.to_vec();
    // Bits 48 to 63 of the first GDMA command: the TIU command that it waits for.
    dma[6..8].copy_from_slice(&[0xff, 0x7f]);
    group.dma = dma.into();
    waiting.write(&folder.path().join("waiting.bmodel")).unwrap();
    refuses(
        folder.path(),
        &["check", "waiting.bmodel"],
        "waits for tiu id 32767, but that stream ends at",
    );
    let mut unknown = original.clone();
    let group = &mut unknown.nets[0].stages[0].subnets[0].cmd_groups[0];
    let mut tiu = group.tiu.to_vec();
    // Bits 37 to 45 of the first TIU command: task type and operation.
    tiu[4] |= 0xe0;
    tiu[5] |= 0x3f;
    group.tiu = tiu.into();
    unknown.write(&folder.path().join("unknown.bmodel")).unwrap();
    let said = tool(folder.path(), &["check", "unknown.bmodel"]);
    assert!(
        said.contains("TIU command 1 is task15.31, an operation that is not known here"),
        "{said}"
    );
    let mut bytes = std::fs::read(folder.path().join("int8.bmodel")).unwrap();
    let weights = original.nets[0].stages[0].coeff.as_ref().unwrap().data.to_vec();
    let at = bytes
        .windows(64)
        .position(|window| window == &weights[..64])
        .unwrap();
    bytes[at] ^= 1;
    std::fs::write(folder.path().join("weights.bmodel"), &bytes).unwrap();
    refuses(folder.path(), &["check", "weights.bmodel"], "damaged: ");
    std::fs::write(folder.path().join("cut.bmodel"), &bytes[..5000]).unwrap();
    for command in ["info", "dis", "check", "profile", "extract"] {
        refuses(folder.path(), &[command, "cut.bmodel"], "cut.bmodel");
    }
}

#[test]
fn bytes_are_dumped() {
    let folder = folder();
    tool(folder.path(), &["dump", "int8.bmodel", "0x10", "32", "part"]);
    let bytes = std::fs::read(folder.path().join("int8.bmodel")).unwrap();
    let area = bytes.len() - binary_size(&bytes);
    assert_eq!(
        std::fs::read(folder.path().join("part")).unwrap(),
        bytes[area + 16..area + 48]
    );
    refuses(
        folder.path(),
        &["dump", "int8.bmodel", "0", "99999999999", "more"],
        "are outside the binary area",
    );
    refuses(
        folder.path(),
        &["dump", "int8.bmodel", "x", "1", "more"],
        "`x` is not a number",
    );
}

fn binary_size(bytes: &[u8]) -> usize {
    usize::try_from(u64::from_le_bytes(bytes[12..20].try_into().unwrap())).unwrap()
}

/// Two nets in one file: each is found by its name, runs as it did alone, and comes out as it went in.
#[test]
fn a_net_of_several_is_chosen() {
    let folder = folder();
    let mut renamed = Bmodel::read(&folder.path().join("f32.bmodel")).unwrap();
    renamed.nets[0].name = "precise".to_owned();
    renamed.write(&folder.path().join("precise.bmodel")).unwrap();
    tool(
        folder.path(),
        &["combine", "int8.bmodel", "precise.bmodel", "-o", "both.bmodel"],
    );
    let run = |model: &str, output: &str, net: &[&str]| {
        let arguments = [
            &[
                "run",
                "--model",
                model,
                "--input",
                "digits_in_f32.npz",
                "--output",
                output,
            ][..],
            net,
        ]
        .concat();
        succeed_in(folder.path(), "tpuc", &arguments);
        std::fs::read(folder.path().join(output)).unwrap()
    };
    let alone = [
        run("int8.bmodel", "a.npz", &[]),
        run("precise.bmodel", "b.npz", &[]),
    ];
    let combined = [
        run("both.bmodel", "c.npz", &["--net", "digits"]),
        run("both.bmodel", "d.npz", &["--net", "precise"]),
    ];
    assert!(alone == combined);
    assert!(run("both.bmodel", "e.npz", &[]) == alone[0]);
    let wrong = [
        "run",
        "--model",
        "both.bmodel",
        "--input",
        "digits_in_f32.npz",
        "--net",
        "x",
    ];
    let ran = run_in(folder.path(), "tpuc", &wrong);
    assert!(
        ran.err.contains("no net `x`; the bmodel has `digits`, `precise`"),
        "{}",
        ran.err
    );
    let printed = tool(folder.path(), &["profile", "both.bmodel", "--net", "precise"]);
    assert_eq!(printed, tool(folder.path(), &["profile", "precise.bmodel"]));
    tool(folder.path(), &["extract", "both.bmodel", "-o", "parts"]);
    for (part, original) in [
        ("bm_net0_stage0", "int8.bmodel"),
        ("bm_net1_stage0", "precise.bmodel"),
    ] {
        let part = Bmodel::read(&folder.path().join("parts").join(format!("{part}.bmodel"))).unwrap();
        assert!(
            part == Bmodel::read(&folder.path().join(original)).unwrap(),
            "{original}"
        );
    }
}

#[test]
fn golden_files_are_whole() {
    let Some(shared) = shared("golden_files_are_whole") else {
        return;
    };
    let files = golden_files(&shared, &["int8.bmodel", "f32.bmodel"]);
    let mut arguments = vec!["bmodel".to_owned(), "check".to_owned()];
    arguments.extend(files.iter().map(|file| file.display().to_string()));
    let said = succeed_in(&shared, "tpuc", &arguments).out;
    assert_eq!(
        said.lines()
            .filter(|line| line.ends_with(": whole: 1 nets, 1 stages"))
            .count(),
        files.len()
    );
    let notes: Vec<&str> = said.lines().filter(|line| line.starts_with("  ")).collect();
    // Programs of dynamic sub-nets run here too: there is nothing to note.
    assert_eq!(notes, [""; 0], "{notes:#?}");
}

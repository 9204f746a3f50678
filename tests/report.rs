//! `tpuc report`: the data, and the page in a real browser without a network.
#![allow(clippy::print_stderr)]

use crate::whole_commands::prepared;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use tpuc_tests::browser::{Page, find};
use tpuc_tests::{run_in, shared, succeed_in};

const READY: &str = "document.documentElement?.dataset.ready === 'yes'";

/// Loads a report; it must be small, complain about nothing and ask for nothing but itself.
fn open(browser: &Path, file: &Path) -> Result<Page> {
    let bytes = std::fs::metadata(file)?.len();
    ensure!(bytes < 5_000_000, "{} has {bytes} bytes", file.display());
    let mut page = Page::open(browser, 1280, 900)?;
    page.load(file, READY)?;
    Ok(page)
}

/// What must be true after all that was done with a page.
fn check_quiet(page: &mut Page, file: &Path) {
    assert!(page.complaints.is_empty(), "{:#?}", page.complaints);
    let own = format!("file://{}", file.display());
    let others: Vec<&String> = page
        .requests
        .iter()
        .filter(|url| **url != own && !url.starts_with("data:"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(
        page.requests.contains(&own),
        "requests are recorded: {:?}",
        page.requests
    );
}

/// The JavaScript that gives the cells of a column that can be seen, from the top.
fn cells(column: &str) -> String {
    format!(
        "(() => {{ const heads = [...document.querySelectorAll('#table thead th')].map((head) => head.textContent.replace(/[ ▲▼]+$/u, '')); \
         const at = heads.indexOf({}); \
         return [...document.querySelectorAll('#table tbody tr')].filter((row) => !row.hidden).map((row) => row.children[at].textContent); }})()",
        json!(column)
    )
}

fn head(column: &str) -> String {
    format!(
        "[...document.querySelectorAll('#table thead button')].find((button) => button.textContent.startsWith({}))",
        json!(column)
    )
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.map(|item| item.as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Numbers as the page writes them; what is not known, and "exact", is left out.
fn numbers(texts: &[String]) -> Vec<f64> {
    let plain = |text: &String| text.replace('\u{2212}', "-").replace('\u{202f}', "");
    texts.iter().filter_map(|text| plain(text).parse().ok()).collect()
}

#[test]
fn fastestdet_is_shown_in_a_browser() {
    let name = "fastestdet_is_shown_in_a_browser";
    let (Some(shared), Some(browser)) = (shared(name), find(name)) else {
        return;
    };
    let golden = shared.canonicalize().unwrap().join("golden/models/fastestdet");
    let folder = tempfile::tempdir().unwrap();
    // The page names its files: on a narrow one a long name without a place to break must not stick out.
    let long = folder.path().join("a_folder_with_a_long_name_".repeat(4));
    std::os::unix::fs::symlink(&golden, &long).unwrap();
    let path = |name: &str| long.join(name).display().to_string();
    let ran = succeed_in(
        folder.path(),
        "tpuc",
        &[
            "report".to_owned(),
            path("top.mlir"),
            "--calibration_table".to_owned(),
            path("cali_table"),
            "--test_input".to_owned(),
            path("input.npz"),
            "-o".to_owned(),
            "report.html".to_owned(),
            "--json".to_owned(),
            "report.json".to_owned(),
        ],
    );
    assert!(
        ran.out.contains("report.html written: 189 layers, 1 samples"),
        "{}",
        ran.out
    );
    let report: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    data_is_complete(&report);
    let file = folder.path().join("report.html");
    let mut page = open(&browser, &file).unwrap();
    drive(&mut page, &report).unwrap();
    check_quiet(&mut page, &file);
}

/// What must be in the data of fastestdet.
fn data_is_complete(report: &Value) {
    let layers = report["layers"].as_array().unwrap();
    let sum = |field: &str| {
        layers
            .iter()
            .filter_map(|layer| layer[field].as_f64())
            .sum::<f64>()
    };
    let launch = 400.0;
    let whole = report["summary"]["milliseconds"].as_f64().unwrap() * 1e3;
    let parts = sum("microseconds") + launch;
    assert!(
        (parts / whole - 1.0).abs() < 1e-3,
        "layers {parts} us, the whole {whole} us"
    );
    assert_eq!(sum("macs"), report["summary"]["macs"].as_f64().unwrap());
    for layer in layers {
        for field in [
            "sqnr",
            "alone_sqnr",
            "cosine",
            "threshold",
            "min",
            "max",
            "microseconds",
        ] {
            assert!(layer[field].is_number(), "{field} of {}", layer["name"]);
        }
        assert!(
            layer["histogram"]["float"]
                .as_array()
                .is_some_and(|bins| !bins.is_empty())
        );
    }
    // Both error columns tell different things: what comes in is worse than what a layer adds.
    let convs = layers.iter().filter(|layer| layer["op"] == "Conv");
    let better = convs
        .filter(|conv| conv["alone_sqnr"].as_f64() > conv["sqnr"].as_f64())
        .count();
    assert!(better > 50, "{better} convolutions are better alone");
    let memory = &report["memory"];
    // Layer groups keep the others in local memory.
    assert!(memory["tensors"].as_array().unwrap().len() > 60);
    let (peak, size) = (
        memory["neuron_peak"].as_u64().unwrap(),
        memory["neuron_bytes"].as_u64().unwrap(),
    );
    assert!(peak > 100_000 && peak <= size, "{peak} of {size}");
    let local = memory["local"]["peak"].as_u64().unwrap();
    assert!(local > 50_000 && local <= 512 << 10, "{local}");
}

/// Sorts, filters, selects by pointer and keys, changes overlay, size and colours.
fn drive(page: &mut Page, report: &Value) -> Result<()> {
    // The table is sorted by a number, then the other way.
    page.click(&head("SQNR dB"))?;
    let rising = numbers(&strings(&page.value(&cells("SQNR dB"))?));
    ensure!(rising.len() > 100 && rising.is_sorted(), "{rising:?}");
    page.click(&head("SQNR dB"))?;
    let falling = numbers(&strings(&page.value(&cells("SQNR dB"))?));
    ensure!(
        falling.len() == rising.len() && falling.is_sorted_by(|a, b| a >= b),
        "{falling:?}"
    );
    let sorts = page.value("[...document.querySelectorAll('#table th')].map((head) => head.ariaSort).filter((sort) => sort && sort !== 'none')")?;
    ensure!(sorts == json!(["descending"]), "{sorts}");
    let columns = page.value("document.querySelectorAll('#table thead button').length")?;
    for column in 0..columns.as_u64().unwrap_or(0) {
        page.click(&format!(
            "document.querySelectorAll('#table thead button')[{column}]"
        ))?;
        let sort = page.text(&format!(
            "document.querySelectorAll('#table thead th')[{column}].ariaSort"
        ))?;
        ensure!(sort == "ascending", "column {column}: {sort}");
    }
    page.click(&head("#"))?;

    // A layer is selected in the table: facts, histogram with its marks, and the graph show it.
    let wanted = report["layers"]
        .as_array()
        .into_iter()
        .flatten()
        .position(|layer| layer["op"] == "Softmax");
    let layer = &report["layers"][wanted.unwrap_or(0)];
    page.click("document.getElementById('filter')")?;
    for key in ["s", "o", "f", "t", "m", "a", "x", " ", "f", "3", "2"] {
        page.press(key)?;
    }
    let found = page.text("document.getElementById('filter-count').textContent")?;
    ensure!(found == "1 of 189 layers", "{found}");
    page.click("[...document.querySelectorAll('#table tbody tr')].find((row) => !row.hidden).children[2]")?;
    let shown = page.text("document.querySelector('#layer-facts h3').textContent")?;
    ensure!(shown == layer["name"], "{shown}");
    let bars = page.value("document.querySelectorAll('#histogram-bars rect').length")?;
    let filled = layer["histogram"]["float"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|count| **count != 0)
        .count();
    ensure!(bars == filled, "{bars} bars, {filled} bins");
    page.value("document.getElementById('filter').value = ''; document.getElementById('filter').dispatchEvent(new Event('input'))")?;

    let conv = report["layers"]
        .as_array()
        .into_iter()
        .flatten()
        .position(|layer| layer["clipped"].as_f64() > Some(0.0));
    let conv = conv.unwrap_or(0);
    page.click(&format!(
        "document.querySelector('#table tbody tr[data-layer=\"{conv}\"] button')"
    ))?;
    let marks = strings(&page.value("[...document.querySelectorAll('#histogram text.over')].map((text) => text.textContent).filter(Boolean)")?);
    ensure!(
        marks.iter().any(|text| text.starts_with("threshold "))
            && marks.iter().any(|text| text.starts_with("range ")),
        "{marks:?}"
    );
    let chosen = page.text("document.querySelector('#graph [aria-selected=\"true\"]').id")?;
    ensure!(chosen == format!("node-{conv}"), "{chosen}");

    // Keys in the graph, and the overlays with their texts.
    page.value("document.getElementById('graph').focus()")?;
    page.press("End")?;
    page.press("ArrowUp")?;
    let last = report["layers"].as_array().map_or(0, Vec::len) - 1;
    let above = &report["layers"][last]["inputs"][0];
    let chosen = page.text("document.getElementById('graph').getAttribute('aria-activedescendant')")?;
    ensure!(chosen == format!("node-{above}"), "{chosen}");
    for (overlay, text) in [
        ("error", "dB"),
        ("alone", "dB"),
        ("time", "µs"),
        ("precision", "INT8"),
    ] {
        page.click(&format!(
            "document.querySelector('#overlay input[value=\"{overlay}\"]')"
        ))?;
        let shown = page.text("document.querySelector('#node-10 .value').textContent")?;
        ensure!(shown.contains(text), "{overlay}: {shown}");
    }
    // A click on a node.
    page.value("document.getElementById('graph-fit').click()")?;
    page.click("document.querySelector('#node-42 rect')")?;
    let chosen = page.text("document.querySelector('#table [aria-selected=\"true\"]').dataset.layer")?;
    ensure!(chosen == "42", "{chosen}");

    // The time line names operations; a click selects their layer.
    page.value("document.getElementById('time').focus()")?;
    for _ in 0..4 {
        page.press("ArrowRight")?;
    }
    let status = page.text("document.getElementById('time-status').textContent")?;
    ensure!(status.starts_with("TIU: tpu."), "{status}");
    let works = page.value("document.querySelectorAll('#time .work').length")?;
    ensure!(works.as_u64() > Some(100), "{works}");
    let drawn = page.value("[document.querySelectorAll('#ddr .tensor').length, document.querySelectorAll('#local .cell').length, document.querySelectorAll('#errors .curve').length]")?;
    let tensors = report["memory"]["tensors"].as_array().map_or(0, Vec::len);
    ensure!(
        drawn[0].as_u64() == Some(tensors as u64) && drawn[1].as_u64() > Some(50) && drawn[2] == 2,
        "{drawn} of {tensors}"
    );
    widths_and_colours(page)
}

/// Nothing sticks out on narrow screens; text can be read in both colour schemes.
fn widths_and_colours(page: &mut Page) -> Result<()> {
    for (width, height) in [(360, 740), (768, 1024), (1280, 900)] {
        page.resize(width, height)?;
        let wide = page.value("document.documentElement.scrollWidth")?;
        ensure!(wide.as_u64() <= Some(width.into()), "{wide} of {width}");
    }
    let numbers = page.value("getComputedStyle(document.querySelector('#table td.number')).textAlign")?;
    ensure!(numbers == "right", "{numbers}");
    for theme in ["light", "dark"] {
        page.click(&format!(
            "document.querySelector('#theme input[value=\"{theme}\"]')"
        ))?;
        let poor = page.value(CONTRAST)?;
        ensure!(poor == json!([]), "{theme}: {poor}");
    }
    let dark = page.value("getComputedStyle(document.body).backgroundColor")?;
    page.click("document.querySelector('#theme input[value=\"auto\"]')")?;
    let scheme = |value: &str| json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
    page.call("Emulation.setEmulatedMedia", scheme("light"))?;
    let light = page.value("getComputedStyle(document.body).backgroundColor")?;
    page.call("Emulation.setEmulatedMedia", scheme("dark"))?;
    let again = page.value("getComputedStyle(document.body).backgroundColor")?;
    ensure!(light != dark && again == dark, "{light} {dark} {again}");
    Ok(())
}

/// Pairs of text and background with less than the 4.5 of WCAG's level AA.
const CONTRAST: &str = "(() => {
  const style = getComputedStyle(document.documentElement);
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (name) => {
    const hex = style.getPropertyValue(name).trim();
    const [red, green, blue] = [1, 3, 5].map((at) => channel(parseInt(hex.slice(at, at + 2), 16)));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const pairs = ['--page', '--panel', '--int8', '--f32', '--none', '--level0', '--level1', '--level2', '--level3', '--level4', '--selected-back'].map((back) => ['--text', back]);
  pairs.push(['--soft', '--page'], ['--soft', '--panel'], ['--accent', '--page'], ['--accent', '--panel'], ['--accent', '--selected-back'], ['--page', '--tiu'], ['--page', '--gdma']);
  return pairs.filter(([text, back]) => {
    const [a, b] = [light(text), light(back)].sort((a, b) => b - a);
    return !((a + 0.05) / (b + 0.05) >= 4.5);
  });
})()";

/// A network of element-wise operations with shortcuts, without weights. `name` gives the operations' names.
fn network(ops: usize, name: impl Fn(usize) -> String) -> String {
    let ty = "tensor<1x8x4x4xf32>";
    let mut text = format!(
        "module @wide attributes {{module.chip = \"ALL\", module.platform = \"ONNX\", module.state = \"TOP_F32\", module.top_run_mode = \"STATIC\"}} {{\n  func.func @main(%arg0: {ty} loc(unknown)) -> {ty} {{\n    %0 = \"top.Input\"(%arg0) {{do_preprocess = false}} : ({ty}) -> {ty} loc(\"in\")\n"
    );
    for op in 1..=ops {
        let relu = "{relu_limit = -1.000000e+00 : f64}";
        let add = "{do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64}";
        let line = if op % 5 == 0 {
            format!("\"top.Add\"(%{}, %{}) {add} : ({ty}, {ty})", op - 1, op - 5)
        } else {
            format!("\"top.Relu\"(%{}) {relu} : ({ty})", op - 1)
        };
        let quoted = name(op).replace('\\', "\\\\").replace('"', "\\22");
        let _ = writeln!(text, "    %{op} = {line} -> {ty} loc(\"{quoted}\")");
    }
    let _ = writeln!(
        text,
        "    return %{ops} : {ty} loc(unknown)\n  }} loc(unknown)\n}} loc(unknown)"
    );
    text
}

#[test]
fn a_large_network_and_hostile_names() {
    let name = "a_large_network_and_hostile_names";
    let Some(browser) = find(name) else { return };
    let folder = tempfile::tempdir().unwrap();
    let evil = "</script><script>alert('x')</script><img src=\"http://example.invalid/x\" onerror=\"alert(2)\">&lt;'\"\\<!--";
    let named = |op: usize| {
        if op == 7 {
            evil.to_owned()
        } else {
            format!("op_{op}")
        }
    };
    std::fs::write(folder.path().join("wide.mlir"), network(700, named)).unwrap();
    let ran = succeed_in(folder.path(), "tpuc", &["report", "wide.mlir", "-o", "r.html"]);
    assert!(ran.err.contains("No samples were given"), "{}", ran.err);
    let file = folder.path().join("r.html");
    let mut page = open(&browser, &file).unwrap();
    page.click("document.querySelector('#table tbody tr[data-layer=\"7\"] button')")
        .unwrap();
    assert_eq!(
        page.text("document.querySelector('#layer-facts h3').textContent")
            .unwrap(),
        evil
    );
    assert_eq!(
        page.text("document.querySelector('#node-7 title').textContent")
            .unwrap(),
        evil
    );
    assert_eq!(page.value("document.querySelectorAll('img').length").unwrap(), 0);
    assert_eq!(
        page.value("document.querySelectorAll('.node[role=option]').length")
            .unwrap(),
        701
    );
    let empty = page
        .text("document.querySelector('#histogram').textContent")
        .unwrap();
    assert!(empty.contains("--dataset"), "{empty}");
    assert_eq!(
        page.value("document.getElementById('errors-section').hidden")
            .unwrap(),
        true
    );
    check_quiet(&mut page, &file);
}

#[test]
fn the_browser_test_sees_errors_and_requests() {
    let name = "the_browser_test_sees_errors_and_requests";
    let Some(browser) = find(name) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.html");
    let text = "<html data-ready=yes><img src='http://example.invalid/a.png'><script>console.error('no'); nothing();</script>";
    std::fs::write(&file, text).unwrap();
    let mut page = open(&browser, &file).unwrap();
    page.wait_for("document.readyState === 'complete'").unwrap();
    assert!(
        page.requests.iter().any(|url| url.contains("example.invalid")),
        "{:?}",
        page.requests
    );
    let complaints = page.complaints.join("\n");
    assert!(
        complaints.contains("nothing is not defined") && complaints.contains("\"no\""),
        "{complaints}"
    );
}

/// Runs in the folder of the example.
fn report(arguments: &[&str], name: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (page, data) = (folder.path().join("r.html"), folder.path().join("r.json"));
    let mut all = vec!["report"];
    all.extend(arguments);
    all.extend(["-o", page.to_str().unwrap(), "--json", data.to_str().unwrap()]);
    succeed_in(prepared(), "tpuc", &all);
    let text = std::fs::read_to_string(&page).unwrap();
    let (_, inside) = text.split_once("id=\"report-data\">").unwrap();
    let (inside, _) = inside.split_once("</script>").unwrap();
    let inside: Value = serde_json::from_str(inside).unwrap();
    let beside: Value = serde_json::from_slice(&std::fs::read(&data).unwrap()).unwrap();
    assert_eq!(inside, beside, "{name}: the page and the JSON file hold the same");
    beside
}

#[test]
fn files_of_a_deployment_and_tables_give_the_same_report() {
    let by_tables = report(
        &[
            "digits.mlir",
            "--calibration_table",
            "cali_table",
            "--test_input",
            "digits_in_f32.npz",
        ],
        "tables",
    );
    let by_files = report(
        &[
            "digits.mlir",
            "--calibration_table",
            "cali_table",
            "--tpu",
            "digits_bm1684_int8_sym_tpu.mlir",
            "--final",
            "digits_bm1684_int8_sym_final.mlir",
            "--model",
            "int8.bmodel",
            "--test_input",
            "digits_in_f32.npz",
        ],
        "files",
    );
    assert_eq!(by_tables["layers"], by_files["layers"]);
    assert_eq!(by_tables["timeline"], by_files["timeline"]);
    assert_eq!(by_tables["memory"], by_files["memory"]);
    assert!(by_files["summary"]["output_sqnr"].as_f64() > Some(10.0));
    assert_eq!(by_files["notes"], json!([]));
}

#[test]
fn a_qtable_and_output_errors_are_shown() {
    let folder = prepared();
    let conv = report(&["digits.mlir"], "plain")["layers"][1]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(folder.join("report_qtable"), format!("{conv} F32\n")).unwrap();
    let columns = format!("name\tsingle_sqnr\tcumulative_sqnr\n{conv}\t31.5\t22\nnobody\t1\t2\n");
    std::fs::write(folder.join("report_errors"), columns).unwrap();
    let report = report(
        &[
            "digits.mlir",
            "--calibration_table",
            "cali_table",
            "--quantize_table",
            "report_qtable",
            "--layer_errors",
            "report_errors",
        ],
        "qtable",
    );
    let layer = &report["layers"][1];
    assert_eq!(
        (&layer["precision"], &layer["in_qtable"]),
        (&json!("F32"), &json!(true))
    );
    assert_eq!(
        (&layer["single_sqnr"], &layer["cumulative_sqnr"]),
        (&json!(31.5), &json!(22.0))
    );
    assert!(
        report["summary"]["float_layers"]
            .as_array()
            .unwrap()
            .contains(&json!(1))
    );
    assert!(report["notes"].to_string().contains("nobody"));
}

#[test]
fn what_does_not_suit_is_refused_and_nothing_is_written() {
    let folder = prepared();
    let refuse = |arguments: &[&str], words: &[&str]| {
        let mut all = vec!["report"];
        all.extend(arguments);
        all.extend(["-o", "refused.html", "--json", "refused.json"]);
        let ran = run_in(folder, "tpuc", &all);
        assert_ne!(ran.status, 0, "{arguments:?}");
        for word in words {
            assert!(ran.err.contains(word), "{arguments:?}: {word}: {}", ran.err);
        }
        assert!(!folder.join("refused.html").exists() && !folder.join("refused.json").exists());
    };
    refuse(&["digits_bm1684_int8_sym_tpu.mlir"], &["TPU_LOWERED", "--tpu"]);
    refuse(&["digits.mlir", "--tpu", "digits.mlir"], &["--tpu", "TOP_F32"]);
    refuse(
        &["digits.mlir", "--final", "digits_bm1684_int8_sym_tpu.mlir"],
        &["TPU_ADDRESSED"],
    );
    refuse(
        &["digits.mlir", "--quantize_table", "cali_table"],
        &["cali_table"],
    );
    refuse(
        &["digits.mlir", "--layer_errors", "cali_table"],
        &["no column 'name'"],
    );
    refuse(&["digits.mlir", "--model", "cali_table"], &["cali_table"]);
    refuse(&["digits.mlir", "--dataset", "nowhere"], &["nowhere"]);
    std::fs::write(folder.join("report_strange"), "nobody F32\n").unwrap();
    refuse(
        &[
            "digits.mlir",
            "--calibration_table",
            "cali_table",
            "--quantize_table",
            "report_strange",
        ],
        &["nobody"],
    );
}

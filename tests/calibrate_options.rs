//! `tpuc calibrate`: searching the best method, statistics in a file, LMDB data sets, pictures that do not decode. On the
//! example network, whose pictures are 8 by 8.

use super::whole_commands::prepared;
use prost::Message;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tpuc_compiler::data::lmdb::{Datum, Lmdb};
use tpuc_tests::{Ran, digits, run_in, succeed_in};

const METHODS: [&str; 7] = [
    "kl",
    "max",
    "mse",
    "percentile9999",
    "aciq_gauss",
    "aciq_laplace",
    "admm",
];

/// A folder with the example network.
fn network() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["digits.mlir", "digits_top_f32_all_weight.npz"] {
        std::fs::copy(prepared().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn pictures() -> String {
    text_of(&digits().join("calibration"))
}

fn text_of(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn calibrate(folder: &Path, table: &str, options: &[&str]) -> Ran {
    let mut arguments = vec!["calibrate", "digits.mlir", "-o", table];
    arguments.extend(options);
    run_in(folder, "tpuc", &arguments)
}

/// The text of the table.
fn table(folder: &Path, options: &[&str]) -> String {
    let ran = calibrate(folder, "table", options);
    assert_eq!(ran.status, 0, "{options:?}\n{}{}", ran.out, ran.err);
    std::fs::read_to_string(folder.join("table")).unwrap()
}

fn refuses(folder: &Path, options: &[&str], words: &[&str]) {
    let ran = calibrate(folder, "no_table", options);
    assert_ne!(ran.status, 0, "{options:?}");
    for word in words {
        assert!(
            ran.err.contains(word),
            "{options:?}: '{word}' is missing in\n{}",
            ran.err
        );
    }
    assert!(!folder.join("no_table").exists(), "{options:?}");
}

#[test]
fn the_best_method_is_searched() {
    let folder = network();
    let folder = folder.path();
    let pictures = pictures();
    let data = ["--dataset", &pictures, "--input_num", "16"];
    for (options, column) in [
        (&["--search_threshold"][..], 1),
        (
            &[
                "--search",
                "search_threshold",
                "--benchmark-method",
                "cos",
                "--inference_num",
                "5",
            ],
            2,
        ),
    ] {
        let ran = calibrate(folder, "best", &[&data[..], options].concat());
        assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
        let rows: Vec<Vec<&str>> = ran
            .out
            .lines()
            .map(|line| line.split_whitespace().collect())
            .filter(|row: &Vec<&str>| METHODS.contains(&row[0]))
            .collect();
        assert!(rows.iter().map(|row| row[0]).eq(METHODS), "{}", ran.out);
        let figure = |row: &Vec<&str>| row[column].parse::<f64>().unwrap();
        let most = rows.iter().map(figure).fold(f64::NEG_INFINITY, f64::max);
        let best = rows.iter().find(|row| figure(row) == most).unwrap()[0];
        assert!(ran.out.contains(&format!(": {best}\n")), "{}", ran.out);
        println!("best by column {column}: {best}\n{}", ran.out);
        let found = std::fs::read_to_string(folder.join("best")).unwrap();
        assert_eq!(
            found,
            table(folder, &[&data[..], &["--cali_method", best]].concat())
        );
    }
    let ran = calibrate(
        folder,
        "best",
        &[
            &data[..],
            &["--search_threshold", "--quantize_method_list", "use_max,mse,max"],
        ]
        .concat(),
    );
    assert!(
        !ran.out.contains("\nkl ") && ran.out.matches("\nmax ").count() == 1,
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\nmse "), "{}", ran.out);
    refuses(
        folder,
        &[&data[..], &["--search", "search_qtable"]].concat(),
        &["tpuc qtable"],
    );
    refuses(
        folder,
        &[
            &data[..],
            &["--search_threshold", "--quantize_method_list", "entropy"],
        ]
        .concat(),
        &["entropy", "choose from kl"],
    );
    refuses(
        folder,
        &[&data[..], &["--quantize_method_list", "kl"]].concat(),
        &["--search_threshold"],
    );
}

#[test]
fn statistics_go_through_a_file() {
    let folder = network();
    let folder = folder.path();
    let pictures = pictures();
    let data = ["--dataset", &pictures, "--input_num", "16"];
    let dumped = table(folder, &[&data[..], &["--dump_dist", "dist"]].concat());
    assert_eq!(dumped, table(folder, &data));
    for method in METHODS {
        let options = ["--cali_method", method];
        let direct = table(folder, &[&data[..], &options].concat());
        let loaded = table(folder, &[&data[..], &options, &["--load-dist", "dist"]].concat());
        assert_eq!(loaded, direct, "{method}");
        let untuned = ["--tune_num", "0"];
        let direct = table(folder, &[&data[..], &options, &untuned].concat());
        let loaded = table(
            folder,
            &[&options[..], &untuned, &["--load_dist", "dist"]].concat(),
        );
        assert_eq!(loaded, direct, "{method}");
    }
    refuses(
        folder,
        &["--load_dist", "dist"],
        &["kl is tuned on samples", "--dataset", "--tune_num 0"],
    );
    refuses(
        folder,
        &["--load_dist", "dist", "--search_threshold"],
        &["--search_threshold compares outputs", "--dataset"],
    );
    refuses(
        folder,
        &["--load_dist", "dist", "--dataset", &pictures, "--input_num", "15"],
        &["dist", "list of samples, 16 in the file", "--dump_dist"],
    );
    refuses(
        folder,
        &[
            "--load_dist",
            "dist",
            "--cali_method",
            "max",
            "--histogram_bin_num",
            "1024",
        ],
        &["2048 bins"],
    );
    refuses(
        folder,
        &["--load_dist", "digits.mlir", "--cali_method", "max"],
        &["not an npz archive"],
    );
    refuses(
        folder,
        &[
            "--load_dist",
            "digits_top_f32_all_weight.npz",
            "--cali_method",
            "max",
        ],
        &["holds no calibration statistics"],
    );
    let text = std::fs::read_to_string(folder.join("digits.mlir")).unwrap();
    std::fs::write(folder.join("digits.mlir"), text + "\n").unwrap();
    refuses(
        folder,
        &["--load_dist", "dist", "--cali_method", "max"],
        &["the network's text (SHA-256"],
    );
}

/// The first pictures, in a folder of their own.
fn some_pictures(folder: &Path, count: usize) -> PathBuf {
    let to = folder.join("pictures");
    std::fs::create_dir(&to).unwrap();
    for index in 0..count {
        let name = format!("digit_{index:02}.png");
        std::fs::copy(digits().join("calibration").join(&name), to.join(&name)).unwrap();
    }
    to
}

#[test]
fn pictures_that_do_not_decode_are_left_out() {
    let folder = network();
    let folder = folder.path();
    let good = some_pictures(folder, 19);
    let bad = folder.join("bad");
    std::fs::create_dir(&bad).unwrap();
    for entry in std::fs::read_dir(&good).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, bad.join(path.file_name().unwrap())).unwrap();
    }
    let cut = std::fs::read(good.join("digit_03.png")).unwrap();
    std::fs::write(bad.join("zz.png"), &cut[..40]).unwrap();
    // Two lists, the same but for the bad one.
    let list = |name: &str, with: Option<(usize, &Path)>| {
        let mut lines: Vec<String> = (0..19)
            .map(|index| text_of(&good.join(format!("digit_{index:02}.png"))))
            .collect();
        if let Some((place, bad)) = with {
            lines.insert(place, text_of(bad));
        }
        std::fs::write(folder.join(name), lines.join("\n")).unwrap();
    };
    list("good_list", None);
    for (place, method) in [(0, "kl"), (3, "percentile9999"), (19, "aciq_gauss")] {
        list("bad_list", Some((place, &bad.join("zz.png"))));
        let run = |list: &str| {
            let ran = calibrate(folder, "table", &["--data_list", list, "--cali_method", method]);
            assert_eq!(ran.status, 0, "{}", ran.err);
            (ran.err, std::fs::read_to_string(folder.join("table")).unwrap())
        };
        let (said, table) = run("bad_list");
        assert!(said.contains("1 of 20 samples do not decode"), "{said}");
        assert!(said.contains("zz.png: the PNG image is damaged"), "{said}");
        let (said, wanted) = run("good_list");
        assert!(!said.contains("decode"), "{said}");
        assert_eq!(table, wanted, "{method}");
    }
    for name in ["a.png", "b.jpg"] {
        std::fs::write(bad.join(name), "no picture").unwrap();
    }
    refuses(
        folder,
        &["--dataset", &text_of(&bad)],
        &[
            "3 of 22 samples do not decode, more than 10 %",
            "a.png",
            "b.jpg",
            "zz.png",
        ],
    );
}

/// A data set of the Python package lmdb (tests/golden/lmdb/make.py), half of it encoded, and one of our own with keys that
/// are names: the same tables as from the folder, to the byte.
#[test]
fn an_lmdb_data_set_is_as_good_as_a_folder() {
    let folder = network();
    let folder = folder.path();
    let good = text_of(&some_pictures(folder, 12));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/lmdb");
    let own = folder.join("own");
    std::fs::create_dir(&own).unwrap();
    write_lmdb(&own, Path::new(&good));
    for options in [
        &[][..],
        &["--cali_method", "max"],
        &["--cali_method", "mse", "--input_num", "7"],
    ] {
        let of = |data: &str| table(folder, &[&["--dataset", data], options].concat());
        let wanted = of(&good);
        assert_eq!(of(&text_of(&fixture)), wanted, "{options:?}");
        assert_eq!(of(&text_of(&fixture.join("data.mdb"))), wanted, "{options:?}");
        assert_eq!(of(&text_of(&own)), wanted, "{options:?}");
    }
    assert!(!fixture.join("lock.mdb").exists(), "reading left a lock file");
    // Cut off, as after a copy to a full disk.
    let bytes = std::fs::read(own.join("data.mdb")).unwrap();
    let cut = folder.join("cut.mdb");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    refuses(folder, &["--dataset", "cut.mdb"], &["cut.mdb", "cut off"]);
    assert!(Lmdb::open(&own.join("data.mdb")).is_ok());
}

/// All pictures of a folder as samples in the order blue, green, red, under their names.
fn write_lmdb(folder: &Path, pictures: &Path) {
    use heed::types::Bytes;
    use heed::{CommitOrAbort, Database, EnvOpenOptions};
    // SAFETY: nobody else has the file.
    #[allow(unsafe_code)]
    let env = unsafe { EnvOpenOptions::new().map_size(1 << 20).open(folder) }.unwrap();
    let transaction = env.write_txn().unwrap();
    let database: Database<'_, Bytes, Bytes> = env
        .create_databases_and_commit(transaction, |opener, transaction| {
            opener
                .create_database(transaction, None)
                .map(CommitOrAbort::<_, ()>::Commit)
        })
        .unwrap()
        .unwrap_commit();
    let mut transaction = env.write_txn().unwrap();
    for entry in std::fs::read_dir(pictures).unwrap() {
        let path = entry.unwrap().path();
        let pixels = image::open(&path).unwrap().into_rgb8();
        let plane = |channel: usize| pixels.pixels().map(move |pixel| pixel.0[channel]);
        let datum = Datum {
            channels: Some(3),
            height: Some(pixels.height() as i32),
            width: Some(pixels.width() as i32),
            data: Some(plane(2).chain(plane(1)).chain(plane(0)).collect()),
            ..Datum::default()
        };
        let key = path.file_name().unwrap().to_str().unwrap().as_bytes();
        database
            .put(&mut transaction, key, &datum.encode_to_vec())
            .unwrap();
    }
    transaction.commit().unwrap();
}

#[test]
fn admm_has_both_names() {
    let folder = network();
    let pictures = pictures();
    let of = |name: &str| {
        succeed_in(
            folder.path(),
            "tpuc",
            &[
                "calibrate",
                "digits.mlir",
                "--dataset",
                &pictures,
                "--input_num",
                "8",
                "--cali_method",
                name,
                "-o",
                "table",
            ],
        );
        std::fs::read_to_string(folder.path().join("table")).unwrap()
    };
    let table = of("admm");
    assert!(table.contains("calculation method: admm\n"), "{table}");
    assert_eq!(table, of("use_admm"));
    assert_eq!(table, of("ADMM"));
}

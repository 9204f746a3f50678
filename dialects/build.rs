//! Makes the parser from `src/text/grammar.lalrpop`.

fn main() {
    println!("cargo:rerun-if-changed=src/text/grammar.lalrpop");
    lalrpop::Configuration::new()
        .use_cargo_dir_conventions()
        .process_dir("src")
        .expect("the grammar is accepted");
}

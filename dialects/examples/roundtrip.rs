use tpuc_dialects::{ir::*, text};
fn main() {
    let (mut ok, mut bad) = (0, 0);
    let t = std::time::Instant::now();
    for path in std::env::args().skip(1) {
        let source = std::fs::read_to_string(&path).unwrap();
        let mut ctx = Context::default();
        ctx.allow_unregistered = true;
        let mut sources = text::SourceMap::new();
        let file = sources.add(path.clone(), source.clone());
        match text::parse(&mut ctx, &sources, file) {
            Err(errors) => { bad += 1; if bad < 5 { println!("{}", text::render_all(&errors, &sources, text::Colors::No)); } }
            Ok(module) => {
                let options = text::PrintOptions { final_blank_line: source.ends_with("\n\n"), ..Default::default() };
                let printed = text::print(&ctx, module.op(), &options);
                let found = verify(&ctx, module.op());
                if !found.is_empty() { println!("{path}: {}", found[0]); }
                if printed == source { ok += 1 } else {
                    bad += 1;
                    if bad < 10 {
                        println!("{path} differs");
                        for (a, b) in source.lines().zip(printed.lines()).filter(|(a, b)| a != b).take(2) { println!("- {a}\n+ {b}"); }
                        println!("{} {}", source.len(), printed.len());
                    }
                }
            }
        }
    }
    println!("ok {ok} bad {bad} {:?}", t.elapsed());
}

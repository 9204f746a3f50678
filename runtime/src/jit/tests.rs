//! What the compiler room promises by itself; that results equal the interpreter's is tested in
//! `emulator/specialise/`.

use super::*;

fn words(row_stride: u32) -> Access {
    Access {
        element: Element::Float,
        row_stride,
        column_stride: 4,
        in_word: None,
    }
}

fn doubling() -> Loop {
    Loop {
        operation: Operation::FloatAdd,
        result: words(0),
        a: Source::Memory(words(0)),
        b: Source::Result(Element::Float),
    }
}

#[test]
fn a_loop_is_compiled_when_it_has_cost_as_much() {
    // Strides that no command has: the cache is shared with the other tests.
    let key = Loop {
        result: words(1 << 30),
        ..doubling()
    };
    assert!(compiled(&key, u64::MAX, Mode::Off).is_none());
    assert!(compiled(&key, BREAK_EVEN_ELEMENTS / 2, Mode::WhenItPays).is_none());
    let before = count();
    assert!(compiled(&key, BREAK_EVEN_ELEMENTS, Mode::WhenItPays).is_some());
    assert!(compiled(&key, 1, Mode::WhenItPays).is_some());
    assert!(count() > before);
}

#[test]
fn a_compiled_loop_computes() {
    let code = compiled(&doubling(), 1, Mode::Always).expect("LLVM compiles it");
    let mut memory: Vec<f32> = (0..64u8).map(f32::from).collect();
    let numbers = Numbers {
        rows: 1,
        columns: 10,
        ..Numbers::default()
    };
    code.run(
        bytemuck::cast_slice_mut(&mut memory),
        0,
        [Place::Here(40), Place::None],
        &numbers,
    );
    let expected: Vec<f32> = (0..64u8)
        .map(|x| f32::from(x) + if x < 10 { f32::from(x) + 10.0 } else { 0.0 })
        .collect();
    assert_eq!(memory, expected);
}

#[test]
fn planes_outside_of_memory_and_overlaps_are_refused() {
    let code = compiled(&doubling(), 1, Mode::Always).expect("LLVM compiles it");
    let numbers = Numbers {
        rows: 1,
        columns: 10,
        ..Numbers::default()
    };
    for (result, a) in [(0, 36), (0, 220), (220, 0), (0, 41), (usize::MAX, 0)] {
        let refused = std::panic::catch_unwind(|| {
            let mut memory = vec![0f32; 64];
            code.run(
                bytemuck::cast_slice_mut(&mut memory),
                result,
                [Place::Here(a), Place::None],
                &numbers,
            );
        });
        assert!(refused.is_err(), "result at {result}, operand at {a}");
    }
}

#[test]
fn what_llvm_refuses_is_left_to_the_interpreter() {
    assert!(
        compile::Compiler::new()
            .compile("define void @plane( {")
            .is_none()
    );
}

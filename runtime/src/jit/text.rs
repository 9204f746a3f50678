//! The loop of a [`Loop`] as LLVM assembly (LLVM 14: typed pointers).
//!
//! Floating-point instructions carry no fast-math flags, so that every one rounds once and none is fused or moved to
//! another place in a sum. Operands in memory never overlap the result (the caller's promise): hence `noalias`, which
//! lets LLVM use vectors. An operand at the result's own place is read through the result's pointer.

use std::fmt::Write as _;

use super::{Access, Element, Loop, Narrow, Operation, Source};

/// Name of the function in each module.
pub(super) const NAME: &str = "plane";

/// Writes instructions, each with the next free name.
#[derive(Default)]
struct Body {
    text: String,
    next: usize,
}

impl Body {
    /// Adds an instruction; its result has the returned name.
    fn add(&mut self, instruction: &str) -> String {
        self.next += 1;
        let name = format!("%v{}", self.next);
        let _ = writeln!(self.text, "  {name} = {instruction}");
        name
    }

    fn line(&mut self, instruction: &str) {
        let _ = writeln!(self.text, "  {instruction}");
    }

    /// Pointer to the element at `%row`, `%column`, and its type.
    fn pointer(&mut self, base: &str, access: &Access) -> (String, &'static str) {
        let (kind, unit) = match (access.in_word, access.element) {
            (Some(_), _) => ("i32", 4),
            (None, Element::Float) => ("float", 4),
            (None, Element::Integer { bytes: 1, .. }) => ("i8", 1),
            (None, Element::Integer { bytes: 2, .. }) => ("i16", 2),
            (None, Element::Integer { .. }) => ("i32", 4),
        };
        // Strides are whole elements where elements stand in words, bytes otherwise.
        let whole = access.row_stride % unit == 0 && access.column_stride % unit == 0;
        let divisor = if whole { unit } else { 1 };
        let row = self.add(&format!("mul i64 %row, {}", access.row_stride / divisor));
        let column = self.add(&format!("mul i64 %column, {}", access.column_stride / divisor));
        let index = self.add(&format!("add i64 {row}, {column}"));
        if whole {
            let typed = self.add(&format!("bitcast i8* {base} to {kind}*"));
            return (
                self.add(&format!("getelementptr {kind}, {kind}* {typed}, i64 {index}")),
                kind,
            );
        }
        let bytes = self.add(&format!("getelementptr i8, i8* {base}, i64 {index}"));
        (self.add(&format!("bitcast i8* {bytes} to {kind}*")), kind)
    }

    /// Loads an element: a `float`, or an integer widened to `i32`.
    fn load(&mut self, base: &str, access: &Access) -> String {
        let (pointer, kind) = self.pointer(base, access);
        let align = alignment(access);
        let value = self.add(&format!("load {kind}, {kind}* {pointer}, align {align}"));
        let Element::Integer { bytes, signed } = access.element else {
            return value;
        };
        if bytes == 4 {
            return value;
        }
        let narrow = format!("i{}", u32::from(bytes) * 8);
        let value = match access.in_word {
            Some(slot) => {
                let moved = self.add(&format!("lshr i32 {value}, {}", u32::from(slot) * 8));
                self.add(&format!("trunc i32 {moved} to {narrow}"))
            }
            None => value,
        };
        let widen = if signed { "sext" } else { "zext" };
        self.add(&format!("{widen} {narrow} {value} to i32"))
    }

    /// Stores an element; the other bytes of a word stay what they are.
    fn store(&mut self, base: &str, access: &Access, value: &str) {
        let (pointer, kind) = self.pointer(base, access);
        let align = alignment(access);
        let bits = u32::from(access.element.bytes()) * 8;
        let stored = match (access.in_word, access.element) {
            (Some(slot), _) => {
                let place = u32::from(slot) * 8;
                let mask = (u32::MAX >> (32 - bits)) << place;
                let old = self.add(&format!("load i32, i32* {pointer}, align 4"));
                let kept = self.add(&format!("and i32 {old}, {}", !mask));
                let moved = self.add(&format!("shl i32 {value}, {place}"));
                let new = self.add(&format!("and i32 {moved}, {mask}"));
                self.add(&format!("or i32 {kept}, {new}"))
            }
            (None, Element::Integer { bytes: 1 | 2, .. }) => {
                self.add(&format!("trunc i32 {value} to {kind}"))
            }
            _ => value.to_owned(),
        };
        self.line(&format!(
            "store {kind} {stored}, {kind}* {pointer}, align {align}"
        ));
    }

    fn source(&mut self, source: &Source, base: &str, constant: &str, result: &Access) -> String {
        match source {
            Source::Constant => constant.to_owned(),
            Source::Memory(access) => self.load(base, access),
            Source::Result(element) => {
                let access = Access {
                    element: *element,
                    ..*result
                };
                self.load("%result", &access)
            }
        }
    }

    fn narrow(&mut self, value: &str, narrow: Narrow) -> String {
        let mut value = value.to_owned();
        if narrow.shift > 0 {
            value = self.add(&format!("add i32 {value}, {}", 1u32 << (narrow.shift - 1)));
            value = self.add(&format!("ashr i32 {value}, {}", narrow.shift));
        }
        let low = self.add(&format!(
            "call i32 @llvm.smax.i32(i32 {value}, i32 {})",
            narrow.low
        ));
        self.add(&format!(
            "call i32 @llvm.smin.i32(i32 {low}, i32 {})",
            narrow.high
        ))
    }

    fn bits(&mut self, value: &str) -> String {
        self.add(&format!("bitcast float {value} to i32"))
    }

    fn float(&mut self, bits: &str) -> String {
        self.add(&format!("bitcast i32 {bits} to float"))
    }

    /// The chip's approximate reciprocal: see `emulator/tiu/rounding.rs`.
    fn reciprocal(&mut self, x: &str) -> String {
        let x_bits = self.bits(x);
        let magnitude_bits = self.add(&format!("and i32 {x_bits}, {}", i32::MAX));
        let magnitude = self.float(&magnitude_bits);
        let halved = self.add(&format!("ashr i32 {magnitude_bits}, 1"));
        let start = self.add(&format!("sub i32 {}, {halved}", 0x5f37_59df));
        let mut y = self.float(&start);
        let half = self.add(&format!("fmul float {magnitude}, 5.0e-1"));
        for _ in 0..3 {
            let product = self.add(&format!("fmul float {half}, {y}"));
            let square = self.add(&format!("fmul float {product}, {y}"));
            let factor = self.add(&format!("fsub float 1.5e+0, {square}"));
            y = self.add(&format!("fmul float {y}, {factor}"));
        }
        let square = self.add(&format!("fmul float {y}, {y}"));
        let square_bits = self.bits(&square);
        let unsigned = self.add(&format!("and i32 {square_bits}, {}", i32::MAX));
        let sign = self.add(&format!("and i32 {x_bits}, {}", i32::MIN));
        let bits = self.add(&format!("or i32 {unsigned}, {sign}"));
        self.float(&bits)
    }

    fn operation(&mut self, key: &Loop, a: &str, b: &str) -> String {
        match key.operation {
            Operation::FloatMul => self.add(&format!("fmul float {a}, {b}")),
            Operation::FloatAdd => self.add(&format!("fadd float {a}, {b}")),
            Operation::FloatSub => self.add(&format!("fsub float {a}, {b}")),
            Operation::FloatDivide => {
                let reciprocal = self.reciprocal(b);
                self.add(&format!("fmul float {a}, {reciprocal}"))
            }
            Operation::FloatMax => {
                let greater = self.add(&format!("fcmp ogt float {a}, {b}"));
                let value = self.add(&format!("select i1 {greater}, float {a}, float {b}"));
                let bits = self.bits(&value);
                let exponent = self.add(&format!("and i32 {bits}, {}", 0x7f80_0000));
                let is_small = self.add(&format!("icmp eq i32 {exponent}, 0"));
                let sign = self.add(&format!("and i32 {bits}, {}", i32::MIN));
                let kept = self.add(&format!("select i1 {is_small}, i32 {sign}, i32 {bits}"));
                self.float(&kept)
            }
            Operation::FloatMin => {
                let less = self.add(&format!("fcmp ole float {a}, {b}"));
                self.add(&format!("select i1 {less}, float {a}, float {b}"))
            }
            Operation::FloatSelectGreater => {
                let greater = self.add(&format!("fcmp ogt float {a}, {b}"));
                let bits = self.add(&format!("select i1 {greater}, i32 %immediate, i32 0"));
                self.float(&bits)
            }
            Operation::FloatSelectEqual => {
                let (a, b) = (self.bits(a), self.bits(b));
                let equal = self.add(&format!("icmp eq i32 {a}, {b}"));
                let bits = self.add(&format!("select i1 {equal}, i32 %immediate, i32 0"));
                self.float(&bits)
            }
            Operation::FloatMac => {
                let old = self.load("%result", &key.result);
                let product = self.add(&format!("fmul float {a}, {b}"));
                self.add(&format!("fadd float {old}, {product}"))
            }
            Operation::IntegerMul(narrow) => {
                let value = self.add(&format!("mul i32 {a}, {b}"));
                self.narrow(&value, narrow)
            }
            Operation::IntegerAdd(narrow) => {
                let value = self.add(&format!("add i32 {a}, {b}"));
                self.narrow(&value, narrow)
            }
            Operation::IntegerSub(narrow) => {
                let value = self.add(&format!("sub i32 {a}, {b}"));
                self.narrow(&value, narrow)
            }
            Operation::IntegerMax(narrow) => {
                let value = self.add(&format!("call i32 @llvm.smax.i32(i32 {a}, i32 {b})"));
                self.narrow(&value, narrow)
            }
            Operation::IntegerMin(narrow) => {
                let value = self.add(&format!("call i32 @llvm.smin.i32(i32 {a}, i32 {b})"));
                self.narrow(&value, narrow)
            }
            Operation::And => self.add(&format!("and i32 {a}, {b}")),
            Operation::Or => self.add(&format!("or i32 {a}, {b}")),
            Operation::Xor => self.add(&format!("xor i32 {a}, {b}")),
            Operation::Copy => a.to_owned(),
            Operation::ShiftLeft => self.add(&format!("shl i32 {a}, %constant_b")),
            Operation::ShiftRight => {
                let signed = match &key.a {
                    Source::Memory(Access { element, .. }) | Source::Result(element) => {
                        matches!(element, Element::Integer { signed: true, .. })
                    }
                    Source::Constant => false,
                };
                let shift = if signed { "ashr" } else { "lshr" };
                self.add(&format!("{shift} i32 {a}, %constant_b"))
            }
            Operation::LookUp => {
                let index = self.add(&format!("and i32 {a}, 255"));
                let wide = self.add(&format!("zext i32 {index} to i64"));
                let table = self.add("bitcast i8* %b to i32*");
                let entry = self.add(&format!("getelementptr i32, i32* {table}, i64 {wide}"));
                self.add(&format!("load i32, i32* {entry}, align 4"))
            }
        }
    }
}

/// Alignment that every element has when the first one has it.
pub(super) fn alignment(access: &Access) -> u32 {
    let width = if access.in_word.is_some() {
        4
    } else {
        u32::from(access.element.bytes())
    };
    let strides_keep_it =
        access.row_stride.is_multiple_of(width) && access.column_stride.is_multiple_of(width);
    if strides_keep_it { width } else { 1 }
}

/// The module of one loop.
pub(super) fn function(key: &Loop) -> String {
    let mut body = Body::default();
    let is_float = key.result.element == Element::Float;
    let (mut constant_a, mut constant_b) = ("%constant_a".to_owned(), "%constant_b".to_owned());
    if is_float {
        constant_a = body.float(&constant_a);
        constant_b = body.float(&constant_b);
    }
    let before = std::mem::take(&mut body.text);
    let a = body.source(&key.a, "%a", &constant_a, &key.result);
    let b = if key.operation == Operation::LookUp {
        String::new()
    } else {
        body.source(&key.b, "%b", &constant_b, &key.result)
    };
    let value = body.operation(key, &a, &b);
    body.store("%result", &key.result, &value);
    format!(
        "declare i32 @llvm.smax.i32(i32, i32)
declare i32 @llvm.smin.i32(i32, i32)

define void @{NAME}(i8* noalias nocapture %result, i8* noalias nocapture readonly %a, i8* noalias nocapture readonly %b, \
         i64 %rows, i64 %columns, i32 %constant_a, i32 %constant_b, i32 %immediate) nounwind {{
entry:
{before}  br label %outer
outer:
  %row = phi i64 [ 0, %entry ], [ %next_row, %outer_end ]
  br label %inner
inner:
  %column = phi i64 [ 0, %outer ], [ %next_column, %inner ]
{}  %next_column = add nuw nsw i64 %column, 1
  %more_columns = icmp ult i64 %next_column, %columns
  br i1 %more_columns, label %inner, label %outer_end
outer_end:
  %next_row = add nuw nsw i64 %row, 1
  %more_rows = icmp ult i64 %next_row, %rows
  br i1 %more_rows, label %outer, label %end
end:
  ret void
}}
",
        body.text
    )
}

//! Native code for element-wise loops, made while a model runs.
//!
//! A [`Loop`] describes one pass over a plane: what is computed, from which element types, with which strides. It is
//! the key of a cache that lives as long as the process; LLVM compiles each at most once. Sizes and constants are
//! arguments of the compiled function, so that one piece of code serves tensors of many shapes.
//!
//! Compiling takes about as long as interpreting some tens of millions of elements. So a loop is compiled only after
//! that many elements have gone through the interpreter ([`Mode::WhenItPays`]): what is bought has by then been paid
//! in rent, and the total is at most about twice that of the better choice.
//!
//! This room knows neither commands nor memories. The emulator says what a command's loop is and that its operands
//! are such that the order of elements does not matter.

mod compile;
#[cfg(test)]
mod tests;
mod text;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// When loops are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Never.
    Off,
    /// When as much work went through the interpreter as compiling costs.
    WhenItPays,
    /// When a loop is first seen.
    Always,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Mode::Off => "loops are not compiled",
            Mode::WhenItPays => "loops are compiled when it pays",
            Mode::Always => "all loops are compiled",
        })
    }
}

/// Elements after which compiling a loop costs no more than interpreting did: see benches/README.md.
const BREAK_EVEN_ELEMENTS: u64 = 30_000_000;

/// Loops that are kept; what comes after them is interpreted.
const MOST_LOOPS: usize = 2048;

/// Type of an element in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Element {
    /// An integer of so many bytes (1, 2 or 4) that is widened with or without its sign.
    Integer { bytes: u8, signed: bool },
    /// f32.
    Float,
}

impl Element {
    pub(crate) fn bytes(self) -> u8 {
        match self {
            Element::Integer { bytes, .. } => bytes,
            Element::Float => 4,
        }
    }
}

/// How elements of a plane are reached; strides in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Access {
    pub element: Element,
    /// From row to row; 0 when the plane is taken as one row.
    pub row_stride: u32,
    pub column_stride: u32,
    /// Elements stand one in each 4-byte word, this many bytes after its start; pointers are to the word.
    pub in_word: Option<u8>,
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The argument that carries its bits, as an f32 or as a widened integer.
    Constant,
    /// Another place of memory than the result.
    Memory(Access),
    /// The place of the result.
    Result(Element),
}

/// What happens to an integer before it is stored: rounding right shift (half up), then both limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Narrow {
    pub shift: u8,
    pub low: i32,
    pub high: i32,
}

/// What is computed of the elements `a` and `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    FloatMul,
    FloatAdd,
    FloatSub,
    /// `a` times the chip's approximate reciprocal of `b`.
    FloatDivide,
    /// `a > b ? a : b`, a denormal becomes zero.
    FloatMax,
    /// `a <= b ? a : b`
    FloatMin,
    /// `a > b`: the immediate, else 0.
    FloatSelectGreater,
    /// The bits of `a` and `b` are equal: the immediate, else 0.
    FloatSelectEqual,
    /// The old result plus `a * b`.
    FloatMac,
    IntegerMul(Narrow),
    IntegerAdd(Narrow),
    IntegerSub(Narrow),
    IntegerMax(Narrow),
    IntegerMin(Narrow),
    And,
    Or,
    Xor,
    /// `a`
    Copy,
    /// `a` by the constant `b` (below 32) to the left.
    ShiftLeft,
    /// `a` by the constant `b` (below 32) to the right, whatever its type's sign says about filling.
    ShiftRight,
    /// The entry of the table at `b` (256 words) that the low 8 bits of `a` name.
    LookUp,
}

/// One pass over a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Loop {
    pub operation: Operation,
    pub result: Access,
    pub a: Source,
    pub b: Source,
}

/// The arguments of a compiled loop that are the same for all planes of a command.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    pub rows: u64,
    pub columns: u64,
    pub constant_a: u32,
    pub constant_b: u32,
    pub immediate: u32,
}

type Function = unsafe extern "C" fn(*mut u8, *const u8, *const u8, u64, u64, u32, u32, u32);

/// Where an operand's plane begins.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// It is not read from memory, or it is the result's own place.
    None,
    /// At this offset of the memory that the result is in.
    Here(usize),
    /// At this offset of another memory.
    There(&'a [u8], usize),
}

/// A compiled loop; its code lives as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Compiled {
    function: Function,
    key: Loop,
}

impl Access {
    /// The bytes that a plane of `rows` x `columns` elements at `offset` touches, whole words where elements stand in
    /// words; `None` when that is no range.
    fn range(&self, offset: usize, numbers: &Numbers) -> Option<std::ops::Range<usize>> {
        let last = |count: u64, stride: u32| -> Option<usize> {
            usize::try_from(count.checked_sub(1)?.checked_mul(u64::from(stride))?).ok()
        };
        let width = if self.in_word.is_some() {
            4
        } else {
            usize::from(self.element.bytes())
        };
        let end = offset
            .checked_add(last(numbers.rows, self.row_stride)?)?
            .checked_add(last(numbers.columns, self.column_stride)?)?
            .checked_add(width)?;
        Some(offset..end)
    }

    /// What a pointer to the first element must be a multiple of.
    fn alignment(&self) -> usize {
        text::alignment(self) as usize
    }
}

impl Compiled {
    /// Runs the loop over one plane: the result's first element (or its word) is at `result` in `memory`.
    ///
    /// # Panics
    /// When a plane leaves its memory, is not aligned as its access says, or an operand overlaps the result without
    /// being declared as the result's own place.
    #[allow(unsafe_code)]
    pub(crate) fn run(&self, memory: &mut [u8], result: usize, [a, b]: [Place<'_>; 2], numbers: &Numbers) {
        let target = self.key.result.range(result, numbers);
        let target = target.filter(|range| range.end <= memory.len());
        let target = target.expect("a result inside its memory");
        let base = memory.as_mut_ptr();
        let check = |source: &Source, place: Place<'_>, is_table: bool| -> *const u8 {
            let access = match source {
                Source::Memory(access) => *access,
                Source::Result(_) | Source::Constant => return base,
            };
            let (start, offset, length) = match place {
                Place::Here(offset) => (base.cast_const(), offset, memory.len()),
                Place::There(bytes, offset) => (bytes.as_ptr(), offset, bytes.len()),
                Place::None => panic!("an operand without a place"),
            };
            // A table is read by index, not by position.
            let range = if is_table {
                Some(offset..offset.saturating_add(TABLE_BYTES))
            } else {
                access.range(offset, numbers)
            };
            let range = range.filter(|range| range.end <= length);
            let range = range.expect("an operand inside its memory");
            let is_here = matches!(place, Place::Here(_));
            assert!(
                !is_here || range.end <= target.start || target.end <= range.start,
                "an operand overlaps the result"
            );
            let pointer = start.wrapping_add(offset);
            assert!(pointer.addr().is_multiple_of(access.alignment()));
            pointer
        };
        let has_table = self.key.operation == Operation::LookUp;
        let (a, b) = (check(&self.key.a, a, false), check(&self.key.b, b, has_table));
        let result = base.wrapping_add(result);
        assert!(result.addr().is_multiple_of(self.key.result.alignment()));
        // SAFETY: the code reads and writes exactly the elements (or their words) of the ranges above, which were
        // found to lie inside memory that is borrowed mutably (result) or shared (operands); operands are apart from
        // the result (`noalias`), since other memories cannot overlap a mutable borrow; alignments were checked; the
        // arguments are those of the generated signature.
        unsafe {
            (self.function)(
                result,
                a,
                b,
                numbers.rows,
                numbers.columns,
                numbers.constant_a,
                numbers.constant_b,
                numbers.immediate,
            );
        }
    }
}

/// A table of 256 words.
pub(crate) const TABLE_BYTES: usize = 1024;

enum State {
    /// Elements that were interpreted so far.
    Interpreted(u64),
    Compiled(Compiled),
    /// LLVM did not take it.
    Failed,
}

#[derive(Default)]
struct Cache {
    loops: HashMap<Loop, State>,
    compiler: Option<compile::Compiler>,
    compiled: usize,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// The code of a loop over `elements` elements when it is there or when it pays to make it.
pub(crate) fn compiled(key: &Loop, elements: u64, mode: Mode) -> Option<Compiled> {
    if mode == Mode::Off {
        return None;
    }
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let full = cache.loops.len() >= MOST_LOOPS;
    match cache.loops.get_mut(key) {
        Some(State::Compiled(code)) => return Some(*code),
        Some(State::Failed) => return None,
        Some(State::Interpreted(before)) => {
            *before = before.saturating_add(elements);
            if mode == Mode::WhenItPays && *before < BREAK_EVEN_ELEMENTS {
                return None;
            }
        }
        None if full => return None,
        None if mode == Mode::WhenItPays && elements < BREAK_EVEN_ELEMENTS => {
            cache.loops.insert(*key, State::Interpreted(elements));
            return None;
        }
        None => {}
    }
    let compiler = cache.compiler.get_or_insert_with(compile::Compiler::new);
    let made = compiler
        .compile(&text::function(key))
        .map(|function| Compiled { function, key: *key });
    cache.compiled += usize::from(made.is_some());
    cache
        .loops
        .insert(*key, made.map_or(State::Failed, State::Compiled));
    made
}

/// How many loops this process has compiled.
#[must_use]
pub fn count() -> usize {
    CACHE.lock().unwrap_or_else(PoisonError::into_inner).compiled
}

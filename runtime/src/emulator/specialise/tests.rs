//! Compiled loops against the interpreter: the same memory to the last bit.

#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};

use super::*;
use crate::emulator::Emulator;
use crate::isa::memory_map::{DDR_BASE, LOCAL_BASE};
use crate::isa::{DmaCommand, DmaField, TiuField as Field};
use crate::session::{HostTensor, HostType, Session};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A word that is often an interesting float: common size, denormal, zero, infinite; no NaN, whose sign bit
    /// depends on the order of a host instruction's operands.
    fn word(&mut self) -> u32 {
        let sign = (self.next() as u32 & 1) << 31;
        sign | match self.below(8) {
            0 => self.below(1 << 23) as u32,
            1 => 0,
            2 => 0x7f80_0000,
            3 => self.below(256) as u32,
            _ => 0x3f00_0000 + self.below(1 << 25) as u32,
        }
    }
}

/// Lanes and offsets that the commands below use.
const USED_BYTES: usize = 0x4000;

/// NaN results have the sign bit and payload that the host's operand order gives: they compare equal.
fn same_word(a: u32, b: u32, floats: bool) -> bool {
    a == b || (floats && f32::from_bits(a).is_nan() && f32::from_bits(b).is_nan())
}

fn fill(emulator: &mut Emulator, seed: u64) {
    let mut random = Random(seed);
    for lane in emulator.memory.local_mut().chunks_exact_mut(LANE_BYTES) {
        for word in lane[..USED_BYTES].as_chunks_mut::<4>().0 {
            *word = random.word().to_le_bytes();
        }
    }
}

/// A random element-wise command: precisions, signs, strides, places in a few lanes' first bytes.
fn random_command(op: TiuOp, random: &mut Random) -> TiuCommand {
    let mut command = TiuCommand::new();
    let precisions: &[u64] = match op {
        TiuOp::And | TiuOp::Or | TiuOp::Xor | TiuOp::Copy => &[0, 2, 3, 4],
        TiuOp::Mul | TiuOp::Add | TiuOp::Sub | TiuOp::Max | TiuOp::Min => &[0, 2, 3],
        TiuOp::Shift => &[3, 4],
        TiuOp::Lut => &[4],
        _ => &[2],
    };
    let mut precision = || precisions[random.below(precisions.len() as u64) as usize];
    let (same, other) = (precision(), precision());
    let mixes = same != 2 && other != 2 && matches!(op, TiuOp::Mul | TiuOp::Add | TiuOp::Sub);
    let operand_precision = if mixes { 0 } else { same };
    let sizes = [
        1 + random.below(6),
        1 + random.below(130),
        1 + random.below(4),
        1 + random.below(9),
    ];
    let place = |random: &mut Random| LOCAL_BASE + [0, 0x1000, 0x2000][random.below(3) as usize];
    let start_lane = [0, 0, 5 * LANE_BYTES as u64][random.below(3) as usize];
    let mut set = |field, value| {
        command.set(field, value).expect("a value that fits");
    };
    for (field, value) in [
        (Field::Res0N, sizes[0]),
        (Field::Res0C, sizes[1]),
        (Field::Res0H, sizes[2]),
        (Field::Res0W, sizes[3]),
        (Field::OptRes0Prec, same),
        (Field::OptOpd0Prec, operand_precision),
        (Field::OptOpd1Prec, operand_precision),
        (Field::OptOpd0Sign, random.below(2)),
        (Field::OptOpd1Sign, random.below(2)),
        (Field::OptShiftTyp, random.below(2)),
        (Field::OptRightShift, random.below(9)),
        (Field::Opd2Addr, u64::from(random.word())),
        (Field::Res0Addr, place(random) + start_lane),
        (Field::CmdIdTpu, 1),
    ] {
        set(field, value);
    }
    let operands = [
        (Field::Opd0Addr, Field::OptOpd0Const, Field::ShortOpd0Str),
        (Field::Opd1Addr, Field::OptOpd1Const, Field::ShortOpd1Str),
    ];
    for (index, (address, constant, short)) in operands.into_iter().enumerate() {
        let amount = op == TiuOp::Shift && index == 1;
        if op == TiuOp::Lut && index == 1 {
            set(address, u64::from(crate::isa::memory_map::l2_table::EXP));
            continue;
        }
        if amount {
            set(address, random.below(70).wrapping_sub(35) & 0xff);
        } else if random.below(4) == 0 {
            set(address, u64::from(random.word()));
        } else {
            set(address, place(random) + start_lane);
            set(short, 3 * random.below(2));
            continue;
        }
        set(constant, 1);
    }
    set(Field::ShortRes0Str, 3 * random.below(2));
    set(Field::Opd1H, if op == TiuOp::Lut { 8 } else { 1 });
    // Explicit strides: dense, spread, or broadcast.
    let spread = 1 + random.below(3);
    let rows = sizes[3] * spread + random.below(3);
    let channels = rows * sizes[2];
    let strides = [
        [Field::Res0NStr, Field::Res0CStr, Field::Res0HStr, Field::Res0WStr],
        [Field::Opd0NStr, Field::Opd0CStr, Field::Opd0HStr, Field::Opd0WStr],
        [Field::Opd1NStr, Field::Opd1CStr, Field::Opd1HStr, Field::Opd1WStr],
    ];
    let broadcast = random.below(3) == 0;
    for (index, fields) in strides.into_iter().enumerate() {
        let mut words = [channels * 3, channels, rows, spread];
        if index == 2 && broadcast {
            words[random.below(4) as usize] = 0;
        }
        for (field, value) in fields.into_iter().zip(words) {
            set(field, value);
        }
    }
    command.set_op(op);
    command
}

const OPS: [TiuOp; 17] = [
    TiuOp::Mul,
    TiuOp::Add,
    TiuOp::Sub,
    TiuOp::Max,
    TiuOp::Min,
    TiuOp::Mac,
    TiuOp::Shift,
    TiuOp::And,
    TiuOp::Or,
    TiuOp::Xor,
    TiuOp::Copy,
    TiuOp::Divide,
    TiuOp::SelectGreater,
    TiuOp::SelectEqual,
    TiuOp::Lut,
    TiuOp::ScalarAdd,
    TiuOp::ScalarDivide,
];

#[test]
fn random_commands_equal_the_interpreter() {
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let mut plain = Emulator::with_ddr_bytes(1 << 16).expect("an emulator");
    let mut compiled = Emulator::with_ddr_bytes(1 << 16).expect("an emulator");
    plain.set_jit(Mode::Off);
    compiled.set_jit(Mode::Always);
    for op in OPS {
        let mut by_loop = 0;
        for round in 0..12 {
            let command = random_command(op, &mut random);
            let seed = random.next();
            fill(&mut plain, seed);
            fill(&mut compiled, seed);
            let bytes = command.to_bytes();
            let expected = plain.run(&bytes, &[], None).map_err(|error| error.to_string());
            let found = compiled.run(&bytes, &[], None).map_err(|error| error.to_string());
            assert_eq!(found, expected, "{} {round}", op.mnemonic());
            let words = plain.memory.local().as_chunks::<4>().0;
            let others = compiled.memory.local().as_chunks::<4>().0;
            let floats = command.opt_res0_prec() == 2;
            for (at, (a, b)) in words.iter().zip(others).enumerate() {
                let (a, b) = (u32::from_le_bytes(*a), u32::from_le_bytes(*b));
                assert!(
                    same_word(a, b, floats),
                    "{} {round}: word {at:#x} is {b:#x} instead of {a:#x}\n{command:?}",
                    op.mnemonic()
                );
            }
            // Whether it really was a compiled loop: the same again on the same data.
            by_loop += usize::from(super::command(op, &command, &mut compiled.memory, Mode::Always));
        }
        assert!(by_loop > 1, "{}: only {by_loop} were compiled", op.mnemonic());
    }
}

/// A random copy between DDR and local memory: dense on one side, spread or packed in words on the other.
fn random_copy(random: &mut Random) -> DmaCommand {
    let mut command = DmaCommand::new();
    let format = random.below(4);
    let bytes = [4, 2, 1, 1][format as usize];
    let load = random.below(2) == 0;
    let sizes = [
        1 + random.below(4),
        1 + random.below(70),
        1 + random.below(4),
        1 + random.below(20),
    ];
    let [n, c, h, w] = sizes;
    let dense = [c * h * w, h * w, w, 1];
    let packed = [1, h * w * 4, w * 4, 4];
    let spread = 1 + random.below(3);
    let rows = w * spread + random.below(2);
    let odd = [rows * h * 2 * n, rows * h, rows, spread];
    let local_strides = if bytes == 1 && random.below(2) == 0 {
        packed
    } else {
        odd
    };
    let ddr_address = DDR_BASE + random.below(64) * bytes;
    let local_address = LOCAL_BASE + random.below(8) * bytes;
    let (source, destination) = if load {
        ((ddr_address, dense), (local_address, local_strides))
    } else {
        ((local_address, local_strides), (ddr_address, dense))
    };
    let names = [
        [
            DmaField::SrcNsize,
            DmaField::SrcCsize,
            DmaField::SrcHsize,
            DmaField::SrcWsize,
        ],
        [
            DmaField::DstNsize,
            DmaField::DstCsize,
            DmaField::DstHsize,
            DmaField::DstWsize,
        ],
        [
            DmaField::SrcNstride,
            DmaField::SrcCstride,
            DmaField::SrcHstride,
            DmaField::SrcWstride,
        ],
        [
            DmaField::DstNstride,
            DmaField::DstCstride,
            DmaField::DstHstride,
            DmaField::DstWstride,
        ],
    ];
    let mut set = |field, value| {
        command.set(field, value).expect("a value that fits");
    };
    for (fields, values) in names.into_iter().zip([sizes, sizes, source.1, destination.1]) {
        for (field, value) in fields.into_iter().zip(values) {
            set(field, value);
        }
    }
    for (field, value) in [
        (DmaField::StrideEnable, 1),
        (DmaField::SrcDataFormat, format),
        (DmaField::DstDataFormat, format),
        (DmaField::Direction, u64::from(!load)),
        (DmaField::CmdId, 1),
        (DmaField::LocalmemMaskL32, random.next() & 0xffff_ffff),
        (DmaField::LocalmemMaskH32, 0xffff_ffff),
    ] {
        set(field, value);
    }
    command
        .set_source_address(source.0)
        .and_then(|command| command.set_destination_address(destination.0))
        .expect("addresses that fit");
    command
}

#[test]
fn random_copies_equal_the_interpreter() {
    let mut random = Random(0xd3a_d3a);
    let mut plain = Emulator::with_ddr_bytes(1 << 18).expect("an emulator");
    let mut compiled = Emulator::with_ddr_bytes(1 << 18).expect("an emulator");
    plain.set_jit(Mode::Off);
    compiled.set_jit(Mode::Always);
    let before = jit::count();
    for round in 0..40 {
        let command = random_copy(&mut random).to_bytes();
        let seed = random.next();
        for emulator in [&mut plain, &mut compiled] {
            fill(emulator, seed);
            let mut bytes = Random(seed | 1);
            emulator.memory.ddr_mut().fill_with(|| bytes.next() as u8);
        }
        let expected = plain.run(&[], &command, None).map_err(|error| error.to_string());
        let found = compiled
            .run(&[], &command, None)
            .map_err(|error| error.to_string());
        assert_eq!(found, expected, "{round}");
        assert!(expected.is_ok(), "{round}: {expected:?}");
        assert!(
            plain.memory.local() == compiled.memory.local(),
            "{round}: local memory"
        );
        assert!(plain.memory.ddr() == compiled.memory.ddr(), "{round}: DDR");
    }
    assert!(
        jit::count() > before + 5,
        "{} were compiled",
        jit::count() - before
    );
}

/// Inputs in the middle of the common range, different everywhere.
fn inputs(session: &Session<Emulator>) -> Vec<HostTensor> {
    let mut random = Random(77);
    let tensors = session.inputs().iter();
    tensors
        .map(|tensor| {
            let shape: Vec<usize> = tensor.shapes[0].iter().map(|size| *size as usize).collect();
            let values: Vec<f32> = (0..shape.iter().product())
                .map(|_| random.below(2001) as f32 / 1000.0 - 1.0)
                .collect();
            HostTensor::from_f32(tensor.name.clone(), &shape, &values)
        })
        .collect()
}

fn networks() -> Vec<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("TPUC_SHARED").map_or_else(default, PathBuf::from);
    let all = ["rfb320/int8", "fastestdet/int8", "fastestdet/f32", "mnist/f32"]
        .map(|name| shared.join("golden/models").join(name).with_extension("bmodel"));
    let found: Vec<PathBuf> = all.into_iter().filter(|path| path.is_file()).collect();
    if found.is_empty() {
        eprintln!(
            "SKIPPED: networks_equal_the_interpreter: no golden files in {} (set TPUC_SHARED)",
            shared.display()
        );
    }
    found
}

/// Whole networks of the vendor's compiler: outputs and all of local memory.
#[test]
fn networks_equal_the_interpreter() {
    for path in networks() {
        let run = |mode| {
            let mut emulator = Emulator::new().expect("an emulator");
            emulator.set_jit(mode);
            let mut session = Session::open_on(&path, emulator).expect("a bmodel");
            let given = inputs(&session);
            let outputs = session.run(&given).expect("a run");
            assert!(outputs.iter().all(|output| output.dtype == HostType::F32));
            let data: Vec<Vec<u8>> = outputs.into_iter().map(|output| output.data).collect();
            (data, session.device().memory().local().to_vec())
        };
        let before = jit::count();
        assert!(run(Mode::Off) == run(Mode::Always), "{}", path.display());
        assert!(jit::count() > before, "{}: nothing was compiled", path.display());
    }
}

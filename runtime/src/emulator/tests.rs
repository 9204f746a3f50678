//! Hand-made and hostile commands.

use super::*;
use crate::isa::cost::ISSUE_CYCLES;
use crate::isa::memory_map::{
    COEFF_BASE, DDR_BASE, L2_BASE, LANE_BYTES, LANE_COUNT, LOCAL_BASE, local_address,
};
use crate::isa::{COMMAND_WORDS, DmaField, Precision, TiuField, TiuOp};

const DDR_BYTES: u64 = 1 << 22;

/// xorshift64*, seeded: the same commands on every run.
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

    fn address(&mut self) -> u64 {
        let base = [LOCAL_BASE, L2_BASE, DDR_BASE, COEFF_BASE, 0][self.below(5) as usize];
        base + [self.below(64) << 19, self.below(1 << 22), 0, u64::from(u32::MAX)][self.below(4) as usize]
    }
}

fn emulator() -> Emulator {
    Emulator::with_ddr_bytes(DDR_BYTES).unwrap()
}

#[test]
fn random_tiu_commands_never_panic() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut emulator = emulator();
    let mut executed = 0;
    for round in 0..6000 {
        let mut command = TiuCommand::new();
        for &field in TiuField::ALL {
            let limit = field.info().max_value();
            let name = field.name();
            let value = if name.ends_with("addr") {
                if random.below(8) == 0 {
                    random.next()
                } else {
                    LOCAL_BASE + (random.below(1 << 17) << 2)
                }
            } else if round % 3 == 0 && random.below(40) == 0 {
                random.next()
            } else if name.contains("_pad") || name.contains("ins0") || name.contains("prec") {
                random.below(3)
            } else if name.contains("_str") || name.starts_with("res0_") || name.starts_with("opd") {
                random.below(6)
            } else {
                continue;
            };
            command.set(field, value & limit).unwrap();
        }
        let op = TiuOp::ALL[random.below(TiuOp::ALL.len() as u64) as usize];
        command
            .set_op(op)
            .set(TiuField::CmdIdTpu, 1)
            .unwrap()
            .set(TiuField::CmdIdGdma, 0)
            .unwrap();
        executed += usize::from(emulator.run(&command.to_bytes(), &[], None).is_ok());
    }
    assert!(executed > 100, "only {executed} were legal");
}

#[test]
fn random_gdma_commands_never_panic() {
    let mut random = Random(0x0fed_cba9_8765_4321);
    let mut emulator = emulator();
    let mut executed = 0;
    for round in 0..6000 {
        let mut command = DmaCommand::new();
        for &field in DmaField::ALL {
            let limit = field.info().max_value();
            let name = field.name();
            let value = if round % 3 == 0 && random.below(40) == 0 {
                random.next()
            } else if name.ends_with("size") || name.ends_with("stride") {
                1 + random.below(8)
            } else if name == "direction" || name == "special_func" {
                random.next()
            } else if name == "stride_enable" || name == "sys_mem_type" {
                random.below(2)
            } else {
                continue;
            };
            command.set(field, value & limit).unwrap();
        }
        let (source, destination) = (
            random.address() & 0xff_ffff_ffff,
            random.address() & 0xff_ffff_ffff,
        );
        command.set_source_address(source).unwrap();
        command.set_destination_address(destination).unwrap();
        if random.below(8) > 0 {
            // Mostly a direction that agrees with the addresses.
            let from_local = source < L2_BASE;
            let direction = match (from_local, destination < L2_BASE) {
                (false, true) => 0,
                (true, false) => 1,
                (false, false) => 2,
                (true, true) => 3,
            };
            command.set(DmaField::Direction, direction).unwrap();
        }
        command
            .set(DmaField::CmdId, 1)
            .unwrap()
            .set(DmaField::Eng0SyncId, 0)
            .unwrap();
        executed += usize::from(emulator.run(&[], &command.to_bytes(), None).is_ok());
    }
    assert!(executed > 100, "only {executed} were legal");
}

#[test]
fn random_bits_never_panic() {
    let mut random = Random(77);
    let mut emulator = emulator();
    for _ in 0..2000 {
        let mut words = [0; COMMAND_WORDS];
        words.fill_with(|| random.next());
        let mut tiu = TiuCommand(words);
        tiu.set(TiuField::CmdIdTpu, 1)
            .unwrap()
            .set(TiuField::CmdIdGdma, 0)
            .unwrap();
        let mut dma = DmaCommand(words);
        dma.set(DmaField::CmdId, 1)
            .unwrap()
            .set(DmaField::Eng0SyncId, 0)
            .unwrap();
        let results = [
            emulator.run(&tiu.to_bytes(), &[], None),
            emulator.run(&[], &dma.to_bytes(), None),
        ];
        for error in results.into_iter().filter_map(Result::err) {
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn errors_name_command_field_and_value() {
    let mut command = TiuCommand::new();
    command.set_op(TiuOp::Add).set(TiuField::CmdIdTpu, 1).unwrap();
    command.set(TiuField::OptRes0Prec, 6).unwrap();
    let error = emulator().run(&command.to_bytes(), &[], None).unwrap_err();
    assert_eq!(
        error.to_string(),
        concat!(
            "tiu command 0 at byte 0x0 (id 1, add): opt_res0_prec (bits 67..=69) has the unknown code 6\n",
            "  tiu      1 after gdma     0  add i8xi8->prec6"
        )
    );
    let error = emulator().run(&[0; 100], &[], None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tiu stream is 100 bytes long, not a multiple of 128"
    );
}

#[test]
fn a_constant_fill_and_an_addition_overlap_in_time_but_keep_their_order() {
    let mut fill = DmaCommand::new();
    for (field, value) in [
        (DmaField::CmdId, 1),
        (DmaField::StrideEnable, 1),
        (DmaField::Direction, 3),
        (DmaField::SpecialFunc, 4),
        (DmaField::ConstantValue, u64::from(2.5f32.to_bits())),
        (DmaField::DstNsize, 1),
        (DmaField::DstCsize, 66),
        (DmaField::DstHsize, 1),
        (DmaField::DstWsize, 32),
        (DmaField::DstCstride, 32),
        (DmaField::DstWstride, 1),
    ] {
        fill.set(field, value).unwrap();
    }
    fill.set_destination_address(local_address(0, 0)).unwrap();
    let mut add = TiuCommand::new();
    add.set_op(TiuOp::ScalarAdd);
    let f32_code = Precision::Float32.code();
    for (field, value) in [
        (TiuField::CmdIdTpu, 1),
        (TiuField::CmdIdGdma, 1),
        (TiuField::OptRes0Prec, f32_code),
        (TiuField::OptOpd0Prec, f32_code),
        (TiuField::OptOpd1Prec, f32_code),
        (TiuField::OptOpd2Prec, f32_code),
        (TiuField::OptOpd1Const, 1),
        (TiuField::Opd1Addr, u64::from(0.5f32.to_bits())),
        (TiuField::Opd0Addr, local_address(0, 0)),
        (TiuField::Res0Addr, local_address(3, 0x1000)),
        (TiuField::Res0C, 66),
        (TiuField::Res0W, 32),
    ] {
        add.set(field, value).unwrap();
    }
    let mut emulator = emulator();
    let mut order = Vec::new();
    let mut observer = |event: Event<'_>| order.push((event.engine, event.index));
    let stats = emulator
        .run(&add.to_bytes(), &fill.to_bytes(), Some(&mut observer))
        .unwrap();
    assert_eq!(order, [(Engine::Dma, 0), (Engine::Tiu, 0)]);
    assert_eq!(
        (stats.tiu_count(), stats.dma_count(), stats.dma_bytes),
        (1, 1, 66 * 128)
    );
    assert_eq!(
        stats.cycles,
        stats.tiu_cycles + stats.dma_cycles + 2 * ISSUE_CYCLES
    );
    // Channel 65 of the result is in lane (3 + 65) mod 64, second row.
    let value = |lane: usize, offset: usize| {
        let bytes = emulator.memory().lane(lane)[offset..offset + 4]
            .try_into()
            .unwrap();
        f32::from_le_bytes(bytes)
    };
    assert_eq!(
        [value(3, 0x1000), value(4, 0x1000 + 128), value(2, 0x1000 + 128)],
        [3.0, 3.0, 3.0]
    );
    assert_eq!(value(5, 0x1000 + 128), 0.0);
}

/// A command in `recorded.json`, made by `tests/peer/record.py`.
#[derive(serde::Deserialize)]
struct Recorded {
    name: String,
    engine: String,
    pattern: String,
    fields: std::collections::BTreeMap<String, u64>,
    /// Lane, offset, bytes from there on.
    changed: Vec<(usize, usize, Vec<u8>)>,
}

#[test]
fn recorded_commands_of_the_vendor_simulator() {
    let cases: Vec<Recorded> = serde_json::from_str(include_str!("recorded.json")).unwrap();
    let float_word = |lane: usize, word: usize| ((7 * lane + 5 * word) % 23) as f32 - 11.0;
    let floats = (0..LANE_COUNT).flat_map(|lane| (0..LANE_BYTES / 4).map(move |word| float_word(lane, word)));
    let floats: Vec<u8> = floats.flat_map(f32::to_le_bytes).collect();
    let byte = |lane: usize, offset: usize| (31 * lane + 7 * offset + offset / 256) as u8;
    let bytes = (0..LANE_COUNT).flat_map(|lane| (0..LANE_BYTES).map(move |offset| byte(lane, offset)));
    let bytes: Vec<u8> = bytes.collect();
    let mut emulator = emulator();
    let mut failures = Vec::new();
    for case in &cases {
        let pattern = if case.pattern == "f32" { &floats } else { &bytes };
        emulator.write_memory(LOCAL_BASE, pattern).unwrap();
        let result = if case.engine == "tiu" {
            let mut command = TiuCommand([0; COMMAND_WORDS]);
            for (name, value) in &case.fields {
                command.set(TiuField::from_name(name).unwrap(), *value).unwrap();
            }
            emulator.run(&command.to_bytes(), &[], None)
        } else {
            let mut command = DmaCommand([0; COMMAND_WORDS]);
            for (name, value) in &case.fields {
                command.set(DmaField::from_name(name).unwrap(), *value).unwrap();
            }
            emulator.run(&[], &command.to_bytes(), None)
        };
        if let Err(error) = result {
            failures.push(format!("{}: {error}", case.name));
            continue;
        }
        let mut expected = pattern.clone();
        for (lane, offset, bytes) in &case.changed {
            let start = lane * LANE_BYTES + offset;
            expected[start..start + bytes.len()].copy_from_slice(bytes);
        }
        let local = emulator.memory().local();
        if let Some(at) = expected.iter().zip(local).position(|(a, b)| a != b) {
            let (lane, offset) = (at / LANE_BYTES, at % LANE_BYTES);
            failures.push(format!(
                "{}: lane {lane} byte {offset:#x} is {}, expected {}",
                case.name, local[at], expected[at]
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(cases.len(), 30);
}

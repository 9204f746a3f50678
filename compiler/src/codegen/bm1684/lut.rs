//! `tpu.Lut`: 8-bit to 8-bit through a table of 256 words, which is brought to L2 first.
//!
//! A look-up takes the lowest byte of a word. Where words hold the bytes of several batches, as in layer groups, each of them
//! is brought there by a shift and looked up in a table of its own, whose words hold the result in that batch's byte; the
//! four words are put together. The pass `weight-reorder` makes the four tables ([`pack_tables`]).

use super::codegen::Codegen;
use super::elementwise::{Elementwise, InputUse, Strided};
use super::emitter::Emitter;
use super::error::{Result, unsupported};
use super::group::rows::Rows;
use super::tensor::{Element, Local};
use super::tiu::Operand;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Entries of a table.
const ENTRIES: usize = 256;
/// Bytes of a word, each of which can be a batch.
const BATCHES: usize = 4;
/// Words of the tables for all of them.
const PACKED: usize = BATCHES * ENTRIES;

/// Emits the commands.
///
/// # Errors
/// When the table is not of 256 words.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, table, output) = (cg.operand(op, 0)?, cg.operand(op, 1)?, cg.result(op)?);
    if !matches!(table.elements(), ENTRIES | PACKED) || table.element.bytes() != 4 {
        return unsupported(format!(
            "a table of {} elements of type {:?}; 256 words are looked up",
            table.elements(),
            table.element
        ));
    }
    let batches = match output.resident {
        Some(local) if table.elements() == PACKED => local.shape[0].min(BATCHES),
        _ => 1,
    };
    let places = load_tables(&mut cg.emitter, table.address, batches)?;
    let scratch = if batches > 1 {
        vec![output.element; 2]
    } else {
        Vec::new()
    };
    let operation = Elementwise {
        shape: vec![output.elements()],
        inputs: vec![Strided::row(&input)],
        output: Strided::row(&output),
        scratch,
        words: true,
        input_use: InputUse::Aligned,
        local: &|emitter, inputs, out, scratch| {
            if batches == 1 {
                return emitter.lookup(out, inputs[0], places[0]);
            }
            look_up_bytes(emitter, inputs[0], out, scratch, &places)
        },
    };
    operation.emit(&mut cg.emitter)
}

fn load_tables(emitter: &mut Emitter, address: u64, batches: usize) -> Result<Vec<u32>> {
    (0..batches)
        .map(|batch| emitter.load_table(address + (batch * ENTRIES * 4) as u64))
        .collect()
}

/// Brings the tables of a look-up on `batches` batches in a group to L2, so that they are there when it begins.
///
/// # Errors
/// When a command cannot be encoded.
pub fn prefetch(cg: &mut Codegen<'_>, op: Op, batches: usize) -> Result<()> {
    let table = cg.operand(op, 1)?;
    let batches = if table.elements() == PACKED {
        batches.min(BATCHES)
    } else {
        1
    };
    load_tables(&mut cg.emitter, table.address, batches)?;
    Ok(())
}

/// Looks up each byte of the words in its own table.
fn look_up_bytes(
    emitter: &mut Emitter,
    x: Local,
    out: Local,
    scratch: &[Local],
    tables: &[u32],
) -> Result<()> {
    let words = |local: Local| {
        let mut words = local.as_element(Element::U32);
        words.shape[0] = local.shape[0].div_ceil(BATCHES);
        words
    };
    let (x, out, index, found) = (words(x), words(out), words(scratch[0]), words(scratch[1]));
    for (byte, &table) in tables.iter().enumerate() {
        if byte == 0 {
            emitter.lookup(out, x, table)?;
            continue;
        }
        let amount = Operand::Integer(-8 * byte as i64, Element::I32);
        emitter.arith(TiuOp::Shift, index, x, amount, 0)?;
        emitter.lookup(found, index, table)?;
        emitter.arith(
            TiuOp::Or,
            out.as_element(Element::U32),
            out,
            found.as_element(Element::U32),
            0,
        )?;
    }
    Ok(())
}

/// Four tables of one: word `i` of table `b` has the lowest byte of word `i` in byte `b`.
pub fn pack_tables(table: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; BATCHES * table.len()];
    for batch in 0..BATCHES {
        for (index, word) in table.chunks_exact(4).enumerate() {
            packed[batch * table.len() + 4 * index + batch] = word[0];
        }
    }
    packed
}

/// Each row comes from the same row. More than one batch needs tables for all bytes of a word.
///
/// # Errors
/// When the result is no tensor of this chip.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let output = cg.whole(cg.ctx().result(op))?;
    let table = cg.whole(cg.ctx().operand(op, 1))?;
    let one = output.shape.first() == Some(&1);
    Ok((one || table.elements() == PACKED).then_some(Rows::Same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_tables_hold_a_byte_for_each_batch() {
        let table: Vec<u8> = (0..ENTRIES as u32)
            .flat_map(|entry| (entry ^ 0xffff_ff05).to_le_bytes())
            .collect();
        let packed = pack_tables(&table);
        let word = |batch: usize, index: usize| {
            let at = 4 * (batch * ENTRIES + index);
            u32::from_le_bytes([packed[at], packed[at + 1], packed[at + 2], packed[at + 3]])
        };
        assert_eq!(packed.len(), 4 * PACKED);
        for batch in 0..BATCHES {
            assert_eq!(word(batch, 0), 0x05 << (8 * batch));
            assert_eq!(word(batch, 250), (250 ^ 0x05) << (8 * batch));
        }
    }
}

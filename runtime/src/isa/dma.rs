//! The GDMA command: table of fields.
//!
//! Columns: variant, register name, lowest bit, width, default, meaning. Bits above the last row are zero.

use super::codes::{Direction, DmaFunction};
use super::field::{
    COMMAND_BYTES, COMMAND_WORDS, Engine, FieldInfo, FieldOverflow, check_table, command_table,
};

command_table! {
    /// Every field of a GDMA command.
    fields DmaField;
    /// One encoded GDMA command: 1024 bits, little endian.
    command DmaCommand;
    engine Engine::Dma;

    PioGdmaEnable pio_gdma_enable 0 1 1 "command enabled; 1";
    DesType des_type 1 1 0 "descriptor type; 0";
    ChainEnd chain_end 2 1 0 "last command of the stream";
    IntrEn intr_en 3 1 0 "raise an interrupt when done";
    BarrierEnable barrier_enable 4 1 1 "wait for the command before; 1";
    StrideEnable stride_enable 5 1 0 "strides are given; 0 means the default layout on both sides";
    Direction direction 6 2 0 "kinds of memory, see `Direction`";
    AccWriteEnable acc_write_enable 8 1 0 "add to the destination in fp32";
    CommonMode common_mode 9 1 0 "unused; 0";
    PrefetchDisable prefetch_disable 10 1 1 "1";
    HoldDesValue hold_des_value 11 1 0 "unused; 0";
    Reserved reserved 12 4 0 "reserved; 0";
    CmdId cmd_id 16 16 0 "own id, counting from 1 (low 16 bits)";
    SpecialFunc special_func 32 3 0 "what is done on the way, see `DmaFunction`";
    DstDataFormat dst_data_format 35 3 0 "element format of the destination, see `DmaFormat`";
    ChwCopy chw_copy 38 1 0 "unused; 0";
    SysMemType sys_mem_type 39 1 0 "1: the DDR side is a matrix (rows, columns)";
    SrcDataFormat src_data_format 40 3 0 "element format of the source, see `DmaFormat`";
    LrnShiftNum lrn_shift_num 43 4 1 "lanes cleared by an LRN shift that does not accumulate";
    LrnShiftDir lrn_shift_dir 47 1 0 "which of them: 0 after the last written, 1 before the first";
    Eng0SyncId eng0_sync_id 48 16 0 "id of the last TIU command that must be done first";
    Eng1SyncId eng1_sync_id 64 16 0 "unused; 0";
    Eng3SyncId eng3_sync_id 80 16 0 "unused; 0";
    ConstantValue constant_value 96 32 0 "value of a constant fill";
    SrcNstride src_nstride 128 32 0 "distance between batches of the source, in elements";
    SrcCstride src_cstride 160 32 0 "distance between channels of the source (local side: between lane rows), in elements";
    SrcHstride src_hstride 192 32 0 "distance between rows of the source, in elements";
    SrcWstride src_wstride 224 32 0 "distance between columns of the source, in elements";
    DstNstride dst_nstride 256 32 0 "distance between batches of the destination, in elements";
    DstCstride dst_cstride 288 32 0 "distance between channels of the destination (local side: between lane rows), in elements";
    DstHstride dst_hstride 320 32 0 "distance between rows of the destination, in elements";
    DstWstride dst_wstride 352 32 0 "distance between columns of the destination, in elements";
    SrcNsize src_nsize 384 16 0 "batches of the source";
    SrcCsize src_csize 400 16 0 "channels of the source";
    SrcHsize src_hsize 416 16 0 "rows of the source";
    SrcWsize src_wsize 432 16 0 "columns of the source";
    DstNsize dst_nsize 448 16 0 "batches of the destination";
    DstCsize dst_csize 464 16 0 "channels of the destination";
    DstHsize dst_hsize 480 16 0 "rows of the destination";
    DstWsize dst_wsize 496 16 0 "columns of the destination";
    SrcStartAddrL32 src_start_addr_l32 512 32 0 "source address, low 32 bits";
    DstStartAddrL32 dst_start_addr_l32 544 32 0 "destination address, low 32 bits";
    SrcStartAddrH8 src_start_addr_h8 576 8 0 "source address, bits 32 to 39";
    DstStartAddrH8 dst_start_addr_h8 584 8 0 "destination address, bits 32 to 39";
    SrcHshift src_hshift 592 24 0 "unused; 0";
    SrcWshift src_wshift 616 8 0 "unused; 0";
    DstHshift dst_hshift 624 8 0 "unused; 0";
    DstWshift dst_wshift 632 8 0 "unused; 0";
    LocalmemMaskL32 localmem_mask_l32 640 32 0xffff_ffff "lanes 0 to 31 that may be written";
    LocalmemMaskH32 localmem_mask_h32 672 32 0xffff_ffff "lanes 32 to 63 that may be written";
    SingleStep single_step 704 1 0 "debugging; 0";
    DebugMode debug_mode 705 1 0 "debugging; 0";
}

impl DmaCommand {
    /// What is done on the way, when the code is a known one.
    #[must_use]
    pub const fn function(&self) -> Option<DmaFunction> {
        DmaFunction::from_code(self.special_func())
    }

    /// Kinds of memory of source and destination.
    #[must_use]
    pub const fn memory_direction(&self) -> Direction {
        Direction::from_code(self.direction())
    }

    /// Full source address.
    #[must_use]
    pub const fn source_address(&self) -> u64 {
        self.src_start_addr_l32() | self.src_start_addr_h8() << 32
    }

    /// Full destination address.
    #[must_use]
    pub const fn destination_address(&self) -> u64 {
        self.dst_start_addr_l32() | self.dst_start_addr_h8() << 32
    }

    /// Writes the full 40-bit source address.
    ///
    /// # Errors
    /// [`FieldOverflow`] when the address needs more than 40 bits.
    pub fn set_source_address(&mut self, address: u64) -> Result<&mut Self, FieldOverflow> {
        self.set(DmaField::SrcStartAddrH8, address >> 32)?
            .set(DmaField::SrcStartAddrL32, address & 0xffff_ffff)
    }

    /// Writes the full 40-bit destination address.
    ///
    /// # Errors
    /// [`FieldOverflow`] when the address needs more than 40 bits.
    pub fn set_destination_address(&mut self, address: u64) -> Result<&mut Self, FieldOverflow> {
        self.set(DmaField::DstStartAddrH8, address >> 32)?
            .set(DmaField::DstStartAddrL32, address & 0xffff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_keeps_its_value_and_leaves_the_others() {
        for &field in DmaField::ALL {
            let mut command = DmaCommand([0; COMMAND_WORDS]);
            command.set(field, field.info().max_value()).unwrap();
            for &other in DmaField::ALL {
                let expected = if other == field {
                    field.info().max_value()
                } else {
                    0
                };
                assert_eq!(
                    command.get(other),
                    expected,
                    "{} after writing {}",
                    other.name(),
                    field.name()
                );
            }
            assert_eq!(DmaCommand::from_bytes(&command.to_bytes()), command);
        }
    }

    #[test]
    fn addresses_use_forty_bits() {
        let mut command = DmaCommand::new();
        command.set_source_address(0x1_0510_0000).unwrap();
        assert_eq!(command.source_address(), 0x1_0510_0000);
        assert!(command.set_destination_address(1 << 40).is_err());
    }
}

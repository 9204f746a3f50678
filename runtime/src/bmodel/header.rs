//! The 64-byte file header.

use super::Error;

/// First four bytes of a file, little endian.
pub const MAGIC: u32 = 0xff55_aaee;
/// Sections of the binary area, and the area itself within the file, start at multiples of this.
pub const SECTION_ALIGNMENT: u64 = 4096;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 64;

/// The header: magic `u32`, header size `u32`, FlatBuffers size `u32`, binary area size `u64`, 44 reserved bytes;
/// all little endian and packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the FlatBuffers part, which follows the header. Includes its padding.
    pub flatbuffers_size: u32,
    /// Bytes of the binary area, which follows the FlatBuffers part.
    pub binary_size: u64,
}

impl Header {
    /// Reads the header of a file and checks it against the file's size.
    pub fn read(file: &[u8]) -> Result<Self, Error> {
        Self::read_start(file, file.len() as u64)
    }

    /// As [`Header::read`], from the first bytes of a file of `file_size` bytes.
    pub fn read_start(file: &[u8], file_size: u64) -> Result<Self, Error> {
        let what = "header";
        if file.len() < HEADER_BYTES || file_size < HEADER_BYTES as u64 {
            let problem = format!("the file has {file_size} bytes, a bmodel has at least {HEADER_BYTES}");
            return Err(Error::invalid(0, what, problem));
        }
        let word = |at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
        if word(0) != MAGIC {
            let problem = format!(
                "starts with {:#010x}, a bmodel starts with {MAGIC:#010x}",
                word(0)
            );
            return Err(Error::invalid(0, what, problem));
        }
        if word(4) as usize != HEADER_BYTES {
            let problem = format!("header size is {}, expected {HEADER_BYTES}", word(4));
            return Err(Error::invalid(4, what, problem));
        }
        let header = Self {
            flatbuffers_size: word(8),
            binary_size: u64::from(word(12)) | u64::from(word(16)) << 32,
        };
        let rest = file_size - HEADER_BYTES as u64;
        let needed = u64::from(header.flatbuffers_size).checked_add(header.binary_size);
        if needed.is_none_or(|needed| needed > rest) {
            let problem = format!(
                "it announces {} bytes of description and {} bytes of data, but only {rest} bytes follow; \
                 the file is probably truncated",
                header.flatbuffers_size, header.binary_size
            );
            return Err(Error::invalid(8, what, problem));
        }
        Ok(header)
    }

    /// Position of the binary area in the file.
    pub fn binary_start(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.flatbuffers_size)
    }

    /// Whether the binary area starts and ends at multiples of [`SECTION_ALIGNMENT`] of the file.
    pub fn is_page_aligned(&self) -> bool {
        self.binary_start().is_multiple_of(SECTION_ALIGNMENT)
            && self.binary_size.is_multiple_of(SECTION_ALIGNMENT)
    }

    /// The header's bytes.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC.to_le_bytes());
        bytes[4..8].copy_from_slice(&(HEADER_BYTES as u32).to_le_bytes());
        bytes[8..12].copy_from_slice(&self.flatbuffers_size.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.binary_size.to_le_bytes());
        bytes
    }
}

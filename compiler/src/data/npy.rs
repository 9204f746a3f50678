//! The npy format: a short textual header (a Python dictionary) and the elements.
//!
//! Format versions 1, 2 and 3, both byte orders, row-major and column-major. The header is parsed by a small scanner
//! without recursion that accepts exactly the three keys of the format.

use std::io::{self, Read, Write};
use std::path::Path;

use half::{bf16, f16};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::file::{SharedFile, write_atomically};
use super::tensor::byte_length;
use super::{DType, DataError, Tensor};

/// What the header of an npy file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyHeader {
    /// Element type; never [`DType::BF16`], which files hold as `uint16`.
    pub dtype: DType,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    big_endian: bool,
    fortran_order: bool,
}

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// numpy writes headers of at most some hundred bytes; anything much longer is not an array of plain numbers.
const LONGEST_HEADER: usize = 1 << 16;
/// Dimensions that numpy allows.
const MOST_DIMENSIONS: usize = 32;

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.into())
}

/// Reads one npy file.
///
/// # Errors
/// [`DataError`] naming the file when it cannot be read, is not an npy file, or holds another element type.
pub fn read(path: &Path) -> Result<Tensor, DataError> {
    let mut file = SharedFile::open(path)?;
    let available = file.length();
    read_from(&mut file, available).map_err(|error| content_error(path, None, error))
}

/// Writes one npy file, as `numpy.save` does.
///
/// # Errors
/// [`DataError::Io`].
pub fn write(path: &Path, tensor: &Tensor) -> Result<(), DataError> {
    write_atomically(path, |writer| {
        write_to(writer, tensor).map_err(|source| DataError::io("write", path, source))
    })
}

/// Turns an error met inside a file into one about that file: the system's errors stay, the rest is its content.
pub(crate) fn content_error(path: &Path, name: Option<&str>, error: io::Error) -> DataError {
    let place = name.map(|name| format!("tensor '{name}': ")).unwrap_or_default();
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            DataError::malformed(path, format!("{place}{error}"))
        }
        io::ErrorKind::UnexpectedEof => DataError::malformed(
            path,
            format!("{place}the file ends early; it is truncated or damaged"),
        ),
        _ => DataError::io("read", path, error),
    }
}

/// Reads header and elements. `available` is how many bytes the source can hold at most; a header that promises more
/// is refused before anything is allocated.
pub(crate) fn read_from(reader: &mut (impl Read + ?Sized), available: u64) -> io::Result<Tensor> {
    let header = read_header(reader)?;
    let promised = byte_length(header.dtype, &header.shape)
        .ok_or_else(|| invalid(format!("impossible shape {:?}", header.shape)))?;
    if promised as u64 > available {
        return Err(invalid(format!(
            "the header promises {promised} bytes ({} {:?}), the file has {available}; it is truncated or damaged",
            header.dtype, header.shape
        )));
    }
    read_elements(reader, &header)
}

/// Reads magic, version and header text, up to the first element.
pub(crate) fn read_header(reader: &mut (impl Read + ?Sized)) -> io::Result<NpyHeader> {
    let mut start = [0_u8; 10];
    reader.read_exact(&mut start)?;
    if &start[..6] != MAGIC {
        return Err(invalid("not an npy array (the magic number is missing)"));
    }
    let low = usize::from(u16::from_le_bytes([start[8], start[9]]));
    let length = match start[6] {
        1 => low,
        2 | 3 => {
            let mut high = [0_u8; 2];
            reader.read_exact(&mut high)?;
            low | usize::from(u16::from_le_bytes(high)) << 16
        }
        version => return Err(invalid(format!("npy format version {version} is not known"))),
    };
    if length > LONGEST_HEADER {
        return Err(invalid(format!(
            "an npy header of {length} bytes is not plausible"
        )));
    }
    let mut text = vec![0_u8; length];
    reader.read_exact(&mut text)?;
    let text = std::str::from_utf8(&text).map_err(|_| invalid("the npy header is not text"))?;
    parse_header(text)
}

fn parse_header(text: &str) -> io::Result<NpyHeader> {
    let mut scanner = Scanner { rest: text };
    let (mut dtype, mut fortran_order, mut shape) = (None, None, None);
    scanner.expect("{")?;
    while !scanner.accept("}") {
        let key = scanner.string()?;
        scanner.expect(":")?;
        match key {
            "descr" => dtype = Some(scanner.dtype()?),
            "fortran_order" => fortran_order = Some(scanner.boolean()?),
            "shape" => shape = Some(scanner.shape()?),
            other => return Err(invalid(format!("unknown key '{other}' in the npy header"))),
        }
        if !scanner.accept(",") {
            scanner.expect("}")?;
            break;
        }
    }
    match (dtype, fortran_order, shape) {
        (Some((dtype, big_endian)), Some(fortran_order), Some(shape)) => Ok(NpyHeader {
            dtype,
            shape,
            big_endian,
            fortran_order,
        }),
        _ => Err(invalid(
            "the npy header lacks one of descr, fortran_order and shape",
        )),
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn accept(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> io::Result<()> {
        if self.accept(token) {
            Ok(())
        } else {
            Err(invalid(format!("malformed npy header: '{token}' expected")))
        }
    }

    fn string(&mut self) -> io::Result<&'a str> {
        let quote = if self.accept("'") {
            '\''
        } else {
            self.expect("\"").map(|()| '"')?
        };
        let (string, rest) = self
            .rest
            .split_once(quote)
            .ok_or_else(|| invalid("malformed npy header: string without an end"))?;
        self.rest = rest;
        Ok(string)
    }

    fn boolean(&mut self) -> io::Result<bool> {
        if self.accept("True") {
            Ok(true)
        } else {
            self.expect("False").map(|()| false)
        }
    }

    fn shape(&mut self) -> io::Result<Vec<usize>> {
        let mut shape = Vec::new();
        self.expect("(")?;
        while !self.accept(")") {
            self.rest = self.rest.trim_start();
            let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let extent = self.rest[..digits]
                .parse()
                .map_err(|_| invalid("malformed npy header: bad extent"))?;
            // Python 2 wrote long integers with an L behind them.
            self.rest = self.rest[digits..].trim_start_matches('L');
            shape.push(extent);
            if shape.len() > MOST_DIMENSIONS {
                return Err(invalid(format!(
                    "arrays of more than {MOST_DIMENSIONS} dimensions are not possible"
                )));
            }
            if !self.accept(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(shape)
    }

    fn dtype(&mut self) -> io::Result<(DType, bool)> {
        if self.accept("[") {
            return Err(invalid(
                "structured arrays are not supported; save each field as an array of its own",
            ));
        }
        let descr = self.string()?;
        let (order, kind) = match descr.as_bytes().first() {
            Some(b'<' | b'>' | b'|' | b'=') => (&descr[..1], &descr[1..]),
            _ => ("=", descr),
        };
        let dtype = match kind {
            "f4" => DType::F32,
            "f8" => DType::F64,
            "f2" => DType::F16,
            "i1" => DType::I8,
            "u1" => DType::U8,
            "i2" => DType::I16,
            "u2" => DType::U16,
            "i4" => DType::I32,
            "u4" => DType::U32,
            "i8" => DType::I64,
            "u8" => DType::U64,
            "b1" | "?" => DType::Bool,
            _ => {
                return Err(invalid(format!(
                    "element type '{descr}' is not supported; convert it with numpy's astype to one of float16/32/64, \
                     (u)int8/16/32/64 or bool"
                )));
            }
        };
        Ok((dtype, order == ">"))
    }
}

fn read_elements(reader: &mut (impl Read + ?Sized), header: &NpyHeader) -> io::Result<Tensor> {
    let elements: usize = header.shape.iter().product();
    macro_rules! read_as {
        ($ty:ty, $swap:expr) => {{
            let mut data = vec![<$ty>::default(); elements];
            reader.read_exact(bytemuck::cast_slice_mut(&mut data))?;
            if header.big_endian != cfg!(target_endian = "big") {
                data.iter_mut().for_each(|value| *value = $swap(*value));
            }
            array(header, data)
        }};
    }
    match header.dtype {
        DType::F32 => read_as!(f32, |v: f32| f32::from_bits(v.to_bits().swap_bytes())),
        DType::F64 => read_as!(f64, |v: f64| f64::from_bits(v.to_bits().swap_bytes())),
        DType::F16 => read_as!(f16, |v: f16| f16::from_bits(v.to_bits().swap_bytes())),
        DType::BF16 => read_as!(bf16, |v: bf16| bf16::from_bits(v.to_bits().swap_bytes())),
        DType::I8 => read_as!(i8, i8::swap_bytes),
        DType::U8 => read_as!(u8, u8::swap_bytes),
        DType::I16 => read_as!(i16, i16::swap_bytes),
        DType::U16 => read_as!(u16, u16::swap_bytes),
        DType::I32 => read_as!(i32, i32::swap_bytes),
        DType::U32 => read_as!(u32, u32::swap_bytes),
        DType::I64 => read_as!(i64, i64::swap_bytes),
        DType::U64 => read_as!(u64, u64::swap_bytes),
        DType::Bool => {
            let mut bytes = vec![0_u8; elements];
            reader.read_exact(&mut bytes)?;
            array(header, bytes.into_iter().map(|byte| byte != 0).collect())
        }
    }
}

fn array<T: Clone>(header: &NpyHeader, data: Vec<T>) -> io::Result<Tensor>
where
    Tensor: From<ArrayD<T>>,
{
    let array = ArrayD::from_shape_vec(IxDyn(&header.shape).set_f(header.fortran_order), data)
        .map_err(|error| invalid(error.to_string()))?;
    Ok(Tensor::from(if array.is_standard_layout() {
        array
    } else {
        array.as_standard_layout().into_owned()
    }))
}

/// Writes header and elements in the layout of `numpy.save`: version 1, row-major, padded so that the elements begin
/// at a multiple of 64 bytes.
pub(crate) fn write_to(writer: &mut impl Write, tensor: &Tensor) -> io::Result<()> {
    writer.write_all(&header_bytes(tensor.dtype(), tensor.shape()))?;
    tensor.for_each_chunk(|chunk| writer.write_all(chunk))
}

fn header_bytes(dtype: DType, shape: &[usize]) -> Vec<u8> {
    let descr = match dtype {
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::F16 => "<f2",
        DType::I8 => "|i1",
        DType::U8 => "|u1",
        DType::I16 => "<i2",
        DType::BF16 | DType::U16 => "<u2",
        DType::I32 => "<i4",
        DType::U32 => "<u4",
        DType::I64 => "<i8",
        DType::U64 => "<u8",
        DType::Bool => "|b1",
    };
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut text = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        extents.join(", ")
    );
    // numpy leaves room for the outermost extent to grow to 21 digits, then pads to 64 bytes.
    if let Some(first) = extents.first() {
        text.extend(std::iter::repeat_n(' ', 21_usize.saturating_sub(first.len())));
    }
    let preamble = MAGIC.len() + 4;
    let padding = 64 - (preamble + text.len() + 1) % 64;
    text.extend(std::iter::repeat_n(' ', padding));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(tensor: &Tensor) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_to(&mut bytes, tensor).unwrap();
        bytes
    }

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    fn parse(bytes: &[u8]) -> io::Result<Tensor> {
        read_from(&mut &bytes[..], bytes.len() as u64)
    }

    #[test]
    fn header_is_numpys() {
        let bytes = stored(&Tensor::from_vec(&[2, 3], vec![0_f32; 6]).unwrap());
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        assert_eq!(bytes.len(), 128 + 24);
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        assert_eq!(&bytes[10..10 + text.len()], text.as_bytes());
        assert_eq!(bytes[127], b'\n');
        let scalar = stored(&Tensor::from_vec(&[], vec![7_i64]).unwrap());
        assert!(String::from_utf8_lossy(&scalar).contains("'shape': (), }"));
        let one = stored(&Tensor::from_vec(&[1], vec![7_i64]).unwrap());
        assert!(String::from_utf8_lossy(&one).contains("'shape': (1,), }"));
    }

    #[test]
    fn both_byte_orders_and_layouts_are_read() {
        let big = npy(
            "{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}",
            &[0, 1, 1, 0],
        );
        assert_eq!(
            parse(&big).unwrap(),
            Tensor::from_vec(&[2], vec![1_i16, 256]).unwrap()
        );
        let columns = npy(
            "{\"shape\": (2L, 3L), 'fortran_order': True, 'descr': '|u1', }  \n",
            &[0, 1, 2, 3, 4, 5],
        );
        assert_eq!(
            parse(&columns).unwrap(),
            Tensor::from_vec(&[2, 3], vec![0_u8, 2, 4, 1, 3, 5]).unwrap()
        );
        let scalar = npy(
            "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
            &1.5_f32.to_le_bytes(),
        );
        assert_eq!(
            parse(&scalar).unwrap(),
            Tensor::from_vec(&[], vec![1.5_f32]).unwrap()
        );
    }

    #[test]
    fn hostile_files_are_errors() {
        let header = |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}");
        let cases = [
            (npy(&header("(99999999999,)"), &[]), "promises"),
            (
                npy(&header("(18446744073709551615, 18446744073709551615)"), &[]),
                "impossible",
            ),
            (npy(&header("(99999999999999999999999,)"), &[]), "bad extent"),
            (npy(&header("(-1,)"), &[]), "bad extent"),
            (npy(&header(&format!("({})", "1,".repeat(40))), &[]), "dimensions"),
            (npy(&"(".repeat(60000), &[]), "expected"),
            (
                npy(
                    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
                    &[],
                ),
                "structured",
            ),
            (
                npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", &[]),
                "not supported",
            ),
            (npy("{'descr': '<f4'}", &[]), "lacks"),
            (npy("{'descr': '<f4", &[]), "without an end"),
            (b"PK\x03\x04..........".to_vec(), "magic"),
        ];
        for (bytes, expected) in cases {
            let error = parse(&bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} / {expected}");
        }
        let whole = stored(&Tensor::from_vec(&[2, 3], vec![0_f32; 6]).unwrap());
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
    }
}

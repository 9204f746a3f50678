//! Reading a bmodel.
//!
//! The input is not trusted. The FlatBuffers part may share tables and strings, so a small file could expand into a
//! huge model: everything that is decoded or hashed is charged against a budget proportional to the file's size.

use super::{
    Blob, Bmodel, COMMAND_BYTES, Cascade, CmdGroup, Coeff, CoreCommands, CpuConst, CpuParam, DataType, Error,
    Header, KernelModule, Location, Net, Relocation, Stage, StageIr, StoreMode, SubNet, SubNetMode,
    SwitchParam, Tensor, header::HEADER_BYTES, mapped::map_file, schema::bmodel as schema,
};
use planus::{ReadAsRoot, Vector};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Decoded items and bytes allowed per byte of the FlatBuffers part.
const ITEMS_PER_BYTE: usize = 4;
/// Hashed bytes allowed per byte of the file.
const HASHED_PER_BYTE: usize = 4;

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// Compare the SHA-256 of weights and constants with the file's check codes.
    pub verify_check_codes: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            verify_check_codes: true,
        }
    }
}

impl Bmodel {
    /// Reads a file, which is mapped into memory and stays so as long as a part of the model lives.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::read_with(path, ReadOptions::default())
    }

    /// As [`Bmodel::read`], with options.
    pub fn read_with(path: &Path, options: ReadOptions) -> Result<Self, Error> {
        let map = map_file(path).map_err(|source| Error::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        Self::from_blob(&Blob::mapped(map), options).map_err(|error| error.in_file(path))
    }

    /// Reads a model from memory.
    pub fn from_bytes(file: impl Into<Blob>) -> Result<Self, Error> {
        Self::from_blob(&file.into(), ReadOptions::default())
    }

    /// As [`Bmodel::from_bytes`], with options.
    pub fn from_blob(file: &Blob, options: ReadOptions) -> Result<Self, Error> {
        let header = Header::read(file)?;
        let flatbuffers_end = HEADER_BYTES + header.flatbuffers_size as usize;
        let flatbuffers = &file[HEADER_BYTES..flatbuffers_end];
        let area = file
            .slice(flatbuffers_end as u64, header.binary_size)
            .unwrap_or_default();
        let mut reader = Reader {
            area,
            area_offset: flatbuffers_end as u64,
            items_left: flatbuffers.len().saturating_mul(ITEMS_PER_BYTE),
            hash_left: file.len().saturating_mul(HASHED_PER_BYTE),
            verify: options.verify_check_codes,
            bm1684: false,
        };
        reader.model(schema::ModelRef::read_as_root(flatbuffers)?)
    }
}

impl From<planus::Error> for Error {
    fn from(error: planus::Error) -> Self {
        let location = error.source_location;
        let offset =
            (location.byte_offset != usize::MAX).then(|| (location.byte_offset + HEADER_BYTES) as u64);
        let what = format!(
            "description, {}.{}",
            location.type_.trim_end_matches("Ref"),
            location.method
        );
        Error::invalid(offset, what, error.error_kind.to_string())
    }
}

type List<'a, T> = Option<Vector<'a, planus::Result<T>>>;

struct Reader {
    area: Blob,
    area_offset: u64,
    items_left: usize,
    hash_left: usize,
    verify: bool,
    bm1684: bool,
}

impl Reader {
    fn charge(&mut self, items: usize, what: &str) -> Result<(), Error> {
        match self.items_left.checked_sub(items) {
            Some(left) => {
                self.items_left = left;
                Ok(())
            }
            None => Err(Error::invalid(
                HEADER_BYTES as u64,
                what,
                "the description refers to its own parts so often that it expands to many times its size",
            )),
        }
    }

    fn string(&mut self, text: &str, what: &str) -> Result<String, Error> {
        self.charge(text.len() + 1, what)?;
        Ok(text.to_owned())
    }

    fn bytes(&mut self, bytes: Option<&[u8]>, what: &str) -> Result<Vec<u8>, Error> {
        let bytes = bytes.unwrap_or_default();
        self.charge(bytes.len(), what)?;
        Ok(bytes.to_vec())
    }

    fn numbers<'a, T>(&mut self, list: Option<Vector<'a, T>>, what: &str) -> Result<Vec<T>, Error>
    where
        T: planus::VectorRead<'a>,
    {
        let Some(list) = list else { return Ok(Vec::new()) };
        self.charge(list.len(), what)?;
        Ok(list.iter().collect())
    }

    fn list<'a, T, U>(
        &mut self,
        list: List<'a, T>,
        what: &str,
        each: impl Fn(&mut Self, T, &str) -> Result<U, Error>,
    ) -> Result<Vec<U>, Error>
    where
        planus::Result<T>: planus::VectorRead<'a>,
    {
        let Some(list) = list else { return Ok(Vec::new()) };
        self.charge(list.len(), what)?;
        let mut items = Vec::with_capacity(list.len());
        for (idx, item) in list.iter().enumerate() {
            items.push(each(self, item?, &format!("{what} {idx}"))?);
        }
        Ok(items)
    }

    fn section(&self, binary: schema::BinaryRef<'_>, what: &str) -> Result<Blob, Error> {
        let (start, size) = (binary.start(), binary.size());
        self.area.slice(start, size).ok_or_else(|| {
            let problem = format!(
                "section of {size} bytes at {start} of the binary area, which has only {} bytes",
                self.area.len()
            );
            Error::invalid(self.area_offset.checked_add(start), what, problem)
        })
    }

    fn optional_section(
        &self,
        binary: Option<schema::BinaryRef<'_>>,
        what: &str,
    ) -> Result<Option<Blob>, Error> {
        binary.map(|binary| self.section(binary, what)).transpose()
    }

    fn sections<'a>(
        &mut self,
        list: Option<Vector<'a, schema::BinaryRef<'a>>>,
        what: &str,
    ) -> Result<Vec<Blob>, Error> {
        let Some(list) = list else { return Ok(Vec::new()) };
        self.charge(list.len(), what)?;
        list.iter()
            .enumerate()
            .map(|(idx, binary)| self.section(binary, &format!("{what} {idx}")))
            .collect()
    }

    fn check_hash(&mut self, data: &Blob, code: &[u8], what: &str) -> Result<(), Error> {
        if !self.verify || code.is_empty() {
            return Ok(());
        }
        self.hash_left = self.hash_left.checked_sub(data.len()).ok_or_else(|| {
            Error::invalid(
                None,
                what,
                "the same bytes are used as weights too often; the file is not plausible",
            )
        })?;
        if code == Sha256::digest(&data[..]).as_slice() {
            return Ok(());
        }
        let problem = "the content does not match its SHA-256 check code; the file is damaged";
        Err(Error::invalid(None, what, problem))
    }

    fn model(&mut self, model: schema::ModelRef<'_>) -> Result<Bmodel, Error> {
        let chip = self.string(model.chip()?, "chip")?;
        self.bm1684 = chip == super::chip_bm1684();
        let kernel_module = match model.kernel_module()? {
            Some(module) => Some(KernelModule {
                file_name: self.string(module.file_name()?, "kernel module")?,
                data: self.section(module.binary()?, "kernel module")?,
                mode: module.mode()?,
            }),
            None => None,
        };
        let cpuop_module = match model.cpuop_module()? {
            Some(module) => Some(KernelModule {
                file_name: self.string(module.file_name()?, "host layer module")?,
                data: self.section(module.binary()?, "host layer module")?,
                mode: 0,
            }),
            None => None,
        };
        Ok(Bmodel {
            kind: self.string(model.type_()?, "type")?,
            version: self.string(model.version()?, "version")?,
            time: self.string(model.time()?, "time")?,
            chip,
            nets: self.list(Some(model.net()?), "net", Self::net)?,
            neuron_size: model.neuron_size()?,
            kernel_module,
            device_num: model.device_num()?,
            cpuop_module,
            bmodel_type: model.bmodel_type()?,
            lib_backend: self.optional_section(model.lib_backend()?, "backend library")?,
        })
    }

    fn net(&mut self, net: schema::NetRef<'_>, what: &str) -> Result<Net, Error> {
        let cascade = match net.cascade()? {
            Some(cascade) => Some(Cascade {
                device_id: cascade.device_id()?,
                step: cascade.step()?,
                main_name: self.string(cascade.main_name()?.unwrap_or_default(), what)?,
            }),
            None => None,
        };
        Ok(Net {
            name: self.string(net.name()?, what)?,
            stages: self.list(net.parameter()?, &format!("{what}, stage"), Self::stage)?,
            cascade,
            addr_mode: net.addr_mode()?,
        })
    }

    fn stage(&mut self, stage: schema::NetParameterRef<'_>, what: &str) -> Result<Stage, Error> {
        let part = |name: &str| format!("{what}, {name}");
        let coeff = match stage.coeff_mem()? {
            Some(coeff) => Some(self.coeff(coeff, &part("weights"))?),
            None => None,
        };
        let result = Stage {
            inputs: self.list(Some(stage.input_tensor()?), &part("input"), Self::tensor)?,
            outputs: self.list(Some(stage.output_tensor()?), &part("output"), Self::tensor)?,
            ctx_addr: stage.ctx_addr()?,
            ctx_size: stage.ctx_size()?,
            coeff,
            is_dynamic: stage.is_dynamic()? != 0,
            n_dynamic: stage.n_dynamic()? != 0,
            h_w_dynamic: stage.h_w_dynamic()? != 0,
            cmd_groups: self.list(stage.cmd_group()?, &part("command group"), Self::cmd_group)?,
            net_profile: self.optional_section(stage.net_profile()?, &part("profile"))?,
            stage_ir: self.list(stage.stage_ir()?, &part("interpreter program"), |_, ir, _| {
                Ok(StageIr {
                    ir_info_len: ir.ir_info_len()?,
                    height_high: ir.height_high()?,
                    height_low: ir.height_low()?,
                    width_high: ir.width_high()?,
                    width_low: ir.width_low()?,
                })
            })?,
            ir: self.optional_section(stage.binary_ir()?, &part("interpreter program"))?,
            subnets: self.list(stage.sub_net()?, &part("sub-net"), Self::subnet)?,
            cpu_mem_size: stage.cpu_mem_size()?,
            ctx_sizes: self.numbers(stage.ctx_sizes()?, &part("memory sizes"))?,
            net_stat: self.optional_section(stage.net_stat()?, &part("statistics"))?,
            core_num: stage.core_num()?,
            io_addr: stage.io_addr()?,
            io_size: stage.io_size()?,
            tensor_loc: self.optional_section(stage.tensor_loc()?, &part("tensor locations"))?,
            dynamic_ctx_addr: stage.dynamic_ctx_addr()?,
            dynamic_coeff_offset: stage.dynamic_coeff_offset()?,
            dynamic_combined_coeff_offset: stage.dynamic_combined_coeff_offset()?,
        };
        let ir_bytes = result.ir.as_ref().map_or(0, |ir| ir.len()) as u64;
        for (idx, subnet) in result.subnets.iter().enumerate() {
            let end = u64::from(subnet.ir_offset) + u64::from(subnet.ir_len);
            if subnet.ir_len > 0 && end > ir_bytes {
                let problem =
                    format!("its interpreter program ends at byte {end}, the stage has {ir_bytes} bytes");
                return Err(Error::invalid(None, format!("{what}, sub-net {idx}"), problem));
            }
        }
        Ok(result)
    }

    fn coeff(&mut self, coeff: schema::CoeffMemRef<'_>, what: &str) -> Result<Coeff, Error> {
        let data = self
            .optional_section(coeff.binary_coeff()?, what)?
            .unwrap_or_default();
        let sha256 = Blob::from(self.bytes(coeff.check_code()?, what)?);
        let encrypt_mode = coeff.encrypt_mode()?;
        if encrypt_mode == 0 {
            self.check_hash(&data, &sha256, what)?;
        }
        let size = data.len() as u64;
        let locations = self.list(
            coeff.location()?,
            &format!("{what}, part"),
            |reader, location, what| {
                let location = Location {
                    name: reader.string(location.name()?, what)?,
                    offset: location.offset()?,
                    size: location.size()?,
                };
                if encrypt_mode == 0
                    && location
                        .offset
                        .checked_add(location.size)
                        .is_none_or(|end| end > size)
                {
                    let problem = format!(
                        "`{}` has {} bytes at {}, the weights have {size} bytes",
                        location.name, location.size, location.offset
                    );
                    return Err(Error::invalid(None, what, problem));
                }
                Ok(location)
            },
        )?;
        let (address, decrypt_size) = (coeff.address()?, coeff.decrypt_size()?);
        Ok(Coeff {
            address,
            data,
            sha256,
            locations,
            encrypt_mode,
            decrypt_size,
        })
    }

    fn tensor(&mut self, tensor: schema::TensorRef<'_>, what: &str) -> Result<Tensor, Error> {
        let name = self.string(tensor.name()?, what)?;
        let what = format!("{what} `{name}`");
        let code = tensor.data_type()?;
        let dtype = DataType::from_code(code).ok_or_else(|| {
            let problem = format!(
                "unknown data type code {code}, known are 0 to {}",
                DataType::ALL.len() - 1
            );
            Error::invalid(None, what.clone(), problem)
        })?;
        let mode = tensor.gmem_stmode()?;
        let store_mode = StoreMode::from_code(mode).ok_or_else(|| {
            Error::invalid(
                None,
                what.clone(),
                format!("unknown storage mode {mode}, known are 0 to 2"),
            )
        })?;
        let shapes = self.list(tensor.shape()?, &what, |reader, shape, what| {
            reader.numbers(shape.dim()?, what)
        })?;
        Ok(Tensor {
            name,
            dtype,
            store_mode,
            device_addr: tensor.device_addr()?,
            size: tensor.size()?,
            shapes,
            mem_type: tensor.mem_type()?,
            scale: tensor.scale()?,
            cpu_addr: tensor.cpu_addr()?,
            pad_h: tensor.pad_h()?,
            zero_point: tensor.zero_point()?,
            hidden: tensor.hidden()?,
            index: tensor.index()?,
            relocation: tensor.relentry()?.map(relocation),
        })
    }

    fn cmd_group(&mut self, group: schema::CmdGroupRef<'_>, what: &str) -> Result<CmdGroup, Error> {
        let relocations = match group.reloc_entries()? {
            Some(list) => {
                self.charge(list.len(), what)?;
                list.iter().map(relocation).collect()
            }
            None => Vec::new(),
        };
        let result = CmdGroup {
            tiu_num: group.bdc_num()?,
            dma_num: group.gdma_num()?,
            tiu: self
                .optional_section(group.binary_bdc()?, &format!("{what}, TIU commands"))?
                .unwrap_or_default(),
            dma: self
                .optional_section(group.binary_gdma()?, &format!("{what}, DMA commands"))?
                .unwrap_or_default(),
            relocations,
        };
        for (engine, count, declared, bytes) in [
            ("TIU", result.tiu_num, group.bdc_cmd_byte()?, &result.tiu),
            ("DMA", result.dma_num, group.gdma_cmd_byte()?, &result.dma),
        ] {
            let expected = count as usize * COMMAND_BYTES;
            let problem = if declared as usize != bytes.len() {
                format!(
                    "announces {declared} bytes of {engine} commands, its section has {}",
                    bytes.len()
                )
            } else if self.bm1684 && bytes.len() != expected {
                format!(
                    "announces {count} {engine} commands, that is {expected} bytes, its section has {}",
                    bytes.len()
                )
            } else {
                continue;
            };
            return Err(Error::invalid(None, what, problem));
        }
        Ok(result)
    }

    fn subnet(&mut self, subnet: schema::SubNetRef<'_>, what: &str) -> Result<SubNet, Error> {
        let part = |name: &str| format!("{what}, {name}");
        let merge_output_from = match subnet.merge_param()? {
            Some(merge) => Some(
                self.list(merge.output_from()?, &part("merge"), |reader, from, what| {
                    reader.numbers(from.indice()?, what)
                })?,
            ),
            None => None,
        };
        let switch = match subnet.switch_param()? {
            Some(switch) => Some(SwitchParam {
                output_from: self.numbers(switch.output_from()?, &part("switch"))?,
                output_branch: self.numbers(switch.output_branch()?, &part("switch"))?,
            }),
            None => None,
        };
        Ok(SubNet {
            mode: SubNetMode::from_code(subnet.subnet_mode()?),
            cmd_groups: self.list(subnet.cmd_group()?, &part("command group"), Self::cmd_group)?,
            cpu_params: self.list(subnet.cpu_param()?, &part("host layer"), Self::cpu_param)?,
            inputs: self.list(subnet.input_tensor()?, &part("input"), Self::tensor)?,
            outputs: self.list(subnet.output_tensor()?, &part("output"), Self::tensor)?,
            is_dynamic: subnet.is_dynamic()? != 0,
            ir_offset: subnet.ir_offset()?,
            ir_len: subnet.ir_len()?,
            n_dynamic: subnet.n_dynamic()? != 0,
            h_w_dynamic: subnet.h_w_dynamic()? != 0,
            id: subnet.id()?,
            next_subnet_ids: self.numbers(subnet.next_subnet_ids()?, &part("next sub-nets"))?,
            merge_output_from,
            switch,
            core_commands: self.list(subnet.core_commands()?, &part("core"), |reader, core, what| {
                let list = |name: &str| format!("{what}, {name}");
                Ok(CoreCommands {
                    cmd_groups: reader.list(
                        core.gdma_tiu_commands()?,
                        &list("command group"),
                        Self::cmd_group,
                    )?,
                    sdma: reader.sections(core.sdma_commands()?, &list("SDMA commands"))?,
                    hau: reader.sections(core.hau_commands()?, &list("HAU commands"))?,
                    cdma: reader.sections(core.cdma_commands()?, &list("CDMA commands"))?,
                })
            })?,
            run_core: subnet.run_core()?,
        })
    }

    fn cpu_param(&mut self, layer: schema::CpuParamRef<'_>, what: &str) -> Result<CpuParam, Error> {
        Ok(CpuParam {
            op_type: layer.op_type()?,
            param: self
                .optional_section(layer.binary_param()?, what)?
                .unwrap_or_default(),
            consts: self.list(
                layer.cpu_const()?,
                &format!("{what}, constant"),
                |reader, constant, what| {
                    let data = reader
                        .optional_section(constant.const_data()?, what)?
                        .unwrap_or_default();
                    let sha256 = Blob::from(reader.bytes(constant.check_code()?, what)?);
                    reader.check_hash(&data, &sha256, what)?;
                    Ok(CpuConst {
                        name: reader.string(constant.name()?.unwrap_or_default(), what)?,
                        data,
                        sha256,
                    })
                },
            )?,
            is_custom: layer.is_custom()? != 0,
        })
    }
}

fn relocation(entry: schema::RelEntryRef<'_>) -> Relocation {
    Relocation {
        base_addr_id: entry.base_addr_id(),
        addr_offset: entry.addr_offset(),
        cmd_offset: entry.cmd_offset(),
    }
}

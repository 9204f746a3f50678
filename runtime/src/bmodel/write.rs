//! Writing a bmodel.
//!
//! Sections are written in the order weights, commands and host layers of each sub-net, interpreter program, other
//! data; each starts at a multiple of [`SECTION_ALIGNMENT`], sections of equal content are written once.

use super::{
    Blob, Bmodel, CmdGroup, CoreCommands, CpuParam, Error, Header, KernelModule, Net, Relocation,
    SECTION_ALIGNMENT, Stage, SubNet, Tensor, header::HEADER_BYTES, schema::bmodel as schema,
};
use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

impl Bmodel {
    /// Writes the file at `path`, replacing it only when everything was written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        // Only check codes have to be computed; the description that holds them is as long without them.
        let outline = Encoded::new(self, CheckCodes::Blank)?;
        let temporary = temporary_name(path);
        let result = File::create(&temporary).and_then(|mut file| {
            let (written, encoded) = rayon::join(
                || outline.write_sections(&file),
                || Encoded::new(self, CheckCodes::True),
            );
            written?;
            file.seek(SeekFrom::Start(0))?;
            encoded.map_err(io::Error::other)?.write_description(&mut file)?;
            fs::rename(&temporary, path)
        });
        result.map_err(|source| {
            // The first error is the one to report; the leftover may not even exist.
            let _ = fs::remove_file(&temporary);
            Error::Io {
                action: "write",
                path: path.to_owned(),
                source,
            }
        })
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let encoded = Encoded::new(self, CheckCodes::True)?;
        let written = encoded
            .write_description(&mut bytes)
            .and_then(|()| encoded.write_binary_area(&mut bytes));
        written.map_err(|error| Error::NotRepresentable(error.to_string()))?;
        Ok(bytes)
    }
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path
        .file_name()
        .map_or_else(|| OsString::from("bmodel"), OsString::from);
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

/// What stands for check codes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum CheckCodes {
    /// They do.
    #[default]
    True,
    /// As many zeros.
    Blank,
}

struct Encoded {
    header: Header,
    flatbuffers: Vec<u8>,
    sections: Vec<Blob>,
}

impl Encoded {
    fn new(model: &Bmodel, check_codes: CheckCodes) -> Result<Self, Error> {
        let mut layout = Layout {
            check_codes,
            ..Layout::default()
        };
        for stage in model.nets.iter().flat_map(|net| &net.stages) {
            layout.place_stage(stage);
        }
        let root = layout.model(model);
        let mut builder = planus::Builder::new();
        let mut flatbuffers = builder.finish(root, None).to_vec();
        let end = (HEADER_BYTES as u64 + flatbuffers.len() as u64).next_multiple_of(SECTION_ALIGNMENT);
        flatbuffers.resize((end - HEADER_BYTES as u64) as usize, 0);
        let flatbuffers_size = u32::try_from(flatbuffers.len())
            .map_err(|_| Error::NotRepresentable("its description is larger than 4 GiB".to_owned()))?;
        let header = Header {
            flatbuffers_size,
            binary_size: layout.end,
        };
        Ok(Self {
            header,
            flatbuffers,
            sections: layout.sections,
        })
    }

    /// Writes what stands before the binary area.
    fn write_description(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.header.to_bytes())?;
        out.write_all(&self.flatbuffers)
    }

    fn write_binary_area(&self, out: &mut impl Write) -> io::Result<()> {
        let padding = [0; SECTION_ALIGNMENT as usize];
        for section in &self.sections {
            section.try_for_each_piece(|piece| out.write_all(piece))?;
            let size = section.len() as u64;
            out.write_all(&padding[..(size.next_multiple_of(SECTION_ALIGNMENT) - size) as usize])?;
        }
        Ok(())
    }

    /// Writes the binary area of a file whose beginning comes later.
    fn write_sections(&self, file: &File) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 18, file);
        out.seek(SeekFrom::Start((HEADER_BYTES + self.flatbuffers.len()) as u64))?;
        self.write_binary_area(&mut out)?;
        out.flush()
    }
}

/// Places sections in the binary area and translates the model into the schema's tables.
#[derive(Default)]
struct Layout {
    sections: Vec<Blob>,
    end: u64,
    /// The sections of a length and check sum, and where they start.
    placed: HashMap<(u64, u32), Vec<(Blob, u64)>>,
    check_codes: CheckCodes,
}

/// Sections that differ nearly always differ in so many bytes at their beginning.
const COMPARED_FIRST: usize = 1 << 16;

/// Check sum of the first bytes.
fn check_sum(data: &Blob) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    let mut left = COMPARED_FIRST;
    // An error is the way to stop.
    let _ = data.try_for_each_piece(|piece| {
        let first = &piece[..piece.len().min(left)];
        sum.update(first);
        left -= first.len();
        if left == 0 { Err(()) } else { Ok(()) }
    });
    sum.finalize()
}

impl Layout {
    fn place(&mut self, data: &Blob) -> schema::Binary {
        let size = data.len() as u64;
        if size == 0 {
            return schema::Binary { start: 0, size };
        }
        let alike = self.placed.entry((size, check_sum(data))).or_default();
        let start = match alike.iter().find(|(known, _)| known == data) {
            Some((_, start)) => *start,
            None => {
                let start = self.end;
                alike.push((data.clone(), start));
                self.sections.push(data.clone());
                self.end += size.next_multiple_of(SECTION_ALIGNMENT);
                start
            }
        };
        schema::Binary { start, size }
    }

    fn check_code(&self, code: &Blob) -> Option<Vec<u8>> {
        Some(match self.check_codes {
            CheckCodes::True => code.to_vec(),
            CheckCodes::Blank => vec![0; code.len()],
        })
    }

    fn place_stage(&mut self, stage: &Stage) {
        if let Some(coeff) = &stage.coeff {
            self.place(&coeff.data);
        }
        for group in &stage.cmd_groups {
            self.place(&group.tiu);
            self.place(&group.dma);
        }
    }

    fn optional(&mut self, data: Option<&Blob>) -> Option<schema::Binary> {
        data.map(|data| self.place(data))
    }

    fn model(&mut self, model: &Bmodel) -> schema::Model {
        schema::Model {
            type_: model.kind.clone(),
            version: model.version.clone(),
            time: model.time.clone(),
            chip: model.chip.clone(),
            net: model.nets.iter().map(|net| self.net(net)).collect(),
            neuron_size: model.neuron_size,
            kernel_module: model.kernel_module.as_ref().map(|module| {
                Box::new(schema::KernelModule {
                    file_name: module.file_name.clone(),
                    binary: self.place(&module.data),
                    mode: module.mode,
                })
            }),
            device_num: model.device_num,
            cpuop_module: model
                .cpuop_module
                .as_ref()
                .map(|KernelModule { file_name, data, .. }| {
                    Box::new(schema::CpuopModule {
                        file_name: file_name.clone(),
                        binary: self.place(data),
                    })
                }),
            bmodel_type: model.bmodel_type,
            lib_backend: self.optional(model.lib_backend.as_ref()),
        }
    }

    fn net(&mut self, net: &Net) -> schema::Net {
        schema::Net {
            name: net.name.clone(),
            net_static: None,
            net_dynamic: None,
            parameter: Some(net.stages.iter().map(|stage| self.stage(stage)).collect()),
            cascade: net.cascade.as_ref().map(|cascade| {
                Box::new(schema::Cascade {
                    device_id: cascade.device_id,
                    step: cascade.step,
                    main_name: Some(cascade.main_name.clone()),
                })
            }),
            addr_mode: net.addr_mode,
        }
    }

    fn stage(&mut self, stage: &Stage) -> schema::NetParameter {
        schema::NetParameter {
            input_tensor: stage.inputs.iter().map(tensor).collect(),
            output_tensor: stage.outputs.iter().map(tensor).collect(),
            ctx_addr: stage.ctx_addr,
            ctx_size: stage.ctx_size,
            coeff_mem: stage.coeff.as_ref().map(|coeff| {
                Box::new(schema::CoeffMem {
                    address: coeff.address,
                    check_code: self.check_code(&coeff.sha256),
                    binary_coeff: Some(self.place(&coeff.data)),
                    location: some_unless_empty(coeff.locations.iter().map(|part| schema::Location {
                        name: part.name.clone(),
                        offset: part.offset,
                        size: part.size,
                    })),
                    encrypt_mode: coeff.encrypt_mode,
                    decrypt_size: coeff.decrypt_size,
                })
            }),
            is_dynamic: stage.is_dynamic.into(),
            n_dynamic: stage.n_dynamic.into(),
            h_w_dynamic: stage.h_w_dynamic.into(),
            cmd_group: Some(self.cmd_groups(&stage.cmd_groups)),
            sub_net: Some(stage.subnets.iter().map(|subnet| self.subnet(subnet)).collect()),
            stage_ir: Some(
                stage
                    .stage_ir
                    .iter()
                    .map(|ir| schema::StageIr {
                        ir_info_len: ir.ir_info_len,
                        height_high: ir.height_high,
                        height_low: ir.height_low,
                        width_high: ir.width_high,
                        width_low: ir.width_low,
                    })
                    .collect(),
            ),
            binary_ir: self.optional(stage.ir.as_ref()),
            net_profile: self.optional(stage.net_profile.as_ref()),
            cpu_mem_size: stage.cpu_mem_size,
            ctx_sizes: some_unless_empty(stage.ctx_sizes.iter().copied()),
            net_stat: self.optional(stage.net_stat.as_ref()),
            core_num: stage.core_num,
            io_addr: stage.io_addr,
            io_size: stage.io_size,
            tensor_loc: self.optional(stage.tensor_loc.as_ref()),
            dynamic_ctx_addr: stage.dynamic_ctx_addr,
            dynamic_coeff_offset: stage.dynamic_coeff_offset,
            dynamic_combined_coeff_offset: stage.dynamic_combined_coeff_offset,
        }
    }

    fn cmd_groups(&mut self, groups: &[CmdGroup]) -> Vec<schema::CmdGroup> {
        let mut section = |data: &Blob| (!data.is_empty()).then(|| self.place(data));
        groups
            .iter()
            .map(|group| schema::CmdGroup {
                bdc_num: group.tiu_num,
                gdma_num: group.dma_num,
                binary_bdc: section(&group.tiu),
                binary_gdma: section(&group.dma),
                bdc_cmd_byte: group.tiu.len() as u32,
                gdma_cmd_byte: group.dma.len() as u32,
                reloc_entries: some_unless_empty(group.relocations.iter().map(relocation)),
            })
            .collect()
    }

    fn subnet(&mut self, subnet: &SubNet) -> schema::SubNet {
        let cmd_groups = self.cmd_groups(&subnet.cmd_groups);
        schema::SubNet {
            subnet_mode: subnet.mode.code(),
            cmd_group: some_unless_empty(cmd_groups.into_iter()),
            cpu_param: some_unless_empty(subnet.cpu_params.iter().map(|layer| self.cpu_param(layer))),
            input_tensor: Some(subnet.inputs.iter().map(tensor).collect()),
            output_tensor: Some(subnet.outputs.iter().map(tensor).collect()),
            is_dynamic: subnet.is_dynamic.into(),
            ir_offset: subnet.ir_offset,
            ir_len: subnet.ir_len,
            n_dynamic: subnet.n_dynamic.into(),
            h_w_dynamic: subnet.h_w_dynamic.into(),
            id: subnet.id,
            next_subnet_ids: Some(subnet.next_subnet_ids.clone()),
            merge_param: subnet.merge_output_from.as_ref().map(|from| {
                let output_from = from.iter().map(|list| schema::OutputFrom {
                    indice: Some(list.clone()),
                });
                Box::new(schema::MergeParam {
                    output_from: Some(output_from.collect()),
                })
            }),
            switch_param: subnet.switch.as_ref().map(|switch| {
                Box::new(schema::SwitchParam {
                    output_from: Some(switch.output_from.clone()),
                    output_branch: Some(switch.output_branch.clone()),
                })
            }),
            core_commands: some_unless_empty(subnet.core_commands.iter().map(|core| self.core(core))),
            run_core: subnet.run_core,
        }
    }

    fn core(&mut self, core: &CoreCommands) -> schema::CoreCommands {
        let groups = self.cmd_groups(&core.cmd_groups);
        let mut sections = |list: &[Blob]| some_unless_empty(list.iter().map(|data| self.place(data)));
        schema::CoreCommands {
            gdma_tiu_commands: some_unless_empty(groups.into_iter()),
            sdma_commands: sections(&core.sdma),
            hau_commands: sections(&core.hau),
            cdma_commands: sections(&core.cdma),
        }
    }

    fn cpu_param(&mut self, layer: &CpuParam) -> schema::CpuParam {
        let param = self.place(&layer.param);
        let consts = layer.consts.iter().map(|constant| schema::CpuConst {
            name: Some(constant.name.clone()),
            const_data: Some(self.place(&constant.data)),
            check_code: self.check_code(&constant.sha256),
        });
        schema::CpuParam {
            op_type: layer.op_type,
            cpu_const: Some(consts.collect()),
            binary_param: Some(param),
            is_custom: layer.is_custom.into(),
        }
    }
}

fn some_unless_empty<T>(items: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let items: Vec<T> = items.collect();
    (!items.is_empty()).then_some(items)
}

fn relocation(entry: &Relocation) -> schema::RelEntry {
    schema::RelEntry {
        base_addr_id: entry.base_addr_id,
        addr_offset: entry.addr_offset,
        cmd_offset: entry.cmd_offset,
    }
}

fn tensor(tensor: &Tensor) -> schema::Tensor {
    schema::Tensor {
        name: tensor.name.clone(),
        data_type: tensor.dtype.code(),
        gmem_stmode: tensor.store_mode as i32,
        device_addr: tensor.device_addr,
        size: tensor.size,
        shape: Some(
            tensor
                .shapes
                .iter()
                .map(|dims| schema::Shape {
                    dim: Some(dims.clone()),
                })
                .collect(),
        ),
        mem_type: tensor.mem_type,
        scale: tensor.scale,
        cpu_addr: tensor.cpu_addr,
        pad_h: tensor.pad_h,
        zero_point: tensor.zero_point,
        hidden: tensor.hidden,
        index: tensor.index,
        relentry: tensor.relocation.as_ref().map(relocation),
    }
}

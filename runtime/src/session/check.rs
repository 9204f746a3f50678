//! What is wrong with a bmodel that could be read, and what keeps it from running here.

use super::{
    Error,
    plan::{check_model, plan_stage},
};
use crate::bmodel::{Bmodel, Stage};
use crate::isa::disassembly::{dma_commands, dma_mnemonic, tiu_commands, tiu_mnemonic};
use crate::profile::{OperationNames, Profile, ProfileError};

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the model is damaged; otherwise it only does not run on the emulator.
    pub damage: bool,
    /// What it is, and where.
    pub text: String,
}

/// Checks tensors, the chain of sub-nets, commands and what they wait for, in every stage of every net.
#[must_use]
pub fn findings(model: &Bmodel) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(error) = check_model(model) {
        findings.push(finding(&error, ""));
    }
    for net in &model.nets {
        for (index, stage) in net.stages.iter().enumerate() {
            let place = format!("net `{}` stage {index}: ", net.name);
            if let Err(error) = plan_stage(net, stage) {
                findings.push(finding(&error, &place));
            }
            if let Err(error @ ProfileError::Streams { .. }) =
                Profile::of_stage(stage, &OperationNames::default())
            {
                findings.push(Finding {
                    damage: true,
                    text: format!("{place}{error}"),
                });
            }
            unknown_commands(stage, &place, &mut findings);
        }
    }
    findings
}

fn finding(error: &Error, place: &str) -> Finding {
    Finding {
        damage: !matches!(error, Error::Unsupported(_)),
        text: format!("{place}{error}"),
    }
}

/// Commands whose codes name no operation, the first one of each engine in each group.
fn unknown_commands(stage: &Stage, place: &str, findings: &mut Vec<Finding>) {
    for subnet in &stage.subnets {
        for (index, group) in subnet.cmd_groups.iter().enumerate() {
            let tiu = tiu_commands(&group.tiu)
                .find(|command| command.op().is_none())
                .map(|command| {
                    format!(
                        "TIU command {} is {}",
                        command.cmd_id_tpu(),
                        tiu_mnemonic(&command)
                    )
                });
            let dma = dma_commands(&group.dma)
                .find(|command| command.function().is_none())
                .map(|command| format!("GDMA command {} is {}", command.cmd_id(), dma_mnemonic(&command)));
            for what in [tiu, dma].into_iter().flatten() {
                findings.push(Finding {
                    damage: false,
                    text: format!(
                        "{place}sub-net {}, command group {index}: {what}, an operation that is not known here",
                        subnet.id
                    ),
                });
            }
        }
    }
}

//! Several models in one file, and the way back.

use super::{Bmodel, Error, Net, Stage, Tensor};

/// Puts the nets of several models into one. A net whose name is already there adds its stages to it: it must have
/// the same tensors by name and type, and other input shapes.
pub fn combine(models: &[Bmodel]) -> Result<Bmodel, Error> {
    let Some((first, others)) = models.split_first() else {
        return Err(Error::NotRepresentable("no model to combine".to_owned()));
    };
    let mut result = first.clone();
    for model in others {
        if model.chip != result.chip {
            let message = format!("one model is for {}, another for {}", result.chip, model.chip);
            return Err(Error::NotRepresentable(message));
        }
        result.neuron_size = result.neuron_size.max(model.neuron_size);
        result.device_num = result.device_num.max(model.device_num);
        for net in &model.nets {
            match result.nets.iter_mut().find(|known| known.name == net.name) {
                Some(known) => add_stages(known, net)?,
                None => result.nets.push(net.clone()),
            }
        }
    }
    Ok(result)
}

fn add_stages(known: &mut Net, net: &Net) -> Result<(), Error> {
    let refuse = |problem: &str| {
        let message = format!("net `{}` is in two models, but {problem}", net.name);
        Err(Error::NotRepresentable(message))
    };
    let signature =
        |tensors: &[Tensor]| -> Vec<_> { tensors.iter().map(|t| (t.name.clone(), t.dtype)).collect() };
    let shapes =
        |stage: &Stage| -> Vec<Vec<u64>> { stage.inputs.iter().map(|t| t.shape().to_vec()).collect() };
    if known.addr_mode != net.addr_mode {
        return refuse("with different address modes");
    }
    for stage in &net.stages {
        for other in &known.stages {
            if signature(&stage.inputs) != signature(&other.inputs)
                || signature(&stage.outputs) != signature(&other.outputs)
            {
                return refuse(
                    "with different inputs or outputs; give one of them another name when compiling it",
                );
            }
            if shapes(stage) == shapes(other) {
                return refuse("with the same input shapes");
            }
        }
        known.stages.push(stage.clone());
    }
    Ok(())
}

/// Every stage of every net as a model of its own, with the file name `bm_netN_stageS` that `model_tool` gives it.
pub fn split(model: &Bmodel) -> Vec<(String, Bmodel)> {
    let mut parts = Vec::new();
    for (net_idx, net) in model.nets.iter().enumerate() {
        for (stage_idx, stage) in net.stages.iter().enumerate() {
            let part = Bmodel {
                nets: vec![Net {
                    stages: vec![stage.clone()],
                    ..net.clone()
                }],
                neuron_size: stage.ctx_size,
                ..model.clone()
            };
            parts.push((format!("bm_net{net_idx}_stage{stage_idx}"), part));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn combined_models_can_be_split() {
        let mut wide = sample();
        wide.nets[0].stages[0].inputs[0].shapes = vec![vec![4, 16]];
        let mut other = sample();
        other.nets[0].name = "a/b".to_owned();
        let both = combine(&[sample(), wide.clone(), other.clone()]).unwrap();
        assert_eq!(
            both.nets.iter().map(|net| net.stages.len()).collect::<Vec<_>>(),
            [2, 1]
        );
        let parts = split(&both);
        assert_eq!(
            parts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["bm_net0_stage0", "bm_net0_stage1", "bm_net1_stage0"]
        );
        assert_eq!(
            parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>(),
            [sample(), wide, other]
        );
    }

    #[test]
    fn conflicts_are_refused() {
        let error = combine(&[sample(), sample()]).unwrap_err().to_string();
        assert!(
            error.contains("net `sample` is in two models, but with the same input shapes"),
            "{error}"
        );
        let mut other = sample();
        other.nets[0].stages[0].inputs[0].name = "x".to_owned();
        assert!(combine(&[sample(), other]).is_err());
        let chip = Bmodel {
            chip: "BM1688".to_owned(),
            ..sample()
        };
        let error = combine(&[sample(), chip]).unwrap_err().to_string();
        assert!(
            error.contains("one model is for BM1684, another for BM1688"),
            "{error}"
        );
        assert!(combine(&[]).is_err());
    }
}

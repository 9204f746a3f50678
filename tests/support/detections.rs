//! Detections of two networks, decoded as their authors do it, and how well two sets of them agree: the metric of
//! docs/accuracy.md.

use tpuc_compiler::data::TensorMap;

/// A box in picture coordinates 0..1 with its class and score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Left, top, right, bottom.
    pub bounds: [f32; 4],
    /// Class.
    pub class: usize,
    /// Score.
    pub score: f32,
}

/// A network whose outputs can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// FastestDet, COCO, 352x352: one output of 1 objectness, 4 box and 80 class channels on a grid.
    FastestDet,
    /// The face detector RFB-320: scores of two classes and box offsets for 4420 priors.
    Rfb320,
    /// Any other: nothing is detected, only the outputs are compared.
    Other,
}

/// Scores over which F7 is pooled.
pub const F7_SCORES: [f32; 7] = [0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75];
/// The score of the single F1.
pub const F1_SCORE: f32 = 0.65;
const LOWEST_SCORE: f32 = 0.3;

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// Intersection over union.
pub fn iou(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let width = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let height = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let area = |r: &[f32; 4]| (r[2] - r[0]).max(0.0) * (r[3] - r[1]).max(0.0);
    let common = width * height;
    common / (area(a) + area(b) - common).max(1e-12)
}

/// Boxes of one picture with scores above 0.3, best first, before suppression.
pub fn decode(network: Network, outputs: &TensorMap) -> Vec<Detection> {
    let mut found = match network {
        Network::FastestDet => fastestdet(outputs),
        Network::Rfb320 => rfb320(outputs),
        Network::Other => Vec::new(),
    };
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// The tensor whose last dimensions are `wanted`: casts give a bmodel's outputs names of their own.
fn find(outputs: &TensorMap, wanted: impl Fn(&[usize]) -> bool) -> (Vec<usize>, Vec<f32>) {
    let tensor = outputs
        .values()
        .find(|tensor| wanted(tensor.shape()))
        .expect("the network's output is there");
    (tensor.shape().to_vec(), tensor.to_f32().iter().copied().collect())
}

fn fastestdet(outputs: &TensorMap) -> Vec<Detection> {
    let (shape, values) = find(outputs, |shape| shape.len() == 4 && shape[1] == 85);
    let (rows, columns) = (shape[2], shape[3]);
    let plane = rows * columns;
    let mut found = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let at = |channel: usize| values[channel * plane + row * columns + column];
            let (class, best) =
                (0..80)
                    .map(|class| (class, at(5 + class)))
                    .fold(
                        (0, f32::MIN),
                        |best, next| if next.1 > best.1 { next } else { best },
                    );
            let score = at(0).max(0.0).powf(0.6) * best.max(0.0).powf(0.4);
            if score <= LOWEST_SCORE {
                continue;
            }
            let x = (column as f32 + at(1).tanh()) / columns as f32;
            let y = (row as f32 + at(2).tanh()) / rows as f32;
            let (width, height) = (sigmoid(at(3)), sigmoid(at(4)));
            found.push(Detection {
                bounds: [
                    x - width / 2.0,
                    y - height / 2.0,
                    x + width / 2.0,
                    y + height / 2.0,
                ],
                class,
                score,
            });
        }
    }
    found
}

fn rfb320(outputs: &TensorMap) -> Vec<Detection> {
    let (_, scores) = find(outputs, |shape| shape.last() == Some(&2));
    let (_, offsets) = find(outputs, |shape| shape.last() == Some(&4));
    let boxes: [&[f32]; 4] = [
        &[10.0, 16.0, 24.0],
        &[32.0, 48.0],
        &[64.0, 96.0],
        &[128.0, 192.0, 256.0],
    ];
    let (width, height) = (320.0_f32, 240.0_f32);
    let mut priors = Vec::new();
    for (stride, sizes) in [8.0_f32, 16.0, 32.0, 64.0].into_iter().zip(boxes) {
        let (rows, columns) = (
            (height / stride).ceil() as usize,
            (width / stride).ceil() as usize,
        );
        for row in 0..rows {
            for column in 0..columns {
                for size in sizes {
                    priors.push([
                        (column as f32 + 0.5) / (width / stride),
                        (row as f32 + 0.5) / (height / stride),
                        size / width,
                        size / height,
                    ]);
                }
            }
        }
    }
    let mut found = Vec::new();
    for (index, prior) in priors.iter().enumerate() {
        let score = scores[2 * index + 1];
        if score <= LOWEST_SCORE {
            continue;
        }
        let offset = &offsets[4 * index..4 * index + 4];
        let x = offset[0] * 0.1 * prior[2] + prior[0];
        let y = offset[1] * 0.1 * prior[3] + prior[1];
        let w = (offset[2] * 0.2).exp() * prior[2];
        let h = (offset[3] * 0.2).exp() * prior[3];
        found.push(Detection {
            bounds: [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0],
            class: 1,
            score,
        });
    }
    found
}

/// Greedy suppression of boxes that overlap a better one of their class by more than 0.45; `found` is sorted, best first.
pub fn suppress(found: &[Detection], score: f32) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    for detection in found.iter().filter(|detection| detection.score > score) {
        if kept
            .iter()
            .all(|other| other.class != detection.class || iou(&other.bounds, &detection.bounds) <= 0.45)
        {
            kept.push(*detection);
        }
    }
    kept
}

/// Counts of matched and unmatched boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Boxes of both.
    pub matched: usize,
    /// Boxes that the candidate has and the reference has not.
    pub extra: usize,
    /// Boxes that the candidate lacks.
    pub missed: usize,
}

impl Agreement {
    /// Adds a picture: boxes match if the class is the same and they overlap by half or more, the best first.
    pub fn add(&mut self, reference: &[Detection], candidate: &[Detection]) {
        let mut free: Vec<&Detection> = reference.iter().collect();
        for detection in candidate {
            let best = free
                .iter()
                .enumerate()
                .filter(|(_, other)| other.class == detection.class)
                .map(|(index, other)| (index, iou(&other.bounds, &detection.bounds)))
                .filter(|(_, overlap)| *overlap >= 0.5)
                .max_by(|a, b| a.1.total_cmp(&b.1));
            match best {
                Some((index, _)) => {
                    free.swap_remove(index);
                    self.matched += 1;
                }
                None => self.extra += 1,
            }
        }
        self.missed += free.len();
    }

    /// `2 * matched / (2 * matched + extra + missed)`; 1 when there is nothing to find.
    pub fn f1(&self) -> f64 {
        let all = 2 * self.matched + self.extra + self.missed;
        if all == 0 {
            1.0
        } else {
            2.0 * self.matched as f64 / all as f64
        }
    }
}

/// F1 at one score, F7 and the signal-to-noise ratio of the outputs, over pictures.
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    single: Agreement,
    pooled: Agreement,
    decibels: f64,
    pictures: usize,
}

impl Accuracy {
    /// Adds a picture's outputs.
    pub fn add(&mut self, network: Network, reference: &TensorMap, candidate: &TensorMap) {
        let (theirs, ours) = (decode(network, reference), decode(network, candidate));
        self.single
            .add(&suppress(&theirs, F1_SCORE), &suppress(&ours, F1_SCORE));
        for score in F7_SCORES {
            self.pooled
                .add(&suppress(&theirs, score), &suppress(&ours, score));
        }
        let (mut signal, mut noise) = (0.0, 0.0);
        for tensor in reference.values() {
            let (_, candidate) = find(candidate, |shape| shape == tensor.shape());
            for (a, b) in tensor.to_f32().iter().zip(candidate) {
                signal += f64::from(*a).powi(2);
                noise += f64::from(*a - b).powi(2);
            }
        }
        self.decibels += 10.0 * (signal / f64::max(noise, 1e-30)).log10();
        self.pictures += 1;
    }

    /// F1 at [`F1_SCORE`].
    pub fn f1(&self) -> f64 {
        self.single.f1()
    }

    /// F1 pooled over [`F7_SCORES`].
    pub fn f7(&self) -> f64 {
        self.pooled.f1()
    }

    /// Boxes of the reference at [`F1_SCORE`].
    pub fn boxes(&self) -> usize {
        self.single.matched + self.single.missed
    }

    /// `10 * log10(sum of squares / sum of squared differences)` over all outputs of a picture, dB, averaged over the pictures.
    pub fn sqnr(&self) -> f64 {
        self.decibels / self.pictures.max(1) as f64
    }
}

impl Accuracy {
    /// `F1 0.853  F7 0.788  SQNR 9.41 dB  (97 boxes)`
    pub fn summary(&self) -> String {
        format!(
            "F1 {:.3}  F7 {:.3}  SQNR {:.2} dB  ({} boxes)",
            self.f1(),
            self.f7(),
            self.sqnr(),
            self.boxes()
        )
    }
}

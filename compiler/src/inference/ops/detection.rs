//! Boxes of detectors: decoding of what a network gives, and suppression of boxes that overlap a better one.
//!
//! Formulas, order of evaluation and ties are those of TPU-MLIR's host functions (lib/Support/GenericCpuFunc.cpp in its
//! public sources); what is compared are scores in f32, so an order of boxes can differ where scores differ in the last bit.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;

/// A candidate: class, score, and box as centre and extents (`YoloDetection`) or corners (`DetectionOutput`).
#[derive(Clone, Copy)]
struct Candidate {
    class: usize,
    score: f32,
    bounds: [f32; 4],
}

/// Columns of a row: image, class, score, box.
const COLUMNS: usize = 7;

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// Descending by score; equal ones keep their order.
fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
}

/// Intersection over union of two boxes given by centre and extents.
fn overlap_of_centres(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let along = |axis: usize| {
        let low = (a[axis] - a[axis + 2] / 2.0).max(b[axis] - b[axis + 2] / 2.0);
        let high = (a[axis] + a[axis + 2] / 2.0).min(b[axis] + b[axis + 2] / 2.0);
        high - low
    };
    let (width, height) = (along(0), along(1));
    let intersection = if width < 0.0 || height < 0.0 {
        0.0
    } else {
        width * height
    };
    intersection / (a[2] * a[3] + b[2] * b[3] - intersection)
}

/// Of sorted candidates, those that no better one of the same class overlaps by `threshold` or more.
fn suppress(candidates: &[Candidate], threshold: f32, limit: usize) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if kept.len() == limit {
            break;
        }
        let covered = kept.iter().any(|better| {
            better.class == candidate.class
                && overlap_of_centres(&better.bounds, &candidate.bounds) >= threshold
        });
        if !covered {
            kept.push(*candidate);
        }
    }
    kept
}

fn write_row(row: &mut [f32], image: usize, candidate: &Candidate) {
    row[0] = image as f32;
    row[1] = candidate.class as f32;
    row[2] = candidate.score;
    row[3..].copy_from_slice(&candidate.bounds);
}

// -------------------------------------------------------------------- YoloDetection

/// What `top.YoloDetection` says.
struct Yolo {
    classes: usize,
    height: f32,
    width: f32,
    /// Least score.
    score: f32,
    /// Whether box extents are sigmoids (version 5) or exponentials.
    is_v5: bool,
    anchors: Vec<[f64; 6]>,
}

/// `top.YoloDetection`
pub fn prepare_yolo(node: &Node<'_>) -> Prepared {
    let inputs = node.inputs()?;
    let output = node.output()?;
    let batch = inputs
        .first()
        .and_then(|input| input.shape.first())
        .copied()
        .unwrap_or(0);
    let keep = usize::try_from(node.i64("keep_topk", 0)).unwrap_or(0);
    if output.shape != [1, 1, batch * keep, COLUMNS] || keep == 0 {
        return Err(node.error(format_args!(
            "expects the result [1, 1, {}, {COLUMNS}], found {:?}",
            batch * keep,
            output.shape
        )));
    }
    if inputs
        .iter()
        .any(|input| !input.is_real() || input.shape.first() != Some(&batch))
    {
        return Err(node.error("expects real numbers of one number of images"));
    }
    if node.bool("agnostic_nms", false) {
        return Err(node.error("suppresses boxes class by class only; set 'agnostic_nms' to false"));
    }
    let overlap = node.f64("nms_threshold", 0.5) as f32;
    let version = node.str("version", "");
    let anchors = node.f64s("anchors").unwrap_or_default();
    let mut yolo = Yolo {
        classes: usize::try_from(node.i64("class_num", 80)).unwrap_or(0),
        height: node.i64("net_input_h", 0) as f32,
        width: node.i64("net_input_w", 0) as f32,
        score: node.f64("obj_threshold", 0.5) as f32,
        is_v5: version == "yolov5",
        anchors: Vec::new(),
    };
    let shapes: Vec<Vec<usize>> = inputs.iter().map(|input| input.shape.clone()).collect();
    let decode: Box<dyn Fn(&Yolo, usize, &[&[f32]]) -> Vec<Candidate> + Send + Sync> = match (
        version,
        shapes.as_slice(),
    ) {
        ("yolov5", [shape]) if shape.len() == 3 && shape[2] > 5 => {
            let (count, row) = (shape[1], shape[2]);
            Box::new(move |yolo, image, data| {
                decode_rows(yolo, &data[0][image * count * row..][..count * row], row)
            })
        }
        ("yolov8" | "yolov11", [shape]) if shape.len() == 3 && shape[1] > 4 => {
            let (rows, count) = (shape[1], shape[2]);
            Box::new(move |yolo, image, data| {
                decode_columns(yolo, &data[0][image * rows * count..][..rows * count], count)
            })
        }
        ("yolov3" | "yolov3_tiny" | "yolov3_spp" | "yolov4" | "yolov5", shapes) => {
            yolo.anchors = anchors
                .chunks_exact(6)
                .filter_map(|six| six.try_into().ok())
                .collect();
            let channels = 3 * (5 + yolo.classes);
            let maps: Vec<[usize; 2]> = shapes
                .iter()
                .filter(|shape| shape.len() == 4 && shape[1] == channels)
                .map(|shape| [shape[2], shape[3]])
                .collect();
            if maps.len() != shapes.len() || yolo.anchors.len() < maps.len() {
                return Err(node.error(format_args!(
                    "expects maps of {channels} channels and six anchors for each"
                )));
            }
            Box::new(move |yolo, image, data| decode_maps(yolo, image, data, &maps))
        }
        (version, _) => {
            return Err(node.error(format_args!(
                    "has no execution for version '{version}' on shapes {shapes:?}; leave the post-processing to the application"
                )));
        }
    };
    let lengths: Vec<usize> = inputs.iter().map(super::super::node::ValueInfo::len).collect();
    Ok(Kernel::new(move |args| {
        let data = (0..lengths.len())
            .map(|index| sized(args.f32(index)?, lengths[index]))
            .collect::<Result<Vec<_>, String>>()?;
        let data: Vec<&[f32]> = data.iter().map(|data| &**data).collect();
        let mut out = vec![0.0; output.len()];
        let mut rows = out.chunks_exact_mut(COLUMNS);
        for image in 0..batch {
            let mut candidates = decode(&yolo, image, &data);
            sort(&mut candidates);
            for candidate in suppress(&candidates, overlap, keep) {
                if let Some(row) = rows.next() {
                    write_row(row, image, &candidate);
                }
            }
        }
        // Maps without a single box say so by -1 in one row of each image; a list of candidates leaves zeros.
        if !yolo.anchors.is_empty() && out.chunks_exact(COLUMNS).all(|row| row[2] == 0.0) {
            for (image, row) in out.chunks_exact_mut(COLUMNS).take(batch).enumerate() {
                row.fill(-1.0);
                row[0] = image as f32;
            }
        }
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// The class of the largest of the scores, the first of equal ones.
fn best(scores: impl Iterator<Item = f32>) -> (usize, f32) {
    scores
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, (class, score)| {
            if score > best.1 { (class, score) } else { best }
        })
}

/// Rows `(x, y, w, h, object, class...)` whose scores are probabilities.
fn decode_rows(yolo: &Yolo, data: &[f32], row: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    for row in data.chunks_exact(row) {
        if row[4] <= yolo.score {
            continue;
        }
        let (class, score) = best(row[5..].iter().map(|class| row[4] * class));
        if score >= yolo.score {
            found.push(Candidate {
                class,
                score,
                bounds: [row[0], row[1], row[2], row[3]],
            });
        }
    }
    found
}

/// Columns `(x, y, w, h, class...)` of `count` candidates. Each class that is better than all before it and good enough makes
/// a candidate of its own, as in TPU-MLIR.
fn decode_columns(yolo: &Yolo, data: &[f32], count: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    for index in 0..count {
        let at = |row: usize| data[row * count + index];
        let mut largest = f32::NEG_INFINITY;
        for class in 0..data.len() / count - 4 {
            let score = at(4 + class);
            if score > largest {
                largest = score;
                if score >= yolo.score {
                    found.push(Candidate {
                        class,
                        score,
                        bounds: [at(0), at(1), at(2), at(3)],
                    });
                }
            }
        }
    }
    found
}

/// Maps `[N, 3 * (x, y, w, h, object, class...), H, W]` of logits.
fn decode_maps(yolo: &Yolo, image: usize, data: &[&[f32]], maps: &[[usize; 2]]) -> Vec<Candidate> {
    let mut found = Vec::new();
    // The logit of the least score: what is below needs no sigmoid.
    let least = -(1.0 / yolo.score - 1.0).ln();
    let fields = 5 + yolo.classes;
    for ((data, &[rows, columns]), anchors) in data.iter().zip(maps).zip(&yolo.anchors) {
        let cells = rows * columns;
        for cell in 0..cells {
            for which in 0..3 {
                let start = (image * 3 + which) * fields * cells + cell;
                let at = |field: usize| data[start + field * cells];
                if at(4) <= least {
                    continue;
                }
                let (class, logit) = best((5..fields).map(at));
                // Version 5's class scores are probabilities of their own; the others are used as they come.
                let class_score = sigmoid(logit);
                let score = sigmoid(at(4)) * class_score;
                if score <= yolo.score {
                    continue;
                }
                let anchor = [anchors[2 * which], anchors[2 * which + 1]];
                let place = [(cell % columns) as f32, (cell / columns) as f32];
                let extent = [columns as f32, rows as f32];
                let network = [yolo.width, yolo.height];
                let mut bounds = [0.0_f32; 4];
                for axis in 0..2 {
                    let (position, size) = (at(axis), at(axis + 2));
                    if yolo.is_v5 {
                        let position = f64::from(place[axis] + sigmoid(position) * 2.0) - 0.5;
                        bounds[axis] = (position * f64::from(network[axis]) / f64::from(extent[axis])) as f32;
                        let size = sigmoid(size) * 2.0;
                        bounds[axis + 2] = (f64::from(size * size) * anchor[axis]) as f32;
                    } else {
                        bounds[axis] = (place[axis] + sigmoid(position)) / extent[axis];
                        bounds[axis + 2] =
                            (f64::from(size.exp()) * anchor[axis] / f64::from(network[axis])) as f32;
                    }
                }
                found.push(Candidate { class, score, bounds });
            }
        }
    }
    found
}

// ------------------------------------------------------------------ DetectionOutput

/// `top.DetectionOutput` with prior boxes: locations `[N, 4 * boxes]`, scores `[N, boxes * classes]`, priors and variances
/// `[1, 2, 4 * boxes]`.
pub fn prepare_detection_output(node: &Node<'_>) -> Prepared {
    let inputs = node.inputs()?;
    let output = node.output()?;
    let count = |name: &str| usize::try_from(node.i64(name, 0)).unwrap_or(0);
    let (classes, keep, top) = (count("num_classes"), count("keep_top_k"), count("top_k"));
    let background = node.i64("background_label_id", 0);
    let [locations, scores, priors] = inputs.as_slice() else {
        return Err(node.error("supports locations, scores and prior boxes only"));
    };
    if node.str("code_type", "") != "CENTER_SIZE" || !node.bool("share_location", true) {
        return Err(node.error("supports 'code_type' CENTER_SIZE and locations for all classes only"));
    }
    let boxes = priors.len() / 8;
    let batch = locations.shape.first().copied().unwrap_or(0);
    let fits = boxes > 0
        && classes > 0
        && priors.len() == 8 * boxes
        && locations.len() == batch * boxes * 4
        && scores.len() == batch * boxes * classes
        && output.shape == [1, 1, batch * keep, COLUMNS];
    if !fits || inputs.iter().any(|input| !input.is_real()) {
        return Err(node.error(format_args!(
            "expects {boxes} boxes of {classes} classes in locations {:?} and scores {:?}",
            locations.shape, scores.shape
        )));
    }
    let least = node.f64("confidence_threshold", 0.0) as f32;
    let overlap = node.f64("nms_threshold", 0.5) as f32;
    let lengths = [locations.len(), scores.len(), priors.len()];
    Ok(Kernel::new(move |args| {
        let locations = sized(args.f32(0)?, lengths[0])?;
        let scores = sized(args.f32(1)?, lengths[1])?;
        let priors = sized(args.f32(2)?, lengths[2])?;
        let (priors, variances) = priors.split_at(boxes * 4);
        let mut rows = Vec::new();
        for image in 0..batch {
            let locations = &locations[image * boxes * 4..][..boxes * 4];
            let scores = &scores[image * boxes * classes..][..boxes * classes];
            let mut kept = Vec::new();
            for class in (0..classes).filter(|class| *class as i64 != background) {
                let mut candidates: Vec<Candidate> = (0..boxes)
                    .filter(|index| scores[index * classes + class] > least)
                    .map(|index| Candidate {
                        class,
                        score: scores[index * classes + class],
                        bounds: decode_prior(locations, priors, variances, index),
                    })
                    .collect();
                sort(&mut candidates);
                candidates.truncate(top);
                kept.extend(suppress_corners(&candidates, overlap));
            }
            if kept.len() > keep {
                sort(&mut kept);
                kept.truncate(keep);
                kept.sort_by_key(|candidate| candidate.class);
            }
            rows.extend(kept.into_iter().map(|candidate| (image, candidate)));
        }
        let mut out = vec![-1.0; output.len()];
        if rows.is_empty() {
            for (image, row) in out.chunks_exact_mut(COLUMNS).take(batch).enumerate() {
                row[0] = image as f32;
            }
        }
        for (row, (image, candidate)) in out.chunks_exact_mut(COLUMNS).zip(&rows) {
            write_row(row, *image, candidate);
        }
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// Corners of a box from its offsets to a prior box.
fn decode_prior(locations: &[f32], priors: &[f32], variances: &[f32], index: usize) -> [f32; 4] {
    let four = |data: &[f32]| -> [f32; 4] { std::array::from_fn(|field| data[index * 4 + field]) };
    let (location, prior, variance) = (four(locations), four(priors), four(variances));
    let mut corners = [0.0; 4];
    for axis in 0..2 {
        let extent = prior[axis + 2] - prior[axis];
        let middle = (f64::from(prior[axis] + prior[axis + 2]) * 0.5) as f32;
        let centre = variance[axis] * location[axis] * extent + middle;
        let size = (variance[axis + 2] * location[axis + 2]).exp() * extent;
        corners[axis] = (f64::from(centre) - f64::from(size) * 0.5) as f32;
        corners[axis + 2] = (f64::from(centre) + f64::from(size) * 0.5) as f32;
    }
    corners
}

/// As [`suppress`] for boxes given by corners, all of one class; an overlap of exactly `threshold` is kept.
fn suppress_corners(candidates: &[Candidate], threshold: f32) -> Vec<Candidate> {
    let area = |corners: &[f32; 4]| {
        if corners[2] < corners[0] || corners[3] < corners[1] {
            0.0
        } else {
            (corners[2] - corners[0]) * (corners[3] - corners[1])
        }
    };
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let covered = kept.iter().any(|better| {
            let (a, b) = (&candidate.bounds, &better.bounds);
            if b[0] > a[2] || b[2] < a[0] || b[1] > a[3] || b[3] < a[1] {
                return false;
            }
            let intersection = (a[2].min(b[2]) - a[0].max(b[0])) * (a[3].min(b[3]) - a[1].max(b[1]));
            intersection * (threshold + 1.0) > (area(a) + area(b)) * threshold
        });
        if !covered {
            kept.push(*candidate);
        }
    }
    kept
}

// ------------------------------------------------------------------------------ Nms

/// `top.Nms`: ONNX NonMaxSuppression. Rows `(image, class, box)`; those that are not needed are 0.
pub fn prepare_nms(node: &Node<'_>) -> Prepared {
    let (boxes, scores, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let (&[batch, count, 4], &[images, classes, candidates]) =
        (boxes.shape.as_slice(), scores.shape.as_slice())
    else {
        return Err(node.error("expects boxes [N, boxes, 4] and scores [N, classes, boxes]"));
    };
    if batch != images || count != candidates || output.shape.last() != Some(&3) {
        return Err(node.error("expects as many boxes as scores, and a result of three columns"));
    }
    let is_centre = node.i64("center_point_box", 0) != 0;
    let limit = usize::try_from(node.i64("max_output_size", 0))
        .unwrap_or(0)
        .min(count);
    let scalar = |index: usize| -> Result<Option<f32>, _> {
        Ok(node.take_f32(index)?.and_then(|values| values.first().copied()))
    };
    // The number of boxes is an attribute, too.
    node.take_constant(2)?;
    let overlap = scalar(3)?.unwrap_or(0.0);
    let least = scalar(4)?.unwrap_or(f32::NEG_INFINITY);
    let lengths = [boxes.len(), scores.len()];
    Ok(Kernel::new(move |args| {
        let boxes = sized(args.f32(0)?, lengths[0])?;
        let scores = sized(args.f32(1)?, lengths[1])?;
        let mut out = vec![0.0; output.len()];
        let mut rows = out.chunks_exact_mut(3);
        for image in 0..batch {
            let corners: Vec<[f32; 4]> = boxes[image * count * 4..][..count * 4]
                .chunks_exact(4)
                .map(|sides| corners_of(sides, is_centre))
                .collect();
            for class in 0..classes {
                let scores = &scores[(image * classes + class) * count..][..count];
                let mut order: Vec<usize> = (0..count).filter(|index| scores[*index] > least).collect();
                order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
                let mut kept: Vec<usize> = Vec::new();
                for index in order {
                    if kept.len() == limit {
                        break;
                    }
                    if kept
                        .iter()
                        .all(|better| overlap_of_corners(&corners[index], &corners[*better]) <= overlap)
                    {
                        kept.push(index);
                        if let Some(row) = rows.next() {
                            row.copy_from_slice(&[image as f32, class as f32, index as f32]);
                        }
                    }
                }
            }
        }
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// Lower and upper corner of a box given by any two opposite corners, or by centre and extents.
fn corners_of(sides: &[f32], is_centre: bool) -> [f32; 4] {
    if is_centre {
        let (width, height) = (sides[2] / 2.0, sides[3] / 2.0);
        [
            sides[0] - width,
            sides[1] - height,
            sides[0] + width,
            sides[1] + height,
        ]
    } else {
        [
            sides[0].min(sides[2]),
            sides[1].min(sides[3]),
            sides[0].max(sides[2]),
            sides[1].max(sides[3]),
        ]
    }
}

/// Intersection over union; 0 for boxes without area.
fn overlap_of_corners(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |corners: &[f32; 4]| (corners[2] - corners[0]) * (corners[3] - corners[1]);
    let (first, second) = (area(a), area(b));
    let width = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let height = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let intersection = width * height;
    if first <= 0.0 || second <= 0.0 || intersection == 0.0 {
        return 0.0;
    }
    intersection / (first + second - intersection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(class: usize, score: f32, bounds: [f32; 4]) -> Candidate {
        Candidate { class, score, bounds }
    }

    #[test]
    fn a_better_box_of_the_same_class_suppresses() {
        let boxes = [
            candidate(0, 0.9, [5.0, 5.0, 4.0, 4.0]),
            candidate(0, 0.8, [5.0, 5.0, 4.0, 3.0]),
            candidate(1, 0.7, [5.0, 5.0, 4.0, 4.0]),
            candidate(0, 0.6, [9.0, 5.0, 4.0, 4.0]),
        ];
        let kept: Vec<f32> = suppress(&boxes, 0.5, 10).iter().map(|kept| kept.score).collect();
        assert_eq!(kept, [0.9, 0.7, 0.6]);
        assert_eq!(suppress(&boxes, 0.5, 2).len(), 2);
        assert_eq!(suppress(&boxes, 0.8, 10).len(), 4);
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(
            overlap_of_centres(&[1.0, 1.0, 2.0, 2.0], &[2.0, 1.0, 2.0, 2.0]),
            1.0 / 3.0,
        );
        close(
            overlap_of_corners(&[0.0, 0.0, 2.0, 2.0], &[1.0, 0.0, 3.0, 2.0]),
            1.0 / 3.0,
        );
        assert_eq!(
            overlap_of_corners(&[0.0, 0.0, 2.0, 2.0], &[2.0, 0.0, 3.0, 2.0]),
            0.0
        );
        assert_eq!(
            corners_of(&[2.0, 3.0, 2.0, 4.0], true),
            corners_of(&[3.0, 5.0, 1.0, 1.0], false)
        );
    }

    #[test]
    fn a_prior_box_without_offset_is_itself() {
        let corners = decode_prior(&[0.0; 4], &[0.25, 0.5, 0.75, 1.0], &[0.1, 0.1, 0.2, 0.2], 0);
        assert_eq!(corners, [0.25, 0.5, 0.75, 1.0]);
    }
}

//! "Did you mean": the names nearest to a wrong one.

/// The `count` candidates with the smallest edit distance to `name`, best first; ties in the order given.
/// Candidates that share nothing with it (distance above two thirds of the longer name) are left out.
pub fn nearest<T: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = T>, count: usize) -> Vec<T> {
    let mut ranked: Vec<(usize, T)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let longest = name.chars().count().max(candidate.as_ref().chars().count());
            let distance = edit_distance(name, candidate.as_ref());
            (distance * 3 <= longest * 2).then_some((distance, candidate))
        })
        .collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked
        .into_iter()
        .take(count)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// Levenshtein distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_by_edit_distance() {
        let names = ["435_Conv", "436_Relu", "45_Conv", "input"];
        assert_eq!(nearest("435_Convv", names, 2), ["435_Conv", "45_Conv"]);
        assert!(nearest("zzzzzzzz", names, 2).is_empty());
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}

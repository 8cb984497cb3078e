use super::{OrderedMap, OrderedSet, RUN};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers without a pattern, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn assert_is(map: &OrderedMap<u64, u64>, expected: &BTreeMap<u64, u64>) {
    assert!(map.iter().eq(expected));
    assert!(map.iter().rev().eq(expected.iter().rev()));
    assert!(map.runs.iter().all(|run| !run.is_empty() && run.len() <= RUN));
    assert_eq!((map.len(), map.is_empty()), (expected.len(), expected.is_empty()));
    assert_eq!(map.first_key_value(), expected.first_key_value());
    assert_eq!(map.last_key_value(), expected.last_key_value());
}

#[test]
fn a_map_is_what_a_tree_is() {
    let (mut chance, mut map, mut tree) = (Chance(7), OrderedMap::new(), BTreeMap::new());
    for step in 0..20_000 {
        let key = chance.below(4000);
        match chance.below(if step < 10_000 { 5 } else { 2 }) {
            0 => assert_eq!(map.remove(&key), tree.remove(&key)),
            1 => {
                *map.entry(key).or_default() += step;
                *tree.entry(key).or_default() += step;
                assert_eq!(map.get(&key), tree.get(&key));
            }
            _ => assert_eq!(map.insert(key, step), tree.insert(key, step)),
        }
        assert_eq!(map.contains_key(&(key + 1)), tree.contains_key(&(key + 1)));
        assert!(map.starting_at(&key).take(200).eq(tree.range(key..).take(200)));
        if step % 500 == 0 {
            assert_is(&map, &tree);
        }
    }
    // Of some runs nothing stays.
    let stays = |key: &u64, value: &u64| key.is_multiple_of(3) && *value > 0 && !(500..2500).contains(key);
    map.retain(|key, value| stays(key, value));
    tree.retain(|key, value| stays(key, value));
    assert_is(&map, &tree);
    while let Some(first) = tree.pop_first() {
        assert_eq!(map.pop_first(), Some(first));
    }
    assert_is(&map, &tree);
    assert_eq!(map.pop_first(), None);
}

#[test]
fn what_comes_in_order_fills_its_runs_and_what_comes_backwards_half() {
    let ascending: OrderedMap<u32, ()> = (0..1280).map(|key| (key, ())).collect();
    assert_eq!(ascending.runs.len(), 10);
    let descending: OrderedMap<u32, ()> = (0..1280).rev().map(|key| (key, ())).collect();
    assert!(descending.runs.len() <= 20);
    assert_eq!(ascending, descending);
    assert_eq!(format!("{:?}", OrderedMap::from([(2, 'b'), (1, 'a')])), "{1: 'a', 2: 'b'}");
}

#[test]
fn a_walk_from_both_ends_meets_wherever_it_is() {
    for (count, backwards) in [(0, 1), (1, 1), (5, 2), (128, 3), (300, 2), (300, 100), (300, 300)] {
        let (map, tree): (OrderedMap<u32, u32>, BTreeMap<u32, u32>) =
            ((0..count).map(|key| (key, key)).collect(), (0..count).map(|key| (key, key)).collect());
        let (mut walk, mut expected) = (map.iter(), tree.iter());
        for step in 1..=count + 2 {
            let is_backwards = step % backwards == 0;
            let (found, wanted) = if is_backwards {
                (walk.next_back(), expected.next_back())
            } else {
                (walk.next(), expected.next())
            };
            assert_eq!(found, wanted, "{count} by {backwards}");
            assert!(walk.clone().eq(expected.clone()));
        }
    }
}

#[test]
fn a_set_is_what_a_tree_is() {
    let mut chance = Chance(1);
    let numbers: Vec<u64> = (0..3000).map(|_| chance.below(2000)).collect();
    let (set, tree): (OrderedSet<u64>, BTreeSet<u64>) =
        (numbers.iter().copied().collect(), numbers.iter().copied().collect());
    assert!(set.iter().eq(&tree) && set.iter().rev().eq(tree.iter().rev()) && set.len() == tree.len());
    assert_eq!((set.first(), set.last()), (tree.first(), tree.last()));
    let (half, half_tree): (OrderedSet<u64>, BTreeSet<u64>) =
        (numbers[..1500].iter().copied().collect(), numbers[..1500].iter().copied().collect());
    assert!(set.difference(&half).eq(tree.difference(&half_tree)));
    let (mut set, mut tree) = (set, tree);
    for number in 0..1000 {
        assert_eq!(set.remove(&number), tree.remove(&number));
        assert_eq!(set.insert(number * 2), tree.insert(number * 2));
    }
    assert_eq!(set.pop_first(), tree.pop_first());
    assert!(set.contains(&1998));
    assert_eq!(set.contains(&1001), tree.contains(&1001));
    assert!(set.into_iter().eq(tree));
}

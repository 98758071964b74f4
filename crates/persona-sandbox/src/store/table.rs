//! Records of one kind in memory, newest first, found by ID and by group.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::core::model::Entity;

/// All records of one kind.
///
/// Rows are numbered in the order in which they were first put, which is the order of creation;
/// lists are newest first like Persona's (docs: `pagination`).
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<u64, Arc<T>>,
    numbers: HashMap<String, u64>,
    groups: HashMap<String, BTreeSet<u64>>,
    next: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            numbers: HashMap::new(),
            groups: HashMap::new(),
            next: 0,
        }
    }
}

impl<T: Entity> Table<T> {
    /// Adds a record, or replaces the one with its ID under the same number. Returns the number and
    /// the replaced record.
    pub(crate) fn put(&mut self, row: Arc<T>) -> (u64, Option<Arc<T>>) {
        let number = self.numbers.get(row.id()).copied().unwrap_or(self.next);
        (number, self.put_at(number, row))
    }

    /// Puts a record under its own number, from an earlier run or from before its removal. Returns
    /// the replaced record.
    pub(crate) fn put_at(&mut self, number: u64, row: Arc<T>) -> Option<Arc<T>> {
        if self.rows.contains_key(&number) {
            self.leave_group(number);
        } else {
            self.numbers.insert(row.id().to_owned(), number);
            self.next = self.next.max(number + 1);
        }
        if let Some(group) = row.group() {
            match self.groups.get_mut(group) {
                Some(numbers) => {
                    numbers.insert(number);
                }
                None => {
                    self.groups
                        .insert(group.to_owned(), BTreeSet::from([number]));
                }
            }
        }
        self.rows.insert(number, row)
    }

    /// Removes the record with this ID. Returns its number and the record, if there was one.
    pub(crate) fn remove(&mut self, id: &str) -> Option<(u64, Arc<T>)> {
        let number = self.numbers.remove(id)?;
        self.leave_group(number);
        Some((number, self.rows.remove(&number)?))
    }

    fn leave_group(&mut self, number: u64) {
        let Some(group) = self.rows.get(&number).and_then(|row| row.group()) else {
            return;
        };
        if let Some(numbers) = self.groups.get_mut(group) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.groups.remove(group);
            }
        }
    }

    /// The record with this ID.
    pub(crate) fn find(&self, id: &str) -> Option<&Arc<T>> {
        self.rows.get(self.numbers.get(id)?)
    }

    /// The number of the record with this ID, which is its position in the order of creation.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    /// All records with their numbers, newest first.
    pub(crate) fn newest_first(&self) -> impl DoubleEndedIterator<Item = (u64, &Arc<T>)> {
        self.rows.iter().rev().map(|(&number, row)| (number, row))
    }

    /// The records that belong to `group`, with their numbers, newest first.
    pub(crate) fn in_group<'a>(
        &'a self,
        group: &str,
    ) -> impl DoubleEndedIterator<Item = (u64, &'a Arc<T>)> {
        let numbers = self.groups.get(group).into_iter().flatten();
        numbers
            .rev()
            .filter_map(|&number| Some((number, self.rows.get(&number)?)))
    }

    /// The number of records.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All records in the order of creation.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Dog {
        id: &'static str,
        owner: Option<&'static str>,
    }

    impl Entity for Dog {
        fn id(&self) -> &str {
            self.id
        }

        fn group(&self) -> Option<&str> {
            self.owner
        }
    }

    fn names<'a>(rows: impl Iterator<Item = (u64, &'a Arc<Dog>)>) -> Vec<&'static str> {
        rows.map(|(_, dog)| dog.id).collect()
    }

    #[test]
    fn rows_keep_their_place_and_follow_their_group() {
        let mut dogs = Table::default();
        for (id, owner) in [("rex", Some("ada")), ("bo", Some("ada")), ("ali", None)] {
            dogs.put(Arc::new(Dog { id, owner }));
        }
        assert_eq!(names(dogs.newest_first()), ["ali", "bo", "rex"]);
        assert_eq!(names(dogs.in_group("ada")), ["bo", "rex"]);

        dogs.put(Arc::new(Dog {
            id: "rex",
            owner: Some("eve"),
        }));
        assert_eq!(names(dogs.newest_first()), ["ali", "bo", "rex"]);
        assert_eq!(names(dogs.in_group("ada")), ["bo"]);
        assert_eq!(names(dogs.in_group("eve")), ["rex"]);

        let (place, bo) = dogs.remove("bo").unwrap();
        assert_eq!(names(dogs.in_group("ada")), [""; 0]);
        assert_eq!(dogs.len(), 2);

        dogs.put_at(place, bo);
        assert_eq!(names(dogs.newest_first()), ["ali", "bo", "rex"]);
        assert_eq!(names(dogs.in_group("ada")), ["bo"]);
    }
}

//! Reads of one moment: point look-ups and scans on a snapshot.
//!
//! The only place that holds a raw iterator. RocksDB's iterators report a corrupt block as the
//! end of the data until they are asked for their status, so every step here asks, and an end
//! that is not the end is an error.

use rocksdb::{
    ColumnFamily, DBPinnableSlice, DBRawIteratorWithThreadMode, ErrorKind, ReadOptions,
    SnapshotWithThreadMode,
};

use crate::error::StoreError;
use crate::families::{Database, Family};
use crate::records::BadRecord;

/// A store as it was when the view was made.
pub(crate) struct View<'db> {
    database: &'db Database,
    snapshot: SnapshotWithThreadMode<'db, Database>,
}

impl<'db> View<'db> {
    pub(crate) fn new(database: &'db Database) -> Self {
        Self { database, snapshot: database.snapshot() }
    }

    pub(crate) fn get(
        &self,
        family: Family,
        key: &[u8],
    ) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        self.database
            .get_pinned_cf_opt(handle(self.database, family), key, &self.read_options())
            .map_err(|error| read_error(family, &error))
    }

    /// What `decode` makes of a key's value, where there is one.
    pub(crate) fn get_record<T>(
        &self,
        family: Family,
        key: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<T, BadRecord>,
    ) -> Result<Option<T>, StoreError> {
        match self.get(family, key)? {
            None => Ok(None),
            Some(value) => decode(&value).map(Some).map_err(|why| damaged(family, key, why)),
        }
    }

    /// A scan over a whole family.
    pub(crate) fn scan(&self, family: Family) -> Scan<'_> {
        let mut options = self.read_options();
        options.set_total_order_seek(true);
        self.scan_with(family, options)
    }

    /// A scan forwards over the keys that share the prefix of the key it is first sent to, as
    /// the family's prefix extractor sees it.
    pub(crate) fn scan_one_prefix(&self, family: Family) -> Scan<'_> {
        let mut options = self.read_options();
        options.set_prefix_same_as_start(true);
        self.scan_with(family, options)
    }

    fn scan_with(&self, family: Family, options: ReadOptions) -> Scan<'_> {
        let iterator = self.database.raw_iterator_cf_opt(handle(self.database, family), options);
        Scan { iterator, family }
    }

    fn read_options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_verify_checksums(true);
        options.set_snapshot(&self.snapshot);
        options
    }
}

/// A key and its value.
pub(crate) type Entry<'s> = (&'s [u8], &'s [u8]);

/// A position in a family. Every step gives the entry it came to, `None` at the end, or the
/// reason why the rest cannot be read.
pub(crate) struct Scan<'v> {
    iterator: DBRawIteratorWithThreadMode<'v, Database>,
    family: Family,
}

impl Scan<'_> {
    /// The first entry at or after a key.
    pub(crate) fn seek(&mut self, key: &[u8]) -> Result<Option<Entry<'_>>, StoreError> {
        self.iterator.seek(key);
        self.entry()
    }

    /// The last entry at or before a key.
    pub(crate) fn seek_back(&mut self, key: &[u8]) -> Result<Option<Entry<'_>>, StoreError> {
        self.iterator.seek_for_prev(key);
        self.entry()
    }

    /// The entry after the one that the last step came to.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, StoreError> {
        self.iterator.next();
        self.entry()
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    fn entry(&self) -> Result<Option<Entry<'_>>, StoreError> {
        if let Some(entry) = self.iterator.item() {
            return Ok(Some(entry));
        }
        self.iterator.status().map_err(|error| read_error(self.family, &error))?;
        Ok(None)
    }
}

/// The handle of a family of an open store.
pub(crate) fn handle(database: &Database, family: Family) -> &ColumnFamily {
    database.cf_handle(family.name()).expect("a store is only open if every family is")
}

pub(crate) fn damaged(family: Family, key: &[u8], why: impl ToString) -> StoreError {
    StoreError::Damaged { what: why.to_string(), place: key_place(family, key) }
}

/// A key that no family of this kind holds.
pub(crate) fn damaged_key(family: Family, key: &[u8]) -> StoreError {
    damaged(family, key, "a key that was never written")
}

/// A key as errors and reports name it: its family, then its bytes in hexadecimal.
pub(crate) fn key_place(family: Family, key: &[u8]) -> String {
    use std::fmt::Write;
    let mut place = format!("{}/", family.name());
    for byte in key {
        write!(place, "{byte:02x}").expect("a String grows, so writing to it cannot fail");
    }
    place
}

/// What a failed read means: damage concerns what was read, everything else the whole store.
fn read_error(family: Family, error: &rocksdb::Error) -> StoreError {
    match error.kind() {
        ErrorKind::Corruption => {
            StoreError::Damaged { what: error.to_string(), place: family.name().to_owned() }
        }
        _ => StoreError::Failed(format!("reading {}: {error}", family.name())),
    }
}

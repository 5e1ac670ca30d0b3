//! What can go wrong in a store.

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk. Nothing of the commit is there; later ones may succeed.
    #[error("the disk is full: {0}")]
    Full(String),
    /// Bytes that this store never wrote, or half of them.
    #[error("damaged: {what} at {place}")]
    Damaged { what: String, place: String },
    /// The store failed and takes nothing more.
    #[error("the store failed: {0}")]
    Failed(String),
}

//! What any input may cost: allocations, counted in the calling thread.

/// Runs `work` and looks that it allocates at most `limit` bytes, all allocations together, freed or not.
///
/// # Panics
/// If it allocates more.
pub(crate) fn allocating_at_most<T>(limit: usize, work: impl FnOnce() -> T) -> T {
    let mut output = None;
    let info = allocation_counter::measure(|| output = Some(work()));
    assert!(
        info.bytes_total <= limit as u64,
        "{} bytes in {} allocations, where {limit} bytes are allowed",
        info.bytes_total,
        info.count_total
    );
    output.expect("measure runs its closure")
}

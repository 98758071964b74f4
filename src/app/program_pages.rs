//! The pages of the program's file that only its start needed.
//!
//! Around each instruction that runs for the first time the kernel maps 64 kB of the file, as far as its
//! cache has them, and they stay mapped: after the start 13 of 17 MB are resident, of which a click needs
//! 3. Given back, a page is mapped again when it is needed.
//!
//! Where the process owns the program's file or may write it, the kernel drops the pages from its cache
//! as well, so that the first use of each 64 kB reads the disk, and no neighbours come back with them.
//! Elsewhere they stay in the cache, as the first to be dropped when memory becomes short.

/// Gives back the pages of the program's code and constants. For the end of the start.
///
/// Does nothing on other systems than Linux.
pub fn release_program_pages() {
    #[cfg(target_os = "linux")]
    {
        let bytes = linux::release();
        tracing::debug!(
            bytes,
            "gave back the pages of the program's code and constants"
        );
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ops::Range;

    /// Any constant of the program.
    static CONSTANT: &str = env!("CARGO_PKG_VERSION");

    /// Returns the size of the released mappings, in bytes.
    pub(super) fn release() -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let code = release as fn() -> usize as usize;
        [(code, "r-xp"), (CONSTANT.as_ptr().addr(), "r--p")]
            .into_iter()
            .filter_map(|(address, permissions)| mapping(&maps, address, permissions))
            .map(|range| release_range(&range))
            .sum()
    }

    /// The range of the mapping with these permissions that contains the address
    /// (`proc_pid_maps(5)`).
    pub(super) fn mapping(maps: &str, address: usize, permissions: &str) -> Option<Range<usize>> {
        maps.lines().find_map(|line| {
            let mut columns = line.split_ascii_whitespace();
            let (start, end) = columns.next()?.split_once('-')?;
            let number = |hex| usize::from_str_radix(hex, 16).ok();
            let range = number(start)?..number(end)?;
            (range.contains(&address) && columns.next() == Some(permissions)).then_some(range)
        })
    }

    fn release_range(range: &Range<usize>) -> usize {
        // Before Linux 5.4 the first does not exist; the second unmaps what the first may not drop.
        advise(range, libc::MADV_PAGEOUT);
        match advise(range, libc::MADV_DONTNEED) {
            0 => range.len(),
            _ => 0,
        }
    }

    fn advise(range: &Range<usize>, advice: i32) -> i32 {
        #[expect(
            unsafe_code,
            reason = "the range is a private mapping of a file, and the program never wrote to it: \
                its next access reads the same bytes from the file again (`madvise(2)`)"
        )]
        unsafe {
            libc::madvise(
                std::ptr::with_exposed_provenance_mut(range.start),
                range.len(),
                advice,
            )
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::linux::mapping;

    const MAPS: &str = "\
        5581c0000000-5581c0700000 r--p 00000000 fe:00 5590809      /usr/bin/persona-onboarding\n\
        5581c0700000-5581c1900000 r-xp 006ff000 fe:00 5590809      /usr/bin/persona-onboarding\n\
        5581c1900000-5581c19b0000 r--p 018fe000 fe:00 5590809      /usr/bin/persona-onboarding\n\
        7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0            [stack]\n";

    #[test]
    fn a_mapping_is_found_by_an_address_in_it_and_its_permissions() {
        let found = |address, permissions| mapping(MAPS, address, permissions);
        let code = 0x5581_c070_0000..0x5581_c190_0000;
        assert_eq!(found(0x5581_c070_0000, "r-xp"), Some(code.clone()));
        assert_eq!(found(0x5581_c18f_ffff, "r-xp"), Some(code));
        assert_eq!(found(0x5581_c070_0000, "r--p"), None);
        assert_eq!(found(0x5581_c19b_0000, "r--p"), None);
        assert_eq!(mapping("", 1, "r-xp"), None);
    }

    #[test]
    fn the_program_runs_on_without_its_pages() {
        let bytes = super::linux::release();
        assert!(bytes > 1_000_000, "{bytes}");
        assert_eq!(mapping(MAPS, 1, "r-xp"), None);
    }
}

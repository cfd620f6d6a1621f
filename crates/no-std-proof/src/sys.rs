//! What a program without an operating system has to bring along: memory, an end for panics, and a symbol to call.
#![allow(
    unsafe_code,
    reason = "an allocator and an exported symbol; each block says why it is sound"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicUsize, Ordering};

const SIZE: usize = 64 * 1024;

/// Hands out memory from the front and never takes it back.
struct Arena {
    memory: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

// SAFETY: `used` only grows, by one atomic step per allocation, so no two callers are given the same octets; nothing
// else looks at `memory`.
unsafe impl Sync for Arena {}

#[global_allocator]
static ARENA: Arena = Arena {
    memory: UnsafeCell::new([0; SIZE]),
    used: AtomicUsize::new(0),
};

// SAFETY: `alloc` returns null or a place inside `memory` that fits the layout and was not handed out before.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // With room for the worst alignment every request is one atomic step.
        let wanted = layout.size().saturating_add(layout.align());
        let start = self.used.fetch_add(wanted, Ordering::Relaxed);
        if start.saturating_add(wanted) > SIZE {
            return core::ptr::null_mut();
        }
        let base = self.memory.get().cast::<u8>();
        // SAFETY: `start + wanted <= SIZE`, so both the place and what is skipped to align it lie inside `memory`.
        unsafe {
            let place = base.add(start);
            place.add(place.align_offset(layout.align()))
        }
    }

    unsafe fn dealloc(&self, _place: *mut u8, _layout: Layout) {}
}

#[panic_handler]
fn stop(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Returns the length of a router's first advertisement in octets, 12 for version 3 with one IPv4 address.
// SAFETY: no other symbol of this name exists: the library is linked into nothing.
#[unsafe(no_mangle)]
pub extern "C" fn vrrp_core_without_std() -> usize {
    crate::first_advertisement(&mut [0; 64])
}

//! rayon with a face of C, for peer_rayon.c. A task is a function and what it is called with.
use std::ffi::c_void;

type Run = extern "C" fn(*mut c_void);
type Child = extern "C" fn(u32) -> *mut c_void;

/// What C hands over may be run by any thread.
struct Task(Run, *mut c_void);
unsafe impl Send for Task {}

impl Task {
    fn run(self) {
        (self.0)(self.1)
    }
}

#[no_mangle]
pub extern "C" fn rayon_open(workers: usize) -> *mut rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap();
    Box::into_raw(Box::new(pool))
}

/// # Safety
/// `pool` is from rayon_open() and not used afterwards.
#[no_mangle]
pub unsafe extern "C" fn rayon_close(pool: *mut rayon::ThreadPool) {
    drop(Box::from_raw(pool))
}

#[no_mangle]
pub extern "C" fn rayon_submit(pool: &rayon::ThreadPool, run: Run, job: *mut c_void) {
    let task = Task(run, job);
    pool.spawn(move || task.run())
}

#[no_mangle]
pub extern "C" fn rayon_fan_out(pool: &rayon::ThreadPool, run: Run, child: Child, children: u32, rounds: u32) {
    pool.install(|| {
        for _ in 0..rounds {
            rayon::scope(|scope| {
                for i in 0..children {
                    let task = Task(run, child(i));
                    scope.spawn(move |_| task.run())
                }
            })
        }
    })
}

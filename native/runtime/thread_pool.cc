#include "thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "float_mode.h"
#include "pause.h"
#include "processors.h"
#include "thread.h"

namespace myelin {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kOthers = 5;  // threads that are left to the runner of jobs and Node's own pool, which aborts without its four
constexpr auto kSpin = std::chrono::microseconds(60);  // longer than the JavaScript between two ops of a training step

// `control` holds, in one word that is swapped atomically: which job (upper half), whether it may still be joined, and
// how many pool threads are inside it. A thread that wakes late finds the job closed and touches nothing of it.
constexpr uint64_t kOpen = uint64_t{1} << 31;
constexpr uint64_t kJoinedMask = kOpen - 1;
constexpr uint64_t kJob = uint64_t{1} << 32;

// A thread that keeps the caller waiting longer than this, and several times as long as the caller worked, has lost its
// processor to somebody else: for some times as long again, up to a limit, callers then work alone.
constexpr auto kLate = std::chrono::microseconds(300);
constexpr int kLateShare = 4, kAloneShare = 8;
constexpr auto kMostAlone = std::chrono::milliseconds(10);

using Clock = std::chrono::steady_clock;

// Grains, the least amounts of work that are worth a thread, were chosen where it took so long to share nothing at all.
constexpr auto kUsualMeeting = std::chrono::nanoseconds(300);
constexpr int64_t kMostDearness = 16;
constexpr int kMeetingSpins = 2000;

thread_local bool inside_task = false;
thread_local int worker_number = 0;

}  // namespace

struct ThreadPool::State {
  std::mutex caller;  // held by the one caller whose tasks are shared
  std::mutex growing;
  std::atomic<int> threads{1};
  std::atomic<int> processors{available_processors()};
  std::atomic<int64_t> dearness{1};
  int started = 0;  // pool threads running, guarded by `growing`

  std::atomic<uint64_t> control{0};
  void (*call)(void*, int64_t) = nullptr;
  void* fn = nullptr;
  int64_t tasks = 0;
  std::atomic<int> most{0};  // threads that may work on the job, the caller included
  alignas(64) std::atomic<int64_t> next{0};

  Clock::time_point alone_until;  // the caller's

  alignas(64) std::atomic<int> parked{0};
  std::mutex park;
  std::condition_variable wake;

  void work() {
    inside_task = true;
    for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) call(fn, task);
    inside_task = false;
  }

  // For the caller: waits until nobody is inside the job that it began at `start` and has closed.
  void wait_for_others(Clock::time_point start) {
    const auto busy = [&] { return (control.load(std::memory_order_acquire) & kJoinedMask) != 0; };
    for (int spins = 0; spins < 64; spins++) {
      if (!busy()) return;
      pause();
    }
    const Clock::time_point done = Clock::now();
    for (int spins = 0; busy(); spins++) {
      if (spins < 4096) pause();
      else std::this_thread::yield();
    }
    const Clock::time_point end = Clock::now();
    const Clock::duration waited = end - done;
    if (waited > kLate && waited > kLateShare * (done - start))
      alone_until = end + std::min<Clock::duration>(kAloneShare * waited, kMostAlone);
  }

  // True when there is a job that this thread has not seen and may join; then it has been counted in. `most` is the
  // job's: had another begun since, `control` would not be the same.
  bool join(int index, uint64_t* last) {
    uint64_t now = control.load(std::memory_order_acquire);
    while ((now & kOpen) != 0 && now / kJob != *last && index < most.load(std::memory_order_relaxed)) {
      if (control.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) {
        *last = now / kJob;
        return true;
      }
    }
    return false;
  }

  void serve(int index) {
    const FloatMode mode;
    worker_number = index;
    uint64_t last = 0;
    for (;;) {
      const auto until = Clock::now() + kSpin;
      bool joined = false;
      do {
        for (int i = 0; i < 64 && !joined; i++) {
          joined = join(index, &last);
          if (!joined) pause();
        }
      } while (!joined && Clock::now() < until);
      if (!joined) {
        std::unique_lock<std::mutex> lock(park);
        parked.fetch_add(1);
        wake.wait(lock, [&] { return joined = join(index, &last); });
        parked.fetch_sub(1);
      }
      work();
      control.fetch_sub(1, std::memory_order_release);
    }
  }
};

ThreadPool& ThreadPool::instance() {
  static ThreadPool* pool = new ThreadPool();  // never destroyed: its threads run until the process ends
  return *pool;
}

ThreadPool::ThreadPool() : state_(new State()) { set_threads(default_threads()); }

int ThreadPool::threads() const { return state_->threads.load(std::memory_order_relaxed); }

void ThreadPool::set_threads(int n) {
  n = n < 1 ? 1 : n > kMaxThreads ? kMaxThreads : n;
  std::lock_guard<std::mutex> lock(state_->growing);
  const int others = std::min(n, state_->processors.load()) - 1;
  if (state_->started < others) {
    const SpareThreads spare(kOthers);
    while (state_->started < others &&
           start_thread([state = state_, index = state_->started + 1] { state->serve(index); }))
      state_->started++;
  }
  state_->threads.store(state_->started < others ? state_->started + 1 : n);
  measure();
}

// The least of some meetings of all threads, which are awake after the first ones. Each waits for a while until all are there:
// a caller that is done before the others come has not met them.
void ThreadPool::measure() {
  Clock::duration least = Clock::duration::max();
  const int64_t threads = std::min(state_->threads.load(), state_->processors.load());
  for (int i = 0; i < 50 && threads > 1; i++) {
    const Clock::time_point start = Clock::now();
    std::atomic<int64_t> here{0};
    run(threads, static_cast<int>(threads), [&](int64_t) {
      here.fetch_add(1, std::memory_order_relaxed);
      for (int spins = 0; spins < kMeetingSpins && here.load(std::memory_order_relaxed) < threads; spins++) pause();
    });
    least = std::min(least, Clock::now() - start);
  }
  const int64_t times = threads > 1 ? least / kUsualMeeting : 1;
  state_->dearness.store(std::min(std::max<int64_t>(times, 1), kMostDearness));
}

int64_t ThreadPool::dearness() const { return state_->dearness.load(std::memory_order_relaxed); }

void ThreadPool::set_processors(int n) { state_->processors.store(n); }

int ThreadPool::worker() { return worker_number; }

int ThreadPool::default_threads() {
  const int n = requested_threads();
  return n > 0 ? n : available_processors();
}

void ThreadPool::run_erased(int64_t tasks, int threads, void (*call)(void*, int64_t), void* fn) {
  State& s = *state_;
  threads = std::min(threads, s.processors.load(std::memory_order_relaxed));
  const auto alone = [&] {
    for (int64_t task = 0; task < tasks; task++) call(fn, task);
  };
  if (tasks <= 1 || threads <= 1 || inside_task || !s.caller.try_lock()) return alone();
  const std::lock_guard<std::mutex> lock(s.caller, std::adopt_lock);
  const Clock::time_point start = Clock::now();
  if (start < s.alone_until) return alone();
  s.call = call;
  s.fn = fn;
  s.tasks = tasks;
  s.most.store(threads, std::memory_order_relaxed);
  s.next.store(0, std::memory_order_relaxed);
  s.control.store((s.control.load(std::memory_order_relaxed) / kJob + 1) * kJob + kOpen);
  if (s.parked.load() > 0) {
    { std::lock_guard<std::mutex> parking(s.park); }
    s.wake.notify_all();
  }
  s.work();
  s.control.fetch_and(~kOpen, std::memory_order_acq_rel);
  s.wait_for_others(start);
}

}  // namespace myelin

#include "turnstile.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "pause.h"

namespace myelin {
namespace {

constexpr int kSpins = 200;  // a few microseconds: steps last longer, and the processor belongs to the pool

// A ticket lock that parks. A waiter counts itself before it looks at `serving` for the last time, and whoever leaves
// looks at the count after having moved `serving`, so one of the two sees the other.
struct State {
  alignas(64) std::atomic<uint64_t> next{0};
  alignas(64) std::atomic<uint64_t> serving{0};
  std::atomic<int> parked{0};
  std::atomic<int> jobs{0};
  std::mutex mutex;
  std::condition_variable wake;

  void enter() {
    const uint64_t ticket = next.fetch_add(1);
    for (int i = 0; i < kSpins; i++) {
      if (serving.load(std::memory_order_acquire) == ticket) return;
      pause();
    }
    std::unique_lock<std::mutex> lock(mutex);
    parked.fetch_add(1);
    wake.wait(lock, [&] { return serving.load() == ticket; });
    parked.fetch_sub(1);
  }

  void leave() {
    serving.store(serving.load(std::memory_order_relaxed) + 1);
    if (parked.load() == 0) return;
    { std::lock_guard<std::mutex> lock(mutex); }
    wake.notify_all();
  }
};

State& state() {
  static State* const instance = new State();  // outlives every job
  return *instance;
}

}  // namespace

Turnstile::Pass::Pass() { state().enter(); }
Turnstile::Pass::~Pass() { state().leave(); }

Turnstile::ReaderPass::ReaderPass(bool may_be_held) : taken_(may_be_held && any_job()) {
  if (taken_) state().enter();
}
Turnstile::ReaderPass::~ReaderPass() {
  if (taken_) state().leave();
}

void Turnstile::job_begins() { state().jobs.fetch_add(1); }
void Turnstile::job_ends() { state().jobs.fetch_sub(1); }
bool Turnstile::any_job() { return state().jobs.load(std::memory_order_acquire) != 0; }

}  // namespace myelin

// The means that an op runs with: kernels, threads, and working memory that is there before it begins.
#pragma once

#include <cstdint>

#include "../kernels/kernel_table.h"
#include "../runtime/thread_pool.h"

namespace myelin {

constexpr int64_t kScratchAlign = 64;

// Bytes for `count` elements of T, up to the next multiple of kScratchAlign.
template <class T>
constexpr int64_t scratch_bytes(int64_t count) {
  return (count * static_cast<int64_t>(sizeof(T)) + kScratchAlign - 1) / kScratchAlign * kScratchAlign;
}

// Working memory in bytes, as scratch_bytes counts them: once for an op, and once for each thread that works on it.
struct ScratchSize {
  int64_t shared = 0;
  int64_t own = 0;

  int64_t bytes(int threads) const { return shared + own * threads; }
};

// Made for one run of ops: the number of threads stays what it was, whoever changes the pool's meanwhile, since the
// working memory is sized for it.
class Context {
 public:
  Context(const KernelTable& kernels, ThreadPool& pool)
      : kernels(kernels), threads(pool.threads()), dearness(pool.dearness()), pool_(pool) {}

  const KernelTable& kernels;
  const int threads;
  const int64_t dearness;  // of a thread here: grains are multiplied by it

  // Calls f(task) for task in [0, tasks), in any order, on several threads, and returns when all are done.
  template <class F>
  void run(int64_t tasks, F&& f) {
    pool_.run(tasks, threads, f);
  }

  // Splits [0, n) into ranges of at least `grain`, or more where threads are dear, and calls f(begin, end) for each. Which ranges there are may depend on
  // the number of threads, so f's result on an element must not depend on its range.
  template <class F>
  void for_range(int64_t n, int64_t grain, F&& f) {
    int64_t parts = grain > 0 ? n / (grain * dearness) : n;
    if (parts > threads) parts = threads;
    if (parts <= 1) {
      if (n > 0) f(int64_t{0}, n);
      return;
    }
    run(parts, [&](int64_t p) { f(n * p / parts, n * (p + 1) / parts); });
  }

  // The working memory of the next op: of `size.bytes(threads)`, aligned to kScratchAlign.
  void use(void* memory, const ScratchSize& size) {
    memory_ = static_cast<char*>(memory);
    size_ = size;
    taken_ = 0;
  }

  // The next part of the memory that the op has once.
  template <class T>
  T* shared(int64_t count) {
    T* const part = reinterpret_cast<T*>(memory_ + taken_);
    taken_ += scratch_bytes<T>(count);
    return part;
  }

  // The calling thread's own memory, from a byte on.
  template <class T>
  T* own(int64_t from = 0) const {
    return reinterpret_cast<T*>(memory_ + size_.shared + ThreadPool::worker() * size_.own + from);
  }

 private:
  ThreadPool& pool_;
  char* memory_ = nullptr;
  ScratchSize size_;
  int64_t taken_ = 0;
};

}  // namespace myelin

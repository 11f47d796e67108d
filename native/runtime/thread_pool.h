// One pool a process, shared by every environment and model. Never destroyed: see DESIGN in CONTRIBUTING.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace myelin {

class ThreadPool {
 public:
  static ThreadPool& instance();

  // Threads that work on one job, the caller included.
  int threads() const;
  void set_threads(int n);
  static int default_threads();  // MYELIN_THREADS, else the cores that affinity and cgroup quota allow

  // Calls f(task) for task in [0, tasks), in any order, on the caller and the pool's threads, and returns when all are
  // done. A second caller, or a call from inside a task, runs its tasks alone. f must not throw.
  template <class F>
  void run(int64_t tasks, F&& f) {
    using Fn = std::remove_reference_t<F>;
    run_erased(tasks, [](void* fn, int64_t task) { (*static_cast<Fn*>(fn))(task); },
               const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

  // Splits [0, n) into ranges of at least `grain` and calls f(begin, end) for each. Which ranges there are may depend on
  // the number of threads, so f's result on an element must not depend on its range.
  template <class F>
  void for_range(int64_t n, int64_t grain, F&& f) {
    int64_t parts = grain > 0 ? n / grain : n;
    if (parts > threads()) parts = threads();
    if (parts <= 1) {
      if (n > 0) f(int64_t{0}, n);
      return;
    }
    run(parts, [&](int64_t p) { f(n * p / parts, n * (p + 1) / parts); });
  }

 private:
  struct State;
  ThreadPool();
  void run_erased(int64_t tasks, void (*call)(void*, int64_t), void* fn);
  State* state_;
};

}  // namespace myelin
